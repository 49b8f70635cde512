// Package expect compares assembled calls with what a scenario says they must
// be, in the form that internal/captures/testdata/README.md describes.
//
// It serves tests and the assembly report. It knows the form of a call, and
// not how one is worked out.
package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"ringback/internal/dialplan"
)

// Scenario is what the calls of one scenario must be.
type Scenario struct {
	Name  string           `json:"scenario"`
	About string           `json:"about"`
	Calls []map[string]any `json:"calls"`
	// Settings are dial-plan settings other than those of the captures' PBX.
	Settings *struct {
		Extensions       []string `json:"extensions"`
		Trunks           []string `json:"trunks"`
		IncomingContexts []string `json:"incoming_contexts"`
	} `json:"settings"`
}

// Plan are the dial-plan settings that fit the scenario.
func (s Scenario) Plan() dialplan.Settings {
	if s.Settings != nil {
		return dialplan.Settings{
			Extensions: s.Settings.Extensions, Trunks: s.Settings.Trunks, IncomingContexts: s.Settings.IncomingContexts,
		}
	}
	return dialplan.Settings{Extensions: []string{`^10\d\d$`}, Trunks: []string{`^PJSIP/trunk-provider`}}
}

// Parse reads a scenario's expected.json.
func Parse(b []byte) (Scenario, error) {
	var s Scenario
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("read expectation: %w", err)
	}
	return s, nil
}

// Clock is how exact the records' times are.
type Clock float64

// The tolerances for lengths, in seconds, that go with the two forms of
// records.
const (
	Microseconds Clock = 0.35
	WholeSeconds Clock = 1.3
)

// Mismatch is one field that is not as it must be.
type Mismatch struct {
	Call      int
	Field     string
	Got, Want any
}

