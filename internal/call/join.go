package call

import (
	"cmp"
	"slices"

	"ringback/internal/cel"
)

// Join groups records into calls: all channels that any linkedid ties together,
// joined through every uniqueid that carried more than one linkedid. The
// groups come in order of their first record; each has the companions that
// were in its conferences. It is linear in the number of records.
func Join(records []cel.Record) []Group {
	sets := newSets()
	for i := range records {
		sets.add(records[i].LinkedID, records[i].UniqueID)
	}
	var groups []Group
	place := make(map[int]int)
	of := make([]int, len(records))
	for i := range records {
		root := sets.find(sets.number(records[i].LinkedID, records[i].UniqueID))
		g, ok := place[root]
		if !ok {
			g = len(groups)
			place[root] = g
			groups = append(groups, Group{})
		}
		of[i] = g
		groups[g].Records = append(groups[g].Records, records[i])
	}
	addCompanions(records, of, groups)
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(firstAt(a), firstAt(b)) })
	return groups
}

func firstAt(g Group) int64 {
	first := g.Records[0].At
	for i := range g.Records {
		first = min(first, g.Records[i].At)
	}
	return first
}

// Room is the conference that a record enters or leaves, "" if none. Bridges
// of other kinds join the calls in them by their linkedids.
func Room(r *cel.Record) string {
	if r.Type != cel.BridgeEnter && r.Type != cel.BridgeExit || !conferenceApp(r.App) {
		return ""
	}
	id, _ := cel.Field(r.Extra, "bridge_id")
	return id
}

// addCompanions gives each group the records of the channels of other groups
// that were in the same room.
func addCompanions(records []cel.Record, of []int, groups []Group) {
	rooms := make(map[string]map[int]bool)
	visitor := make(map[string]bool)
	for i := range records {
		room := Room(&records[i])
		if room == "" {
			continue
		}
		if rooms[room] == nil {
			rooms[room] = make(map[int]bool)
		}
		rooms[room][of[i]] = true
		visitor[records[i].UniqueID] = true
	}
	if len(rooms) == 0 {
		return
	}
	own := make([]int, len(groups))
	for g := range groups {
		own[g] = len(groups[g].Records)
	}
	for _, members := range rooms {
		for g := range members {
			for other := range members {
				if g == other {
					continue
				}
				for _, r := range groups[other].Records[:own[other]] {
					if visitor[r.UniqueID] {
						groups[g].Companions = append(groups[g].Companions, r)
					}
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
