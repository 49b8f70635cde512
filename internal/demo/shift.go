package demo

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Everything in a record that tells one call from another, wherever it stands:
// in a column of its own, in extra, in peer, or in the name of a recording.
var (
	uniqueID   = regexp.MustCompile(`\b(\d{10})\.(\d+)\b`)
	channel    = regexp.MustCompile(`\b([A-Za-z][A-Za-z0-9]*)(/[^,;"/ ]+-)([0-9a-f]{8})\b`)
	bridgeID   = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	folder     = regexp.MustCompile(`\b\d{4}/\d{2}/\d{2}\b`)
	fileMoment = regexp.MustCompile(`\b\d{8}-\d{6}\b`)
	outsider   = regexp.MustCompile(`\b([78])(9\d{9})\b`)
)

// exchange is the state of the PBX that goes on from call to call: the counters
// from which it makes uniqueids and channel names.
type exchange struct {
	random  *rand.Rand
	zone    *time.Location
	unique  int
	serials map[string]int
}

// play gives the rows of a take as if its first had been written at start, with
// ids, channel serials, bridges and outside numbers of their own.
func (x *exchange) play(t *take, start time.Time) []row {
	p := playing{exchange: x, delta: start.Sub(t.rows[0].at), times: map[string]time.Time{}, numbers: map[string]string{}, bridges: map[string]string{}}
	p.measure(t)
	eventtime := t.column("eventtime")
	played := make([]row, len(t.rows))
	for i, r := range t.rows {
		at := r.at.Add(p.delta)
		fields := make([]string, len(r.fields))
		for j, field := range r.fields {
			fields[j] = p.move(field)
		}
		fields[eventtime] = at.In(x.zone).Format(stampLayout)
		played[i] = row{at: at, fields: fields}
	}
	x.unique += p.uniqueSpan
	for technology, span := range p.serialSpans {
		x.serials[technology] += span
	}
	return played
}

// playing moves one take.
type playing struct {
	*exchange
	delta time.Duration
	// times has the moment of each channel's first row, by uniqueid.
	times map[string]time.Time
	// The lowest counters of the take, and how many it uses from there.
	uniqueBase, uniqueSpan   int
	serialBases, serialSpans map[string]int
	numbers, bridges         map[string]string
}

func (p *playing) measure(t *take) {
	p.serialBases, p.serialSpans = map[string]int{}, map[string]int{}
	id := t.column("uniqueid")
	for _, r := range t.rows {
		if _, seen := p.times[r.fields[id]]; !seen {
			p.times[r.fields[id]] = r.at
		}
		for _, field := range r.fields {
			if !strings.ContainsAny(field, "./") {
				continue
			}
			for _, m := range uniqueID.FindAllStringSubmatch(field, -1) {
				p.uniqueBase, p.uniqueSpan = widen(p.uniqueBase, p.uniqueSpan, number(m[2], 10))
			}
			for _, m := range channel.FindAllStringSubmatch(field, -1) {
				p.serialBases[m[1]], p.serialSpans[m[1]] = widen(p.serialBases[m[1]], p.serialSpans[m[1]], number(m[3], 16))
			}
		}
	}
}

// widen stretches the range of span numbers from base so that it holds n.
func widen(base, span, n int) (int, int) {
	switch {
	case span == 0:
		return n, 1
	case n < base:
		return n, span + base - n
	default:
		return base, max(span, n-base+1)
	}
}

// number reads digits that an expression has found.
func number(digits string, base int) int {
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0
	}
	return int(n)
}

// move looks only for what a field can hold: a demonstration has some hundred
// thousand fields.
func (p *playing) move(field string) string {
	if strings.Count(field, "-") >= 4 {
		field = bridgeID.ReplaceAllStringFunc(field, p.bridge)
	}
	if strings.Contains(field, ".") {
		field = uniqueID.ReplaceAllStringFunc(field, p.id)
	}
	if strings.Contains(field, "/") {
		field = channel.ReplaceAllStringFunc(field, p.channel)
		field = p.moment(field, folder, "2006/01/02")
	}
	if strings.Contains(field, "-") {
		field = p.moment(field, fileMoment, "20060102-150405")
	}
	if len(field) > len("89161234567")-1 {
		field = outsider.ReplaceAllStringFunc(field, p.number)
	}
	return field
}

// id moves a uniqueid: its first part is the second in which the channel began.
func (p *playing) id(old string) string {
	seconds, serial, _ := strings.Cut(old, ".")
	began, known := p.times[old]
	if !known {
		began = time.Unix(int64(number(seconds, 10)), 0)
	}
	return fmt.Sprintf("%d.%d", began.Add(p.delta).Unix(), p.unique+number(serial, 10)-p.uniqueBase)
}

func (p *playing) channel(old string) string {
	m := channel.FindStringSubmatch(old)
	return fmt.Sprintf("%s%s%08x", m[1], m[2], p.serials[m[1]]+number(m[3], 16)-p.serialBases[m[1]])
}

func (p *playing) moment(field string, form *regexp.Regexp, layout string) string {
	return form.ReplaceAllStringFunc(field, func(old string) string {
		at, err := time.Parse(layout, old)
		if err != nil {
			return old
		}
		return at.Add(p.delta).In(p.zone).Format(layout)
	})
}

func (p *playing) bridge(old string) string {
	if p.bridges[old] == "" {
		a, b := p.random.Uint64(), p.random.Uint64()
		p.bridges[old] = fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
	}
	return p.bridges[old]
}

// number gives each outside person of a take another number, the same however
// it is dialled.
func (p *playing) number(old string) string {
	own := old[1:]
	if p.numbers[own] == "" {
		p.numbers[own] = fmt.Sprintf("9%02d%07d", 3+p.random.IntN(60), p.random.IntN(10_000_000))
	}
	return old[:1] + p.numbers[own]
}
