package journal

import (
	"strings"

	"ringback/internal/call"
)

// numbersOf is every number and extension of a call as one text that LIKE can
// search: each with a space before and after.
func numbersOf(c *call.Call) string {
	var b strings.Builder
	b.WriteByte(' ')
	add := func(number string) {
		n := plainNumber(number)
		if n != "" && !strings.Contains(b.String(), " "+n+" ") {
			b.WriteString(n)
			b.WriteByte(' ')
		}
	}
	party := func(p call.Party) {
		add(p.Number)
		add(p.Extension)
	}
	party(c.From)
	party(c.To)
	for i := range c.Legs {
		party(c.Legs[i].Party)
	}
	for i := range c.Transfers {
		add(c.Transfers[i].By)
		add(c.Transfers[i].To)
	}
	return b.String()
}

// plainNumber takes the signs out that people write into numbers; what holds
// no digit (a SIP name) stays itself in lower case.
func plainNumber(number string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, number)
	if plain == "" {
		return strings.ToLower(strings.Join(strings.Fields(number), ""))
	}
	return plain
}

const (
	// wholeNumber is the length from which the end of a number is enough to find
	// it; a shorter one is an extension and must match whole.
	wholeNumber = 7
	// nationalNumber is how much of a long number counts: 8 916… and +7 916… are
	// one telephone.
	nationalNumber = 10
)

// numberPattern is the LIKE pattern, with '\' as escape, that finds number.
func numberPattern(number string) string {
	n := plainNumber(number)
	if len(n) > nationalNumber && strings.Trim(n, "0123456789") == "" {
		n = n[len(n)-nationalNumber:]
	}
	whole := len(n) < wholeNumber || strings.Trim(n, "0123456789") != ""
	n = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(n)
	if whole {
		n = " " + n
	}
	return "%" + n + " %"
}
