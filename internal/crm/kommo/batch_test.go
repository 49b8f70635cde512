package kommo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/crm"
	"ringback/internal/crm/kommo/kommosim"
)

const written crm.Class = 255

func TestWhoWaitsGoesInOneRequest(t *testing.T) {
	for _, test := range []struct {
		name string
		n    int
		step string
		past bool
		want []int
	}{
		{"one", 1, "note", true, []int{1}},
		{"fifty notes", 50, "note", true, []int{50}},
		{"more than fit", 51, "note", true, []int{50, 1}},
		{"calls where the CRM chooses the place", 64, "call", false, []int{50, 14}},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd(t, test.n, kommosim.Options{}, nil)
			all := c.onClients()
			c.do(test.step, test.past, all)
			if got := c.arrays(); !slices.Equal(got, test.want) || classes(all)[written] != test.n {
				t.Errorf("%s go in arrays of %v, want %v; outcomes %v", test.name, got, test.want, classes(all))
			}
			c.check(all)
		})
	}
}

// One of forty is refused, in every manner of refusing: it fails with its own
// reason, and the others are written.
func TestOneThatIsRefusedKeepsNoOtherBack(t *testing.T) {
	for _, test := range []struct {
		name     string
		switches kommosim.Switches
		requests int
	}{
		{"the whole array is refused and the item named", kommosim.Switches{}, 2},
		{"it is named by its index", kommosim.Switches{IndexNames: true}, 2},
		{"it is left out without a word, and refused when it comes alone", kommosim.Switches{ValidOnesPass: true}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 40, kommosim.Options{Switches: test.switches}, nil)
				all := c.onClients()
				c.sim.Delete("contacts", c.clients[17])
				c.do("note", true, all)
				c.look("note", true, all)
				bad := all[17]
				if test.switches.ValidOnesPass {
					if bad.err != nil || bad.found {
						t.Errorf("what was left out is found: %v, %v", bad.found, bad.err)
					}
					c.do("note", true, all[17:18])
				}
				if bad.class() != crm.Refused || strings.Count(bad.err.Error(), "entity_id") != 1 {
					t.Errorf("the one that is refused is told: %v", bad.err)
				}
				if got := classes(all); got[written] != 39 {
					t.Errorf("outcomes %v", got)
				}
				if got := c.arrays(); len(got) > test.requests || got[0] != 40 {
					t.Errorf("arrays of %v, want %d", got, test.requests)
				}
				c.check(all)
			})
		})
	}
}

func TestARefusalThatNamesNobodyIsTracedByHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 0, kommosim.Options{}, nil)
		c.post("/api/v4/leads/unsorted/sip", `[{"source_name":"main","source_uid":"main-1.5",
			"metadata":{"from":"+79160000005","phone":"1001","called_at":1,"duration":1,"service_code":"ringback"}}]`)
		all := c.ofStrangers(16)
		c.do("unsorted", true, all)
		if got := classes(all); got[written] != 15 || all[5].class() != crm.Uncertain {
			t.Errorf("outcomes %v", got)
		}
		c.look("unsorted", true, all)
		if !all[5].found {
			t.Errorf("the entry that the CRM has is not found: %v", all[5].err)
		}
		if h := c.sim.Holdings(); len(h.Unsorted) != 16 {
			t.Errorf("there are %d entries, want 16", len(h.Unsorted))
		}
	})
}

// /calls tells of each item on its own.
func TestACallOfNobodyAmongOthersIsToldApart(t *testing.T) {
	for name, s := range map[string]kommosim.Switches{"the others are written": {}, "all are refused": {WholeBatchFails: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 30, kommosim.Options{Switches: s}, nil)
				c.sim.Delete("contacts", c.clients[3])
				all := c.onClients()
				c.do("call", false, all)
				if got := classes(all); got[written] != 30 || !strings.Contains(string(all[3].memo), "no_log") {
					t.Errorf("outcomes %v; the one of nobody: %s", got, all[3].memo)
				}
				c.check(all)
			})
		})
	}
}

