package main

import "time"

// namedApps is what an administrator who wants application rows lists in
// cel.conf; apps=all is looked up as an application called "all".
const namedApps = "dial,queue,park,parkedcall,mixmonitor,voicemail,voicemailmain,confbridge,pickup,background"

// Calls of a PBX whose cel.conf names applications, so that there are rows for
// recordings and voicemail.
var appsScenarios = []scenario{
	play("apps-inbound-recorded", "cel.conf names applications. Outside 79161234567 calls DID 74950000001 -> 1001, recorded to a folder by date; answered after 1 s, talk 3 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		a.WaitEnd(3 * sec)
		r.tell("Caller", c)
		r.incoming(c, did1).answered(a.upTime()).talk(a.upTime(), c.endTime(), cust1, "1001").leg("1001", "", "answered", 0)
	}).logging(namedApps),
	play("apps-outbound-recorded", "cel.conf names applications. Extension 1002 calls outside 89161234567, recorded; answered after 1 s, talk 3 s, 1002 hangs up.", func(r *Rig) {
		c, o, ok := r.called("1002", dialled1)
		if !ok {
			return
		}
		time.Sleep(3 * sec)
		c.Bye()
		o.WaitEnd(3 * sec)
		r.tell("1002", c)
		r.outgoing(c, dialled1).answered(o.upTime()).talk(o.upTime(), c.endTime(), "1002", cust1).leg(cust1, "", "answered", 0)
	}).logging(namedApps),
	play("apps-inbound-voicemail", "cel.conf names applications. Outside 79161234567 calls DID 74950000007 -> 1003; rings 5 s unanswered, then voicemail answers, the caller leaves a message and hangs up 10 s later.", func(r *Rig) {
		c := r.trunk.InviteAs(cust1, "74950000007")
		if !r.mustUp(c, "caller", 15*sec) {
			return
		}
		time.Sleep(10 * sec)
		c.Bye()
		r.tell("Caller", c)
		r.incoming(c, "74950000007").unanswered("voicemail").set("voicemail", "1003").leg("1003", "", "no_answer")
	}).logging(namedApps),
	play("apps-queue-answered", "cel.conf names applications. Outside 79161234567 calls DID 74950000003 -> queue 600; 1001 rings 4 s unanswered, 1002 answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		c, b, ok := r.ring("74950000003", r.p["1002"], 2*sec)
		if !ok {
			return
		}
		r.incoming(c, "74950000003").answered(b.upTime()).talk(b.upTime(), c.endTime(), cust1, "1002").
			leg("1001", "queue", "no_answer").leg("1002", "queue", "answered", 0).queue("600", "answered")
	}).logging(namedApps),
	play("apps-queue-left-by-key", "cel.conf names applications. Outside 79161234567 calls DID 74950000014 -> queue 604, where callers may wait 30 s; 1001 rings, after 4 s the caller presses 1 and is led out of the queue to 1004, which answers after 2 s; talk 3 s, the caller hangs up.", func(r *Rig) {
		r.leftByKey("left")
	}).logging(namedApps),
	play("apps-outbound-declined", "cel.conf names applications. Extension 1002 calls outside 89161234567, who presses Reject after 2 s (603 Decline).", func(r *Rig) {
		r.trunk.Set(rej(2*sec, 603))
		c := r.p["1002"].Invite(dialled1)
		c.WaitEnd(40 * sec)
		r.tell("1002", c)
		r.outgoing(c, dialled1).unanswered("rejected").endedBy("to").leg(cust1, "", "rejected").
			set("duration_seconds", open).set("wait_seconds", open).set("recordings", open)
	}).logging(namedApps),
	play("apps-internal-unregistered", "cel.conf names applications. Extension 1001 calls 1007, whose telephone is not registered.", func(r *Rig) {
		c := r.p["1001"].Invite("1007")
		c.WaitEnd(20 * sec)
		r.tell("1001", c)
		r.internal(c, "1007").unanswered("unavailable").endedBy(anyOf("to", "pbx")).
			set("duration_seconds", open).set("wait_seconds", open).set("recordings", open).
			set("legs_optional", []any{object{{"party", "1007"}, {"result", "unavailable"}}})
	}).logging(namedApps),
	play("apps-parked-and-retrieved", "cel.conf names applications. Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who parks the caller (REFER to 70, slot 71); 3 s later 1002 dials 71; talk 3 s, 1002 hangs up.", func(r *Rig) {
		c, a, ok := r.taken(did1, "1001")
		if !ok {
			return
		}
		time.Sleep(2 * sec)
		t := parkIt(a)
		time.Sleep(3 * sec)
		b := r.p["1002"].Invite("71")
		if !r.mustUp(b, "1002", 5*sec) {
			return
		}
		time.Sleep(3 * sec)
		b.Bye()
		c.WaitEnd(3 * sec)
		r.tell("1001", a, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).endedBy("to").
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), b.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1002", "park", "answered", 1).
			parked("1001", "retrieved", "1002", seconds(b.upTime().Sub(t)))
	}).logging(namedApps),
	play("apps-attended-transfer", "cel.conf names applications. Outside 79161234567 calls DID 74950000001 -> 1001 (talk 2 s), who consults 1002 for 2 s and joins them (REFER with Replaces); talk 3 s, the caller hangs up.", func(r *Rig) {
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
		t := join(a, ac)
		time.Sleep(3 * sec)
		c.Bye()
		b.WaitEnd(3 * sec)
		r.tell("1001", a, "1001 consulting", ac, "1002", b, "Caller", c)
		r.incoming(c, did1).answered(a.upTime()).
			talk(a.upTime(), t, cust1, "1001").talk(b.upTime(), t, "1001", "1002").talk(t, c.endTime(), cust1, "1002").
			leg("1001", "", "answered", 0).leg("1001", "attended_transfer", "answered", 1).leg("1002", "attended_transfer", "answered", 1, 2).
			transfer("attended", "1001", "1002")
	}).logging(namedApps),
	play("apps-voicemail-menu", "cel.conf names applications. Extension 1003 dials *97 and listens to the voicemail menu for 4 s.", func(r *Rig) {
		c := r.p["1003"].Invite("*97")
		if !r.mustUp(c, "1003", 5*sec) {
			return
		}
		time.Sleep(4 * sec)
		c.Bye()
		r.tell("1003", c)
		r.internal(c, "*97").unanswered("service").without("ivr")
	}).logging(namedApps),
}
