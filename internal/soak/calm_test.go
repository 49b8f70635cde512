package soak

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"ringback/internal/cli"
	"ringback/internal/crm/webhook/webhooktest"
)

// calmTime is how long what is left may take when nothing goes wrong any more.
const calmTime = 10 * time.Minute

// calm lets the program come to an end with everything, and looks at what it left.
func (s *soak) calm(found []string) {
	s.Helper()
	s.receiver.bad.Store(false)
	everything := url.Values{"start_date": {s.began.Add(-time.Hour).UTC().Format(time.DateTime)}, "wait": {"60"}}
	first := s.finish(everything)
	took := s.settle()
	second := s.finish(everything)
	if c := second.Calls; c.Found != c.Skipped || c.Found == 0 {
		s.Errorf("asked again for everything, when all was delivered, the run is %+v", second)
	}
	s.sample()
	calls := s.listed()
	if got := int64(len(calls)); got != first.Calls.Found || got != int64(s.pbx.count()) {
		s.Errorf("%d calls began, the table holds %d, and the run over everything found %d", s.pbx.count(), got, first.Calls.Found)
	}
	s.longest = max(s.longest, s.program.stop(s.T))
	s.arrived(calls)
	runs := s.left()
	s.say(fmt.Sprintf("%d calls; %d kills, %d orderly stops (%v at the longest), %d outages of MariaDB, %d absences of the receiver, %d clock steps",
		len(calls), s.kills, s.stops, s.longest.Round(10*time.Millisecond), s.outages, s.absences, s.steps))
	s.say(fmt.Sprintf("%d requests became runs (%s), %d met a dead program, refused by status: %v; %d requests reached the receiver, %d of them went wrong; all was delivered %v after the storm",
		s.client.taken.Load(), runs, s.client.unheard.Load(), s.client.refused, s.receiver.requests.Load(), s.receiver.faults.Load(), took.Round(time.Second)))
	s.say(fmt.Sprintf("the log: %v, errors %v", s.log.levels, s.log.kinds))
	for _, sentence := range found {
		s.say(sentence)
	}
}

// finish starts a run and waits until it is over.
func (s *soak) finish(request url.Values) run {
	s.Helper()
	var r run
	_, err := s.client.get(s.Context(), "/pbx/read_call?"+request.Encode(), &r)
	must(s.T, err)
	for deadline := time.Now().Add(calmTime); r.State != "done"; {
		if r.State == "failed" || time.Now().After(deadline) {
			s.Fatalf("the run over everything is %+v; the log ends with:\n%s", r, s.log.end())
		}
		<-time.After(time.Second)
		_, err := s.client.get(s.Context(), "/api/v1/runs/"+r.ID, &r)
		must(s.T, err)
	}
	return r
}

// settle waits until no run and no delivery is left to do.
func (s *soak) settle() time.Duration {
	s.Helper()
	began := time.Now()
	for {
		var shown status
		var now sample
		_, err := s.client.get(s.Context(), "/status", &shown)
		must(s.T, err)
		now.count(&shown)
		if now.unfinished == 0 && now.waiting == 0 {
			return time.Since(began)
		}
		if time.Since(began) > calmTime {
			s.Fatalf("after %v without faults %d runs and %d deliveries are left to do: %+v", calmTime, now.unfinished, now.waiting, shown)
		}
		<-time.After(time.Second)
	}
}

// listed are the calls of the table, as one who reads it once and undisturbed
// finds them.
func (s *soak) listed() map[string]any {
	s.Helper()
	var out, complaints bytes.Buffer
	code := cli.Run(context.WithoutCancel(s.Context()), cli.Process{
		Args:   []string{"calls", "--config", s.settings(), "--start-date", s.began.Add(-time.Hour).UTC().Format(time.DateTime), "--format", "jsonl"},
		Stdout: &out, Stderr: &complaints, LookupEnv: os.LookupEnv, Now: time.Now, Version: "soak",
	})
	if code != 0 {
		s.Fatalf("calls ended with %d and said %s", code, &complaints)
	}
	calls := map[string]any{}
	for line := range strings.Lines(out.String()) {
		c := decode(s, []byte(line))
		id, _ := c["id"].(string)
		if calls[id] != nil {
			s.Errorf("the call %s is listed twice", id)
		}
		calls[id] = c
	}
	return calls
}

