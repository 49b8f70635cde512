package main

import "time"

// What happens at once, or looks like something else.
var pressureScenarios = []scenario{
	play("two-parked-at-once", "Outside 79161234567 calls DID 74950000001 -> 1001, outside 79037654321 calls DID 74950000010 -> 1002; both are parked in the same lot (REFER to 70); 1003 fetches the first (dials 71) and talks 3 s, 1004 fetches the second (72) and talks 3 s; both callers hang up.", func(r *Rig) {
		c1, a1, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		r.p["1002"].Set(ans(1 * sec))
		c2 := r.trunk.InviteAs(cust2, "74950000010")
		a2, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(1 * sec)
		t1 := parkIt(a1)
		time.Sleep(1 * sec)
		t2 := parkIt(a2)
		time.Sleep(2 * sec)
		b1 := r.p["1003"].Invite("71")
		if !r.mustUp(b1, "1003", 5*sec) {
			return
		}
		time.Sleep(1 * sec)
		b2 := r.p["1004"].Invite("72")
		if !r.mustUp(b2, "1004", 5*sec) {
			return
		}
		time.Sleep(2 * sec)
		c1.Bye()
		time.Sleep(1 * sec)
		c2.Bye()
		b2.WaitEnd(3 * sec)
		r.tell("First caller", c1, "1003", b1, "Second caller", c2, "1004", b2)
		r.incoming(c1, did1).channel("PJSIP/trunk-provider", 0).answered(a1.upTime()).
			talk(a1.upTime(), t1, cust1, "1001").talk(b1.upTime(), c1.endTime(), cust1, "1003").
			leg("1001", "", "answered", 0).leg("1003", "park", "answered", 1).
			parked("1001", "retrieved", "1003", seconds(b1.upTime().Sub(t1)))
		r.incoming(c2, "74950000010").channel("PJSIP/trunk-provider", 1).answered(a2.upTime()).
			talk(a2.upTime(), t2, cust2, "1002").talk(b2.upTime(), c2.endTime(), cust2, "1004").
			leg("1002", "", "answered", 0).leg("1004", "park", "answered", 1).
			parked("1002", "retrieved", "1004", seconds(b2.upTime().Sub(t2)))
	}),
	play("ringgroup-pickup", "Outside 79161234567 calls DID 74950000004 -> ring group 500; 1001, 1002, 1003 ring, after 2 s 1004 dials *8 and gets the call; talk 3 s, 1004 hangs up.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000004")
		r.next(r.p["1001"], 5*sec)
		time.Sleep(2 * sec)
		d := r.p["1004"].Invite("*8")
		if !r.mustUp(c, "caller", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		d.Bye()
		c.WaitEnd(3 * sec)
		r.tell("1004", d, "Caller", c)
		r.incoming(c, "74950000004").answered(c.upTime()).endedBy("to").talk(c.upTime(), d.endTime(), cust1, "1004").
			leg("1001", "group", "answered_elsewhere").leg("1002", "group", "answered_elsewhere").leg("1003", "group", "answered_elsewhere").
			leg("1004", "pickup", "answered", 0)
	}),
	play("queue-ringall-local-abandoned", "Outside 79037654321 calls DID 74950000013 -> queue 603 (ring all, members Local/N@from-queue/n); 1001, 1002, 1003 ring, the caller hangs up after 5 s.", func(r *Rig) {
		c := r.trunk.InviteAs(cust2, "74950000013")
		if r.next(r.p["1001"], 5*sec) == nil {
			return
		}
		time.Sleep(5 * sec)
		c.Bye()
		r.tell("Caller", c)
		r.incoming(c, "74950000013").unanswered("missed").queue("603", "abandoned").
			leg("1001", "queue", "cancelled").leg("1002", "queue", "cancelled").leg("1003", "queue", "cancelled")
	}),
	play("queue-two-callers", "Outside 79161234567 and, 1 s later, 79037654321 call DID 74950000005 -> queue 601. 1001 answers whoever rings it first after 3 s, then 1002 the other; each caller hangs up after a talk of about 3 s.", func(r *Rig) {
		const did = "74950000005"
		c1 := r.trunk.InviteAs(cust1, did)
		first := r.next(r.p["1001"], 5*sec)
		if first == nil {
			return
		}
		time.Sleep(1 * sec)
		c2 := r.trunk.InviteAs(cust2, did)
		time.Sleep(2 * sec)
		first.Answer()
		r.mustUp(first, "1001", 5*sec)
		// 1002 has rung for the first caller and now rings for the second.
		var second *Call
		for range 4 {
			if second = r.next(r.p["1002"], 10*sec); second == nil {
				return
			}
			if time.Sleep(500 * time.Millisecond); !second.over() {
				break
			}
		}
		second.Answer()
		r.mustUp(second, "1002", 5*sec)
		time.Sleep(2 * sec)
		c1.Bye()
		time.Sleep(1 * sec)
		c2.Bye()
		second.WaitEnd(3 * sec)
		r.tell("First caller", c1, "1001", first, "Second caller", c2, "1002", second)
		r.incoming(c1, did).channel("PJSIP/trunk-provider", 0).answered(first.upTime()).talk(first.upTime(), c1.endTime(), cust1, "1001").
			leg("1001", "queue", "answered", 0).queue("601", "answered").set("legs", open)
		r.incoming(c2, did).channel("PJSIP/trunk-provider", 1).answered(second.upTime()).talk(second.upTime(), c2.endTime(), cust2, "1002").
			leg("1002", "queue", "answered", 0).queue("601", "answered").set("legs", open)
	}),
	play("inbound-unregistered", "Outside 79161234567 calls DID 74950000019 -> 1007, whose telephone is not registered; the PBX refuses the call.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000019")
		c.WaitEnd(20 * sec)
		r.tell("Caller", c)
		r.incoming(c, "74950000019").unanswered("missed").endedBy(anyOf("to", "pbx")).
			set("legs_optional", []any{object{{"party", "1007"}, {"result", "unavailable"}}})
	}),
	play("forwarded-by-the-pbx", "Extension 1002 has call forwarding to 1003 set on the PBX. 1001 calls 1002; 1003 rings 2 s, answers, talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.ami.Do("DBPut", "Family", "CFU", "Key", "1002", "Val", "1003")
		r.p["1003"].Set(ans(2 * sec))
		c := r.p["1001"].Invite("1002")
		b, ok := r.answered(r.p["1003"])
		r.ami.Do("DBDel", "Family", "CFU", "Key", "1002")
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", c, "1003", b)
		r.internal(c, "1002").answered(b.upTime()).talk(b.upTime(), c.endTime(), "1001", "1003").leg("1003", anyOf("forward", ""), "answered", 0)
	}),
	play("user-event-named-as-core", "Extension 1001 dials *44; the dial plan writes user-defined events called HANGUP, CHAN_END and LINKEDID_END and rings 1002, who answers after 1 s; talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("*44")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", c)
		r.internal(c, "*44").answered(b.upTime()).talk(b.upTime(), c.endTime(), "1001", "1002").leg("1002", "", "answered", 0)
	}),
	play("talk-limited-by-the-pbx", "Extension 1001 dials *45, which rings 1002 and limits the talk to 4 s; 1002 answers after 1 s, the PBX ends the call.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("*45")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		c.WaitEnd(10 * sec)
		b.WaitEnd(3 * sec)
		r.tell("1001", c)
		r.internal(c, "*45").answered(b.upTime()).endedBy(anyOf("pbx", "")).talk(b.upTime(), c.endTime(), "1001", "1002").leg("1002", "", "answered", 0)
	}),
	play("follow-me-not-confirmed", "Outside 79161234567 calls DID 74950000020 -> follow-me of 1003: the mobile 89037654321 is called over the trunk and answered after 1 s, but nobody presses 1 to take the call; then the desk telephone rings, answered after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		r.trunk.Set(ans(1 * sec))
		r.p["1003"].Set(ans(2 * sec))
		c := r.trunk.InviteAs(cust1, "74950000020")
		o, ok := r.answered(r.trunk)
		if !ok {
			return
		}
		b, ok := r.answered(r.p["1003"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("Mobile", o, "1003", b, "Caller", c)
		// The mobile's number is in no record: it was dialled by no extension and never got into a bridge.
		r.incoming(c, "74950000020").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1003").
			leg(anyOf(cust2, dialled2, ""), anyOf("forward", "group"), nil).leg("1003", anyOf("", "group"), "answered", 0).without("ivr")
	}),
	play("ringgroup-local-without-sound", "Outside 79161234567 calls DID 74950000006 -> ring group 501, whose members are Local channels; no telephone sends sound, so the PBX does not optimise them away; 1001 and 1002 ring, 1002 answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		for _, u := range r.lines() {
			u.Mute(true)
		}
		c, b, ok := r.ring("74950000006", r.p["1002"], 2*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000006").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "group", "answered_elsewhere").leg("1002", "group", "answered", 0)
	}),
	play("ivr-timeout", "Outside 79161234567 calls DID 74950000002 -> IVR, presses nothing; the menu says goodbye and the PBX ends the call.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000002")
		if !r.mustUp(c, "caller", 8*sec) {
			return
		}
		c.WaitEnd(90 * sec)
		r.tell("Caller", c)
		r.incoming(c, "74950000002").unanswered("missed").set("ivr", true).endedBy("pbx")
	}),
	play("ami-redirect-to-conference", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s); an administrator moves both into conference 800 (AMI Redirect with ExtraChannel); 1002 dials 800 and joins 3 s later; 3 s later 1002 leaves, then the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		moved := time.Now()
		res := r.ami.Do("Redirect", "Channel", r.channel("PJSIP/trunk-provider-"), "Context", "from-internal", "Exten", "800", "Priority", "1",
			"ExtraChannel", r.channel("PJSIP/1001-"), "ExtraContext", "from-internal", "ExtraExten", "800", "ExtraPriority", "1")
		r.truth.Add("AMI", "Redirect", "both to 800: "+res["Response"], "")
		time.Sleep(3 * sec)
		b := r.p["1002"].Invite("800")
		if !r.mustUp(b, "1002", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		b.Bye()
		time.Sleep(500 * time.Millisecond)
		c.Bye()
		time.Sleep(500 * time.Millisecond)
		a.Bye()
		r.tell("Caller", c, "1001", a, "1002", b)
		// Announcements keep each out of the room for up to three seconds.
		first := seconds(moved.Sub(a.upTime()))
		r.incoming(c, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).set("conference", "800").set("talks", open).
			set("talk_seconds", object{{"min", rounded(first + 3)}, {"max", seconds(c.endTime().Sub(a.upTime()))}}).
			without("legs", "transfers", "ended_by").set("legs", open).set("duration_seconds", open)
		r.internal(b, "800").channel("PJSIP/1002", 0).set("result", "answered").set("answered", true).set("conference", "800").set("talks", open).
			set("talk_seconds", object{{"min", 0.1}, {"max", seconds(b.endTime().Sub(b.upTime()))}})
	}),
	play("internal-caller-transfers", "Extension 1001 calls 1002 (answers after 1 s, talk 2 s) and blind-transfers 1002 to 1003 (answers after 1 s); 1002 and 1003 talk 3 s, 1003 hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		a, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1003"].Set(ans(1 * sec))
		t := refer(c, "1003")
		b, ok := r.answered(r.p["1003"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		b.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1001", c, "1002", a, "1003", b)
		w := r.internal(c, "1002").answered(a.upTime()).endedBy("to").
			talk(a.upTime(), t, "1001", "1002").talk(b.upTime(), b.endTime(), "1002", "1003").
			leg("1002", "", "answered", 0, 1).leg("1003", "blind_transfer", "answered", 1).transfer("blind", "1001", "1003")
		w.end = b.endTime
	}),
}

// over says that the call has ended.
func (c *Call) over() bool { _, end := c.times(); return !end.IsZero() }
