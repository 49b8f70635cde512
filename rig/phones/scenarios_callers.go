package main

import (
	"fmt"
	"time"
)

// answeredFrom plays a call with a From header as given; 1001 answers after a
// second and the caller hangs up two seconds later.
func (r *Rig) answeredFrom(header, number string) (*Call, *Call, bool) {
	r.p["1001"].Set(ans(1 * sec))
	c := r.trunk.InviteFrom(did1, number, header)
	a, ok := r.answered(r.p["1001"])
	if !ok {
		return c, a, false
	}
	time.Sleep(2 * sec)
	c.Bye()
	a.WaitEnd(3 * sec)
	return c, a, true
}

// Callers whose id is hidden, broken or hard to quote.
var callerScenarios = []scenario{
	play("inbound-anonymous", "Outside calls DID 74950000001 with a hidden number (anonymous@anonymous.invalid) -> 1001, answered after 1 s, talk 2 s, the caller hangs up.", func(r *Rig) {
		c, a, ok := r.answeredFrom(`"Anonymous" <sip:anonymous@anonymous.invalid>`, "anonymous")
		if !ok {
			return
		}
		r.tell("Caller", c)
		r.incoming(c, did1).set("from.number", anyOf("", "anonymous", "Anonymous")).answered(a.upTime()).
			talk(a.upTime(), c.endTime(), "anonymous", "1001").set("talks", open).
			set("talk_seconds", seconds(c.endTime().Sub(a.upTime()))).leg("1001", "", "answered", 0)
	}),
	play("inbound-anonymous-missed", "Outside calls DID 74950000001 with a hidden number and gives up after 3 s of ringing.", func(r *Rig) {
		c := r.trunk.InviteFrom(did1, "anonymous", `"Anonymous" <sip:anonymous@anonymous.invalid>`)
		c.WaitRinging(5 * sec)
		time.Sleep(3 * sec)
		c.Cancel()
		r.tell("Caller", c)
		r.incoming(c, did1).set("from.number", anyOf("", "anonymous", "Anonymous")).unanswered("missed").leg("1001", "", "cancelled")
	}),
	play("inbound-odd-caller-ids", "Seven outside calls to DID 74950000001, one after another, with caller ids that are hard to write down; each is answered by 1001 after 1 s and lasts 2 s.", func(r *Rig) {
		for i, odd := range []struct {
			header, number string
			name           any
		}{
			{`"O'Brien, Pat" <sip:79161234567@127.0.0.2>`, cust1, "O'Brien, Pat"},
			{`"Пётр Ёлкин; ООО Ромашка" <sip:79161234567@127.0.0.2>`, cust1, "Пётр Ёлкин; ООО Ромашка"},
			{`"Say \"hi\"" <sip:79161234567@127.0.0.2>`, cust1, anyOf(`Say "hi"`, `Say \"hi\"`)},
			{`"<unknown>" <sip:unknown@127.0.0.2>`, "unknown", nil},
			{`"+7 916 123-45-67" <sip:+79161234567@127.0.0.2>`, "+79161234567", anyOf("", "+7 916 123-45-67")},
			{`<sip:8-916-123-45-67@127.0.0.2>`, "8-916-123-45-67", nil},
			{`"C:\\Temp%20; DROP TABLE cel;--" <sip:79161234567@127.0.0.2>`, cust1, nil},
		} {
			c, a, ok := r.answeredFrom(odd.header, odd.number)
			if !ok {
				return
			}
			r.tell(fmt.Sprintf("Caller %d", i+1), c)
			w := r.incoming(c, did1).channel("PJSIP/trunk-provider", i).answered(a.upTime()).
				talk(a.upTime(), c.endTime(), odd.number, "1001").leg("1001", "", "answered", 0)
			if odd.name != nil {
				w.set("from.name", odd.name)
			}
			if odd.number == "unknown" {
				w.set("from.number", anyOf("", "unknown")).set("talks", open)
				w.set("talk_seconds", seconds(c.endTime().Sub(a.upTime())))
			}
			time.Sleep(300 * time.Millisecond)
		}
	}),
}
