package crm

import (
	"context"
	"encoding/json"

	"ringback/internal/call"
)

// Target brings calls to one CRM. Its methods may be called from several
// goroutines and, for different parcels, from several processes.
type Target interface {
	// Capabilities say what the CRM can do beyond taking a call.
	Capabilities() Capabilities
	// Parcels says what of a call goes to the CRM: one parcel as a rule, one
	// more for each further outside party where the CRM keeps a call for one
	// client only; none, and why in words for people, where the settings leave the
	// call out. It asks nobody.
	Parcels(c *call.Call, past bool) (parcels []Parcel, skipped string)
	// Next is the step that a parcel needs next, given what the steps before
	// left behind; a step without a name when nothing is left to do. It asks
	// nobody, so that it can be written down before the step is done.
	Next(p *Parcel, memo Memo) Step
	// Do carries out a step: one request, or several of which only the last has
	// an effect at the CRM. It returns what later steps must know. Errors are an
	// *Error; any other error counts as Uncertain. A memo returned beside an error
	// is kept as well. An Optional step may return a *NotYetError: the call then counts
	// as delivered, and the step is done later.
	Do(ctx context.Context, p *Parcel, step Step, memo Memo) (Memo, error)
	// Look finds out whether a step whose outcome is not known had its effect:
	// the memo that Do would have returned and true, or false when it surely
	// had none. A memo returned beside false or an error is kept as well: how far was
	// looked, and nothing else. It is asked only when Capabilities.ReadBack is set and the step
	// is not Repeatable.
	Look(ctx context.Context, p *Parcel, step Step, memo Memo) (Memo, bool, error)
}

// Capabilities say what a CRM can do beyond taking a call.
type Capabilities struct {
	// ReadBack: it can be asked whether it has a call.
	ReadBack bool
	// Update: what it has of a call can be changed when the call changes later.
	// Without, a new revision is only noted in the journal.
	Update bool
	// Recordings: it takes recordings, as files or as links.
	Recordings bool
}

// Parcel is what is delivered: one call, for one outside party of it.
type Parcel struct {
	// Key is the same for ever: <pbx>-<call id>, with -2, -3 … for further
	// outside parties, and -leg-<id of the leg> for further legs that were answered,
	// where each is a parcel.
	Key string
	// Part tells the parcels of a call apart, for ever: 0 for the call itself, 1 for
	// the second outside party, …; a further leg has one of its own.
	Part int
	// Revision counts the changes of the call from 1.
	Revision int64
	// Past says that the call is from a run over the past: nothing may pop up,
	// ring or create leads unless the settings say so.
	Past bool
	// Number is the outside party's, for a parcel that is for another than the
	// call's own; "" means the call's. Calls of one number arrive in order of their start.
	Number string
	Call   *call.Call
}

// Step is one request with an effect, or a few of which only the last has one.
type Step struct {
	// Name tells the steps of an adapter apart; "" means that there is none.
	Name string
	// Charges are what the step takes of the CRM's limits.
	Charges []Charge
	// Look is what Target.Look takes of the limits for this step, at the most.
	Look []Charge
	// Repeatable: doing it twice has the effect of doing it once, so a lost
	// reply needs no looking.
	Repeatable bool
	// Optional: the parcel is delivered though this step is refused for good (a
	// recording that the CRM does not want). The reason is kept as a warning. Optional
	// steps come last: what would follow one that is refused is left out.
	Optional bool
}

// Charge is a part of one of the CRM's limits: a request, a second of
// operating time.
type Charge struct {
	// Budget names the limit.
	Budget string
	Units  float64
}

// Memo is what the steps done so far left behind, such as the CRM's id of the
// call. It is kept in the journal: small, and no secrets.
type Memo = json.RawMessage

// KeyOf is the key of a call's parcel.
func KeyOf(c *call.Call, part int) string {
	key := c.PBX + "-" + c.ID
	if part > 0 {
		key += "-" + itoa(part+1)
	}
	return key
}

// KeyOfLeg is the key of the parcel of a further leg of a call that was answered.
func KeyOfLeg(c *call.Call, leg string) string { return KeyOf(c, 0) + "-leg-" + leg }
