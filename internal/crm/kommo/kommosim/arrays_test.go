package kommosim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"ringback/internal/crm/kommo/kommosim"
)

// notes is an array of notes with these durations, each named r and its duration; a
// negative one is not valid, 0 has no request_id.
func notes(entity int64, durations ...int) string {
	var all []string
	for _, d := range durations {
		name, duration := fmt.Sprintf(`"request_id":"r%d",`, d), strconv.Itoa(d)
		if d == 0 {
			name = ""
		}
		if d < 0 {
			duration = `"long"`
		}
		all = append(all, fmt.Sprintf(`{"entity_id":%d,"note_type":"call_in",%s"params":{"duration":%s,"source":"x"}}`, entity, name, duration))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestAnArrayIsTakenWholeOrAsTheSwitchesSay(t *testing.T) {
	for _, test := range []struct {
		name     string
		switches kommosim.Switches
		items    []int
		status   int
		says     []string
		made     int
	}{
		{"sound items are named by their request_id", kommosim.Switches{}, []int{1, 2}, 200, []string{`"request_id":"r1"`, `"request_id":"r2"`}, 2},
		{"an item without one is named by its index", kommosim.Switches{}, []int{1, 0}, 200, []string{`"request_id":"1"`}, 2},
		{"one that is not sound keeps all out", kommosim.Switches{}, []int{1, -2, 3}, 400, []string{`"request_id":"r-2"`, "params.duration"}, 0},
		{"or itself only", kommosim.Switches{ValidOnesPass: true}, []int{-1, 0, 3}, 200, []string{`"request_id":"1"`, `"request_id":"r3"`}, 2},
		{"and may be named by its index", kommosim.Switches{IndexNames: true}, []int{1, -2}, 400, []string{`"request_id":"1"`}, 0},
	} {
		a := newAsker(t, kommosim.Options{Switches: test.switches})
		status, body := a.ask("POST", "/api/v4/contacts/notes", notes(a.sim.AddClient("contacts", "Client"), test.items...))
		for _, says := range test.says {
			if status != test.status || !strings.Contains(body, says) {
				t.Errorf("%s: %d %s; want %d and %q", test.name, status, body, test.status, says)
			}
		}
		if made := len(a.sim.Holdings().Notes); made != test.made {
			t.Errorf("%s: %d notes are made, want %d", test.name, made, test.made)
		}
	}
}

func TestAnArrayHasTwoHundredAndFiftyItemsAtTheMost(t *testing.T) {
	for n, want := range map[int]int{250: http.StatusOK, 251: http.StatusUnprocessableEntity} {
		a := newAsker(t, kommosim.Options{})
		body := notes(a.sim.AddClient("contacts", "Client"), make([]int, n)...)
		if status, _ := a.ask("POST", "/api/v4/contacts/notes", body); status != want {
			t.Errorf("%d items are answered with %d, want %d", n, status, want)
		}
	}
}

func TestTheGatewayDoesNotWaitForTooLongAnArray(t *testing.T) {
	a := newAsker(t, kommosim.Options{GatewayMost: 2})
	client := a.sim.AddClient("contacts", "Client")
	for n, want := range []int{0, 200, 200, 504} {
		if n == 0 {
			continue
		}
		if status, _ := a.ask("POST", "/api/v4/contacts/notes", notes(client, make([]int, n)...)); status != want {
			t.Errorf("%d items are answered with %d, want %d", n, status, want)
		}
	}
	var held kommosim.Holdings
	_, state := a.ask("GET", "/_sim/state.json", "")
	if err := json.Unmarshal([]byte(state), &held); err != nil || len(held.Notes) != 6 || held.Items != 6 || held.Most != 3 {
		t.Errorf("%d notes of %d items, %d in one request: %v; what the gateway gave up on has its effect", len(held.Notes), held.Items, held.Most, err)
	}
	if _, page := a.ask("GET", "/_sim/", ""); !strings.Contains(page, "3 requests with 6 items to write, 3 in one at the most") {
		t.Errorf("the page says %s", page)
	}
}

func TestAnEntryIsNotTakenTwiceEvenInOneArray(t *testing.T) {
	a := newAsker(t, kommosim.Options{})
	entry := func(uid string) string {
		return `{"source_name":"x","source_uid":"` + uid + `","metadata":{"from":"1","phone":"2","called_at":1,"duration":1,"service_code":"s"}}`
	}
	for _, test := range []struct {
		uids   []string
		status int
	}{{[]string{"a", "b", "a"}, 400}, {[]string{"a", "b"}, 200}, {[]string{"c", "b"}, 400}} {
		var all []string
		for _, uid := range test.uids {
			all = append(all, entry(uid))
		}
		if status, body := a.ask("POST", "/api/v4/leads/unsorted/sip", "["+strings.Join(all, ",")+"]"); status != test.status {
			t.Errorf("entries %v: %d %s; want %d", test.uids, status, body, test.status)
		}
	}
	if n := len(a.sim.Holdings().Unsorted); n != 2 {
		t.Errorf("there are %d entries, want 2", n)
	}
}