// The reply to an array is lost, before or after its effect: all look for their own
// item, ten in one request, and what was not written is written then.
func TestALostReplyToManyIsFoundOutForEach(t *testing.T) {
	for name, f := range allFaults {
		for _, step := range []string{"note", "call"} {
			t.Run(name+" "+step, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newCrowd(t, 40, kommosim.Options{}, nil)
					c.slow(func(n int, _ *http.Request) kommosim.Fault {
						if n == 0 {
							return f
						}
						return kommosim.Fault{}
					})
					all := c.onClients()
					c.do(step, step == "note", all)
					if got := classes(all); got[crm.Uncertain] != 40 {
						t.Fatalf("outcomes %v", got)
					}
					before := len(c.sim.Requests())
					c.look(step, step == "note", all)
					looks := len(c.sim.Requests()) - before
					for i, o := range all {
						if o.err != nil || o.found != f.After {
							t.Fatalf("delivery %d is found: %v, %v", i, o.found, o.err)
						}
					}
					if looks > 5 {
						t.Errorf("%d requests look for 40 deliveries, want 4, and one of whoever came first", looks)
					}
					if !f.After {
						c.do(step, step == "note", all)
					}
					if got := classes(all); got[written] != 40 || len(c.sim.Holdings().Notes) != 40 {
						t.Errorf("outcomes %v, %d notes", got, len(c.sim.Holdings().Notes))
					}
					c.check(all)
				})
			})
		}
	}
}

func TestLostEntriesAmongTheUnsortedAreFoundWithOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 0, kommosim.Options{}, nil)
		c.slow(func(n int, _ *http.Request) kommosim.Fault { return kommosim.Fault{Drop: n == 0, After: true} })
		all := c.ofStrangers(40)
		c.do("unsorted", true, all)
		c.look("unsorted", true, all)
		if n := len(c.sim.Requests()); n > 3 || len(c.sim.Holdings().Unsorted) != 40 || !all[39].found {
			t.Errorf("%d requests, %d entries, the last is found: %v", n, len(c.sim.Holdings().Unsorted), all[39].found)
		}
	})
}

// A crowded page of notes may have pushed one out: only a page of its own client's
// notes says that a note is not there.
func TestANoteThatOthersMayHaveCrowdedOutIsLookedForAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 5, kommosim.Options{}, nil)
		c.slow(func(n int, _ *http.Request) kommosim.Fault { return kommosim.Fault{Drop: n == 0, After: true} })
		all := c.onClients()
		c.do("note", true, all)
		<-time.After(time.Second)
		var other []string
		for range 250 {
			other = append(other, fmt.Sprintf(`{"entity_id":%d,"note_type":"call_in","params":{"duration":1,"source":"another"}}`, c.clients[4]))
		}
		c.post("/api/v4/contacts/notes", "["+strings.Join(other, ",")+"]")
		c.pacer.hold()
		c.look("note", true, all)
		for i, o := range all[:4] {
			if !o.found {
				t.Errorf("delivery %d is not found behind the notes of others: %v", i, o.err)
			}
		}
	})
}

func (c *crowd) post(path, body string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "https://example.amocrm.ru"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer long-lived-secret")
	r.Header.Set("Content-Type", "application/json")
	response, err := c.sim.Transport().RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %v, %v", path, response, err)
	}
	response.Body.Close()
}

// Where the gateway gives up on many, fewer go from then on, and more again with each
// request that gets through.
func TestTooManyForTheGatewayBecomeFewer(t *testing.T) {
	refuses := func(int, *http.Request) kommosim.Fault { return kommosim.Fault{} }
	for _, test := range []struct {
		name   string
		most   int
		fault  func(n int, r *http.Request) kommosim.Fault
		arrays []int
	}{
		{"504, after the effect", 15, refuses, []int{50, 25, 12, 13}},
		{"413", 0, func(n int, _ *http.Request) kommosim.Fault {
			return map[bool]kommosim.Fault{true: {Status: http.StatusRequestEntityTooLarge}}[n == 0]
		}, []int{50, 25, 25, 27, 23}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 100, kommosim.Options{GatewayMost: test.most}, nil)
				c.slow(test.fault)
				all := c.onClients()
				for half := range slices.Chunk(all, 50) {
					c.pacer.hold()
					c.do("note", true, half)
				}
				c.look("note", true, all)
				if got := c.arrays(); !slices.Equal(got, test.arrays) {
					t.Errorf("arrays of %v, want %v", got, test.arrays)
				}
				for _, o := range all {
					if o.note() == 0 {
						t.Errorf("delivery %d is not written: %v", o.i, o.err)
					}
				}
				c.check(all)
			})
		})
	}
}

