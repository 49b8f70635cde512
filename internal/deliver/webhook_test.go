package deliver

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/crm/webhook/webhooktest"
	"ringback/internal/dbtest"
	"ringback/internal/faultnet"
)

func TestMain(m *testing.M) {
	if os.Getenv("DELIVER_TEST_VICTIM") != "" {
		victim()
		return
	}
	code := dbtest.Main(m)
	// Connections of clients that are kept for later are no leak.
	kept := []goleak.Option{goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop")}
	if err := goleak.Find(kept...); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func tally(found, delivered, skipped, failed int64) backfill.Counts {
	return backfill.Counts{Found: found, Processed: found, Delivered: delivered, Skipped: skipped, Failed: failed, NotFound: []string{}}
}

// once says that every call of a list had one effect.
func once(t *testing.T, list []*call.Call, effects map[string]int) {
	t.Helper()
	for _, c := range list {
		if n := effects["main-"+c.ID+"-1"]; n != 1 {
			t.Errorf("call %s arrived %d times", c.ID, n)
		}
	}
	if len(effects) != len(list) {
		t.Errorf("%d keys arrived of %d calls", len(effects), len(list))
	}
}

func TestEveryCallOfARunArrivesOnceInTheOrderOfItsNumber(t *testing.T) {
	receiver := &webhooktest.Receiver{Secret: "s3cret", Idempotent: true}
	b := start(t, hook(t, "warehouse", serve(t, receiver), "s3cret"))
	list := someCalls(300, 20)
	b.set(list...)
	run := b.process()
	same(t, "run", []any{run.State, run.Calls, run.Target}, []any{backfill.Done, tally(300, 300, 0, 0), []string{"warehouse"}})
	once(t, list, receiver.Effects())
	same(t, "what was wrong", len(receiver.Wrong()), 0)
	last := map[string]string{}
	for _, e := range receiver.Order() {
		if e.CallID < last[e.From] {
			t.Errorf("%s of %s came after %s", e.CallID, e.From, last[e.From])
		}
		last[e.From] = e.CallID
		if e.Mode != "past" {
			t.Errorf("%s has mode %s", e.CallID, e.Mode)
		}
	}
	again := b.process()
	same(t, "the same again", again.Calls, tally(300, 0, 300, 0))
	once(t, list, receiver.Effects())
}

func TestRepliesThatAreLostRepeatNothingAtAReceiverThatHonoursKeys(t *testing.T) {
	receiver := &webhooktest.Receiver{Idempotent: true}
	kinds := []faultnet.Fault{
		{Kind: faultnet.LoseBefore},
		{Kind: faultnet.LoseAfter},
		{Kind: faultnet.CutOff},
		{Kind: faultnet.Answer, Status: http.StatusInternalServerError, Body: "<html>oops</html>"},
		{Kind: faultnet.AnswerAfter, Status: http.StatusBadGateway},
		{Kind: faultnet.Answer, Status: http.StatusServiceUnavailable},
		{Kind: faultnet.Answer, Status: http.StatusTooManyRequests},
	}
	flaky := faultnet.Wrap(receiver, func(int64, *http.Request) faultnet.Fault {
		if rand.N(4) == 0 {
			return kinds[rand.N(len(kinds))]
		}
		return faultnet.Fault{}
	})
	b := start(t, hook(t, "warehouse", serve(t, flaky), ""))
	list := someCalls(150, 50)
	b.set(list...)
	run := b.process()
	same(t, "run", run.Calls, tally(150, 150, 0, 0))
	once(t, list, receiver.Effects())
}