func decode(s *soak, text []byte) map[string]any {
	s.Helper()
	var c map[string]any
	must(s.T, json.Unmarshal(text, &c))
	return c
}

// arrived compares what the receiver has with the calls that there are.
func (s *soak) arrived(calls map[string]any) {
	s.Helper()
	for _, wrong := range s.receiver.Wrong() {
		s.Errorf("the receiver was sent something wrong: %s", wrong)
	}
	byCall := map[string][]webhooktest.Effect{}
	for _, e := range s.receiver.Order() {
		byCall[e.CallID] = append(byCall[e.CallID], e)
	}
	revised := 0
	complain := complaints(s)
	for _, id := range slices.Sorted(maps.Keys(byCall)) {
		effects := byCall[id]
		revised += len(effects) - 1
		for i := 1; i < len(effects); i++ {
			before, after := effects[i-1], effects[i]
			if after.Revision <= before.Revision || cmp.Equal(decode(s, before.Call), decode(s, after.Call)) {
				complain("the call %s came as revision %d and again as %d", id, before.Revision, after.Revision)
			}
		}
		if calls[id] == nil {
			complain("the call %s came, and is not in the table", id)
		} else if diff := cmp.Diff(calls[id], any(decode(s, effects[len(effects)-1].Call))); diff != "" {
			complain("the call %s came otherwise than the table has it (-table +came):\n%s", id, diff)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(calls)) {
		if byCall[id] == nil {
			complain("the call %s never came", id)
		}
	}
	s.say(fmt.Sprintf("%d calls arrived; %d of them were sent again because they had changed", len(byCall), revised))
}

// complaints reports the first few of many faults, and counts the others.
func complaints(s *soak) func(format string, args ...any) {
	const most = 20
	n := 0
	return func(format string, args ...any) {
		if n++; n <= most {
			s.Errorf(format, args...)
		} else {
			s.Fail()
		}
	}
}

// left looks at the journal when nobody has it any more, and says how many runs are in
// which state.
func (s *soak) left() string {
	s.Helper()
	db, err := sql.Open("sqlite", "file:"+s.journal()+"?mode=ro")
	must(s.T, err)
	defer db.Close()
	var integrity string
	must(s.T, db.QueryRow(`PRAGMA integrity_check`).Scan(&integrity))
	if integrity != "ok" {
		s.Errorf("the journal's integrity: %s", integrity)
	}
	for what, query := range map[string]string{
		"runs that are not done":              `SELECT count(*) FROM runs WHERE state <> 'done'`,
		"runs with calls that failed":         `SELECT count(*) FROM runs WHERE failed > 0`,
		"runs whose counts do not add up":     `SELECT count(*) FROM runs WHERE processed <> found OR delivered + skipped + failed + in_progress <> processed`,
		"deliveries that are not done":        `SELECT count(*) FROM deliveries WHERE state <> 'delivered' OR delivered <> wanted OR open <> 0 OR owner <> ''`,
		"deliveries that runs wait for":       `SELECT count(*) FROM delivery_waits`,
		"outcomes that runs have not written": `SELECT count(*) FROM run_calls WHERE outcome = ''`,
	} {
		var n int
		must(s.T, db.QueryRow(query).Scan(&n))
		if n != 0 {
			s.Errorf("the journal holds %d %s", n, what)
		}
	}
	var done int
	must(s.T, db.QueryRow(`SELECT count(*) FROM runs`).Scan(&done))
	if taken := int(s.client.taken.Load()); done < taken {
		s.Errorf("%d requests were told that they became runs, and the journal holds %d", taken, done)
	}
	return fmt.Sprintf("%d in the journal", done)
}
