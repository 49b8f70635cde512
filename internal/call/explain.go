package call

import "ringback/internal/cel"

// Explanation says why a call looks as it does.
type Explanation struct {
	// Reasons are in the order in which the facts were decided.
	Reasons []Reason
}

// Reason is the rule that decided one fact, and the records it looked at.
type Reason struct {
	Fact    string
	Rule    string
	Records []int64
}

// because notes why a fact was decided, when somebody wants to know.
func (m *model) because(fact, rule string, records []*cel.Record) {
	if m.why == nil {
		return
	}
	reason := Reason{Fact: fact, Rule: rule}
	for _, r := range records {
		reason.Records = append(reason.Records, r.ID)
	}
	m.why.Reasons = append(m.why.Reasons, reason)
}

func (e *Explanation) draw(*model) {}
