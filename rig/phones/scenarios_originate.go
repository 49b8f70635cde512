package main

import "time"

// originate has the PBX ring 1001 and then dial number, as click-to-call does.
func (r *Rig) originate(kv ...string) time.Time {
	at := time.Now()
	res := r.ami.Do("Originate", append(kv, "Async", "true")...)
	r.truth.Add("AMI", "Originate", kv[1]+": "+res["Response"], "")
	return at
}

// clicked is the call of a click for 1001 that began at start and ended with
// the telephone's call c.
func (r *Rig) clicked(start time.Time, to any, c *Call) *want {
	w := r.expect("outgoing", "1001", "1001", to, "trunk-provider")
	w.start, w.end = start, c.endTime
	return w
}

// click is an Originate that rings 1001 and connects it with number.
func (r *Rig) click(number string) time.Time {
	return r.originate("Channel", "PJSIP/1001", "Context", "from-internal", "Exten", number, "Priority", "1",
		"CallerID", `"`+number+`" <`+number+`>`, "Timeout", "6000")
}

// Calls that the PBX makes for an extension.
var originateScenarios = []scenario{
	play("click-to-call-direct", "AMI Originate PJSIP/1001 to 89161234567, shown to 1001 as the caller: 1001 rings 1 s and answers, outside rings 2 s and answers; talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.trunk.Set(ans(2 * sec))
		start := r.click(dialled1)
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		o, ok := r.answered(r.trunk)
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		a.Bye()
		o.WaitEnd(3 * sec)
		r.tell("1001", a, "Outside", o)
		r.clicked(start, anyOf(dialled1, cust1), a).endedBy("from").answered(o.upTime()).talk(o.upTime(), a.endTime(), "1001", cust1).
			leg("1001", "originate", "answered", 0).leg(cust1, "", "answered", 0)
	}),
	play("click-to-call-agent-does-not-answer", "AMI Originate PJSIP/1001 to 89161234567, shown to 1001 as the caller: 1001 rings 6 s and does not answer; nobody outside is called.", func(r *Rig) {
		start := r.click(dialled1)
		a := r.next(r.p["1001"], 5*sec)
		if a == nil {
			return
		}
		a.WaitEnd(15 * sec)
		r.note("1001 rang %.1f s. ", a.endTime().Sub(start).Seconds())
		r.clicked(start, anyOf(dialled1, cust1), a).unanswered("no_answer").leg("1001", "originate", "no_answer").set("trunk", "")
	}),
	play("click-to-call-client-busy", "AMI Originate PJSIP/1001 to 89161234567: 1001 answers after 1 s, the provider answers 486 Busy Here after 1 s; 1001 hears busy until the PBX ends the call.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.trunk.Set(rej(1*sec, 486))
		start := r.click(dialled1)
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		a.WaitEnd(40 * sec)
		r.tell("1001", a)
		r.clicked(start, anyOf(dialled1, cust1), a).unanswered("busy").endedBy("to").leg("1001", "originate", "answered").leg(unanswered1, "", "busy").
			set("duration_seconds", open).set("wait_seconds", open)
	}),
	play("click-to-call-client-does-not-answer", "AMI Originate PJSIP/1001 to 89161234567: 1001 answers after 1 s, outside rings 4 s, 1001 gives up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		start := r.click(dialled1)
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		if r.next(r.trunk, 5*sec) == nil {
			return
		}
		time.Sleep(4 * sec)
		a.Bye()
		r.tell("1001", a)
		r.clicked(start, anyOf(dialled1, cust1), a).unanswered("cancelled").endedBy("from").leg("1001", "originate", "answered").leg(unanswered1, "", "cancelled")
	}),
	play("click-to-call-two-originates", "Two AMI Originates: PJSIP/1001 (answers after 1 s) and PJSIP/79161234567@trunk-provider (answers after 2 s), each to a waiting place of the dial plan; then AMI Bridge joins them; talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.trunk.Set(ans(2 * sec))
		start := r.originate("Channel", "PJSIP/1001", "Context", "from-internal", "Exten", "*60", "Priority", "1",
			"CallerID", cust1, "Timeout", "10000")
		a, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		r.originate("Channel", "PJSIP/"+cust1+"@trunk-provider", "Context", "from-internal", "Exten", "*60", "Priority", "1",
			"CallerID", ours, "Timeout", "10000")
		o, ok := r.answered(r.trunk)
		if !ok {
			return
		}
		time.Sleep(1 * sec)
		joined := time.Now()
		res := r.ami.Do("Bridge", "Channel1", r.channel("PJSIP/1001-"), "Channel2", r.channel("PJSIP/trunk-provider-"))
		r.truth.Add("AMI", "Bridge", res["Response"], "")
		time.Sleep(3 * sec)
		a.Bye()
		o.WaitEnd(3 * sec)
		r.tell("1001", a, "Outside", o)
		w := r.clicked(start, anyOf(dialled1, cust1, ""), a).endedBy("from").answered(joined).talk(joined, a.endTime(), "1001", cust1).
			leg("1001", "originate", "answered", 0).leg(cust1, anyOf("", "originate"), "answered", 0)
		// The number called stands nowhere but in what 1001 is shown.
		w.set("talks", open).set("talk_seconds", seconds(a.endTime().Sub(joined))).set("legs", open)
	}),
}
