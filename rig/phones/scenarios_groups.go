package main

import "time"

// ring plays a call to a DID at which callee answers after some ringing; talk
// three seconds, the caller hangs up.
func (r *Rig) ring(did string, callee *UA, after time.Duration) (c, b *Call, ok bool) {
	callee.Set(ans(after))
	c = r.trunk.InviteAs(cust1, did)
	b, ok = r.answered(callee)
	if !ok {
		return c, b, false
	}
	time.Sleep(3 * sec)
	c.Bye()
	b.WaitEnd(3 * sec)
	r.tell(callee.name, b, "Caller", c)
	return c, b, true
}

// Several telephones at one destination.
var groupScenarios = []scenario{
	play("hunt-third-answers", "Outside 79161234567 calls DID 74950000011 -> hunt group 510: 1001 rings 4 s, 1002 rings 4 s, 1003 answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, b, ok := r.ring("74950000011", r.p["1003"], 2*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000011").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1003").
			leg("1001", "group", "no_answer").leg("1002", "group", "no_answer").leg("1003", "group", "answered", 0)
	}),
	play("hunt-nobody", "Outside 79037654321 calls DID 74950000011 -> hunt group 510: 1001, 1002, 1003 ring 4 s each, nobody answers, the PBX ends the call.", func(r *Rig) {
		c := r.trunk.InviteAs(cust2, "74950000011")
		c.WaitEnd(30 * sec)
		r.tell("Caller", c)
		r.incoming(c, "74950000011").unanswered("missed").endedBy("pbx").
			leg("1001", "group", "no_answer").leg("1002", "group", "no_answer").leg("1003", "group", "no_answer")
	}),
	play("ringgroup-local-optimised", "Outside 79161234567 calls DID 74950000006 -> ring group 501, whose members are Local channels that the PBX optimises away; 1001 and 1002 ring, 1002 answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, b, ok := r.ring("74950000006", r.p["1002"], 2*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000006").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "group", "answered_elsewhere").leg("1002", "group", "answered", 0)
	}),
	play("ringgroup-local-kept", "Outside 79161234567 calls DID 74950000012 -> ring group 502, whose members are Local channels that stay (/n); 1001 and 1002 ring, 1001 answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, b, ok := r.ring("74950000012", r.p["1001"], 2*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000012").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1001").
			leg("1001", "group", "answered", 0).leg("1002", "group", "answered_elsewhere")
	}),
	play("two-telephones-of-one-user", "Outside 79161234567 calls DID 74950000016 -> 1006, whose desk telephone and mobile application ring at once; the application answers after 2 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, b, ok := r.ring("74950000016", r.p["1006-mobile"], 2*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000016").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1006").
			leg("1006", "group", "answered_elsewhere").leg("1006", "group", "answered", 0)
	}),
}

// leftByKey plays a caller who presses 1 in queue 604 and gets 1004.
func (r *Rig) leftByKey(result any) {
	r.p["1004"].Set(ans(2 * sec))
	c := r.trunk.InviteAs(cust1, "74950000014")
	if r.next(r.p["1001"], 8*sec) == nil {
		return
	}
	time.Sleep(4 * sec)
	c.DTMF("1")
	b, ok := r.answered(r.p["1004"])
	if !ok {
		return
	}
	time.Sleep(3 * sec)
	c.Bye()
	b.WaitEnd(3 * sec)
	r.tell("1004", b, "Caller", c)
	r.incoming(c, "74950000014").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1004").
		leg("1001", "queue", anyOf("no_answer", "cancelled")).leg("1004", "", "answered", 0).queue("604", result).without("ivr")
}

// boxOnlyStreamed is box 1003 of a caller whom the PBX had answered before: then
// only STREAM rows name VoiceMail's arguments, and older versions have none.
var boxOnlyStreamed = anyOf("1003", "")

// Queues.
var queueScenarios = []scenario{
	play("queue-ringall-local", "Outside 79161234567 calls DID 74950000013 -> queue 603 (ring all, members Local/N@from-queue/n); 1001, 1002, 1003 ring, 1003 answers after 3 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, b, ok := r.ring("74950000013", r.p["1003"], 3*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000013").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1003").
			leg("1001", "queue", "answered_elsewhere").leg("1002", "queue", "answered_elsewhere").leg("1003", "queue", "answered", 0).
			queue("603", "answered")
	}),
	play("queue-left-by-key", "Outside 79161234567 calls DID 74950000014 -> queue 604; 1001 rings, after 4 s the caller presses 1 and is led out of the queue to 1004, which answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		// Without application rows, versions that log no keys do not tell this from the queue's time running out.
		r.leftByKey(anyOf("left", "timeout"))
	}),
	play("queue-timeout-voicemail", "Outside 79161234567 calls DID 74950000015 -> queue 605; 1001 rings twice and does not answer; after 8 s the PBX takes the caller to voicemail box 1003; the caller leaves a message and hangs up 10 s later.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000015")
		if !r.mustUp(c, "caller", 8*sec) {
			return
		}
		time.Sleep(19 * sec)
		c.Bye()
		r.tell("Caller", c)
		rings := len(r.p["1001"].in)
		w := r.incoming(c, "74950000015").unanswered("voicemail").queue("605", "timeout").set("voicemail", boxOnlyStreamed)
		for range rings {
			w.leg("1001", "queue", "no_answer")
		}
	}),
	play("ivr-voicemail", "Outside 79161234567 calls DID 74950000002 -> IVR, presses 3 after 3 s -> voicemail box 1003; the caller leaves a message and hangs up 10 s later.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000002")
		if !r.mustUp(c, "caller", 8*sec) {
			return
		}
		time.Sleep(3 * sec)
		c.DTMF("3")
		time.Sleep(10 * sec)
		c.Bye()
		r.tell("Caller", c)
		r.incoming(c, "74950000002").unanswered("voicemail").set("voicemail", boxOnlyStreamed).set("ivr", true)
	}),
}