// What the CRM refuses for reasons of its own befalls all alike.
func TestALimitOrALockHoldsForAllOfABatch(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit func(*crowd)
		want  crm.Class
		sent  int
	}{
		{"429", func(c *crowd) {
			c.slow(func(int, *http.Request) kommosim.Fault { return kommosim.Fault{Status: 429} })
		}, crm.Throttled, 1},
		{"403", func(c *crowd) { c.sim.Lock(true) }, crm.Blocked, 1},
		{"the limit is closed for a while", func(c *crowd) { c.pacer.free = time.Now().Add(time.Minute) }, crm.Throttled, 0},
		{"the limit cannot be looked at", func(c *crowd) { c.pacer.fault = errors.New("disk full") }, crm.Unavailable, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 40, kommosim.Options{}, nil)
				test.limit(c)
				all := c.onClients()
				c.do("note", true, all)
				if got := classes(all); !maps.Equal(got, map[crm.Class]int{test.want: 40}) || len(c.sim.Requests()) != test.sent {
					t.Errorf("outcomes %v after %d requests", got, len(c.sim.Requests()))
				}
			})
		})
	}
}

func TestATokenThatEndsInTheMidstOfABatchIsRenewedAndTheBatchFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 40, oauthAccount, oauth)
		all := c.onClients()
		c.do("note", true, all[:1])
		c.sim.Expire()
		c.do("note", true, all)
		if got := classes(all); got[written] != 40 || c.sim.Grants() != 2 {
			t.Errorf("outcomes %v after %d pairs of tokens", got, c.sim.Grants())
		}
	})
}

// A delivery that is given up takes no other with it, whether it leads or not,
// waits or is under way.
func TestADeliveryThatIsGivenUpTakesNoOtherWithIt(t *testing.T) {
	for _, test := range []struct {
		name  string
		who   []int
		after time.Duration
		want  crm.Class
	}{
		{"one that waits", []int{7}, 50 * time.Millisecond, crm.Unavailable},
		{"the one that leads, and waits", []int{0}, 50 * time.Millisecond, crm.Unavailable},
		{"all but one, who wait", upTo(39), 50 * time.Millisecond, crm.Unavailable},
		{"one that is under way", []int{7}, 200 * time.Millisecond, crm.Uncertain},
		{"the one that leads, and is under way", []int{0}, 200 * time.Millisecond, crm.Uncertain},
		{"all but one, who are under way", upTo(39), 200 * time.Millisecond, crm.Uncertain},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 40, kommosim.Options{}, nil)
				all := c.onClients()
				stop := map[int]context.CancelFunc{}
				for _, i := range test.who {
					stop[i] = all[i].stoppable()
				}
				wait := c.begin("note", true, all)
				<-time.After(test.after)
				for _, end := range stop {
					end()
				}
				wait()
				for i, o := range all {
					switch _, gone := stop[i]; {
					case !gone && o.err != nil:
						t.Errorf("delivery %d has failed: %v", i, o.err)
					case gone && o.class() != test.want && (o.err != nil || test.want == crm.Unavailable): // who leads stays to the end
						t.Errorf("delivery %d, given up, is told: %v", i, o.err)
					}
				}
				c.check(all)
			})
		})
	}
}

// When everybody is given up, the request is.
func TestARequestThatNobodyWaitsForIsBrokenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 40, kommosim.Options{}, nil)
		c.sim.Break(func(*http.Request) kommosim.Fault { return kommosim.Fault{Slow: time.Minute} })
		all := c.onClients()
		var stops []context.CancelFunc
		for _, o := range all {
			stops = append(stops, o.stoppable())
		}
		from := time.Now()
		wait := c.begin("note", true, all)
		<-time.After(time.Second)
		for _, stop := range stops {
			stop()
		}
		wait()
		if took := time.Since(from); took > time.Second || classes(all)[crm.Uncertain] != 40 {
			t.Errorf("given up after a second, it takes %v; outcomes %v", took, classes(all))
		}
	})
}

func upTo(n int) []int {
	var all []int
	for i := range n {
		all = append(all, i)
	}
	return all
}
