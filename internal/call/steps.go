package call

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// draw derives the ladder from the model.
func (e *Explanation) draw(m *model) {
	d := drawing{model: m, to: e, place: make(map[*channel]int)}
	d.columns()
	d.calls()
	d.talks()
	d.events()
	slices.SortStableFunc(e.Steps, func(a, b Step) int { return a.At.Compare(b.At.Time) })
}

type drawing struct {
	model *model
	to    *Explanation
	place map[*channel]int
}

// columns gives a column to whoever started the call, and to each leg.
func (d *drawing) columns() {
	d.column(d.model.caller)
	for _, l := range d.model.legs {
		d.column(l.channel)
	}
}

func (d *drawing) column(c *channel) {
	if _, known := d.place[c]; known || !c.person() {
		return
	}
	d.place[c] = len(d.to.Parties)
	d.to.Parties = append(d.to.Parties, Column{Party: c.party.Label(), Channel: c.name.Name, ID: c.id})
}

func (d *drawing) add(at int64, kind StepKind, from, to *channel, text string) {
	b, ok := d.place[to]
	if !ok {
		return
	}
	a, ok := d.place[from]
	if !ok {
		a = b
	}
	d.to.Steps = append(d.to.Steps, Step{At: d.model.at(at), Kind: kind, From: a, To: b, Text: text})
}

// calls draws how each channel begins, is answered and ends.
func (d *drawing) calls() {
	m := d.model
	if m.caller.dialledIn != "" && m.caller.dialledIn != "?" {
		d.add(m.caller.start, StepDials, m.caller, m.caller, "dials "+m.caller.dialledIn)
	}
	for _, l := range m.legs {
		d.legBegins(l)
	}
	for c := range d.place {
		if c.answer != 0 {
			d.add(c.answer, StepAnswers, c, c, "answers")
		}
		if c.hungUp {
			d.add(c.hangup, StepHangUp, c, c, ending(c))
		}
	}
	slices.SortStableFunc(d.to.Steps, func(a, b Step) int { return cmp.Compare(a.To, b.To) })
}

func (d *drawing) legBegins(l *leg) {
	text := "rings"
	if l.via != ViaDialled {
		text += " (" + string(l.via) + ")"
	}
	if !l.dialled() {
		d.add(l.start, StepDials, l.channel, l.channel, "dials "+l.dialledIn)
		return
	}
	from := l.channel
	if l.dialer != nil {
		from = d.model.root(l.dialer)
		if from == d.model.starter {
			from = d.model.caller
		}
	}
	d.add(l.start, StepRings, from, l.channel, text)
}

// ending says how a channel ended: by itself, or by another.
func ending(c *channel) string {
	text := "ends"
	switch c.facts.Source {
	case "":
	case c.name.Name:
		text = "hangs up"
	case "dialplan/builtin":
		text = "is hung up by the dial plan"
	}
	if c.facts.Cause > 0 {
		text += ", cause " + strconv.Itoa(c.facts.Cause)
	}
	if c.facts.DialStatus != "" {
		text += ", " + c.facts.DialStatus
	}
	return text
}

func (d *drawing) talks() {
	m := d.model
	for i := range m.talks {
		t := &m.talks[i]
		var with []int
		for _, c := range t.channels {
			if p, ok := d.place[c]; ok {
				with = append(with, p)
			}
		}
		if len(with) == 0 {
			continue
		}
		slices.Sort(with)
		step := Step{At: m.at(t.from), Kind: StepTalk, From: with[0], To: with[len(with)-1], With: with, Text: "talk"}
		d.to.Steps = append(d.to.Steps, step)
		step.At, step.Kind = m.at(t.until), StepEnd
		step.Text = fmt.Sprintf("talked %v s", float64(seconds(t.until-t.from)))
		d.to.Steps = append(d.to.Steps, step)
	}
}

// events draws transfers, parking, pickups, forwardings and queues.
func (d *drawing) events() {
	m := d.model
	for _, t := range m.transfers {
		if t.kind == Blind {
			d.add(t.at, StepNote, t.by, t.by, "blind transfer to "+t.extension)
			continue
		}
		d.add(t.at, StepNote, t.by, t.by, "attended transfer")
	}
	for _, p := range m.parks {
		if p.parked == nil {
			continue
		}
		d.add(p.at, StepNote, p.parked, p.parked, "is parked")
		if p.until != 0 {
			d.add(p.until, StepNote, p.parked, p.parked, "leaves the lot: "+p.reason)
		}
	}
	for _, p := range m.pickups {
		d.add(p.at, StepNote, p.target, p.picker, "picks up")
	}
	for _, f := range m.forwards {
		d.add(f.at, StepNote, f.by, f.by, "is sent on to "+f.number)
	}
	for _, q := range m.queues {
		d.add(q.from, StepNote, q.channel, q.channel, "enters queue "+q.name)
		if q.until != 0 && q.result != QueueAnswered {
			d.add(q.until, StepNote, q.channel, q.channel, "leaves queue "+q.name+": "+string(q.result))
		}
	}
}
