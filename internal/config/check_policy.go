package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// policy sees that what is said of the delivery of calls can be followed.
func (c checker) policy(t *Target, p place) {
	c.lists(p.field("keep"), t.Keep, "a keep without a pattern would keep no call at all",
		"list what is to be delivered, such as extensions = ['^10\\d\\d$'], or leave the table out to deliver every call")
	c.lists(p.field("leave"), t.Leave, "a leave without a pattern leaves nothing out",
		"list what is not to be delivered, such as numbers = ['^\\+?7800'], or leave the table out")
	for i := range t.Rewrite {
		if !c.sound(p.field("rewrite")) {
			break
		}
		c.rewrite(&t.Rewrite[i], p.field("rewrite").item(i))
	}
	c.ladder(p.field("missed_responsible"), t.MissedResponsible)
	for name, trunk := range t.Trunks {
		if !c.sound(p.field("trunks")) {
			break // the target may have none
		}
		at := p.field("trunks").entry(name)
		c.strangers(t.Type, at, reflect.TypeFor[Trunk]())
		c.user(at.field("default_user"), trunk.DefaultUser)
		c.ladder(at.field("missed_responsible"), trunk.MissedResponsible)
	}
	if t.MissedTasks != nil {
		c.ladder(p.field("missed_tasks").field("responsible"), t.MissedTasks.Responsible)
	}
}

func (c checker) lists(p place, l Lists, empty, hint string) {
	if !c.sound(p) {
		return
	}
	if len(l.Extensions)+len(l.Trunks)+len(l.Numbers)+len(l.Contexts) == 0 && !c.anyWrong(p) {
		c.refuse(p, empty, hint)
		return
	}
	for name, list := range map[string][]Pattern{"extensions": l.Extensions, "trunks": l.Trunks, "numbers": l.Numbers, "contexts": l.Contexts} {
		for i, pattern := range list {
			c.notEmpty(p.field(name).item(i), pattern, "every call")
		}
	}
}

// anyWrong says that a fault was found in a key of the table at p.
func (c checker) anyWrong(p place) bool {
	n := c.doc.places[p.path]
	return slices.ContainsFunc(n.names, func(name string) bool { return !c.sound(p.field(name)) })
}

// notEmpty sees that a pattern is not one that matches all there is.
func (c checker) notEmpty(at place, pattern Pattern, all string) {
	if c.sound(at) && pattern.String() == "" {
		c.refuse(at, "an empty pattern matches "+all, "give one such as '^8(\\d{10})$', or '.*' if that is what you mean")
	}
}

// rewrite sees that a rule for numbers has both its sides, and that they fit.
func (c checker) rewrite(r *Rewrite, p place) {
	const hint = `give match = '^8(\d{10})$' and replace = '+7$1', say`
	c.require(p, "match", hint)
	c.require(p, "replace", hint+`; replace = "" cuts off what matches`)
	match, replace := p.field("match"), p.field("replace")
	if !c.sound(match) {
		return
	}
	c.notEmpty(match, r.Match, "every number")
	if !c.sound(match) || !c.sound(replace) {
		return
	}
	if group, ok := missingGroup(r.Replace, r.Match); !ok {
		c.refuse(replace, fmt.Sprintf("replace names the group %s, which match does not have", group), groupHint(group, r.Match))
	}
}

// missingGroup is a group that a template names and a pattern does not have; true
// when there is none. A template is as regexp.Regexp.Expand takes it.
func missingGroup(template string, pattern Pattern) (group string, ok bool) {
	for {
		_, after, found := strings.Cut(template, "$")
		if !found {
			return "", true
		}
		if strings.HasPrefix(after, "$") {
			template = after[1:]
			continue
		}
		name, rest := groupName(after)
		if name == "" || !hasGroup(pattern, name) {
			return "$" + after[:len(after)-len(rest)], false
		}
		template = rest
	}
}

// groupName takes the name of a group from what follows a $: the longest of
// letters, digits and _, or what stands in braces; "" when neither is there.
func groupName(after string) (name, rest string) {
	if inner, ok := strings.CutPrefix(after, "{"); ok {
		name, rest, closed := strings.Cut(inner, "}")
		if !closed {
			return "", ""
		}
		return name, rest
	}
	end := strings.IndexFunc(after, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(after)
	}
	return after[:end], after[end:]
}

func hasGroup(pattern Pattern, name string) bool {
	if n, err := strconv.Atoi(name); err == nil {
		return n >= 0 && n <= pattern.NumSubexp()
	}
	return name != "" && slices.Contains(pattern.SubexpNames(), name)
}

// groupHint says which groups there are.
func groupHint(group string, pattern Pattern) string {
	const dollar = "; a plain $ is written $$"
	digits := strings.TrimRightFunc(strings.TrimPrefix(group, "$"), func(r rune) bool { return !unicode.IsDigit(r) })
	if n, err := strconv.Atoi(digits); err == nil && !strings.HasPrefix(group, "${") && digits != group[1:] && n <= pattern.NumSubexp() {
		return fmt.Sprintf("did you mean ${%s}%s?", digits, strings.TrimPrefix(group[1:], digits))
	}
	switch n := pattern.NumSubexp(); n {
	case 0:
		return "put brackets around what is to be kept, such as '^8(\\d{10})$'" + dollar
	case 1:
		return "it has $1 only" + dollar
	default:
		return fmt.Sprintf("it has $1 to $%d", n) + dollar
	}
}

// ladder sees that whom to try is said, and nobody twice.
func (c checker) ladder(p place, all []Responsible) {
	if !c.sound(p) {
		return
	}
	if len(all) == 0 {
		c.refuse(p, "nobody is named to be responsible", `name whom to try, such as ["client", "rang", "default"], or leave the key out`)
		return
	}
	for i, one := range all {
		if at := p.item(i); c.sound(at) && slices.Index(all, one) < i {
			c.refuse(at, fmt.Sprintf("%q stands there already", one), "name each once, in the order in which they are tried")
		}
	}
}
