package main

import "time"

// Calls that pass from one to another: transfers, pickup, parking, forwarding.
var handoverScenarios = []scenario{
	play("blind-transfer", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; after 3 s 1001 blind-transfers to 1002 (SIP REFER); 1002 rings 2 s, answers, talk 4 s, caller hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.p["1002"].Set(ans(2 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		a := r.next(r.p["1001"], 5*sec)
		if r.mustUp(a, "1001", 8*sec) {
			time.Sleep(3 * sec)
			a.Refer("1002")
			d := r.next(r.p["1002"], 8*sec)
			if r.mustUp(d, "1002", 8*sec) {
				time.Sleep(4 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1001: %s. 1002: %s. ", a.talk(), d.talk())
			}
		}
		r.note("Caller: %s.", c.talk())
	}),
	play("blind-transfer-no-answer", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; after 2 s 1001 blind-transfers to 1004, who rings unanswered; caller hangs up 4 s later.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		a := r.next(r.p["1001"], 5*sec)
		if r.mustUp(a, "1001", 8*sec) {
			time.Sleep(2 * sec)
			go a.Refer("1004")
			r.next(r.p["1004"], 8*sec)
			time.Sleep(4 * sec)
			c.Bye()
		}
		r.note("1001: %s. Caller: %s; 1004 never answered.", a.talk(), c.talk())
	}),
	play("blind-transfer-to-outside", "Extension 1001 calls 1002, answered after 1 s; 1002 blind-transfers 1001 to outside 89161234567 (REFER), answered after 1 s, talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		r.trunk.Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		a := r.next(r.p["1002"], 5*sec)
		if r.mustUp(a, "1002", 8*sec) {
			time.Sleep(2 * sec)
			a.Refer("89161234567")
			d := r.next(r.trunk, 8*sec)
			if r.mustUp(d, "outside", 8*sec) {
				time.Sleep(3 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1002: %s. Outside: %s. ", a.talk(), d.talk())
			}
		}
		c.Bye()
		r.note("1001: %s.", c.talk())
	}),
	play("attended-transfer", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; after 2 s 1001 holds, calls 1002 (answers after 1 s), talks 2 s, completes the transfer (REFER with Replaces); caller and 1002 talk 4 s, caller hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.p["1002"].Set(ans(1 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		a := r.next(r.p["1001"], 5*sec)
		if r.mustUp(a, "1001", 8*sec) {
			time.Sleep(2 * sec)
			a.Hold()
			b := r.p["1001"].Invite("1002")
			d := r.next(r.p["1002"], 8*sec)
			if r.mustUp(b, "1001 consultation", 8*sec) {
				time.Sleep(2 * sec)
				a.ReferTo(b)
				time.Sleep(4 * sec)
				b.Bye()
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1001: %s; its consultation: %s. 1002: %s. ", a.talk(), b.talk(), d.talk())
			}
		}
		c.Bye()
		r.note("Caller: %s.", c.talk())
	}),
	play("attended-transfer-feature-code", "Extension 1001 calls 1002, answered after 1 s; 1002 presses *2, dials 1003 (answers after 1 s), talks 2 s and hangs up, which completes the transfer; 1001 and 1003 talk 4 s, 1001 hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		r.p["1003"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		a := r.next(r.p["1002"], 5*sec)
		if r.mustUp(a, "1002", 8*sec) {
			time.Sleep(2 * sec)
			a.DTMF("*2")
			time.Sleep(1500 * time.Millisecond)
			a.DTMF("1003")
			d := r.next(r.p["1003"], 10*sec)
			if r.mustUp(d, "1003", 8*sec) {
				time.Sleep(2 * sec)
				a.Bye()
				time.Sleep(4 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1002: %s. 1003: %s. ", a.talk(), d.talk())
			}
		}
		c.Bye()
		r.note("1001: %s.", c.talk())
	}),
	play("attended-transfer-ami", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; an AMI Atxfer on 1001's channel dials 1002 (answers after 1 s); after 2 s 1001 hangs up, completing it; caller and 1002 talk 3 s, 1002 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.p["1002"].Set(ans(1 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		a := r.next(r.p["1001"], 5*sec)
		if r.mustUp(a, "1001", 8*sec) {
			time.Sleep(2 * sec)
			ch := r.channel("PJSIP/1001-")
			res := r.ami.Do("Atxfer", "Channel", ch, "Exten", "1002", "Context", "from-internal-xfer")
			r.truth.Add("AMI", "Atxfer", ch+" to 1002: "+res["Response"], "")
			d := r.next(r.p["1002"], 10*sec)
			if r.mustUp(d, "1002", 8*sec) {
				time.Sleep(2 * sec)
				a.Bye()
				time.Sleep(3 * sec)
				d.Bye()
				c.WaitEnd(3 * sec)
				r.note("1001: %s. 1002: %s. ", a.talk(), d.talk())
			}
		}
		c.Bye()
		r.note("Caller: %s.", c.talk())
	}),
	play("pickup", "Outside 79161234567 calls DID 74950000001 -> 1001 rings; after 2 s 1002 dials *8 (group pickup) and gets the call; talk 4 s, caller hangs up.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000001")
		r.next(r.p["1001"], 5*sec)
		time.Sleep(2 * sec)
		d := r.p["1002"].Invite("*8")
		if r.mustUp(c, "caller", 8*sec) {
			time.Sleep(4 * sec)
			c.Bye()
			d.WaitEnd(3 * sec)
		} else {
			c.Cancel()
		}
		r.note("1002: %s. Caller: %s.", d.talk(), c.talk())
	}),
	play("parked-and-retrieved", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; after 2 s 1001 parks the caller (REFER to 70, slot 71); 3 s later 1002 dials 71 and gets the caller; talk 4 s, caller hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		a := r.next(r.p["1001"], 5*sec)
		if r.mustUp(a, "1001", 8*sec) {
			time.Sleep(2 * sec)
			a.Refer("70")
			time.Sleep(3 * sec)
			d := r.p["1002"].Invite("71")
			if r.mustUp(d, "1002", 8*sec) {
				time.Sleep(4 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
			}
			r.note("1001: %s. 1002: %s. ", a.talk(), d.talk())
		}
		c.Bye()
		r.note("Caller: %s.", c.talk())
	}),
	play("parked-abandoned", "Outside 79161234567 calls DID 74950000001 -> 1001, answered after 1 s; 1001 parks the caller (REFER to 70), who hangs up after 3 s in the lot.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		a := r.next(r.p["1001"], 5*sec)
		if r.mustUp(a, "1001", 8*sec) {
			time.Sleep(2 * sec)
			a.Refer("70")
			time.Sleep(3 * sec)
			c.Bye()
		}
		r.note("1001: %s. Caller: %s.", a.talk(), c.talk())
	}),
	play("forward-302", "Extension 1001 calls 1002, whose phone redirects (302) to 1003; 1003 answers after 1 s, talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.p["1002"].Set(Behaviour{Action: "redirect", Ring: 300 * time.Millisecond, To: "1003"})
		r.p["1003"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		if r.mustUp(c, "1001", 10*sec) {
			time.Sleep(3 * sec)
			c.Bye()
		}
		r.note("1001: %s.", c.talk())
	}),
}
