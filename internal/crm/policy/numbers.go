package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// Rewrite changes a number that matches: Replace may hold $1, $2, ${name} … for
// the groups of Match.
type Rewrite struct {
	Match   *regexp.Regexp
	Replace string
}

// rewrite applies the first rule that matches.
func (r Rules) rewrite(number string) (changed, why string) {
	for i, rule := range r.Rewrite {
		if !rule.Match.MatchString(number) {
			continue
		}
		changed = rule.Match.ReplaceAllString(number, rule.Replace)
		if changed == number {
			return number, fmt.Sprintf("rule %d for numbers (match = '%s') leaves %s as it is", i+1, rule.Match, number)
		}
		return changed, fmt.Sprintf("rule %d for numbers (match = '%s') made %s of %s", i+1, rule.Match, changed, number)
	}
	return number, ""
}

// shortest and longest are how many digits a number may have: the longest is a
// long-distance prefix and an international number (ITU-T E.164: 15 digits).
const (
	shortest = 3
	longest  = 20
)

// Dialable says that a number is one that somebody could dial, not a hidden or
// made-up one: digits, perhaps with a leading plus and separators.
func Dialable(number string) bool {
	rest := strings.TrimPrefix(strings.TrimSpace(number), "+")
	digits := 0
	for _, c := range rest {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case strings.ContainsRune(" -().", c):
		default:
			return false
		}
	}
	return digits >= shortest && digits <= longest
}

// Digits are the digits of a number alone.
func Digits(number string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, number)
}
