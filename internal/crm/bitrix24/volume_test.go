package bitrix24_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24/bitrixsim"
)

const finishMethod = "telephony.externalcall.finish"

// pass lets time pass on the bubble's clock.
func pass(d time.Duration) { <-time.After(d) }

// crew delivers calls as deliver does, several at once, on the bubble's clock.
type crew struct {
	*house

	queue chan *call.Call
	done  sync.WaitGroup
}

func start(h *house, workers int) *crew {
	c := &crew{house: h, queue: make(chan *call.Call)}
	for range workers {
		c.done.Go(func() {
			for one := range c.queue {
				c.deliver(one, true)
			}
		})
	}
	return c
}

func (c *crew) deliver(one *call.Call, past bool) {
	parcels, _ := c.target.Parcels(one, past)
	for i := range parcels {
		if err := c.steps(&parcels[i]); err != nil {
			c.Errorf("parcel %s: %v", parcels[i].Key, err)
		}
	}
}

func (c *crew) steps(p *crm.Parcel) error {
	var memo crm.Memo
	look := false
	for range 50_000 {
		step := c.target.Next(p, memo)
		if step.Name == "" {
			return nil
		}
		got, done, err := crm.Memo(nil), true, error(nil)
		if look {
			got, done, err = c.target.Look(context.Background(), p, step, memo)
		} else {
			got, err = c.target.Do(context.Background(), p, step, memo)
		}
		if err == nil {
			look = false
			if done {
				memo = got
			}
			continue
		}
		e, ok := errors.AsType[*crm.Error](err)
		if !ok {
			return err
		}
		pause := 3 * time.Second
		switch e.Class {
		case crm.Throttled, crm.Unavailable:
			if !e.Until.IsZero() {
				pause = time.Until(e.Until)
			}
		case crm.Uncertain:
			look = !step.Repeatable
		case crm.Refused, crm.Blocked, crm.Skipped:
			return err
		}
		pass(pause)
	}
	return errors.New("never done")
}

// mixed are calls of all kinds, from few clients, so that many are of one.
func mixed(n int) []*call.Call {
	results := []call.Result{call.Busy, call.NoAnswer, call.Cancelled, call.Failed}
	calls := make([]*call.Call, 0, n)
	for i := range n {
		id, client := fmt.Sprintf("17954%05d.%d", i, i), fmt.Sprintf("7916%07d", i%37)
		switch i % 5 {
		case 0, 1:
			calls = append(calls, incoming(id, client))
		case 2:
			calls = append(calls, missed(id, client))
		case 3:
			calls = append(calls, outgoing(id, client, results[i%len(results)]))
		default:
			c := outgoing(id, client, call.Answered)
			c.Talk, c.Recordings = 12, []string{"out-" + id + ".mp3"}
			calls = append(calls, c)
		}
	}
	return calls
}

// arrived sees that each call is there once, with its recording.
func (c *crew) arrived(calls []*call.Call) {
	c.Helper()
	s := c.portal.State()
	got := make(map[string]bitrixsim.Call, len(s.Calls))
	for _, one := range s.Calls {
		if _, double := got[one.External]; double {
			c.Errorf("%s is there twice", one.External)
		}
		got[one.External] = one
	}
	for _, one := range calls {
		there, ok := got["main-"+one.ID]
		switch {
		case !ok:
			c.Errorf("%s did not arrive", one.ID)
		case len(one.Recordings) > 0 && there.FileSHA256 != hashOf(one):
			c.Errorf("%s has no recording, or another's", one.ID)
		}
	}
	if len(s.Calls) != len(calls) {
		c.Errorf("%d calls, want %d", len(s.Calls), len(calls))
	}
	for _, code := range []string{"QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT"} {
		if n := s.Refusals[code]; n > 0 {
			c.Errorf("the portal refused %d requests with %s", n, code)
		}
	}
}

// onRealTime gives the portal the bubble's clock, and lets methods take time.
func onRealTime(o bitrixsim.Options) bitrixsim.Options {
	o.Now, o.Work = time.Now, pass
	return o
}

