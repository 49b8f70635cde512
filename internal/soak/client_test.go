package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const account, password = "admin", "soaked"

// client asks the program for runs.
type client struct {
	// address is where the program listens now.
	address atomic.Value
	// taken are requests that became runs, unheard those that nobody answered, as
	// when the program was dead.
	taken, unheard atomic.Int64
	mu             sync.Mutex
	refused        map[int]int // by status
}

// get asks for a page and reads its JSON into answer. A status of 0 is no answer.
func (c *client) get(ctx context.Context, path string, answer any) (status int, err error) {
	address, _ := c.address.Load().(string)
	out, err := exec.CommandContext(ctx, "curl", "--silent", "--max-time", "90", "--digest", "--user", account+":"+password,
		"--write-out", "\n%{http_code}", "http://"+address+path).Output()
	if err != nil {
		return 0, fmt.Errorf("get %s: %w", path, err)
	}
	text := string(out)
	body, code, _ := cutLast(text)
	if status, err = strconv.Atoi(code); err != nil {
		return 0, fmt.Errorf("get %s: %w", path, err)
	}
	if status >= 300 {
		return status, fmt.Errorf("get %s: status %d: %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), answer); err != nil {
		return status, fmt.Errorf("get %s: %w", path, err)
	}
	return status, nil
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, '\n')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// run is a run as the API shows it, as far as is looked at.
type run struct {
	ID, State string
	Calls     struct {
		Found, Processed, Delivered, Skipped, Failed int64
		InProgress                                   int64 `json:"in_progress"`
	}
}

// ask asks for runs, about two in a second, until ctx ends.
func (c *client) ask(ctx context.Context, p *pbx) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rand.N(time.Second)):
		}
		var answer run
		status, err := c.get(ctx, "/pbx/read_call?"+request(p, time.Now().UTC()).Encode(), &answer)
		switch {
		case err == nil:
			c.taken.Add(1)
		case status == 0:
			c.unheard.Add(1)
		default:
			c.mu.Lock()
			c.refused[status]++
			c.mu.Unlock()
		}
	}
}

// request asks for a period of the last minutes, or for some calls. Periods of the same
// length all the time let the journal grow with the calls and nothing else.
func request(p *pbx, now time.Time) url.Values {
	v := url.Values{}
	if ids := p.some(1 + rand.IntN(20)); len(ids) > 0 && rand.IntN(4) == 0 {
		v["id"] = ids
		return v
	}
	start := now.Add(-30*time.Second - rand.N(2*time.Minute))
	v.Set("start_date", start.Format(time.DateTime))
	if rand.IntN(2) == 0 {
		v.Set("end_date", start.Add(20*time.Second+rand.N(time.Minute)).Format(time.DateTime))
	}
	if rand.IntN(10) == 0 {
		v.Set("dry_run", "1")
	}
	return v
}

// status is /status, as far as is looked at.
type status struct {
	App struct {
		Journal struct {
			Values struct {
				Calls, Runs int64
				Unfinished  int64 `json:"unfinished_runs"`
			}
		}
		CRM struct {
			Parts map[string]struct {
				Values struct {
					Waiting, Delivered, Failed, Repeated int64
					LastError                            string `json:"last_error"`
				}
			}
		} `json:"crm"`
	}
}
