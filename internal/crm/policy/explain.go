package policy

import (
	"fmt"
	"slices"
	"strings"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
)

// Decision says what a target is given of a call, and by which rules. It is worked
// out from the settings alone: what only the target knows stands there in words.
type Decision struct {
	Target string `json:"target"`
	Type   string `json:"type"`
	// Skipped is why nothing of the call is delivered, "" when something is.
	Skipped string `json:"skipped"`
	// Deliver lists what is delivered.
	Deliver []Delivery `json:"deliver"`
}

// Delivery is one call at the target.
type Delivery struct {
	Key string `json:"key"`
	// What follows, up to Responsible, a webhook leaves empty: it gets the call
	// whole.
	Direction call.Direction `json:"direction,omitempty"`
	Result    call.Result    `json:"result,omitempty"`
	Client    string         `json:"client,omitempty"`
	StartedAt *call.Time     `json:"started_at,omitempty"`
	Talk      int            `json:"talk_seconds,omitempty"`
	Line      string         `json:"line,omitempty"`
	Source    string         `json:"source,omitempty"`
	// Responsible says in words who is tried, in order: the first who is an active
	// user of the CRM has the call.
	Responsible []string `json:"responsible,omitempty"`
	// Why says which rules made it so.
	Why []string `json:"why"`
}

// Explain says what each target that is configured is given of a call.
func Explain(targets []config.Target, c *call.Call) []Decision {
	decisions := []Decision{}
	for i := range targets {
		decisions = append(decisions, explain(&targets[i], c))
	}
	return decisions
}

func explain(t *config.Target, c *call.Call) Decision {
	d := Decision{Target: t.Name, Type: string(t.Type), Deliver: []Delivery{}}
	if len(t.PBX) > 0 && !slices.Contains(t.PBX, c.PBX) {
		d.Skipped = fmt.Sprintf("the target takes calls of %s only (pbx)", strings.Join(t.PBX, ", "))
		return d
	}
	rules := Of(t)
	if t.Type == config.Webhook {
		kept, skipped := rules.Whole(c)
		if d.Skipped = skipped; skipped == "" {
			why := []string{"a webhook gets calls whole"}
			if kept != "" {
				why = append(why, kept)
			}
			d.Deliver = append(d.Deliver, Delivery{Key: crm.KeyOf(c, 0), Why: why})
		}
		return d
	}
	parts, skipped := rules.Parts(c)
	if d.Skipped = skipped; t.Type != config.Bitrix24 {
		d.Skipped, _, _ = strings.Cut(skipped, "; anonymous_number") // others have no such setting
	}
	for i := range parts {
		d.Deliver = append(d.Deliver, delivery(t, c, &parts[i]))
	}
	return d
}

func delivery(t *config.Target, c *call.Call, p *Part) Delivery {
	d := Delivery{
		Key: p.Key(c), Direction: p.Direction, Result: p.Result, Client: p.Client, StartedAt: &call.Time{Time: p.Start, Fraction: c.StartedAt.Fraction},
		Talk: p.Talk, Line: p.Line, Source: p.Source, Why: slices.Clone(p.Why),
	}
	for _, who := range append(slices.Clone(p.Responsible), OfDefault) {
		if text := inWords(t, p, who); text != "" && !slices.Contains(d.Responsible, text) {
			d.Responsible = append(d.Responsible, text)
		}
	}
	if t.Recordings && p.Number == 0 && len(c.Recordings) > 0 {
		d.Why = append(d.Why, "the recording goes with it")
	}
	if t.Type == config.Kommo {
		d.Why = append(d.Why, fmt.Sprintf("what becomes of a client whom the CRM does not know: unknown_callers = %q", t.UnknownCallers))
	}
	return d
}

// inWords is one of a ladder, for people; "" where the word leads to nobody.
func inWords(t *config.Target, p *Part, who Responsible) string {
	switch who {
	case OfClient:
		if p.Anonymous {
			return ""
		}
		return "whoever has the client " + p.Client + " in the CRM"
	case OfPerson:
		return employee(t, p.Person)
	case OfDefault:
	}
	switch {
	case p.DefaultUser != 0:
		return fmt.Sprintf("user %d (default_user of [target.trunks.%s])", p.DefaultUser, p.Trunk)
	case t.DefaultUser != 0:
		return fmt.Sprintf("user %d (default_user)", t.DefaultUser)
	case t.Type == config.Bitrix24:
		return "the user as whom Ringback acts at the portal, as there is no default_user"
	}
	return "nobody, as there is no default_user"
}

// employee is one of ours as a user of the CRM.
func employee(t *config.Target, extension string) string {
	if extension == "" {
		return ""
	}
	if user, ok := t.Users[extension]; ok {
		return fmt.Sprintf("user %d (%s in [target.users])", user, extension)
	}
	if t.Type == config.Bitrix24 {
		return "the user with extension " + extension
	}
	return "" // Kommo knows no extensions
}
