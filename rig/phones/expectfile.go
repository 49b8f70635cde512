package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object that keeps the order of its fields.
type object []field

type field struct {
	name  string
	value any
}

// MarshalJSON writes the fields in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(&b, f.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encode(&b, f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes a value as it is, without the newline of an Encoder.
func encode(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	b.Truncate(b.Len() - 1)
	return err
}

func seconds(d time.Duration) float64 { return rounded(d.Seconds()) }

func rounded(s float64) float64 { return math.Round(s*1000) / 1000 }

// fieldOrder is the order in which a call's fields are written.
var fieldOrder = []string{
	"id", "linkedids", "started_at", "direction", "from.number", "from.name", "from.extension", "to.number", "trunk",
	"result", "hangup_cause", "answered", "wait_seconds", "duration_seconds", "talk_seconds", "ended_by",
	"legs", "legs_optional", "talks", "transfers", "queues", "parked", "conference", "voicemail", "ivr", "recordings",
	"complete", "in_progress", "warnings",
}

// saveExpected writes base.expected.json; of the records it takes the ids and
// the time of the first.
func (r *Rig) saveExpected(name, about, base string) error {
	records, err := readRecords(base + ".csv")
	if err != nil {
		return err
	}
	calls := []any{}
	for _, w := range r.calls {
		if err := w.identify(records); err != nil {
			return err
		}
		w.complete()
		var o object
		for _, f := range fieldOrder {
			if v, ok := w.f[f]; ok {
				o = append(o, field{f, v})
				delete(w.f, f)
			}
		}
		for f := range w.f {
			return fmt.Errorf("field %s has no place in fieldOrder", f)
		}
		calls = append(calls, o)
	}
	o := object{{"scenario", name}, {"about", about}}
	if r.settings != nil {
		o = append(o, field{"settings", r.settings})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(append(o, field{"calls", calls})); err != nil {
		return err
	}
	return os.WriteFile(base+".expected.json", b.Bytes(), 0o644)
}

// complete works out what follows from the talks.
func (w *want) complete() {
	lengths := make([]float64, len(w.talks))
	talks := []any{}
	var mine time.Duration
	var until time.Time
	for i, t := range w.talks {
		lengths[i] = seconds(t.until.Sub(t.from))
		talks = append(talks, object{{"parties", t.parties}, {"seconds", lengths[i]}})
		if !slices.Contains(t.parties, w.from) {
			continue
		}
		// Talks are in order of beginning; overlapping ones count once.
		from := t.from
		if from.Before(until) {
			from = until
		}
		if t.until.After(from) {
			mine += t.until.Sub(from)
			until = t.until
		}
	}
	w.setOnce("talks", talks)
	w.setOnce("talk_seconds", seconds(mine))
	if w.end != nil {
		w.setOnce("duration_seconds", seconds(w.end().Sub(w.start)))
		if w.f["answered"] == false {
			w.setOnce("wait_seconds", seconds(w.end().Sub(w.start)))
		}
	}
	legs := []any{}
	for _, v := range w.legs {
		l := v.(leg)
		o := object{{"party", l.party}, {"via", l.via}}
		if l.result != nil {
			o = append(o, field{"result", l.result})
		}
		total := 0.0
		for _, t := range l.talks {
			total += lengths[t]
		}
		legs = append(legs, append(o, field{"talk_seconds", rounded(total)}))
	}
	w.setOnce("legs", legs)
	for f, v := range w.f {
		if v == open {
			delete(w.f, f)
		}
	}
}

// open as a field's value leaves the field out.
const open = "\x00open"

func (w *want) setOnce(field string, value any) {
	if _, ok := w.f[field]; !ok {
		w.f[field] = value
	}
}

type record struct {
	event, channel, uniqueid, linkedid string
	at                                 float64
}

func readRecords(path string) ([]record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	column := map[string]int{}
	for i, n := range lines[0] {
		column[n] = i
	}
	var records []record
	for _, l := range lines[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.000000", l[column["eventtime"]])
		if err != nil {
			return nil, err
		}
		sec, _ := strconv.ParseFloat(fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000), 64)
		records = append(records, record{l[column["eventtype"]], l[column["channame"]], l[column["uniqueid"]], l[column["linkedid"]], sec})
	}
	return records, nil
}

// joined are the linkedids tied to a channel, through every channel that
// carried more than one of them.
func joined(records []record, uniqueid string) map[string]bool {
	channels, ids := map[string]bool{uniqueid: true}, map[string]bool{}
	for before := -1; before != len(ids)+len(channels); {
		before = len(ids) + len(channels)
		for _, rec := range records {
			if channels[rec.uniqueid] || ids[rec.linkedid] {
				channels[rec.uniqueid], ids[rec.linkedid] = true, true
			}
		}
	}
	return ids
}

// identify finds the call's linkedids, its id and its first record.
func (w *want) identify(records []record) error {
	mine := map[string]bool{}
	if w.endpoint != "" {
		id, nth := "", 0
		for _, rec := range records {
			if rec.event == "CHAN_START" && strings.HasPrefix(rec.channel, w.endpoint+"-") {
				if nth == w.nth {
					id = rec.uniqueid
				}
				nth++
			}
		}
		if id == "" {
			return fmt.Errorf("there is no channel %d of %s", w.nth, w.endpoint)
		}
		mine = joined(records, id)
	}
	var ids []string
	for _, rec := range records {
		if (w.endpoint == "" || mine[rec.linkedid]) && !slices.Contains(ids, rec.linkedid) {
			if len(ids) == 0 {
				w.setOnce("id", rec.linkedid)
				w.setOnce("started_at", rec.at)
			}
			ids = append(ids, rec.linkedid)
		}
	}
	w.setOnce("linkedids", ids)
	return nil
}
