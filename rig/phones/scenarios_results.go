package main

import "time"

// Results of calls that nobody answered, or hardly.
var resultScenarios = []scenario{
	play("inbound-short-answer", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; the caller hangs up 0.3 s later.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(300 * time.Millisecond)
		c.Bye()
		a.WaitEnd(3 * sec)
		r.tell("Caller", c, "1001", a)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), c.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
	}),
	play("inbound-declined", "Outside 79161234567 calls DID 74950000001 -> 1001, who presses Reject after 2 s (603 Decline).", func(r *Rig) {
		r.p["1001"].Set(rej(2*sec, 603))
		c := r.trunk.InviteAs(cust1, did1)
		c.WaitEnd(20 * sec)
		r.tell("Caller", c)
		r.incoming(c, did1).unanswered("missed").endedBy("to").leg("1001", "", "rejected")
	}),
	play("internal-declined", "Extension 1001 calls 1002, who presses Reject after 2 s (603 Decline).", func(r *Rig) {
		r.p["1002"].Set(rej(2*sec, 603))
		c := r.p["1001"].Invite("1002")
		c.WaitEnd(20 * sec)
		r.tell("1001", c)
		r.internal(c, "1002").unanswered("rejected").endedBy("to").leg("1002", "", "rejected").set("duration_seconds", open).set("wait_seconds", open)
	}),
	play("outbound-declined", "Extension 1002 calls outside 89161234567, who presses Reject after 2 s (603 Decline).", func(r *Rig) {
		r.trunk.Set(rej(2*sec, 603))
		c := r.p["1002"].Invite(dialled1)
		c.WaitEnd(40 * sec)
		r.tell("1002", c)
		r.outgoing(c, dialled1).unanswered("rejected").endedBy("to").leg(unanswered1, "", "rejected").set("duration_seconds", open).set("wait_seconds", open)
	}),
	play("internal-do-not-disturb", "Extension 1001 calls 1004, who has Do Not Disturb set on the PBX: no telephone rings, 1001 hears busy.", func(r *Rig) {
		r.ami.Do("DBPut", "Family", "DND", "Key", "1004", "Val", "YES")
		c := r.p["1001"].Invite("1004")
		c.WaitEnd(20 * sec)
		r.ami.Do("DBDel", "Family", "DND", "Key", "1004")
		r.tell("1001", c)
		r.internal(c, "1004").unanswered("busy").endedBy(anyOf("to", "pbx")).set("duration_seconds", open).set("wait_seconds", open)
	}),
	play("internal-unregistered", "Extension 1001 calls 1007, whose telephone is not registered.", func(r *Rig) {
		c := r.p["1001"].Invite("1007")
		c.WaitEnd(20 * sec)
		r.tell("1001", c)
		r.internal(c, "1007").unanswered("unavailable").endedBy(anyOf("to", "pbx")).set("duration_seconds", open).set("wait_seconds", open).
			set("legs_optional", []any{object{{"party", "1007"}, {"result", "unavailable"}}})
	}),
	play("outbound-early-media", "Extension 1002 calls outside 89161234567; the provider plays an announcement without answering (183 with sound); 1002 gives up after 4 s.", func(r *Rig) {
		r.trunk.Set(Behaviour{Action: "media"})
		c := r.p["1002"].Invite(dialled1)
		c.WaitRinging(5 * sec)
		time.Sleep(4 * sec)
		c.Cancel()
		r.tell("1002", c)
		r.outgoing(c, dialled1).unanswered("cancelled").leg(unanswered1, "", "cancelled")
	}),
	play("outbound-busy-then-answered", "Extension 1002 calls outside 89037654321, which rings 2 s and is then refused as busy (486); 1002 calls again, it is answered after 1 s, talk 2 s, 1002 hangs up.", func(r *Rig) {
		r.trunk.Set(rej(2*sec, 486))
		c := r.p["1002"].Invite(dialled2)
		c.WaitEnd(40 * sec)
		r.outgoing(c, dialled2).channel("PJSIP/1002", 0).unanswered("busy").endedBy("to").leg(anyOf(cust2, dialled2), "", "busy").set("duration_seconds", open).set("wait_seconds", open)
		r.trunk.Set(ans(1 * sec))
		d := r.p["1002"].Invite(dialled2)
		o, ok := r.answered(r.trunk)
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		d.Bye()
		o.WaitEnd(3 * sec)
		r.tell("1002", c, "1002 again", d)
		r.outgoing(d, dialled2).channel("PJSIP/1002", 1).answered(o.upTime()).
			talk(o.upTime(), d.endTime(), "1002", cust2).leg(cust2, "", "answered", 0)
	}),
}
