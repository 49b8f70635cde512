package casefile

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// Export makes a case of records from a real site: numbers of people outside,
// names and ids are replaced, each by the same one everywhere, and what does
// not bear on the call is left out. Extensions stay, since the dial plan knows
// them by their form.
func Export(about string, records []cel.Record, settings dialplan.Settings) *Case {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b cel.Record) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID))
	})
	r := replacing{ids: map[string]string{}, numbers: map[string]string{}, names: map[string]string{}, bridges: map[string]string{}}
	r.learn(records)
	first := int64(0)
	if len(records) > 0 {
		first = records[0].At - records[0].At%1_000_000
	}
	for i := range records {
		rec := &records[i]
		rec.ID = int64(i + 1)
		rec.At = Base.UnixMicro() + rec.At - first
		r.record(rec)
	}
	return &Case{About: about, Settings: settings, Records: records}
}

// replacing remembers what stands for what.
type replacing struct {
	ids, numbers, names, bridges map[string]string
	// pairs replaces all of ids, names and bridges in free text.
	pairs *strings.Replacer
}

// learn chooses what stands for the ids and names in the records.
func (r *replacing) learn(records []cel.Record) {
	var pairs []string
	learn := func(into map[string]string, text, stand string) {
		if _, known := into[text]; text != "" && !known {
			into[text] = stand
			pairs = append(pairs, text, stand)
		}
	}
	for i := range records {
		rec := &records[i]
		for _, id := range []string{rec.UniqueID, rec.LinkedID} {
			learn(r.ids, id, "1."+strconv.Itoa(len(r.ids)+1))
		}
		for _, key := range []string{"bridge_id", "bridge1_id", "bridge2_id"} {
			id, _ := cel.Field(rec.Extra, key)
			learn(r.bridges, id, "bridge-"+strconv.Itoa(len(r.bridges)+1))
		}
		if digits := onlyDigits(rec.CIDNum); len(digits) >= 6 && digits != rec.CIDNum {
			learn(r.names, rec.CIDNum, r.number(digits))
		}
		// A name of digits alone is a number: a long one is replaced as such,
		// a short one is an extension.
		if onlyDigits(rec.CIDName) != rec.CIDName && rec.CIDName != rec.CIDNum {
			learn(r.names, rec.CIDName, "Person "+letters(len(r.names)))
		}
	}
	// Longer texts first: one may be the beginning of another.
	r.pairs = strings.NewReplacer(longestFirst(pairs)...)
}

// onlyDigits is a number without what people write between its digits.
func onlyDigits(number string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, number)
}

func longestFirst(pairs []string) []string {
	order := make([]int, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(pairs[b]) - len(pairs[a]) })
	sorted := make([]string, 0, len(pairs))
	for _, i := range order {
		sorted = append(sorted, pairs[i], pairs[i+1])
	}
	return sorted
}

func letters(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return letters(n/26-1) + letters(n%26)
}

func (r *replacing) record(rec *cel.Record) {
	rec.UserField, rec.AccountCode, rec.PeerAccount = "", r.text(rec.AccountCode), r.text(rec.PeerAccount)
	for _, field := range []*string{
		&rec.CIDName, &rec.CIDNum, &rec.CIDANI, &rec.CIDRDNIS, &rec.CIDDNID, &rec.Exten, &rec.Channel, &rec.AppData,
		&rec.UniqueID, &rec.LinkedID, &rec.Peer, &rec.Extra,
	} {
		*field = r.text(*field)
	}
	if rec.Type == cel.DTMF {
		// A digit may be part of a PIN.
		rec.Extra = `{"digit":"0"}`
	}
}

// longNumber is a number that belongs to somebody outside, or the serial of a
// channel, which is none.
var longNumber = regexp.MustCompile(`-[0-9a-f]{8}\b|\d{6,}`)

func (r *replacing) text(s string) string {
	return longNumber.ReplaceAllStringFunc(r.pairs.Replace(s), func(found string) string {
		if found[0] == '-' {
			return found
		}
		return r.number(found)
	})
}

// number stands for a number: of the same length and beginning, so that rules
// of the dial plan see the same. The same subscriber keeps one number however
// it is written (8…, 7…).
func (r *replacing) number(n string) string {
	subscriber := n
	prefix := ""
	if len(n) > 10 {
		prefix, subscriber = n[:len(n)-10], n[len(n)-10:]
	}
	stand, known := r.numbers[subscriber]
	if !known {
		stand = fmt.Sprintf("%c%0*d", subscriber[0], len(subscriber)-1, len(r.numbers)+1)
		r.numbers[subscriber] = stand
	}
	return prefix + stand
}
