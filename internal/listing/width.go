package listing

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// runeWidth is how many columns of a screen a character takes.
func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// screenWidth is how many columns of a screen a text takes.
func screenWidth(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

// fit cuts a text to n columns, ending it in "…" where something is missing, and
// fills it up with spaces.
func fit(text string, n int) string {
	w := screenWidth(text)
	if w > n {
		text, w = cut(text, n-1)
		text, w = text+"…", w+1
	}
	return text + strings.Repeat(" ", n-w)
}

// cut gives the most of a text that takes at most n columns, and what it takes.
func cut(text string, n int) (string, int) {
	w := 0
	for i, r := range text {
		if w+runeWidth(r) > n {
			return text[:i], w
		}
		w += runeWidth(r)
	}
	return text, w
}

// visible replaces what could move a terminal's cursor, change its colours, or
// turn the direction of writing: names come from whoever calls.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '?'
		}
		return r
	}, text)
}
