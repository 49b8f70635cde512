package call

import (
	"slices"

	"ringback/internal/cel"
)

// Explanation says why a call looks as it does: what happened, as a ladder of
// steps between the parties, and the rule that decided each fact.
type Explanation struct {
	// Parties are the columns of the ladder.
	Parties []Column `json:"parties"`
	// Steps are what happened, in order.
	Steps []Step `json:"steps"`
	// Reasons are in the order in which the facts were decided.
	Reasons []Reason `json:"reasons"`
}

// Column is one channel of the call.
type Column struct {
	Party   string `json:"party"`
	Channel string `json:"channel"`
	ID      string `json:"id"`
}

// Step is one thing that happened.
type Step struct {
	At   Time     `json:"at"`
	Kind StepKind `json:"kind"`
	// From and To are places in Parties; equal where only one has part in it.
	// In a talk they are the outermost, With lists all.
	From int    `json:"from"`
	To   int    `json:"to"`
	With []int  `json:"with,omitempty"`
	Text string `json:"text"`
}

// StepKind is how a step is drawn.
type StepKind string

// The kinds of step.
const (
	StepDials   StepKind = "dials"
	StepRings   StepKind = "rings"
	StepAnswers StepKind = "answers"
	StepTalk    StepKind = "talk"
	StepEnd     StepKind = "talk_ends"
	StepNote    StepKind = "note"
	StepHangUp  StepKind = "hangs_up"
)

// Reason is the rule that decided one fact, and the records it looked at, by
// their place in the order of writing.
type Reason struct {
	Fact    string  `json:"fact"`
	Rule    string  `json:"rule"`
	Records []int64 `json:"records,omitempty"`
}

// mostRecords bounds how many records a reason names.
const mostRecords = 12

// because notes why a fact was decided, when somebody wants to know. A later
// reason for the same fact takes the place of an earlier one.
func (m *model) because(fact, rule string, records []*cel.Record) {
	if m.why == nil {
		return
	}
	reason := Reason{Fact: fact, Rule: rule}
	for _, r := range records[:min(len(records), mostRecords)] {
		reason.Records = append(reason.Records, r.ID)
	}
	m.why.Reasons = slices.DeleteFunc(m.why.Reasons, func(r Reason) bool { return r.Fact == fact })
	m.why.Reasons = append(m.why.Reasons, reason)
}
