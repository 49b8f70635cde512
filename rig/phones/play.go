package main

import (
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// scenario is a plan and how to play it.
type scenario struct {
	name, what string
	run        func(*Rig)
	empty      bool   // no CEL row is expected
	apps       string // applications for which the PBX writes APP_START and APP_END
}

func play(name, what string, run func(*Rig)) scenario {
	return scenario{name: name, what: what, run: run}
}

func (s scenario) silent() scenario             { s.empty = true; return s }
func (s scenario) logging(apps string) scenario { s.apps = apps; return s }

func scenarios() []scenario {
	return slices.Concat(plainScenarios, waitingScenarios, handoverScenarios, othersScenarios,
		resultScenarios, callerScenarios, chainScenarios, transferScenarios, pickupScenarios, parkingScenarios,
		groupScenarios, queueScenarios, forwardScenarios, originateScenarios, overlapScenarios, appsScenarios,
		officeScenarios, crashScenarios,
		consultationScenarios, pressureScenarios)
}

const sec = time.Second

const (
	cust1 = "79161234567"
	cust2 = "79037654321"
	// The same, as our people dial them.
	dialled1 = "89161234567"
	dialled2 = "89037654321"

	did1 = "74950000001" // of 1001
	ours = "74950000000" // shown on outgoing calls
)

// unanswered1 is cust1 in a call that it did not answer: without application
// rows only an answered call has a row with Dial's arguments.
var unanswered1 = anyOf(cust1, dialled1)

func ans(ring time.Duration) Behaviour { return Behaviour{Action: "answer", Ring: ring} }
func rej(ring time.Duration, code int) Behaviour {
	return Behaviour{Action: "reject", Ring: ring, Code: code}
}

// next is the next incoming call at u.
func (r *Rig) next(u *UA, d time.Duration) *Call {
	select {
	case c := <-u.in:
		return c
	case <-time.After(d):
		r.note("UNEXPECTED: no call reached %s. ", u.name)
		return nil
	}
}

func (r *Rig) mustUp(c *Call, who string, d time.Duration) bool {
	if c != nil && c.WaitUp(d) {
		return true
	}
	r.note("UNEXPECTED: %s not connected. ", who)
	return false
}

// answered waits until u has answered its next call.
func (r *Rig) answered(u *UA) (*Call, bool) {
	c := r.next(u, 30*sec)
	return c, r.mustUp(c, u.name, 30*sec)
}

// taken plays the usual beginning: cust1 calls the DID and ext answers after a
// second.
func (r *Rig) taken(did, ext string) (caller, agent *Call, ok bool) {
	r.p[ext].Set(ans(1 * sec))
	caller = r.trunk.InviteAs(cust1, did)
	agent, ok = r.answered(r.p[ext])
	return caller, agent, ok
}

// tell notes how long each was connected; names and calls alternate.
func (r *Rig) tell(who ...any) {
	for i := 0; i+1 < len(who); i += 2 {
		r.note("%s: %s. ", who[i], who[i+1].(*Call).talk())
	}
}

func (c *Call) talk() string {
	if c == nil {
		return "no call"
	}
	up, end := c.times()
	if up.IsZero() {
		return "never connected"
	}
	if end.IsZero() {
		end = time.Now()
	}
	return fmt.Sprintf("connected %.1f s, ended by %s", end.Sub(up).Seconds(), map[string]string{"self": "this phone", "remote": "the PBX/other side", "": "?"}[c.byWho])
}

// powerPBX ends ("kill") or starts ("start") Asterisk.
func (r *Rig) powerPBX(what string) error {
	r.truth.Add("PBX", what, "", "")
	if b, err := exec.Command(*power, what).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", *power, what, err, b)
	}
	return nil
}
