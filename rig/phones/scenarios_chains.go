package main

import "time"

// consult has who call to while it holds another call, and wait for the answer
// of callee.
func (r *Rig) consult(held *Call, who, to string, callee *UA) (own, called *Call, ok bool) {
	callee.Set(ans(1 * sec))
	held.Hold()
	own = r.p[who].Invite(to)
	called, ok = r.answered(callee)
	return own, called, ok
}

// refer begins a blind transfer and says when.
func refer(c *Call, to string) time.Time {
	at := time.Now()
	go c.Refer(to)
	return at
}

// join completes an attended transfer and says when.
func join(held, consultation *Call) time.Time {
	at := time.Now()
	go held.ReferTo(consultation)
	return at
}

// Calls that are handed on more than once, or that we made.
var chainScenarios = []scenario{
	play("transfer-chain-blind", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who blind-transfers to 1002 (answers after 1 s, talk 2 s), who blind-transfers back to 1001 (answers after 1 s, talk 2 s); the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(ans(1 * sec))
		t1 := refer(a, "1002")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		a.WaitEnd(3 * sec)
		time.Sleep(2 * sec)
		t2 := refer(b, "1001")
		d, ok := r.answered(r.p["1001"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		c.Bye()
		d.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b, "1001 again", d, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t1, cust1, "1001").talk(b.upTime(), t2, cust1, "1002").talk(d.upTime(), c.endTime(), cust1, "1001").
			leg("1001", "", "answered", 0).leg("1002", "blind_transfer", "answered", 1).leg("1001", "blind_transfer", "answered", 2).
			transfer("blind", "1001", "1002").transfer("blind", "1002", "1001")
	}),
	play("transfer-chain-attended", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who consults 1002 for 2 s and joins them (REFER with Replaces, talk 2 s); 1002 consults 1001 for 2 s and joins them (talk 2 s); the caller hangs up.", func(r *Rig) {
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
		t1 := join(a, ac)
		ac.WaitEnd(3 * sec)
		time.Sleep(2 * sec)
		bc, d, ok := r.consult(b, "1002", "1001", r.p["1001"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t2 := join(b, bc)
		time.Sleep(2 * sec)
		c.Bye()
		d.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "1002", b, "1002 consulting", bc, "1001 again", d, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t1, cust1, "1001").talk(b.upTime(), t1, "1001", "1002").talk(t1, t2, cust1, "1002").
			talk(d.upTime(), t2, "1001", "1002").talk(t2, c.endTime(), cust1, "1001").
			leg("1001", "", "answered", 0).leg("1001", "attended_transfer", "answered", 1).leg("1002", "attended_transfer", "answered", 1, 2).
			leg("1002", "attended_transfer", "answered", 3).leg("1001", "attended_transfer", "answered", 3, 4).
			transfer("attended", "1001", "1002").transfer("attended", "1002", "1001")
	}),
	play("outbound-attended-transfer", "Extension 1001 calls outside 89161234567 (answers after 1 s, talk 2 s), consults 1002 for 2 s and joins them (REFER with Replaces, talk 3 s); the outside party hangs up.", func(r *Rig) {
		c, o, ok := r.called("1001", dialled1)
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		cc, b, ok := r.consult(c, "1001", "1002", r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t := join(c, cc)
		time.Sleep(3 * sec)
		o.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", c, "1001 consulting", cc, "1002", b, "Outside", o)
		w := r.outgoing(c, dialled1).answered(o.upTime()).
			talk(o.upTime(), t, "1001", cust1).talk(b.upTime(), t, "1001", "1002").talk(t, o.endTime(), "1002", cust1).
			leg(cust1, "", "answered", 0, 2).leg("1001", "attended_transfer", "answered", 1).leg("1002", "attended_transfer", "answered", 1, 2).
			transfer("attended", "1001", "1002").endedBy("to")
		w.end = o.endTime
	}),
	play("outbound-blind-transfer", "Extension 1001 calls outside 89161234567 (answers after 1 s, talk 2 s) and blind-transfers it to 1003 (answers after 1 s, talk 3 s), who hangs up.", func(r *Rig) {
		c, o, ok := r.called("1001", dialled1)
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
		o.WaitEnd(3 * sec)
		r.tell("1001", c, "1003", b, "Outside", o)
		w := r.outgoing(c, dialled1).answered(o.upTime()).
			talk(o.upTime(), t, "1001", cust1).talk(b.upTime(), b.endTime(), "1003", cust1).
			leg(cust1, "", "answered", 0, 1).leg("1003", "blind_transfer", "answered", 1).
			transfer("blind", "1001", "1003").endedBy("to")
		w.end = b.endTime
	}),
	play("attended-transfer-to-outside", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who consults outside 89037654321 for 2 s and joins them (REFER with Replaces); the two outside parties talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		ac, o, ok := r.consult(a, "1001", dialled2, r.trunk)
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t := join(a, ac)
		time.Sleep(3 * sec)
		c.Bye()
		o.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "Outside 2", o, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(o.upTime(), t, "1001", cust2).talk(t, c.endTime(), cust1, cust2).
			leg("1001", "", "answered", 0).leg("1001", "attended_transfer", "answered", 1).leg(cust2, "attended_transfer", "answered", 1, 2).
			transfer("attended", "1001", cust2)
	}),
	play("blonde-transfer", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who holds, calls 1002 and joins them (REFER with Replaces) while 1002 still rings; 1002 answers 2 s later, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1002"].Set(ans(4 * sec))
		a.Hold()
		ac := r.p["1001"].Invite("1002")
		ac.WaitRinging(5 * sec)
		time.Sleep(2 * sec)
		t := join(a, ac)
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1001", "attended_transfer", nil).leg("1002", "attended_transfer", "answered", 1).
			transfer("attended", "1001", "1002")
	}),
}

// called has ext call an outside number, which answers after a second.
func (r *Rig) called(ext, number string) (caller, outside *Call, ok bool) {
	r.trunk.Set(ans(1 * sec))
	caller = r.p[ext].Invite(number)
	outside, ok = r.answered(r.trunk)
	return caller, outside, ok
}
