package main

import "time"

const (
	officeDID   = "74951112233" // rings 201's desk and mobile
	supportDID  = "74951112244" // a queue
	voicemailed = "74951112255" // 202, then voicemail
)

// supportUnlogged is the queue's name where nobody answered: then only rows of
// the music name it, and older versions have none; the extension is there.
var supportUnlogged = anyOf("support", supportDID, "")

// office gives the scenario the settings that fit the second dial plan.
func (r *Rig) office() {
	r.settings = object{
		{"extensions", []string{`^20\d$`}},
		{"trunks", []string{`^PJSIP/sbc-`}},
		{"incoming_contexts", []string{`^incoming-sip$`}},
	}
}

// officeCall is an incoming call of the second dial plan.
func (r *Rig) officeCall(c *Call, did string) *want {
	return r.expect("incoming", c.from, "", did, "sbc-ca2").of(c)
}

// Calls through a dial plan of another shape.
var officeScenarios = []scenario{
	play("office-inbound-mobile", "Second dial plan. Outside 79161234567 calls 74951112233; 201's desk telephone (ph201) and mobile application (201-mobile) ring at once, the application answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		r.office()
		r.p["201-mobile"].Set(ans(2 * sec))
		c := r.sbc.InviteAs(cust1, officeDID)
		b, ok := r.answered(r.p["201-mobile"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("201-mobile", b, "Caller", c)
		r.officeCall(c, officeDID).answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "201").
			leg("201", "group", "answered_elsewhere").leg("201", "group", "answered", 0)
	}),
	play("office-inbound-missed", "Second dial plan. Outside 79161234567 calls 74951112233; 201's two telephones ring, the caller gives up after 4 s.", func(r *Rig) {
		r.office()
		c := r.sbc.InviteAs(cust1, officeDID)
		c.WaitRinging(5 * sec)
		time.Sleep(4 * sec)
		c.Cancel()
		r.tell("Caller", c)
		r.officeCall(c, officeDID).unanswered("missed").leg("201", "group", "cancelled").leg("201", "group", "cancelled")
	}),
	play("office-outbound", "Second dial plan. 201 (ph201) dials 989161234567, sent to the trunk sbc-ca2 as 89161234567; answered after 2 s, talk 3 s, the outside party hangs up.", func(r *Rig) {
		r.office()
		r.sbc.Set(ans(2 * sec))
		c := r.p["ph201"].Invite("989161234567")
		o, ok := r.answered(r.sbc)
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		o.Bye()
		c.WaitEnd(3 * sec)
		r.tell("201", c, "Outside", o)
		r.expect("outgoing", "201", "201", "989161234567", "sbc-ca2").of(c).endedBy("to").answered(o.upTime()).
			talk(o.upTime(), o.endTime(), "201", "89161234567").leg("89161234567", "", "answered", 0)
	}),
	play("office-outbound-wrong-number", "Second dial plan. 202 (ph202) dials 989160000000; the provider answers 404 Not Found.", func(r *Rig) {
		r.office()
		r.sbc.Set(rej(500*time.Millisecond, 404))
		c := r.p["ph202"].Invite("989160000000")
		c.WaitEnd(20 * sec)
		r.tell("202", c)
		r.expect("outgoing", "202", "202", "989160000000", "sbc-ca2").of(c).unanswered("wrong_number").endedBy("to").
			leg(anyOf("89160000000", "989160000000"), "", "unavailable")
	}),
	play("office-internal-busy", "Second dial plan. 201 (ph201) calls 203 (ph203), who is busy (486).", func(r *Rig) {
		r.office()
		r.p["ph203"].Set(rej(300*time.Millisecond, 486))
		c := r.p["ph201"].Invite("203")
		c.WaitEnd(20 * sec)
		r.tell("201", c)
		r.expect("internal", "201", "201", "203", "").of(c).unanswered("busy").endedBy("to").leg("203", "", "busy")
	}),
	play("office-internal-unregistered", "Second dial plan. 202 (ph202) calls 204, whose telephone is not registered.", func(r *Rig) {
		r.office()
		c := r.p["ph202"].Invite("204")
		c.WaitEnd(20 * sec)
		r.tell("202", c)
		// Here no row tells that the telephone could not be reached; only that nobody was rung.
		r.expect("internal", "202", "202", "204", "").of(c).unanswered("").set("result", anyOf("unavailable", "failed")).endedBy(anyOf("to", "pbx", "")).
			set("legs_optional", []any{object{{"party", "204"}}})
	}),
	play("office-queue", "Second dial plan. Outside 79161234567 calls 74951112244 -> queue support, entered without Answer(); 202 and 203 ring, 203 answers after 3 s; talk 3 s, 203 hangs up.", func(r *Rig) {
		r.office()
		r.p["ph203"].Set(ans(3 * sec))
		c := r.sbc.InviteAs(cust1, supportDID)
		b, ok := r.answered(r.p["ph203"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		b.Bye()
		c.WaitEnd(3 * sec)
		r.tell("203", b, "Caller", c)
		r.officeCall(c, supportDID).answered(b.upTime()).endedBy("to").talk(b.upTime(), b.endTime(), cust1, "203").
			leg("202", "queue", "answered_elsewhere").leg("203", "queue", "answered", 0).queue("support", "answered")
	}),
	play("office-queue-abandoned", "Second dial plan. Outside 79037654321 calls 74951112244 -> queue support; 202 and 203 ring, the caller gives up after 5 s.", func(r *Rig) {
		r.office()
		c := r.sbc.InviteAs(cust2, supportDID)
		if r.next(r.p["ph202"], 5*sec) == nil {
			return
		}
		time.Sleep(5 * sec)
		c.Cancel()
		r.tell("Caller", c)
		r.officeCall(c, supportDID).unanswered("missed").
			leg("202", "queue", "cancelled").leg("203", "queue", "cancelled").queue(supportUnlogged, "abandoned")
	}),
	play("office-queue-timeout", "Second dial plan. Outside 79037654321 calls 74951112244 -> queue support; 202 rejects as busy (486) each time, 203 rings; nobody answers within 20 s, the PBX ends the call.", func(r *Rig) {
		r.office()
		r.p["ph202"].Set(rej(1*sec, 486))
		c := r.sbc.InviteAs(cust2, supportDID)
		c.WaitEnd(40 * sec)
		busy, rang := len(r.p["ph202"].in), len(r.p["ph203"].in)
		r.note("202 was rung %d times, 203 %d times. ", busy, rang)
		r.tell("Caller", c)
		w := r.officeCall(c, supportDID).unanswered("missed").endedBy("pbx").queue(supportUnlogged, "timeout")
		for range busy {
			w.leg("202", "queue", "busy")
		}
		for range rang {
			w.leg("203", "queue", "no_answer")
		}
	}),
	play("office-voicemail", "Second dial plan. Outside 79161234567 calls 74951112255 -> 202 rings 4 s unanswered, then voicemail box 202 of context office; the caller hangs up 10 s later.", func(r *Rig) {
		r.office()
		c := r.sbc.InviteAs(cust1, voicemailed)
		if !r.mustUp(c, "caller", 10*sec) {
			return
		}
		time.Sleep(10 * sec)
		c.Bye()
		r.tell("Caller", c)
		r.officeCall(c, voicemailed).unanswered("voicemail").leg("202", "", "no_answer").set("voicemail", anyOf("202", "202@office"))
	}),
	play("office-blind-transfer", "Second dial plan. Outside 79161234567 calls 74951112233; 201's desk telephone answers after 1 s, talk 2 s, and blind-transfers to 202 (answers after 1 s); talk 3 s, the caller hangs up.", func(r *Rig) {
		r.office()
		c, a, ok := r.officeTaken()
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["ph202"].Set(ans(1 * sec))
		t := refer(a, "202")
		b, ok := r.answered(r.p["ph202"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("201", a, "202", b, "Caller", c)
		r.officeCall(c, officeDID).answered(a.upTime()).talk(a.upTime(), t, cust1, "201").talk(b.upTime(), c.endTime(), cust1, "202").
			leg("201", "group", "answered", 0).leg("201", "group", "answered_elsewhere").leg("202", "blind_transfer", "answered", 1).
			transfer("blind", "201", "202")
	}),
	play("office-attended-transfer", "Second dial plan. Outside 79161234567 calls 74951112233; 201's desk telephone answers after 1 s, talk 2 s, consults 203 for 2 s and joins them (REFER with Replaces); talk 3 s, 203 hangs up.", func(r *Rig) {
		r.office()
		c, a, ok := r.officeTaken()
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		ac, b, ok := r.consult(a, "ph201", "203", r.p["ph203"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t := join(a, ac)
		time.Sleep(3 * sec)
		b.Bye()
		c.WaitEnd(3 * sec)
		r.tell("201", a, "201 consulting", ac, "203", b, "Caller", c)
		r.officeCall(c, officeDID).answered(a.upTime()).endedBy("to").
			talk(a.upTime(), t, cust1, "201").talk(b.upTime(), t, "201", "203").talk(t, b.endTime(), cust1, "203").
			leg("201", "group", "answered", 0).leg("201", "group", "answered_elsewhere").
			leg("201", "attended_transfer", "answered", 1).leg("203", "attended_transfer", "answered", 1, 2).
			transfer("attended", "201", "203")
	}),
	play("office-outbound-attended-transfer", "Second dial plan. 202 (ph202) dials 989161234567 (answers after 1 s, talk 2 s), consults 201, whose mobile application answers after 1 s, for 2 s and joins them (REFER with Replaces); talk 3 s, the outside party hangs up.", func(r *Rig) {
		r.office()
		r.sbc.Set(ans(1 * sec))
		c := r.p["ph202"].Invite("989161234567")
		o, ok := r.answered(r.sbc)
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		cc, b, ok := r.consult(c, "ph202", "201", r.p["201-mobile"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t := join(c, cc)
		time.Sleep(3 * sec)
		o.Bye()
		b.WaitEnd(3 * sec)
		r.tell("202", c, "202 consulting", cc, "201-mobile", b, "Outside", o)
		w := r.expect("outgoing", "202", "202", "989161234567", "sbc-ca2").of(c).answered(o.upTime()).endedBy("to").
			talk(o.upTime(), t, "202", "89161234567").talk(b.upTime(), t, "202", "201").talk(t, o.endTime(), "201", "89161234567").
			leg("89161234567", "", "answered", 0, 2).leg("202", "attended_transfer", "answered", 1).
			leg("201", anyOf("attended_transfer", "group"), "answered", 1, 2).leg("201", anyOf("attended_transfer", "group"), "answered_elsewhere").
			transfer("attended", "202", "201")
		w.end = o.endTime
	}),
}

// officeTaken has cust1 call the office; 201's desk telephone answers after a
// second.
func (r *Rig) officeTaken() (c, a *Call, ok bool) {
	r.p["ph201"].Set(ans(1 * sec))
	c = r.sbc.InviteAs(cust1, officeDID)
	a, ok = r.answered(r.p["ph201"])
	return c, a, ok
}
