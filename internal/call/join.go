package call

import (
	"cmp"
	"slices"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// Join groups records into calls: all channels that any linkedid ties together,
// joined through every uniqueid that carried more than one linkedid. Ids begin
// again when Asterisk restarts with a wrong clock, so what lies far apart in
// time is apart. The groups come in order of their first record; each has the
// companions that were in its conferences. Join is linear in the number of
// records.
func Join(records []cel.Record) []Group {
	sets := newSets()
	for i := range records {
		sets.add(records[i].LinkedID, records[i].UniqueID)
	}
	place := make(map[int]int)
	var members [][]int
	for i := range records {
		root := sets.find(sets.number(records[i].LinkedID, records[i].UniqueID))
		g, ok := place[root]
		if !ok {
			g = len(members)
			place[root] = g
			members = append(members, nil)
		}
		members[g] = append(members[g], i)
	}
	groups, of := make([]Group, 0, len(members)), make([]int, len(records))
	for _, all := range members {
		for _, part := range apart(records, all) {
			g := Group{Records: make([]cel.Record, 0, len(part))}
			for _, i := range part {
				g.Records = append(g.Records, records[i])
				of[i] = len(groups)
			}
			groups = append(groups, g)
		}
	}
	addCompanions(records, of, groups)
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(firstAt(a), firstAt(b)) })
	return groups
}

// reborn is how long nothing must have been recorded, in microseconds, for ids
// that come again to be another call's.
const reborn = 4 * 3600 * 1_000_000

// apart splits the records of one id where every channel had ended and nothing
// was recorded for long before a channel began again.
func apart(records []cel.Record, all []int) [][]int {
	first, last := records[all[0]].At, records[all[0]].At
	for _, i := range all {
		first, last = min(first, records[i].At), max(last, records[i].At)
	}
	if last-first <= reborn {
		return [][]int{all}
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b int) int { return byTime(records[a], records[b]) })
	var parts [][]int
	start, open := 0, make(map[string]bool)
	for n, i := range all {
		r := &records[i]
		if n > start && len(open) == 0 && r.Type == cel.ChanStart && r.At-records[all[n-1]].At > reborn {
			parts = append(parts, all[start:n])
			start = n
		}
		switch r.Type {
		case cel.ChanStart:
			open[r.UniqueID] = true
		case cel.Hangup, cel.ChanEnd:
			delete(open, r.UniqueID)
		}
	}
	return append(parts, all[start:])
}

func firstAt(g Group) int64 {
	first := g.Records[0].At
	for i := range g.Records {
		first = min(first, g.Records[i].At)
	}
	return first
}

// Room is the conference that a record enters or leaves, "" if none. Bridges
// of other kinds join the calls in them by their linkedids. One who was
// transferred into a conference does not run its application; the mixing tells.
func Room(r *cel.Record) string {
	if r.Type != cel.BridgeEnter && r.Type != cel.BridgeExit || !conferenceApp(r.App) && !strings.Contains(r.Extra, `"softmix"`) {
		return ""
	}
	id, _ := cel.Field(r.Extra, "bridge_id")
	return id
}

// Visitors are those records of one call that its companions in conferences need:
// of the channels that were in a room and, where one of these is a Local channel,
// of all, since whoever is in the room is behind it.
func Visitors(records []cel.Record) []cel.Record {
	visitor := make(map[string]bool)
	for i := range records {
		r := &records[i]
		if Room(r) == "" {
			continue
		}
		if dialplan.ParseChannel(r.Channel).Local() {
			return records
		}
		visitor[r.UniqueID] = true
	}
	var list []cel.Record
	for i := range records {
		if visitor[records[i].UniqueID] {
			list = append(list, records[i])
		}
	}
	return list
}

// addCompanions gives each group the visitors of the other groups that were in
// the same room.
func addCompanions(records []cel.Record, of []int, groups []Group) {
	rooms := make(map[string]map[int]bool)
	for i := range records {
		room := Room(&records[i])
		if room == "" {
			continue
		}
		if rooms[room] == nil {
			rooms[room] = make(map[int]bool)
		}
		rooms[room][of[i]] = true
	}
	for _, members := range rooms {
		for other := range members {
			visitors := Visitors(groups[other].Records)
			for g := range members {
				if g != other {
					groups[g].Companions = append(groups[g].Companions, visitors...)
				}
			}
		}
	}
}

// sets is a union-find over linkedids and uniqueids.
type sets struct {
	numbers map[string]int
	parent  []int
}

func newSets() *sets { return &sets{numbers: make(map[string]int)} }

func (s *sets) number(linkedID, uniqueID string) int {
	if linkedID == "" {
		linkedID = uniqueID
	}
	return s.of(linkedID)
}

func (s *sets) of(id string) int {
	if n, ok := s.numbers[id]; ok {
		return n
	}
	n := len(s.parent)
	s.numbers[id] = n
	s.parent = append(s.parent, n)
	return n
}

// add joins the ids of one record. A uniqueid is the id of a linkedid too,
// that of the call which its channel began, if it began one.
func (s *sets) add(linkedID, uniqueID string) {
	n := s.number(linkedID, uniqueID)
	if uniqueID != "" {
		s.union(n, s.of("channel "+uniqueID))
	}
}

func (s *sets) find(n int) int {
	for s.parent[n] != n {
		s.parent[n] = s.parent[s.parent[n]]
		n = s.parent[n]
	}
	return n
}

func (s *sets) union(a, b int) {
	a, b = s.find(a), s.find(b)
	if a != b {
		s.parent[max(a, b)] = min(a, b)
	}
}
