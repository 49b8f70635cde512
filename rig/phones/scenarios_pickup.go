package main

import "time"

// Calls taken or heard by others than those they rang at.
var pickupScenarios = []scenario{
	play("pickup-directed", "Outside 79161234567 calls DID 74950000001 -> 1001 rings; after 2 s 1004 dials **1001 and gets the call; talk 3 s, the caller hangs up.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, did1)
		r.next(r.p["1001"], 5*sec)
		time.Sleep(2 * sec)
		d := r.p["1004"].Invite("**1001")
		if !r.mustUp(c, "caller", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		d.WaitEnd(3 * sec)
		r.tell("1004", d, "Caller", c)
		r.incoming(c, did1).answered(c.upTime()).
			talk(c.upTime(), c.endTime(), cust1, "1004").
			leg("1001", "", "answered_elsewhere").leg("1004", "pickup", "answered", 0)
	}),
	play("queue-pickup", "Outside 79161234567 calls DID 74950000005 -> queue 601; 1001, 1002, 1003 ring; after 3 s 1004, who is no member, dials *8 and gets the call; talk 3 s, the caller hangs up.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000005")
		r.next(r.p["1001"], 5*sec)
		time.Sleep(3 * sec)
		d := r.p["1004"].Invite("*8")
		if !r.mustUp(d, "1004", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		d.WaitEnd(3 * sec)
		r.tell("1004", d, "Caller", c)
		r.incoming(c, "74950000005").answered(d.upTime()).
			talk(d.upTime(), c.endTime(), cust1, "1004").
			leg("1001", "queue", "answered_elsewhere").leg("1002", "queue", "answered_elsewhere").leg("1003", "queue", "answered_elsewhere").
			leg("1004", "pickup", "answered", 0).queue("601", "answered")
	}),
	play("chanspy", "Extension 1001 calls 1002, answered after 1 s; 2 s later 1003 dials 5551001 and listens to 1001 for 3 s (ChanSpy), hangs up; 1001 hangs up 1 s later.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		b, ok := r.answered(r.p["1002"])
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		d := r.p["1003"].Invite("5551001")
		if !r.mustUp(d, "1003", 5*sec) {
			return
		}
		time.Sleep(3 * sec)
		d.Bye()
		time.Sleep(1 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", c, "1002", b, "1003 listening", d)
		r.internal(c, "1002").channel("PJSIP/1001", 0).answered(b.upTime()).
			talk(b.upTime(), c.endTime(), "1001", "1002").leg("1002", "", "answered", 0)
		r.internal(d, "5551001").channel("PJSIP/1003", 0).unanswered("service")
	}),
}

// parkIt has an agent park the caller, and says when.
func parkIt(a *Call) time.Time {
	at := time.Now()
	go a.Refer("70")
	return at
}

// Parked calls that nobody fetched.
var parkingScenarios = []scenario{
	play("parked-timeout-parker-answers", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who parks the caller (REFER to 70); nobody fetches the call, after 10 s it comes back to 1001, which answers after 2 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1001"].Set(ans(2 * sec))
		t := parkIt(a)
		b := r.next(r.p["1001"], 25*sec)
		rang := time.Now()
		if !r.mustUp(b, "1001 again", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 again", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), c.endTime(), cust1, "1001").
			leg("1001", "", "answered", 0).leg("1001", "park", "answered", 1).
			parked("1001", "timed_out", anyOf("", nil), seconds(rang.Sub(t)))
	}),
	play("parked-timeout-nobody", "Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who parks the caller (REFER to 70); after 10 s the call comes back to 1001, which rings 10 s unanswered; the PBX hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		r.p["1001"].Set(Behaviour{Action: "ring"})
		t := parkIt(a)
		b := r.next(r.p["1001"], 25*sec)
		rang := time.Now()
		if b == nil {
			return
		}
		c.WaitEnd(20 * sec)
		r.tell("1001", a, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").
			leg("1001", "", "answered", 0).leg("1001", "park", "no_answer").
			parked("1001", "timed_out", anyOf("", nil), seconds(rang.Sub(t))).endedBy("pbx")
	}),
}
