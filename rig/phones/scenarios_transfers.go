package main

import "time"

// Transfers into queues and groups, by keys, and by an administrator.
var transferScenarios = []scenario{
	play("blind-transfer-to-queue", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who blind-transfers to queue 602; there 1002 rings 2 s, answers, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(ans(2 * sec))
		t := refer(a, "602")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1002", "queue", "answered", 1).
			transfer("blind", "1001", "602").queue("602", "answered")
	}),
	play("attended-transfer-to-queue", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who holds, calls queue 602 and, 2 s later, while 1002 rings for it, joins the caller to it (REFER with Replaces); 1002 answers 2 s later, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(ans(4 * sec))
		a.Hold()
		ac := r.p["1001"].Invite("602")
		if !r.mustUp(ac, "1001 in the queue", 5*sec) {
			return
		}
		time.Sleep(2 * sec)
		t := join(a, ac)
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 in the queue", ac, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1001", "attended_transfer", nil).leg("1002", "queue", "answered", 1).
			transfer("attended", "1001", "602").queue("602", "answered")
	}),
	play("blind-transfer-to-group", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who blind-transfers to ring group 500 (1001, 1002, 1003); 1003 answers after 2 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1001"].Set(Behaviour{Action: "ring"})
		r.p["1003"].Set(ans(2 * sec))
		t := refer(a, "500")
		b, ok := r.answered(r.p["1003"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1003", b, "Caller", c)
		via := anyOf("group", "blind_transfer")
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1003").
			leg("1001", "", "answered", 0).leg("1001", via, "answered_elsewhere").leg("1002", via, "answered_elsewhere").leg("1003", via, "answered", 1).
			transfer("blind", "1001", anyOf("500", "1003"))
	}),
	play("blind-transfer-feature-code", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who presses ## and dials 1002; 1002 answers after 2 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(ans(2 * sec))
		a.DTMF("##")
		time.Sleep(1500 * time.Millisecond)
		a.DTMF("1002")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		a.WaitEnd(3 * sec)
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), a.endTime(), cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1002", "blind_transfer", "answered", 1).
			transfer("blind", "1001", "1002")
	}),
	play("attended-transfer-feature-code-no-answer", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who presses *2 and dials 1004; 1004 rings 12 s and does not answer, 3 s later the PBX brings 1001 back to the caller; they talk 2 s more, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		away := time.Now()
		a.DTMF("*2")
		time.Sleep(1500 * time.Millisecond)
		a.DTMF("1004")
		b := r.next(r.p["1004"], 10*sec)
		if b == nil {
			return
		}
		rang := time.Now()
		b.WaitEnd(25 * sec)
		back := b.endTime()
		time.Sleep(5 * sec)
		c.Bye()
		a.WaitEnd(3 * sec)
		r.tell("1001", a, "Caller", c)
		// While 1001 dials it may still be in the caller's bridge; after 1004 is given up it hears a prompt on its way back.
		w := r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), away, cust1, "1001").talk(back, c.endTime(), cust1, "1001")
		least, most, last := seconds(away.Sub(a.upTime())), seconds(rang.Sub(a.upTime())), seconds(c.endTime().Sub(back))
		first := object{{"min", least}, {"max", most}}
		second := object{{"min", 1.5}, {"max", last}}
		both := object{{"min", rounded(least + 1.5)}, {"max", rounded(most + last)}}
		w.set("talks", []any{
			object{{"parties", []string{cust1, "1001"}}, {"seconds", first}},
			object{{"parties", []string{cust1, "1001"}}, {"seconds", second}},
		}).set("talk_seconds", both).set("legs", []any{
			object{{"party", "1001"}, {"via", ""}, {"result", "answered"}, {"talk_seconds", both}},
			object{{"party", "1004"}, {"via", "attended_transfer"}, {"result", "no_answer"}, {"talk_seconds", 0}},
		})
	}),
	play("ami-redirect", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s); an administrator redirects the caller to 1002 (AMI Redirect), which answers after 2 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(ans(2 * sec))
		channel := r.channel("PJSIP/trunk-provider-")
		t := time.Now()
		res := r.ami.Do("Redirect", "Channel", channel, "Context", "from-internal", "Exten", "1002", "Priority", "1")
		r.truth.Add("AMI", "Redirect", channel+" to 1002: "+res["Response"], "")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1002", "blind_transfer", "answered", 1)
	}),
}
