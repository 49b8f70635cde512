package main

import "time"

// Menus, ring groups and queues.
var waitingScenarios = []scenario{
	play("ivr-hangup", "Outside 79161234567 calls DID 74950000002 -> IVR (answers at once); the caller hears the menu and hangs up after 4 s without a choice.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000002")
		if r.mustUp(c, "caller", 8*sec) {
			time.Sleep(4 * sec)
			c.Bye()
		}
		r.note("Caller: %s (menu only, no person).", c.talk())
	}),
	play("ivr-ringgroup-answered", "Outside 79161234567 calls DID 74950000002 -> IVR, presses 1 after 3 s -> ring group 500 (1001, 1002, 1003 ring together); 1002 answers after 2 s, talk 4 s, caller hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(2 * sec))
		c := r.trunk.InviteAs(cust1, "74950000002")
		if r.mustUp(c, "caller", 8*sec) {
			time.Sleep(3 * sec)
			c.DTMF("1")
			d := r.next(r.p["1002"], 8*sec)
			if r.mustUp(d, "1002", 8*sec) {
				time.Sleep(4 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1002: %s. ", d.talk())
			}
		}
		r.note("Caller: %s (IVR included).", c.talk())
	}),
	play("ringgroup-missed", "Outside 79037654321 calls DID 74950000004 -> ring group 500; 1001, 1002, 1003 ring, nobody answers, caller gives up after 5 s.", func(r *Rig) {
		c := r.trunk.InviteAs(cust2, "74950000004")
		c.WaitRinging(5 * sec)
		time.Sleep(5 * sec)
		c.Cancel()
		r.note("Caller: %s.", c.talk())
	}),
	play("queue-second-agent", "Outside 79161234567 calls DID 74950000003 -> queue 600 (linear, Local/N@from-queue/n members); 1001 rings 4 s unanswered, then 1002 rings and answers after 2 s; talk 5 s, caller hangs up.", func(r *Rig) {
		r.p["1002"].Set(ans(2 * sec))
		c := r.trunk.InviteAs(cust1, "74950000003")
		if r.mustUp(c, "caller", 8*sec) {
			d := r.next(r.p["1002"], 15*sec)
			if r.mustUp(d, "1002", 8*sec) {
				time.Sleep(5 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1002: %s. ", d.talk())
			}
		}
		r.note("Caller: %s (queue waiting included).", c.talk())
	}),
	play("queue-agent-busy-then-answered", "Outside 79161234567 calls DID 74950000003 -> queue 600; 1001 rejects (486), 1002 rings 4 s unanswered, 1003 answers after 1 s; talk 3 s, caller hangs up.", func(r *Rig) {
		r.p["1001"].Set(rej(500*time.Millisecond, 486))
		r.p["1003"].Set(ans(1 * sec))
		c := r.trunk.InviteAs(cust1, "74950000003")
		if r.mustUp(c, "caller", 8*sec) {
			d := r.next(r.p["1003"], 25*sec)
			if r.mustUp(d, "1003", 8*sec) {
				time.Sleep(3 * sec)
				c.Bye()
				d.WaitEnd(3 * sec)
				r.note("1003: %s. ", d.talk())
			}
		}
		r.note("Caller: %s (queue waiting included).", c.talk())
	}),
	play("queue-abandoned", "Outside 79037654321 calls DID 74950000003 -> queue 600; 1001 then 1002 ring unanswered, caller hangs up after 8 s of waiting.", func(r *Rig) {
		c := r.trunk.InviteAs(cust2, "74950000003")
		if r.mustUp(c, "caller", 8*sec) {
			time.Sleep(8 * sec)
			c.Bye()
		}
		r.note("Caller: %s (only queue waiting, no person).", c.talk())
	}),
	play("queue-timeout", "Outside 79037654321 calls DID 74950000005 -> queue 601 and waits; nobody answers within 30 s, the PBX hangs up.", func(r *Rig) {
		c := r.trunk.InviteAs(cust2, "74950000005")
		r.mustUp(c, "caller", 8*sec)
		c.WaitEnd(50 * sec)
		r.note("Caller: %s (only queue waiting, no person).", c.talk())
	}),
}
