package main

import "time"

// A conference and a call that the PBX makes.
var othersScenarios = []scenario{
	play("conference", "Conference 800: 1001 joins, 2 s later 1002, 2 s later outside 79161234567 by DID 74950000008; 1002 leaves after 3 s, the outside caller 2 s later, 1001 1 s later.", func(r *Rig) {
		a := r.p["1001"].Invite("800")
		r.mustUp(a, "1001", 8*sec)
		time.Sleep(2 * sec)
		b := r.p["1002"].Invite("800")
		r.mustUp(b, "1002", 8*sec)
		time.Sleep(2 * sec)
		c := r.trunk.InviteAs(cust1, "74950000008")
		r.mustUp(c, "caller", 8*sec)
		time.Sleep(3 * sec)
		b.Bye()
		time.Sleep(2 * sec)
		c.Bye()
		time.Sleep(1 * sec)
		a.Bye()
		r.note("1001: %s. 1002: %s. Outside: %s.", a.talk(), b.talk(), c.talk())
	}),
	play("click-to-call", "AMI Originate Local/1001@from-internal to 89161234567: 1001 rings 1 s and answers, then outside rings 2 s and answers; talk 3 s, 1001 hangs up.", func(r *Rig) {
		r.p["1001"].Set(ans(1 * sec))
		r.trunk.Set(ans(2 * sec))
		res := r.ami.Do("Originate", "Channel", "Local/1001@from-internal", "Context", "from-internal", "Exten", "89161234567", "Priority", "1", "CallerID", "Click <1001>", "Async", "true", "Timeout", "20000")
		r.truth.Add("AMI", "Originate", res["Response"], "")
		a := r.next(r.p["1001"], 5*sec)
		r.mustUp(a, "1001", 8*sec)
		d := r.next(r.trunk, 8*sec)
		if r.mustUp(d, "outside", 8*sec) {
			time.Sleep(3 * sec)
			a.Bye()
			d.WaitEnd(3 * sec)
			r.note("1001: %s. Outside: %s.", a.talk(), d.talk())
		}
	}),
}
