package main

import "time"

// Calls that go on to somebody else by themselves.
var forwardScenarios = []scenario{
	play("follow-me-after-desk", "Outside 79161234567 calls DID 74950000017 -> follow-me of 1004: the desk telephone rings 4 s, then 1004's mobile 89037654321 over the trunk, answered after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, o, ok := r.followed("74950000017")
		if !ok {
			return
		}
		r.incoming(c, "74950000017").answered(o.upTime()).talk(o.upTime(), c.endTime(), cust1, cust2).
			leg("1004", anyOf("", "group"), "no_answer").leg(cust2, "forward", "answered", 0)
	}),
	play("follow-me-with-desk", "Outside 79161234567 calls DID 74950000018 -> follow-me of 1005: the desk telephone and the mobile 89037654321 over the trunk ring at once; the mobile answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, o, ok := r.followed("74950000018")
		if !ok {
			return
		}
		r.incoming(c, "74950000018").answered(o.upTime()).talk(o.upTime(), c.endTime(), cust1, cust2).
			leg("1005", anyOf("", "group"), "answered_elsewhere").leg(cust2, "forward", "answered", 0)
	}),
	play("forward-302-outside", "Outside 79161234567 calls DID 74950000001 -> 1001, whose telephone redirects (302) to outside 89037654321; that answers after 2 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		r.p["1001"].Set(Behaviour{Action: "redirect", Ring: 300 * time.Millisecond, To: dialled2})
		c, o, ok := r.followed(did1)
		if !ok {
			return
		}
		r.incoming(c, did1).answered(o.upTime()).talk(o.upTime(), c.endTime(), cust1, cust2).
			leg("1001", "", "failed").leg(cust2, "forward", "answered", 0)
	}),
	play("forward-302-no-answer", "Extension 1001 calls 1002, whose telephone redirects (302) to 1003; 1003 rings 4 s unanswered, 1001 gives up.", func(r *Rig) {
		r.p["1002"].Set(Behaviour{Action: "redirect", Ring: 300 * time.Millisecond, To: "1003"})
		c := r.p["1001"].Invite("1002")
		if r.next(r.p["1003"], 8*sec) == nil {
			return
		}
		time.Sleep(4 * sec)
		c.Cancel()
		r.tell("1001", c)
		r.internal(c, "1002").unanswered("cancelled").leg("1002", "", "failed").leg("1003", "forward", "cancelled")
	}),
	play("forward-loop", "Outside 79161234567 calls DID 74950000001 -> 1001, which redirects (302) to 1002, which redirects to 1001, and so on until the PBX has enough.", func(r *Rig) {
		r.p["1001"].Set(Behaviour{Action: "redirect", Ring: 20 * time.Millisecond, To: "1002"})
		r.p["1002"].Set(Behaviour{Action: "redirect", Ring: 20 * time.Millisecond, To: "1001"})
		c := r.trunk.InviteAs(cust1, did1)
		c.WaitEnd(40 * sec)
		time.Sleep(500 * time.Millisecond)
		r.note("1001 was rung %d times, 1002 %d times. ", len(r.p["1001"].in), len(r.p["1002"].in))
		r.tell("Caller", c)
		w := r.incoming(c, did1).unanswered("missed").endedBy(anyOf("pbx", "to", ""))
		w.leg("1001", "", "failed")
		for range len(r.p["1001"].in) - 1 {
			w.leg("1001", "forward", "failed")
		}
		for range len(r.p["1002"].in) {
			w.leg("1002", "forward", "failed")
		}
	}),
}

// followed plays a call that an outside telephone answers after two seconds of
// ringing; talk three seconds, the caller hangs up.
func (r *Rig) followed(did string) (c, o *Call, ok bool) {
	r.trunk.Set(ans(2 * sec))
	c = r.trunk.InviteAs(cust1, did)
	o, ok = r.answered(r.trunk)
	if !ok {
		return c, o, false
	}
	time.Sleep(3 * sec)
	c.Bye()
	o.WaitEnd(3 * sec)
	r.tell("Mobile", o, "Caller", c)
	return c, o, true
}
