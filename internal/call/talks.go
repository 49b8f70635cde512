package call

import (
	"cmp"
	"slices"
	"strings"
)

// talk is an interval during which the channels could hear one another. The
// channels are in the order of the model.
type talk struct {
	from, until int64
	channels    []*channel
	// bridges are those that the talk runs through while it is being found.
	bridges []int
	// key tells apart sets of channels.
	key string
}

// change is a channel entering or leaving a bridge.
type change struct {
	at   int64
	kind changeKind
	stay int
}

// changeKind orders what happens at one moment: who was there leaves, others
// come, and who only passed through leaves last. Two who touch, one leaving as
// the other comes, have not met.
type changeKind uint8

const (
	leaves changeKind = iota
	enters
	passes // or the records stop
)

// findTalks walks over the changes in order and keeps, for every bridge, the
// set of persons that are joined through it and through Local pairs.
func (m *model) findTalks() {
	changes := m.changes()
	w := walk{model: m, members: make([][]int, len(m.bridges)), open: make([]int, len(m.bridges))}
	for i := range w.open {
		w.open[i] = -1
	}
	for i := 0; i < len(changes); {
		end := i
		w.touched = w.touched[:0]
		for end < len(changes) && changes[end].at == changes[i].at && changes[end].kind == changes[i].kind {
			w.apply(changes[end])
			end++
		}
		w.settle(changes[i].at)
		i = end
	}
	m.mergeTalks()
}

func (m *model) changes() []change {
	list := make([]change, 0, 2*len(m.stays))
	for i := range m.stays {
		s := &m.stays[i]
		if m.bridges[s.bridge].holding || s.until < s.from {
			continue
		}
		list = append(list, change{s.from, enters, i})
		kind := leaves
		if s.until == s.from || s.unended {
			kind = passes
		}
		list = append(list, change{s.until, kind, i})
	}
	slices.SortFunc(list, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.stay, b.stay))
	})
	return list
}

// walk is the state of findTalks: who is in which bridge now, and which talk
// goes on there.
type walk struct {
	model   *model
	members [][]int // stays, by bridge
	open    []int   // the talk of a bridge, or -1
	touched []int
}

func (w *walk) apply(c change) {
	s := &w.model.stays[c.stay]
	members := w.members[s.bridge]
	if c.kind == enters {
		w.members[s.bridge] = append(members, c.stay)
	} else if i := slices.Index(members, c.stay); i >= 0 {
		w.members[s.bridge] = slices.Delete(members, i, i+1)
	}
	if !slices.Contains(w.touched, s.bridge) {
		w.touched = append(w.touched, s.bridge)
	}
}

// settle ends the talks that the changes touched and begins those that result.
func (w *walk) settle(at int64) {
	m := w.model
	// A talk that ends frees all the bridges it ran through.
	for i := 0; i < len(w.touched); i++ {
		open := w.open[w.touched[i]]
		if open < 0 {
			continue
		}
		m.talks[open].until = at
		for _, b := range m.talks[open].bridges {
			w.open[b] = -1
			if !slices.Contains(w.touched, b) {
				w.touched = append(w.touched, b)
			}
		}
	}
	var done []int
	for _, b := range w.touched {
		if slices.Contains(done, b) {
			continue
		}
		joined, persons := w.joined(b)
		done = append(done, joined...)
		if t, ok := talkOf(persons, at); ok {
			t.bridges = joined
			m.talks = append(m.talks, t)
			for _, j := range joined {
				w.open[j] = len(m.talks) - 1
			}
		}
	}
}

// joined lists the bridges that are one with b through Local pairs, and the
// persons in them.
func (w *walk) joined(b int) (bridges []int, persons []*channel) {
	m := w.model
	bridges = []int{b}
	for i := 0; i < len(bridges); i++ {
		for _, n := range w.members[bridges[i]] {
			c := m.stays[n].channel
			if c.person() {
				if !slices.Contains(persons, c) {
					persons = append(persons, c)
				}
				continue
			}
			if c.partner == nil {
				continue
			}
			for _, far := range w.bridgesOf(c.partner) {
				if !slices.Contains(bridges, far) {
					bridges = append(bridges, far)
				}
			}
		}
	}
	return bridges, persons
}

// bridgesOf lists the bridges that a channel is in now.
func (w *walk) bridgesOf(c *channel) []int {
	var list []int
	for _, n := range c.stays {
		b := w.model.stays[n].bridge
		if slices.Contains(w.members[b], n) {
			list = append(list, b)
		}
	}
	return list
}

// talkOf is the talk of these persons, if they are two at least.
func talkOf(persons []*channel, at int64) (talk, bool) {
	if len(persons) < 2 {
		return talk{}, false
	}
	t := talk{from: at, until: -1, channels: persons}
	slices.SortFunc(t.channels, func(a, b *channel) int { return cmp.Compare(a.id, b.id) })
	ids := make([]string, len(t.channels))
	for i, c := range t.channels {
		ids[i] = c.id
	}
	t.key = strings.Join(ids, " ")
	return t, true
}

// shortest is how long persons must be joined, in microseconds, to have been
// in a talk where the clock tells: channels pass by one another when Asterisk
// moves them.
const shortest = 10_000

// mergeTalks puts together what an exchange of channels tore apart, and drops
// what it made up.
func (m *model) mergeTalks() {
	slices.SortStableFunc(m.talks, func(a, b talk) int { return cmp.Compare(a.from, b.from) })
	kept := m.talks[:0]
	newest := make(map[string]int, len(m.talks))
	for _, t := range m.talks {
		if t.until < t.from {
			t.until = m.last
		}
		i, ok := newest[t.key]
		if ok && t.from-kept[i].until <= m.slack {
			kept[i].until = max(kept[i].until, t.until)
			continue
		}
		newest[t.key] = len(kept)
		kept = append(kept, t)
	}
	m.dropPassing(kept)
	for i := range m.talks {
		for _, c := range m.talks[i].channels {
			c.talks = append(c.talks, i)
		}
	}
}

func (m *model) dropPassing(all []talk) {
	var drop []int
	for i := range all {
		if m.passing(all[i], all) {
			drop = append(drop, i)
		}
	}
	for _, i := range slices.Backward(drop) {
		all = slices.Delete(all, i, i+1)
	}
	m.talks = all
}

// passing says that a talk is only the trace of channels being exchanged: too
// short, and somebody in it talks on with others.
func (m *model) passing(t talk, all []talk) bool {
	if !m.fraction || t.until-t.from >= shortest {
		return false
	}
	return slices.ContainsFunc(all, func(other talk) bool {
		return other.key != t.key && other.from <= t.until+m.slack && other.until >= t.from-m.slack &&
			slices.ContainsFunc(t.channels, func(c *channel) bool { return slices.Contains(other.channels, c) })
	})
}
