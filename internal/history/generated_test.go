package history

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"ringback/internal/cel"
	"ringback/internal/celgen"
)

// generate adds n parcels of generated calls, and those among ours that come with them. What
// must arrive is read off the little that these records can say: each call has one
// channel that began it, and at most one talk.
func (p *past) generate(n int) []cel.Record {
	const outside = 0.86 // of celgen's calls have an outside party, at the least
	byCall := map[string][]cel.Record{}
	var order []string
	for r := range celgen.Records(celgen.Config{Calls: int(float64(n)/outside) + 1, Start: firstDay, Days: 7, Seed: 24}) {
		if byCall[r.LinkedID] == nil {
			order = append(order, r.LinkedID)
		}
		byCall[r.LinkedID] = append(byCall[r.LinkedID], r)
	}
	var all []cel.Record
	for i, id := range order {
		records := byCall[id]
		w := read(records)
		if w == nil {
			p.internal++
			all = append(all, records...)
			continue
		}
		all = append(all, w.logged(records, i)...)
		p.calls = append(p.calls, w)
		p.kinds["generated "+w.kind]++
	}
	return all
}

var telephone = regexp.MustCompile(`^PJSIP/(10\d\d)-`)

// read says what must arrive of a generated call, nil when it is one among ours.
func read(records []cel.Record) *wanted {
	first := &records[0]
	w := &wanted{key: "main-" + first.LinkedID, start: first.Time(), startUntil: first.Time()}
	w.incoming = strings.HasPrefix(first.Channel, "PJSIP/trunk-provider")
	rang, talked, entered, status := "", "", time.Time{}, ""
	for i := range records {
		r := &records[i]
		extension := ""
		if m := telephone.FindStringSubmatch(r.Channel); m != nil {
			extension = m[1]
		}
		own := r.UniqueID == first.UniqueID
		switch {
		case r.Type == cel.ChanStart && extension != "":
			rang = extension
		case r.Type == cel.BridgeEnter && extension != "":
			talked = extension
		case r.Type == cel.BridgeEnter && own:
			entered = r.Time()
		case r.Type == cel.BridgeExit && own:
			w.seconds(r.Time().Sub(entered).Seconds(), 0.002)
		case r.Type == cel.Hangup && own:
			status = r.Extra
		}
		if own && r.Type == cel.BridgeEnter {
			entered = r.Time()
		}
		if own && r.Type == cel.BridgeExit {
			w.seconds(r.Time().Sub(entered).Seconds(), 0.002)
		}
		w.ended = r.Time()
	}
	w.persons = []string{rang}
	if talked != "" {
		w.persons = []string{talked}
	}
	switch {
	case w.incoming:
		w.client, w.line, w.kind, w.outcome = first.CIDNum, first.Exten, "incoming missed", "missed"
	case len(first.Exten) < 10:
		return nil
	default:
		w.client, w.line, w.kind, w.outcome = first.Exten, "trunk-provider", "outgoing cancelled", "cancelled"
		if strings.Contains(status, "BUSY") {
			w.kind, w.outcome = "outgoing busy", "busy"
		}
	}
	if talked != "" {
		w.outcome = "answered"
		w.kind = strings.Fields(w.kind)[0] + " answered"
	}
	return w
}

// logged adds what MixMonitor logs to a call: of those that were answered, one in four was
// recorded, one in twenty in two files, of which or of one the file is lost now and then.
func (w *wanted) logged(records []cel.Record, i int) []cel.Record {
	files := 0
	switch {
	case w.outcome != "answered":
	case i%20 == 3:
		files = 2
	case i%4 == 1:
		files = 1
	}
	with := records[:1:1]
	for n := range files {
		r := records[0]
		name := fmt.Sprintf("%s/call-%s-%d.wav", r.Time().Format("2006/01/02"), r.LinkedID, n)
		r.Type, r.App, r.AppData = cel.AppStart, "MixMonitor", name+",b"
		with = append(with, r)
		w.recordings = append(w.recordings, name)
		if i%10 != 9 {
			w.sounds = append(w.sounds, name)
		}
	}
	w.kind += map[int]string{0: "", 1: ", recorded", 2: ", recorded in two files"}[files]
	if files > 0 && len(w.sounds) == 0 {
		w.kind += " that is lost"
	}
	return append(with, records[1:]...)
}