func (m Mismatch) String() string {
	return fmt.Sprintf("call %d: %s: got %s, want %s", m.Call, m.Field, text(m.Got), text(m.Want))
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// Compare compares calls, each as JSON, with the scenario.
func (s Scenario) Compare(calls [][]byte, clock Clock) ([]Mismatch, error) {
	if len(calls) != len(s.Calls) {
		return []Mismatch{{Field: "number of calls", Got: len(calls), Want: len(s.Calls)}}, nil
	}
	var all []Mismatch
	for i, want := range s.Calls {
		var got map[string]any
		decoder := json.NewDecoder(bytes.NewReader(calls[i]))
		if err := decoder.Decode(&got); err != nil {
			return nil, fmt.Errorf("call %d: %w", i, err)
		}
		c := comparison{call: i, clock: clock}
		c.object(got, want)
		all = append(all, c.found...)
	}
	return all, nil
}

type comparison struct {
	call  int
	clock Clock
	found []Mismatch
}

func (c *comparison) miss(field string, got, want any) {
	c.found = append(c.found, Mismatch{c.call, field, got, want})
}

func (c *comparison) object(got, want map[string]any) {
	fields := make([]string, 0, len(want))
	for f := range want {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	for _, f := range fields {
		c.field(f, got, want)
	}
}

func (c *comparison) field(f string, got, want map[string]any) {
	switch f {
	case "answered":
		if (got["answered_at"] != nil) != want[f].(bool) {
			c.miss("answered_at", got["answered_at"], want[f])
		}
	case "started_at":
		if d := since1970(got[f]) - want[f].(float64); math.Abs(d) > float64(c.clock) {
			c.miss(f, got[f], want[f])
		}
	case "legs":
		c.legs(list(got[f]), list(want[f]), list(want["legs_optional"]))
	case "legs_optional":
	case "talks":
		c.each(f, list(got[f]), list(want[f]), c.talk)
	case "talk_seconds":
		n := max(1, len(list(want["talks"])))
		if !c.length(got[f], want[f], n) {
			c.miss(f, got[f], want[f])
		}
	case "parked":
		c.each(f, list(got[f]), list(want[f]), c.parking)
	case "transfers", "queues":
		c.each(f, list(got[f]), list(want[f]), c.plain)
	default:
		g := at(got, f)
		if !c.matches(f, g, want[f]) {
			c.miss(f, g, want[f])
		}
	}
}

// at follows a path such as from.number.
func at(o map[string]any, path string) any {
	head, rest, more := strings.Cut(path, ".")
	if !more {
		return o[head]
	}
	inner, ok := o[head].(map[string]any)
	if !ok {
		return nil
	}
	return at(inner, rest)
}

func (c *comparison) each(field string, got, want []any, same func(got, want map[string]any) bool) {
	if len(got) != len(want) {
		c.miss(field, got, want)
		return
	}
	for i := range want {
		if !same(got[i].(map[string]any), want[i].(map[string]any)) {
			c.miss(fmt.Sprintf("%s[%d]", field, i), got[i], want[i])
		}
	}
}

func (c *comparison) plain(got, want map[string]any) bool {
	for f, w := range want {
		if !c.matches(f, got[f], w) {
			return false
		}
	}
	return true
}

func (c *comparison) talk(got, want map[string]any) bool {
	g, w := list(got["parties"]), list(want["parties"])
	if len(g) != len(w) || !c.length(got["seconds"], want["seconds"], 1) {
		return false
	}
	for i := range w {
		if !c.matches("parties", g[i], w[i]) {
			return false
		}
	}
	return true
}

func (c *comparison) parking(got, want map[string]any) bool {
	for f, w := range want {
		g := got[f]
		if f == "seconds" {
			g = since1970(got["until"]) - since1970(got["at"])
		}
		if !c.matches(f, g, w) {
			return false
		}
	}
	return true
}

// legs compares in any order; what is optional may be there or not.
func (c *comparison) legs(got, want, optional []any) {
	left := slices.Clone(got)
	take := func(w map[string]any) bool {
		for i, g := range left {
			if c.leg(g.(map[string]any), w) {
				left = slices.Delete(left, i, i+1)
				return true
			}
		}
		return false
	}
	for _, w := range want {
		if !take(w.(map[string]any)) {
			c.miss("legs", got, w)
		}
	}
	for _, w := range optional {
		take(w.(map[string]any))
	}
	if len(left) > 0 {
		c.miss("legs: not expected", left, nil)
	}
}

func (c *comparison) leg(got, want map[string]any) bool {
	for f, w := range want {
		g := got[f]
		if f == "party" {
			party := got["party"].(map[string]any)
			g = party["extension"]
			if g == "" {
				g = party["number"]
			}
		}
		if f == "talk_seconds" {
			if !c.length(g, w, 2) {
				return false
			}
			continue
		}
		if !c.matches(f, g, w) {
			return false
		}
	}
	return true
}

// matches compares one value: plainly, or by {"any"}, {"not"}, {"min","max"},
// {"nonempty"}.
func (c *comparison) matches(field string, got, want any) bool {
	if o, ok := want.(map[string]any); ok {
		return c.matchesRule(field, got, o)
	}
	if seconds(field) {
		return c.length(got, want, 1)
	}
	if w, ok := want.([]any); ok {
		return slices.Equal(list(got), w)
	}
	return got == want
}

func (c *comparison) matchesRule(field string, got any, rule map[string]any) bool {
	if alternatives, ok := rule["any"]; ok {
		return slices.ContainsFunc(list(alternatives), func(w any) bool { return c.matches(field, got, w) })
	}
	if not, ok := rule["not"]; ok {
		return !slices.Contains(list(not), got)
	}
	if _, ok := rule["nonempty"]; ok {
		return got != nil && got != "" && got != false
	}
	return c.length(got, rule, 1)
}

func seconds(field string) bool {
	return field == "seconds" || strings.HasSuffix(field, "_seconds")
}

// length compares lengths in seconds; n is how many lengths it is the sum of.
func (c *comparison) length(got, want any, n int) bool {
	g, ok := got.(float64)
	if !ok {
		return false
	}
	tolerance := float64(c.clock)
	if c.clock == WholeSeconds && n > 1 {
		tolerance = float64(n) + 0.3
	}
	if o, ok := want.(map[string]any); ok {
		low, _ := o["min"].(float64)
		high, _ := o["max"].(float64)
		return g >= low-tolerance && g <= high+tolerance
	}
	w, ok := want.(float64)
	if !ok {
		return false
	}
	if w == 0 {
		return g == 0
	}
	return math.Abs(g-w) <= tolerance
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
