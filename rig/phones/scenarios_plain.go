package main

import "time"

// Calls between two: in, out and inside.
var plainScenarios = []scenario{
	play("inbound-answered", "Outside 79161234567 calls DID 74950000001 -> extension 1001; 1001 rings 2 s, answers, they talk 4 s, the caller hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(2 * sec))
		c := r.trunk.InviteAs(cust1, "74950000001")
		if r.mustUp(c, "caller", 8*sec) {
			time.Sleep(4 * sec)
			c.Bye()
		}
		r.note("Caller: %s.", c.talk())
	}),
	play("inbound-answered-callee-hangs-up", "Outside 79161234567 calls DID 74950000001 -> 1001; answered after 1 s, talk 3 s, the extension hangs up.", func(r *Rig) {
		b := ans(1 * sec)
		b.Talk = 3 * sec
		r.p["1001"].Set(b)
		c := r.trunk.InviteAs(cust1, "74950000001")
		r.mustUp(c, "caller", 8*sec)
		c.WaitEnd(8 * sec)
		r.note("Caller: %s.", c.talk())
	}),
	play("inbound-missed", "Outside 79161234567 calls DID 74950000001 -> 1001; 1001 rings and nobody answers, the caller gives up after 5 s of ringing.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000001")
		c.WaitRinging(5 * sec)
		time.Sleep(5 * sec)
		c.Cancel()
		r.note("Caller: %s; missed call.", c.talk())
	}),
	play("inbound-missed-ring-timeout", "Outside 79037654321 calls DID 74950000001 -> 1001 (no voicemail); rings 12 s until the PBX stops, the PBX then refuses the call.", func(r *Rig) {
		c := r.trunk.InviteAs(cust2, "74950000001")
		c.WaitEnd(35 * sec)
		r.note("Caller: %s; missed call, PBX gave up after the ring time.", c.talk())
	}),
	play("inbound-busy", "Outside 79161234567 calls DID 74950000001 -> 1001, which answers 486 Busy Here at once.", func(r *Rig) {
		r.p["1001"].Set(rej(300*time.Millisecond, 486))
		c := r.trunk.InviteAs(cust1, "74950000001")
		c.WaitEnd(20 * sec)
		r.note("Caller: %s; refused as busy.", c.talk())
	}),
	play("inbound-voicemail", "Outside 79161234567 calls DID 74950000007 -> 1003; rings 5 s unanswered, then voicemail answers, the caller leaves a message and hangs up 12 s after voicemail answered.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000007")
		if r.mustUp(c, "caller", 15*sec) {
			time.Sleep(12 * sec)
			c.Bye()
		}
		r.note("Caller: %s (with voicemail, no person).", c.talk())
	}),
	play("outbound-answered", "Extension 1002 calls outside 89161234567 (sent to the trunk as 79161234567); it rings 2 s, answers, talk 4 s, 1002 hangs up.", func(r *Rig) {
		r.trunk.Set(ans(2 * sec))
		c := r.p["1002"].Invite("89161234567")
		if r.mustUp(c, "1002", 8*sec) {
			time.Sleep(4 * sec)
			c.Bye()
		}
		r.note("1002: %s.", c.talk())
	}),
	play("outbound-busy", "Extension 1002 calls outside 89161234567; the provider answers 486 Busy Here after 1 s.", func(r *Rig) {
		r.trunk.Set(rej(1*sec, 486))
		c := r.p["1002"].Invite("89161234567")
		c.WaitEnd(30 * sec)
		r.note("1002: %s; outside was busy.", c.talk())
	}),
	play("outbound-congestion", "Extension 1002 calls outside 89161234567; the provider answers 503 after 1 s.", func(r *Rig) {
		r.trunk.Set(rej(1*sec, 503))
		c := r.p["1002"].Invite("89161234567")
		c.WaitEnd(30 * sec)
		r.note("1002: %s; provider congestion.", c.talk())
	}),
	play("outbound-no-answer", "Extension 1002 calls outside 89161234567; it rings 5 s, nobody answers, 1002 gives up.", func(r *Rig) {
		c := r.p["1002"].Invite("89161234567")
		c.WaitRinging(5 * sec)
		time.Sleep(5 * sec)
		c.Cancel()
		r.note("1002: %s.", c.talk())
	}),
	play("outbound-wrong-number", "Extension 1002 calls outside 89160000000; the provider answers 404 Not Found.", func(r *Rig) {
		r.trunk.Set(rej(500*time.Millisecond, 404))
		c := r.p["1002"].Invite("89160000000")
		c.WaitEnd(30 * sec)
		r.note("1002: %s; no such number.", c.talk())
	}),
	play("internal", "Extension 1001 calls extension 1002; rings 2 s, answered, talk 4 s, 1001 hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(2 * sec))
		c := r.p["1001"].Invite("1002")
		if r.mustUp(c, "1001", 8*sec) {
			time.Sleep(4 * sec)
			c.Bye()
		}
		r.note("1001: %s.", c.talk())
	}),
	play("internal-hold", "Extension 1001 calls 1002, answered after 1 s; after 2 s 1002 puts 1001 on hold for 3 s, takes it back, talks 2 s more and hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		d := r.next(r.p["1002"], 5*sec)
		if r.mustUp(c, "1001", 8*sec) {
			time.Sleep(2 * sec)
			d.Hold()
			time.Sleep(3 * sec)
			d.Unhold()
			time.Sleep(2 * sec)
			d.Bye()
			c.WaitEnd(3 * sec)
		}
		r.note("1001: %s.", c.talk())
	}),
	play("internal-unicode-callerid", "Extension 1005 (caller id name in Cyrillic, set on the PBX) calls 1001; answered after 1 s, talk 2 s, 1005 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		c := r.p["1005"].Invite("1001")
		if r.mustUp(c, "1005", 8*sec) {
			time.Sleep(2 * sec)
			c.Bye()
		}
		r.note("1005: %s.", c.talk())
	}),
	play("internal-no-such-extension", "Extension 1001 dials 1099, which does not exist.", func(r *Rig) {
		c := r.p["1001"].Invite("1099")
		c.WaitEnd(10 * sec)
		r.note("1001: %s; SIP 404 before any channel exists, so the PBX writes no CEL and no CDR row.", c.talk())
	}).silent(),
	play("internal-busy", "Extension 1001 calls 1002, who is busy (486).", func(r *Rig) {
		r.p["1002"].Set(rej(300*time.Millisecond, 486))
		c := r.p["1001"].Invite("1002")
		c.WaitEnd(20 * sec)
		r.note("1001: %s; 1002 was busy.", c.talk())
	}),
	play("internal-missed", "Extension 1001 calls 1002, which rings 4 s unanswered; 1001 gives up.", func(r *Rig) {
		c := r.p["1001"].Invite("1002")
		c.WaitRinging(5 * sec)
		time.Sleep(4 * sec)
		c.Cancel()
		r.note("1001: %s.", c.talk())
	}),
	play("user-event", "Extension 1001 dials *43 (echo test); the dialplan writes a user-defined CEL event; 1001 hangs up after 3 s.", func(r *Rig) {
		c := r.p["1001"].Invite("*43")
		r.mustUp(c, "1001", 8*sec)
		time.Sleep(3 * sec)
		c.Bye()
		r.note("1001: %s (with the PBX).", c.talk())
	}),
	play("caller-crash", "Extension 1001 calls 1002, answered after 1 s; after 2 s 1001's channel is hung up from outside by AMI Hangup (as after a lost phone).", func(r *Rig) {
		r.p["1002"].Set(ans(1 * sec))
		c := r.p["1001"].Invite("1002")
		if r.mustUp(c, "1001", 8*sec) {
			time.Sleep(2 * sec)
			r.ami.Do("Hangup", "Channel", r.channel("PJSIP/1001-"), "Cause", "27")
			c.WaitEnd(5 * sec)
		}
		r.note("1001: %s.", c.talk())
	}),
}
