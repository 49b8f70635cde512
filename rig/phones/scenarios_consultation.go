package main

import "time"

// Consultations that came to something else than a plain transfer, and
// transfers out of a queue.
var consultationScenarios = []scenario{
	play("consultation-refused", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who holds and calls 1002; 1002 rejects after 2 s (603); 1001 goes back to the caller, talk 2 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(rej(2*sec, 603))
		a.Hold()
		ac := r.p["1001"].Invite("1002")
		ac.WaitEnd(10 * sec)
		a.Unhold()
		time.Sleep(2 * sec)
		c.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "Caller", c)
		r.incoming(c, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).
			talk(a.upTime(), c.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
		r.internal(ac, "1002").channel("PJSIP/1001", 1).unanswered("rejected").endedBy("to").leg("1002", "", "rejected").
			set("duration_seconds", open).set("wait_seconds", open)
	}),
	play("consultation-without-transfer", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who holds, asks 1002 for 2 s, hangs that up and goes back to the caller; talk 2 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		ac, b, ok := r.consult(a, "1001", "1002", r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		ac.Bye()
		a.Unhold()
		time.Sleep(2 * sec)
		c.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "Caller", c)
		r.incoming(c, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).
			talk(a.upTime(), c.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
		r.internal(ac, "1002").channel("PJSIP/1001", 1).answered(b.upTime()).
			talk(b.upTime(), ac.endTime(), "1001", "1002").leg("1002", "", "answered", 0)
	}),
	play("queue-attended-transfer", "Outside 79161234567 calls DID 74950000003 -> queue 600 (Local/n members), 1001 answers after 1 s, talk 2 s, consults 1003 for 2 s and joins them (REFER with Replaces); talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken("74950000003", "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		ac, b, ok := r.consult(a, "1001", "1003", r.p["1003"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t := join(a, ac)
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "1003", b, "Caller", c)
		r.incoming(c, "74950000003").answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), t, "1001", "1003").talk(t, c.endTime(), cust1, "1003").
			leg("1001", "queue", "answered", 0).leg("1001", "attended_transfer", "answered", 1).leg("1003", "attended_transfer", "answered", 1, 2).
			transfer("attended", "1001", "1003").queue("600", "answered")
	}),
	play("queue-blind-transfer", "Outside 79161234567 calls DID 74950000003 -> queue 600 (Local/n members), 1001 answers after 1 s, talk 2 s, and blind-transfers to 1004 (answers after 2 s); talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken("74950000003", "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1004"].Set(ans(2 * sec))
		t := refer(a, "1004")
		b, ok := r.answered(r.p["1004"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1004", b, "Caller", c)
		r.incoming(c, "74950000003").answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1004").
			leg("1001", "queue", "answered", 0).leg("1004", "blind_transfer", "answered", 1).
			transfer("blind", "1001", "1004").queue("600", "answered")
	}),
	play("blind-transfer-to-busy", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who blind-transfers to 1004, who rejects as busy (486); the caller hears busy for 3 s and hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1004"].Set(rej(500*time.Millisecond, 486))
		t := refer(a, "1004")
		if r.next(r.p["1004"], 5*sec) == nil {
			return
		}
		time.Sleep(3500 * time.Millisecond)
		c.Bye()
		r.tell("1001", a, "Caller", c)
		// That it was the caller who hung up, and not Busy() whose time was over, no record tells.
		r.incoming(c, did1).answered(a.upTime()).talk(a.upTime(), t, cust1, "1001").endedBy(anyOf("from", "to")).
			leg("1001", "", "answered", 0).leg("1004", "blind_transfer", "busy")
	}),
	play("attended-transfer-feature-code-blonde", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who presses *2, dials 1002 and hangs up while 1002 rings; 1002 answers 3 s later, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		away := time.Now()
		a.DTMF("*2")
		time.Sleep(1500 * time.Millisecond)
		a.DTMF("1002")
		b := r.next(r.p["1002"], 10*sec)
		if b == nil {
			return
		}
		rang := time.Now()
		time.Sleep(2 * sec)
		a.Bye()
		time.Sleep(3 * sec)
		b.Answer()
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b, "Caller", c)
		w := r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), away, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1002").
			transfer("attended", "1001", "1002")
		// While 1001 dials it may still be in the caller's bridge.
		least, most, last := seconds(away.Sub(a.upTime())), seconds(rang.Sub(a.upTime())), seconds(c.endTime().Sub(b.upTime()))
		first := object{{"min", least}, {"max", most}}
		w.set("talks", []any{
			object{{"parties", []string{cust1, "1001"}}, {"seconds", first}},
			object{{"parties", []string{cust1, "1002"}}, {"seconds", last}},
		}).set("talk_seconds", object{{"min", rounded(least + last)}, {"max", rounded(most + last)}}).set("legs", []any{
			object{{"party", "1001"}, {"via", ""}, {"result", "answered"}, {"talk_seconds", first}},
			object{{"party", "1002"}, {"via", "attended_transfer"}, {"result", "answered"}, {"talk_seconds", last}},
		})
	}),
	play("click-to-call-local-kept", "AMI Originate Local/1001@from-internal/n to 89161234567, shown to 1001 as the caller: 1001 rings 1 s and answers, outside rings 2 s and answers; talk 3 s, the outside party hangs up. The Local pair stays.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.trunk.Set(ans(2 * sec))
		start := r.originate("Channel", "Local/1001@from-internal/n", "Context", "from-internal", "Exten", dialled1, "Priority", "1",
			"CallerID", `"`+dialled1+`" <`+dialled1+`>`, "Timeout", "10000")
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		o, ok := r.answered(r.trunk)
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		o.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1001", a, "Outside", o)
		r.clicked(start, anyOf(dialled1, cust1), a).endedBy("to").answered(o.upTime()).talk(o.upTime(), o.endTime(), "1001", cust1).
			leg("1001", "originate", "answered", 0).leg(cust1, "", "answered", 0)
	}),
	play("click-to-call-local-agent-does-not-answer", "AMI Originate Local/1001@from-internal/n to 89161234567, shown to 1001 as the caller: 1001 rings 6 s and does not answer; nobody outside is called.", func(r *Rig) {
		start := r.originate("Channel", "Local/1001@from-internal/n", "Context", "from-internal", "Exten", dialled1, "Priority", "1",
			"CallerID", `"`+dialled1+`" <`+dialled1+`>`, "Timeout", "6000")
		a := r.next(r.p["1001"], 5*sec)
		if a == nil {
			return
		}
		a.WaitEnd(15 * sec)
		r.note("1001 rang %.1f s. ", a.endTime().Sub(start).Seconds())
		r.clicked(start, anyOf(dialled1, cust1), a).unanswered("no_answer").leg("1001", "originate", "no_answer").set("trunk", "")
	}),
	play("click-to-call-colleague", "AMI Originate PJSIP/1001 to 1002, shown to 1001 as the caller: 1001 answers after 1 s, 1002 after 2 s; talk 3 s, 1002 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.p["1002"].Set(ans(2 * sec))
		start := r.click("1002")
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		b.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b)
		w := r.expect("internal", "1001", "1001", "1002", "").endedBy("to")
		w.start, w.end = start, a.endTime
		w.answered(b.upTime()).talk(b.upTime(), b.endTime(), "1001", "1002").
			leg("1001", "originate", "answered", 0).leg("1002", "", "answered", 0)
	}),
}
