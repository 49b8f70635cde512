package main

import "time"

// The PBX dies in mid-call.
var crashScenarios = []scenario{
	play("asterisk-killed", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s); then 1002 calls outside 89037654321, which rings; 2 s later Asterisk is killed (SIGKILL) and started again. After that 1001 calls 1002, answered after 1 s, talk 2 s, 1001 hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		d := r.p["1002"].Invite(dialled2)
		if r.next(r.trunk, 5*sec) == nil {
			return
		}
		time.Sleep(2 * sec)
		for _, step := range []string{"kill", "start"} {
			if err := r.powerPBX(step); err != nil {
				r.note("UNEXPECTED: %v. ", err)
				return
			}
		}
		for _, x := range []*Call{c, a, d} {
			x.setEnded("remote")
		}
		if err := r.connect(); err != nil {
			r.note("UNEXPECTED: %v. ", err)
			return
		}
		r.p["1002"].Set(ans(1 * sec))
		e := r.p["1001"].Invite("1002")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		e.Bye()
		b.WaitEnd(3 * sec)
		r.note("Caller and 1001 talked when the PBX died; 1002's call was ringing outside. ")
		r.tell("1001 afterwards", e)
		// Of the first call the last record is of its beginning.
		w := r.incoming(c, did1).channel("PJSIP/trunk-provider", 0).answered(a.upTime()).
			talk(a.upTime(), a.upTime(), cust1, "1001")
		w.set("talks", open).set("talk_seconds", object{{"min", 0}, {"max", 0.2}}).set("duration_seconds", seconds(a.upTime().Sub(c.startAt))).
			set("complete", false).without("ended_by", "in_progress").
			set("legs", []any{object{{"party", "1001"}, {"via", ""}, {"result", "answered"}}})
		// The second never rang out; how such a call is called the contract leaves open.
		r.outgoing(d, dialled2).channel("PJSIP/1002", 0).set("answered", false).set("talk_seconds", 0).set("talks", []any{}).
			set("complete", false).set("duration_seconds", open).set("wait_seconds", open).without("ended_by", "in_progress").
			set("legs", open)
		r.internal(e, "1002").channel("PJSIP/1001", 1).answered(b.upTime()).
			talk(b.upTime(), e.endTime(), "1001", "1002").leg("1002", "", "answered", 0)
	}),
}
