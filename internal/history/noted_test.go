package history

import (
	"fmt"
	"strconv"
	"time"

	"ringback/internal/crm/kommo/kommosim"
)

// noted is a call as Kommo shows it.
type noted struct {
	arrived
	key, where, link string
	// status is 0 among the unsorted, which have none.
	status    int
	triggered bool
}

func put(w *world, all map[string]*noted, n *noted) {
	if all[n.key] != nil {
		w.Errorf("%s is there twice", n.key)
	}
	all[n.key] = n
}

// number is one as JSON has it.
func number(v any) int64 {
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	if err != nil {
		return 0 // it is not there
	}
	return n
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func note(n *kommosim.Note) *noted {
	return &noted{
		key: text(n.Params["uniq"]), where: "a note", link: text(n.Params["link"]), status: int(number(n.Params["call_status"])), triggered: n.Triggered,
		arrived: arrived{
			incoming: n.Type == "call_in", client: text(n.Params["phone"]), user: n.Responsible, duration: int(number(n.Params["duration"])),
			start: time.Unix(n.CreatedAt, 0), rightUser: func(want *wanted) bool {
				return n.CreatedBy == n.Responsible && number(n.Params["call_responsible"]) == n.Responsible && want.has(n.Responsible, accountUsers, accountDefault)
			},
		},
	}
}

func entry(e *kommosim.Entry) *noted {
	return &noted{
		key: text(e.Metadata["uniq"]), where: "the unsorted", link: text(e.Metadata["link"]),
		arrived: arrived{
			incoming: true, client: text(e.Metadata["from"]), user: number(e.Metadata["call_responsible"]), duration: int(number(e.Metadata["duration"])),
			start: time.Unix(e.CreatedAt, 0), rightUser: func(want *wanted) bool {
				return want.has(number(e.Metadata["call_responsible"]), accountUsers, accountDefault) && number(e.Metadata["called_at"]) == e.CreatedAt
			},
		},
	}
}
