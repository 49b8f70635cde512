package config

import (
	"fmt"
	"regexp"
)

// Lists name calls by what took part in them. A call is listed when anything of
// it matches any pattern of any list.
type Lists struct {
	// Extensions are ours; Trunks are names of trunks' endpoints; Numbers are
	// clients', as the PBX knows them; Contexts are those of the dial plan that the
	// call's channels ran in.
	Extensions []Pattern `toml:"extensions"`
	Trunks     []Pattern `toml:"trunks"`
	Numbers    []Pattern `toml:"numbers"`
	Contexts   []Pattern `toml:"contexts"`
}

// Rewrite changes a number that matches before a CRM sees it. Replace may hold
// $1, $2, ${name} … for the groups of Match.
type Rewrite struct {
	Match   Pattern `toml:"match"`
	Replace string  `toml:"replace"`
}

// Trunk is what holds for the calls of one trunk, in place of what the target
// says of all.
type Trunk struct {
	// DefaultUser is a user of the CRM; zero means the target's.
	DefaultUser int64 `toml:"default_user"`
	// Line and Source are the target's when "".
	Line   string `toml:"line" for:"bitrix24"`
	Source Source `toml:"source" for:"bitrix24"`
	// MissedResponsible is the target's when empty.
	MissedResponsible []Responsible `toml:"missed_responsible"`
}

// MissedTasks says that missed calls become tasks.
type MissedTasks struct {
	// Responsible is tried in its order.
	Responsible []Responsible `toml:"responsible"`
	// Deadline is how long after the call's end the task is due.
	Deadline Duration `toml:"deadline"`
	// ForPast: calls of the past become tasks too.
	ForPast bool `toml:"for_past"`
}

// Calls is what a CRM gets of a call in which several of ours took part.
type Calls string

// What a CRM may get: one call with the last of ours who talked, or one for each
// of ours who answered.
const (
	Whole        Calls = "whole"
	AnsweredLegs Calls = "answered_legs"
)

func (c *Calls) set(text string, _ environment) error {
	return choose(c, text, "way to deliver calls", Whole, AnsweredLegs)
}

// Responsible is somebody who may be responsible for a call that nobody
// answered.
type Responsible string

// Those who may be: whoever has the client in the CRM, the last of ours that
// rang, the default user.
const (
	OfClient  Responsible = "client"
	OfRang    Responsible = "rang"
	OfDefault Responsible = "default"
)

func (r *Responsible) set(text string, _ environment) error {
	return choose(r, text, "choice of who is responsible", OfClient, OfRang, OfDefault)
}

// Source is the code of a source of a portal's directory; "" means the portal's
// own choice.
type Source string

var sourceCode = regexp.MustCompile(`^[A-Za-z0-9_]{1,50}$`)

func (s *Source) set(text string, _ environment) error {
	if !sourceCode.MatchString(text) {
		return advise(fmt.Sprintf("%q is no code of a source", text),
			"it is the code, not the name, of an entry of the portal's directory of sources: up to 50 letters, digits and _, such as CALL or WEB")
	}
	*s = Source(text)
	return nil
}
