package history

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ringback/internal/captures"
	"ringback/internal/cel"
)

// part is who has a captured call, by the rulings of the contract (6.1) and the story
// of the scenario. What the telephones saw (start, length, number) stands in the capture's
// expectation.
type part struct {
	// call is the place in the expectation; second says that it is of the second
	// outside party, who has begun between the seconds from and until of the call,
	// and talked so long.
	call        int
	persons     string
	second      bool
	from, until time.Duration
	talked      float64
}

// scenes are the captures that are played, with the parts that must be delivered of each.
// Calls of a scene that are not here are among ours.
var scenes = map[string][]part{
	"inbound-answered": {{persons: "1001"}}, "inbound-busy": {{persons: "1001"}}, "inbound-declined": {{persons: "1001"}},
	"inbound-missed": {{persons: "1001"}}, "inbound-anonymous": {{persons: "1001"}}, "inbound-anonymous-missed": {{persons: "1001"}},
	"inbound-short-answer": {{persons: "1001"}},
	// Nobody rang, as the telephone was not there, or the caller left in the menu: nobody has it.
	"inbound-unregistered": {{}}, "ivr-hangup": {{}}, "ivr-voicemail": {{}},
	"inbound-voicemail": {{persons: "1003"}}, "ivr-ringgroup-answered": {{persons: "1002"}},
	"queue-second-agent": {{persons: "1002"}}, "queue-abandoned": {{persons: "1002"}}, "queue-timeout": {{persons: "1001 1002 1003"}},
	"queue-timeout-voicemail": {{persons: "1001"}}, "queue-two-callers": {{persons: "1001"}, {call: 1, persons: "1002"}},
	"queue-left-by-key": {{persons: "1004"}}, "queue-pickup": {{persons: "1004"}},
	"ringgroup-missed": {{persons: "1001 1002 1003"}}, "ringgroup-local-kept": {{persons: "1001"}}, "ringgroup-pickup": {{persons: "1004"}},
	"hunt-third-answers": {{persons: "1003"}}, "hunt-nobody": {{persons: "1003"}},
	// Who talked with the client last has the call; a transfer that nobody answers changes nothing.
	"blind-transfer": {{persons: "1002"}}, "blind-transfer-no-answer": {{persons: "1001"}}, "blind-transfer-to-queue": {{persons: "1002"}},
	"blind-transfer-to-group": {{persons: "1003"}}, "queue-blind-transfer": {{persons: "1004"}}, "queue-attended-transfer": {{persons: "1003"}},
	"attended-transfer": {{persons: "1002"}}, "attended-transfer-to-queue": {{persons: "1002"}}, "blonde-transfer": {{persons: "1002"}},
	"transfer-chain-attended": {{persons: "1001"}}, "apps-attended-transfer": {{persons: "1002"}},
	// The second outside party is an outgoing call of who brought it in, from the consultation on.
	"attended-transfer-to-outside": {
		{persons: "1001"}, {persons: "1001", second: true, from: 2500 * time.Millisecond, until: 4500 * time.Millisecond, talked: 5.002},
	},
	"blind-transfer-to-outside": {{persons: "1002", second: true, from: 2500 * time.Millisecond, until: 4500 * time.Millisecond, talked: 3.002}},
	// An employee's own mobile is no second outside party; who was to be reached has the call.
	"forward-302-outside": {{persons: "1001"}}, "follow-me-after-desk": {{persons: "1004"}},
	"outbound-answered": {{persons: "1002"}}, "outbound-busy": {{persons: "1002"}}, "outbound-congestion": {{persons: "1002"}},
	"outbound-declined": {{persons: "1002"}}, "outbound-no-answer": {{persons: "1002"}}, "outbound-wrong-number": {{persons: "1002"}},
	"outbound-busy-then-answered": {{persons: "1002"}, {call: 1, persons: "1002"}},
	"outbound-attended-transfer":  {{persons: "1002"}}, "outbound-blind-transfer": {{persons: "1003"}},
	"click-to-call": {{persons: "1001"}}, "click-to-call-client-busy": {{persons: "1001"}}, "click-to-call-agent-does-not-answer": {{persons: "1001"}},
	"parked-and-retrieved": {{persons: "1002"}}, "parked-abandoned": {{persons: "1001"}}, "pickup": {{persons: "1002"}},
	"three-way-on-the-telephone": {{persons: "1001"}, {call: 1, persons: "1001"}},
	"two-calls-of-one-client":    {{persons: "1001"}, {call: 1, persons: "1002"}},
	"call-waiting":               {{persons: "1001"}, {call: 1, persons: "1001"}},
	"consultation-refused":       {{persons: "1001"}},
	"apps-inbound-recorded":      {{persons: "1001"}}, "apps-outbound-recorded": {{persons: "1002"}}, "apps-queue-answered": {{persons: "1002"}},
	"internal": nil, "internal-busy": nil, "forward-302": nil, "apps-voicemail-menu": nil,
}

// expected is what a capture says of its calls.
type expected struct {
	Calls []struct {
		ID         string   `json:"id"`
		Started    float64  `json:"started_at"`
		Direction  string   `json:"direction"`
		From       any      `json:"from.number"`
		To         any      `json:"to.number"`
		Trunk      string   `json:"trunk"`
		Result     outcome  `json:"result"`
		Talk       any      `json:"talk_seconds"`
		Talks      []any    `json:"talks"`
		Recordings []string `json:"recordings"`
	} `json:"calls"`
}

