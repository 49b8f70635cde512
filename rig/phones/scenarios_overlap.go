package main

import "time"

// Calls at the same time, and calls that are ours at both ends.
var overlapScenarios = []scenario{
	play("two-calls-of-one-client", "Outside 79161234567 calls DID 74950000001 -> 1001 and, 2 s later, DID 74950000010 -> 1002; each is answered after 1 s; the first call lasts 5 s, the second 4 s, the caller ends both.", func(r *Rig) {
		c1, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(1 * sec)
		r.p["1002"].Set(ans(1 * sec))
		c2 := r.trunk.InviteAs(cust1, "74950000010")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c1.Bye()
		time.Sleep(1 * sec)
		c2.Bye()
		b.WaitEnd(3 * sec)
		r.tell("Caller", c1, "Caller's second call", c2)
		r.incoming(c1, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).
			talk(a.upTime(), c1.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
		r.incoming(c2, "74950000010").channel("PJSIP/trunk-provider", 1).answered(b.upTime()).
			talk(b.upTime(), c2.endTime(), cust1, "1002").leg("1002", "", "answered", 0)
	}),
	play("call-waiting", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; 2 s later outside 79037654321 calls the same number; 1001 holds the first, answers the second after 2 s and talks 3 s; the second hangs up, 1001 goes back to the first for 2 s and hangs up.", func(r *Rig) {
		c1, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1001"].Set(Behaviour{Action: "ring"})
		c2 := r.trunk.InviteAs(cust2, did1)
		b := r.next(r.p["1001"], 5*sec)
		if b == nil {
			return
		}
		time.Sleep(2 * sec)
		a.Hold()
		b.Answer()
		time.Sleep(3 * sec)
		c2.Bye()
		b.WaitEnd(3 * sec)
		a.Unhold()
		time.Sleep(2 * sec)
		a.Bye()
		c1.WaitEnd(3 * sec)
		r.tell("First caller", c1, "Second caller", c2)
		r.incoming(c1, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).endedBy("to").
			talk(a.upTime(), a.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
		r.incoming(c2, did1).channel("PJSIP/trunk-provider", 1).answered(b.upTime()).
			talk(b.upTime(), c2.endTime(), cust2, "1001").leg("1001", "", "answered", 0)
	}),
	play("three-way-on-the-telephone", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; 2 s later 1001 also calls outside 89037654321 (answers after 1 s) and mixes both on the telephone for 3 s; 1001 hangs up both.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		own, o, ok := r.called("1001", dialled2)
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		own.Bye()
		a.Bye()
		c.WaitEnd(3 * sec)
		r.tell("Caller", c, "Outside 2", o)
		r.incoming(c, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).endedBy("to").
			talk(a.upTime(), a.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
		r.outgoing(own, dialled2).channel("PJSIP/1001", 1).answered(o.upTime()).
			talk(o.upTime(), own.endTime(), "1001", cust2).leg(cust2, "", "answered", 0)
	}),
	play("conference-two-outside", "Conference 800: outside 79161234567 joins by DID 74950000008, 2 s later 1001, 2 s later outside 79037654321 by the same DID; 3 s later 1001 leaves, the two outside parties stay 2 s more.", func(r *Rig) {
		c1 := r.trunk.InviteAs(cust1, "74950000008")
		if !r.mustUp(c1, "first caller", 8*sec) {
			return
		}
		time.Sleep(2 * sec)
		a := r.p["1001"].Invite("800")
		if !r.mustUp(a, "1001", 8*sec) {
			return
		}
		time.Sleep(2 * sec)
		c2 := r.trunk.InviteAs(cust2, "74950000008")
		if !r.mustUp(c2, "second caller", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		a.Bye()
		time.Sleep(2 * sec)
		c1.Bye()
		c2.Bye()
		r.tell("First caller", c1, "1001", a, "Second caller", c2)
		// Announcements keep a newcomer out of the room for up to three seconds.
		room := func(w *want, from, until time.Time) {
			most := seconds(until.Sub(from))
			w.set("result", "answered").set("answered", true).set("conference", "800").set("legs", []any{}).set("talks", open).
				set("talk_seconds", object{{"min", max(0, rounded(most-3))}, {"max", most}})
		}
		room(r.incoming(c1, "74950000008").channel("PJSIP/trunk-provider", 0), a.upTime(), c1.endTime())
		room(r.internal(a, "800").channel("PJSIP/1001", 0), a.upTime(), a.endTime())
		room(r.incoming(c2, "74950000008").channel("PJSIP/trunk-provider", 1), c2.upTime(), c1.endTime())
	}),
	play("hairpin", "Extension 1002 calls 84950000001, which is our own DID: the provider sends the call back in, 1001 rings 1 s and answers; talk 3 s, 1002 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		c := r.p["1002"].Invite("84950000001")
		o := r.next(r.trunk, 5*sec)
		if o == nil {
			return
		}
		back := r.trunk.InviteAs(ours, did1)
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		o.Answer()
		time.Sleep(3 * sec)
		c.Bye()
		o.WaitEnd(3 * sec)
		back.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1002", c, "1001", a)
		r.outgoing(c, "84950000001").channel("PJSIP/1002", 0).answered(o.upTime()).
			talk(o.upTime(), c.endTime(), "1002", did1).leg(did1, "", "answered", 0)
		r.incoming(back, did1).channel("PJSIP/trunk-provider", 1).answered(a.upTime()).
			talk(a.upTime(), back.endTime(), ours, "1001").leg("1001", "", "answered", 0)
	}),
}
