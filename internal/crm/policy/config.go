package policy

import (
	"regexp"

	"ringback/internal/config"
)

// Of are the rules that the configuration gives for a target. It has checked them.
func Of(t *config.Target) Rules {
	r := Rules{
		Internal: t.InternalCalls, Anonymous: t.AnonymousNumber, Line: t.Line, Source: string(t.Source),
		Keep: lists(t.Keep), Leave: lists(t.Leave), AnsweredLegs: t.Calls == config.AnsweredLegs,
		Missed: Ladder(t.MissedResponsible),
	}
	for _, rule := range t.Rewrite {
		r.Rewrite = append(r.Rewrite, Rewrite{Match: rule.Match.Regexp, Replace: rule.Replace})
	}
	if len(t.Trunks) > 0 {
		r.Trunks = make(map[string]Trunk, len(t.Trunks))
	}
	for name, trunk := range t.Trunks {
		r.Trunks[name] = Trunk{
			DefaultUser: trunk.DefaultUser, Line: trunk.Line, Source: string(trunk.Source), Missed: Ladder(trunk.MissedResponsible),
		}
	}
	return r
}

// Ladder is who is responsible as the configuration gives it.
func Ladder(words []config.Responsible) []Responsible {
	var ladder []Responsible
	for _, word := range words {
		switch word {
		case config.OfClient:
			ladder = append(ladder, OfClient)
		case config.OfRang:
			ladder = append(ladder, OfPerson)
		case config.OfDefault:
			ladder = append(ladder, OfDefault)
		}
	}
	return ladder
}

func lists(l config.Lists) Lists {
	return Lists{
		Extensions: expressions(l.Extensions), Trunks: expressions(l.Trunks),
		Numbers: expressions(l.Numbers), Contexts: expressions(l.Contexts),
	}
}

func expressions(patterns []config.Pattern) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, p.Regexp)
	}
	return all
}
