package call

import (
	"math"
	"slices"
	"strings"
	"time"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// Group is what one call is made of.
type Group struct {
	// Records are all records of all channels that any linkedid ties together,
	// in any order. Assemble sorts them in place.
	Records []cel.Record
	// Companions are the records of channels of other calls that were in the
	// same conference. They tell who else was in the room, and nothing more.
	Companions []cel.Record
}

// Settings are what assembly needs to know besides the records.
type Settings struct {
	PBX  string
	Plan *dialplan.Plan
	// Location is the zone in which times are given; nil means UTC.
	Location *time.Location
	// Now is the present, and Silence how long a call without an end may stay
	// without a record before it is taken for over. With a zero Now a call
	// without an end is taken for over.
	Now     time.Time
	Silence time.Duration
}

// Assembler works out calls. It keeps memory between calls, so each goroutine
// has its own.
type Assembler struct {
	settings Settings
	model    model
}

// NewAssembler returns an assembler with these settings.
func NewAssembler(s Settings) *Assembler {
	if s.Location == nil {
		s.Location = time.UTC
	}
	if s.Plan == nil {
		s.Plan = dialplan.Default()
	}
	return &Assembler{settings: s}
}

// Assemble works out the call that the records of g tell of. It returns nil
// when they tell of none: no records, or channels behind which nobody is.
func (a *Assembler) Assemble(g Group) *Call { return a.assemble(g, nil) }

// AssembleExplained is Assemble, and says for each fact which rule and which
// records decided it.
func (a *Assembler) AssembleExplained(g Group) (*Call, *Explanation) {
	e := &Explanation{}
	c := a.assemble(g, e)
	if c == nil {
		return nil, nil
	}
	e.draw(&a.model)
	return c, e
}

func (a *Assembler) assemble(g Group, why *Explanation) *Call {
	m := &a.model
	m.reset(a.settings, why)
	m.build(g)
	if m.starter == nil {
		return nil
	}
	return m.describe()
}

// describe derives the facts of the call from the model, each in its own
// place; later facts build on earlier ones.
func (m *model) describe() *Call {
	c := &Call{PBX: m.settings.PBX, ID: m.id, LinkedIDs: m.linkedIDs, UniqueIDs: m.uniqueIDs(), Contexts: m.contexts(), Complete: true}
	m.decideParties(c)
	m.decideEnd(c)
	m.decideTalks(c)
	m.decideServices(c)
	m.decideQueues(c)
	m.decideParking(c)
	m.decideLegs(c)
	m.decideTransfers(c)
	m.decideResult(c)
	m.decideEndedBy(c)
	m.finishQueues(c)
	m.decideLegResults(c)
	m.decideTimes(c)
	c.Warnings = m.warningList()
	return c
}

// uniqueIDs are those of the call's own channels.
func (m *model) uniqueIDs() []string {
	ids := make([]string, 0, len(m.channels))
	for _, c := range m.channels {
		if !c.companion {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// at is a moment as users see it; zero stays zero.
func (m *model) at(micros int64) Time {
	if micros == 0 {
		return Time{}
	}
	return Time{Time: time.UnixMicro(micros).In(m.settings.Location), Fraction: m.fraction}
}

// seconds is a length as users see it.
func seconds(micros int64) Seconds {
	return Seconds(math.Max(0, float64(micros)) / 1e6)
}

// warn notes a warning once.
func (m *model) warn(code string) {
	if !slices.Contains(m.warnings, code) {
		m.warnings = append(m.warnings, code)
	}
}

func (m *model) warningList() []string {
	if len(m.warnings) == 0 {
		return nil
	}
	list := slices.Clone(m.warnings)
	slices.Sort(list)
	return list
}

// byTime orders records by time, then by the order of writing; in one second
// of a table without fractions only the latter tells.
func byTime(a, b cel.Record) int {
	switch {
	case a.At != b.At:
		return cmpInt(a.At, b.At)
	default:
		return cmpInt(a.ID, b.ID)
	}
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// idBefore orders linkedids of the same age: by the number after the point,
// which counts channels, then as text.
func idBefore(a, b string) bool {
	pa, na, oka := splitID(a)
	pb, nb, okb := splitID(b)
	if oka && okb && pa == pb && len(na) != len(nb) {
		return len(na) < len(nb)
	}
	return a < b
}

func splitID(id string) (epoch, count string, ok bool) {
	i := strings.LastIndexByte(id, '.')
	if i < 0 {
		return "", "", false
	}
	return id[:i], id[i+1:], true
}
