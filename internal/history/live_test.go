package history

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/journal"
)

// follower hands live calls over, until it is stopped.
type follower struct {
	*world
	stop  chan struct{}
	done  sync.WaitGroup
	calls []*wanted
	// handed is when each call was handed over, and how the weather was.
	handed  []time.Time
	weather []weather
}

func (w *world) follow() *follower {
	f := &follower{world: w, stop: make(chan struct{})}
	f.done.Go(func() {
		for {
			select {
			case <-f.stop:
				return
			case <-time.After(f.sky.live):
				f.hand()
			}
		}
	})
	return f
}

func (f *follower) end() {
	close(f.stop)
	f.done.Wait()
}

// hand hands one call over as a follower does: recorded and decided upon in one transaction. Of
// one in five, the recording appears half a minute later.
func (f *follower) hand() {
	i := len(f.calls)
	c, w := f.ended(i)
	f.use(func(l *life) {
		ctx := context.Background()
		err := l.journal.InTx(ctx, func(tx journal.Tx) error {
			entry := journal.NewEntry(c)
			recorded, err := journal.RecordCalls(ctx, tx, "main", []*journal.Entry{entry}, time.Now())
			if err != nil {
				return err
			}
			return l.deliveries.DeliverLive(ctx, tx, "main", []backfill.BatchCall{{Entry: entry, Recorded: recorded[0]}})
		})
		must(f, err)
		l.deliveries.Nudge()
	})
	f.calls, f.handed, f.weather = append(f.calls, w), append(f.handed, time.Now()), append(f.weather, f.sky.now())
	for _, name := range w.recordings {
		f.done.Go(func() {
			<-time.After(30 * time.Second)
			must(f, keep(f.past.recordings, name, time.Now()))
		})
	}
}

// ended is a call that ended this moment, and what must arrive of it.
func (f *follower) ended(i int) (*call.Call, *wanted) {
	now := time.Now().UTC()
	id := fmt.Sprintf("%d.%d", now.Unix()-40, 9_000_000+i)
	at := func(before time.Duration) call.Time { return call.Time{Time: now.Add(-before)} }
	client, extension := fmt.Sprintf("7999%07d", i), strconv.Itoa(firstExtension+i%20)
	ours := call.Party{Number: extension, Extension: extension}
	c := &call.Call{
		ID: id, PBX: "main", LinkedIDs: []string{id}, Direction: call.Incoming, Result: call.Missed, Trunk: "trunk-provider",
		From: call.Party{Number: client}, To: call.Party{Number: "74950000001"}, StartedAt: at(40 * time.Second), EndedAt: at(0), Complete: true,
		Legs: []call.Leg{{ID: id + "1", Channel: "PJSIP/" + extension + "-00000001", Party: ours, RangAt: at(39 * time.Second), EndedAt: at(0), Result: call.LegNoAnswer}},
	}
	w := &wanted{
		key: "main-" + id, kind: "live missed", incoming: true, client: client, persons: []string{extension}, outcome: "missed",
		start: c.StartedAt.Time, startUntil: c.StartedAt.Time, line: "74950000001", ended: now, live: true,
	}
	if i%5 > 0 {
		return c, w
	}
	w.kind, w.outcome, w.recordings = "live answered", "answered", []string{"live/" + id + ".wav"}
	w.sounds = w.recordings
	w.seconds(30, 0.01)
	c.Result, c.AnsweredAt, c.Talk, c.Recordings = call.Answered, at(30*time.Second), 30, w.recordings
	c.Legs[0].Result, c.Legs[0].AnsweredAt, c.Legs[0].Talk = call.LegAnswered, c.AnsweredAt, 30
	c.Talks = []call.Talk{{From: c.AnsweredAt, Until: c.EndedAt, Seconds: 30, Parties: []string{client, extension}}}
	return c, w
}