// play plays captures in turn until n parcels are to be delivered, all over the days.
func (p *past) play(n int) ([]cel.Record, error) {
	var all []cel.Record
	names := slices.Sorted(maps.Keys(scenes))
	parcels := 0
	for _, parts := range scenes {
		parcels += len(parts)
	}
	rounds := (n + parcels - 1) / parcels
	between := ((lastDay.Sub(firstDay) - time.Hour) / time.Duration(max(1, rounds*len(names)))).Truncate(time.Millisecond)
	for round := range rounds {
		for i, name := range names {
			k := round*len(names) + i
			records, err := p.playScene(name, k, firstDay.Add(time.Duration(k)*between))
			if err != nil {
				return nil, fmt.Errorf("capture %s: %w", name, err)
			}
			all = append(all, records...)
		}
	}
	return all, nil
}

func (p *past) playScene(name string, k int, at time.Time) ([]cel.Record, error) {
	text, err := captures.CSV(name)
	if err != nil {
		return nil, err
	}
	records, err := captures.Records(text)
	if err != nil {
		return nil, err
	}
	said, err := captures.Expected(name)
	if err != nil {
		return nil, err
	}
	var e expected
	if err := json.Unmarshal(said, &e); err != nil {
		return nil, err
	}
	move := mover(records, at.Sub(records[0].Time()), k)
	for _, one := range scenes[name] {
		w := e.want(one, move)
		w.kind = name
		p.calls = append(p.calls, w)
		p.kinds[name]++
	}
	p.internal += len(e.Calls) - len(scenes[name])
	for i := range records {
		move.record(&records[i])
	}
	return records, nil
}

// want is what must arrive of a part.
func (e *expected) want(one part, move *moving) *wanted {
	c := e.Calls[one.call]
	second := int64(c.Started)
	start := time.Unix(second, int64((c.Started-float64(second))*1e9)).Round(time.Microsecond).Add(move.by)
	w := &wanted{
		key: "main-" + move.text(c.ID), incoming: c.Direction == "incoming", persons: strings.Split(one.persons, " "), outcome: c.Result,
		start: start, startUntil: start, line: c.Trunk, ended: start.Add(time.Minute),
	}
	w.client = move.text(either(c.To))
	if w.incoming {
		w.client, w.line = ten(move.text(either(c.From))), either(c.To)
	}
	const clocks = 0.35 // is how exact the telephones' clocks are, for each talk
	switch talk := c.Talk.(type) {
	case float64:
		w.seconds(talk, clocks*float64(max(1, len(c.Talks))))
	case map[string]any:
		w.least, _ = talk["min"].(float64)
		w.most, _ = talk["max"].(float64)
	}
	for _, name := range c.Recordings {
		w.recordings = append(w.recordings, move.text(name))
	}
	w.sounds = w.recordings
	if one.second {
		w.key, w.incoming, w.outcome, w.line = w.key+"-2", false, "answered", "trunk-provider"
		w.start, w.startUntil = start.Add(one.from), start.Add(one.until)
		w.client = move.text("79037654321")
		if c.Direction == "internal" {
			w.client = move.text("79161234567")
		}
		w.seconds(one.talked, 2*clocks)
		w.recordings, w.sounds = nil, nil
	}
	return w
}

// either is a text, or the first that is possible.
func either(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if any, ok := v["any"].([]any); ok && len(any) > 0 {
			return either(any[0])
		}
	}
	return ""
}

// moving plays a capture at another time, with ids, channels and numbers of its own.
type moving struct {
	by       time.Duration
	replacer *strings.Replacer
}

var (
	serial = regexp.MustCompile(`^(.*)-[0-9a-f]{8}(;[12])?$`)
	bridge = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// perPlay is more than the channels of any capture.
const perPlay = 1000

// mover is for the kth play of all.
func mover(records []cel.Record, by time.Duration, k int) *moving {
	fresh := map[string]string{}
	n := k * perPlay
	next := func() int { n++; return n }
	for i := range records {
		r := &records[i]
		for _, id := range []string{r.UniqueID, r.LinkedID} {
			if fresh[id] == "" && id != "" {
				var second, count int64
				_, _ = fmt.Sscanf(id, "%d.%d", &second, &count) // every id of a capture has this form
				fresh[id] = fmt.Sprintf("%d.%d", time.Unix(second, 0).Add(by).Unix(), 1_000_000+next())
			}
		}
		if m := serial.FindStringSubmatch(r.Channel); m != nil {
			half := strings.TrimSuffix(r.Channel, m[2])
			if fresh[half] == "" {
				fresh[half] = fmt.Sprintf("%s-%08x", m[1], 0x10000000+next())
			}
		}
		for _, b := range bridge.FindAllString(r.Extra, -1) {
			if fresh[b] == "" {
				fresh[b] = fmt.Sprintf("%08x-0000-4000-8000-%012x", k, next())
			}
		}
	}
	// Clients call more than once.
	const clients = 400
	fresh["9161234567"] = fmt.Sprintf("926%07d", k%clients)
	fresh["9037654321"] = fmt.Sprintf("903%07d", k%clients)
	fresh["9160000000"] = fmt.Sprintf("927%07d", k%clients)
	tokens := slices.SortedFunc(maps.Keys(fresh), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	var pairs []string
	for _, t := range tokens {
		pairs = append(pairs, t, fresh[t])
	}
	return &moving{by, strings.NewReplacer(pairs...)}
}

func (m *moving) text(s string) string { return m.replacer.Replace(s) }

func (m *moving) record(r *cel.Record) {
	r.At += m.by.Microseconds()
	for _, field := range []*string{
		&r.CIDName, &r.CIDNum, &r.CIDANI, &r.CIDRDNIS, &r.CIDDNID, &r.Exten, &r.Channel, &r.AppData, &r.UniqueID, &r.LinkedID, &r.Peer, &r.Extra,
	} {
		*field = m.text(*field)
	}
}
