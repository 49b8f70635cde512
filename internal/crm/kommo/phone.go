package kommo

import "ringback/internal/crm/policy"

// significant is how many digits from the end tell numbers apart: the CRM
// matches calls to clients by so many itself.
const significant = 10

// identity is the part of a number by which it is compared: its last ten
// digits, all of them of a shorter one.
func identity(number string) string {
	d := policy.Digits(number)
	return d[max(0, len(d)-significant):]
}

// dialable is a number as contacts keep it: with a plus where it begins with a
// country's code, as far as its length tells.
func dialable(number string) string {
	if d := policy.Digits(number); len(d) > significant && number == d && d[0] != '0' && d[0] != '8' {
		return "+" + d
	}
	return number
}

// query is one question for clients.
type query struct {
	kind kind
	text string
}

// queries are the questions to ask, in order, until one finds the client. The
// CRM searches text: what it finds depends on how the number was written down.
func queries(number string) []query {
	d, id := policy.Digits(number), identity(number)
	all := []query{{contacts, id}, {companies, id}}
	switch {
	case len(d) == significant+1 && (d[0] == '7' || d[0] == '8'):
		all = append(all, query{contacts, "7" + id}, query{contacts, "8" + id})
	case len(d) > significant:
		all = append(all, query{contacts, d})
	}
	return all
}