// storm fails one request in n in one of the ways in which requests fail.
func storm(n int) func(bitrixsim.Request) bitrixsim.Fault {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(1, 2))
	kinds := []bitrixsim.Fault{
		bitrixsim.DropBefore, bitrixsim.DropAfter, bitrixsim.ErrorBefore, bitrixsim.ErrorAfter,
		bitrixsim.HTMLBefore, bitrixsim.HTMLAfter, bitrixsim.TimeOut, bitrixsim.Expire, bitrixsim.Refuse,
	}
	return func(r bitrixsim.Request) bitrixsim.Fault {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == "oauth" || dice.IntN(n) > 0 {
			return bitrixsim.NoFault
		}
		return kinds[dice.IntN(len(kinds))]
	}
}

func TestManyCallsArriveOnceThroughAStorm(t *testing.T) {
	for _, finished := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			wild := storm(6)
			o := onRealTime(bitrixsim.Options{Switches: bitrixsim.Switches{DedupFinished: finished, EmptyCode: finished}})
			o.Fault = func(r bitrixsim.Request) bitrixsim.Fault {
				if since := r.Now.Sub(begun); since > 5*time.Minute && since < 65*time.Minute {
					return bitrixsim.HTMLBefore // away for an hour
				}
				return wild(r)
			}
			calls := mixed(600)
			crew := start(open(t, o, nil), 16)
			for _, c := range calls {
				crew.queue <- c
			}
			close(crew.queue)
			crew.done.Wait()
			crew.arrived(calls)
		})
	}
}

func TestThePastUsesThePortalFullyAndLeavesRoomForLiveCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, onRealTime(bitrixsim.Options{Fault: storm(60)}), nil)
		calls := mixed(1500)
		crew := start(h, 16)
		begun := time.Now()
		var used []float64 // of the operating time of finish, after each ten minutes
		stop := make(chan struct{})
		var watch sync.WaitGroup
		watch.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Minute):
					used = append(used, h.portal.State().Used[finishMethod])
				}
			}
		})
		for _, c := range calls {
			crew.queue <- c
		}
		close(crew.queue)
		crew.done.Wait()
		close(stop)
		watch.Wait()
		crew.arrived(calls)
		if len(used) < 4 {
			t.Fatalf("done after %v: too soon to tell", time.Since(begun))
		}
		last := len(used) - 1
		share := (used[last] - used[0]) / (480 * float64(last))
		t.Logf("%d calls in %v, %.1f %% of the operating time of finish used", len(calls), time.Since(begun).Round(time.Second), 100*share)
		if share < 0.95 {
			t.Errorf("%.1f %% of the operating time of finish was used, want 95", 100*share)
		}
	})
}

func TestALiveCallDoesNotWaitForThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, onRealTime(bitrixsim.Options{}), nil)
		calls := mixed(700)
		crew := start(h, 16)
		var live []*call.Call
		var worst time.Duration
		crew.done.Go(func() {
			for i := range 15 {
				pass(53 * time.Second)
				c := missed(fmt.Sprintf("1795499999.%d", i), "79990001122")
				live = append(live, c)
				begun := time.Now()
				crew.deliver(c, false)
				worst = max(worst, time.Since(begun))
			}
		})
		for _, c := range calls {
			crew.queue <- c
		}
		close(crew.queue)
		crew.done.Wait()
		crew.arrived(append(calls, live...))
		t.Logf("the slowest live call took %v", worst)
		if worst > 2*time.Second {
			t.Errorf("a live call took %v, want at most 2s", worst)
		}
	})
}

func TestALowerLimitIsLearntFromItsFirstRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, onRealTime(bitrixsim.Options{Operating: 420}), nil)
		calls := mixed(900)
		crew := start(h, 16)
		for _, c := range calls {
			crew.queue <- c
		}
		close(crew.queue)
		crew.done.Wait()
		s := h.portal.State()
		if len(s.Calls) != len(calls) || s.Refusals["OPERATION_TIME_LIMIT"] > 16 {
			t.Errorf("%d calls, %d refusals; want %d, and refusals of the first moment only", len(s.Calls), s.Refusals["OPERATION_TIME_LIMIT"], len(calls))
		}
	})
}
