package history

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/call"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/crm"
	"ringback/internal/deliver"
	"ringback/internal/dialplan"
	"ringback/internal/jobs"
	"ringback/internal/journal"
	"ringback/internal/recording"
	"ringback/internal/sweep"
)

// target is the one target's name; it is also that of the PBX.
const target = "crm"

// life is one life of the program: its rooms, put together as internal/app does it.
type life struct {
	dir        string
	wire       *wire
	journal    *journal.Journal
	queue      *jobs.Client
	runs       *backfill.Service
	deliveries *deliver.Service
	recordings *recording.Library
	source     source.Source
}

// begin starts the program on the journal in a directory.
func (w *world) begin(dir string) *life {
	w.Helper()
	l := &life{dir: dir, wire: &wire{world: w, dead: make(chan struct{})}}
	ctx := context.Background()
	var err error
	l.journal, err = journal.Open(ctx, journal.Config{URL: "sqlite://" + filepath.Join(dir, "state.db"), Logger: w.log})
	must(w, err)
	l.queue, err = jobs.Open(ctx, jobs.Config{Journal: l.journal, Logger: w.log})
	must(w, err)
	vault, err := deliver.OpenVault(l.journal, filepath.Join(w.dir, "state.key"))
	must(w, err)
	l.recordings, err = recording.New(recording.Settings{
		Directories: map[string]string{"main": w.past.recordings}, Cache: filepath.Join(w.dir, "joined"), Calls: l.recorded, Now: time.Now, Logger: w.log,
		PublicURL: &url.URL{Scheme: "https", Host: "pbx.example.com"}, Key: []byte(linkKey),
	})
	must(w, err)
	adapter, err := w.crm.adapter(crm.Services{
		Store: vault.Store(target), Meter: deliver.NewMeter(l.journal, target), Recordings: l.recordings, Now: time.Now,
	}, l.wire)
	must(w, err)
	l.deliveries, err = deliver.New(deliver.Config{
		Journal: l.journal, Targets: []deliver.Target{{Name: target, Type: target, Target: adapter}}, Logger: w.log,
	})
	must(w, err)
	l.source, err = open.Open(ctx, "sqlite://"+w.past.cel+"?table=cel", source.Options{Location: time.UTC, Logger: w.log})
	must(w, err)
	plan, err := dialplan.New(dialplan.Settings{Extensions: []string{`^10\d\d$`}, Trunks: []string{`^PJSIP/trunk-provider`}})
	must(w, err)
	pbx := sweep.PBX{Name: "main", Source: l.source, Plan: plan, Location: time.UTC}
	l.runs, err = backfill.New(backfill.Config{
		Journal: l.journal, Jobs: l.queue, Deliverer: l.deliveries, Logger: w.log,
		PBX: []backfill.PBX{{Name: "main", Location: time.UTC, Open: func(context.Context) (sweep.PBX, error) { return pbx, nil }}},
	})
	must(w, err)
	must(w, l.runs.Resume(ctx))
	must(w, l.deliveries.Start(ctx, l.runs))
	must(w, l.queue.Start(ctx))
	return l
}

// recorded gives the call that a link to a recording names.
func (l *life) recorded(ctx context.Context, pbx, id string) (*call.Call, error) {
	found, err := l.journal.Call(ctx, pbx, id)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c call.Call
	return &c, json.Unmarshal(found.JSON, &c)
}

// end stops the program in order, or at once when patience is over.
func (l *life) end(patience context.Context) error {
	l.runs.Close()
	queue := l.queue.Stop(patience)
	deliveries := l.deliveries.Stop(patience)
	if patience.Err() != nil {
		queue, deliveries = nil, nil // they say that they were cut off
	}
	return errors.Join(queue, deliveries, l.recordings.Close(), l.source.Close(), l.journal.Close())
}

var errKilled = errors.New("killed")

// kill ends a life as SIGKILL does, between two transactions of its journal, and begins
// the next one. What is left is the journal's file with its write-ahead log as they are
// at that moment, and at the CRM the effects of what was sent; no answer is heard any
// more.
func (w *world) kill(l *life) *life {
	w.Helper()
	w.lives++
	next := w.directory()
	err := l.journal.InTx(context.Background(), func(journal.Tx) error {
		l.wire.cut()
		for _, name := range []string{"state.db", "state.db-wal"} {
			if err := duplicate(filepath.Join(l.dir, name), filepath.Join(next, name)); err != nil {
				return err
			}
		}
		return errKilled
	})
	if !errors.Is(err, errKilled) {
		w.Fatal(err)
	}
	// What still runs of the dead one has a journal that nobody reads and a wire that
	// leads nowhere.
	w.graves.Go(func() {
		at, end := context.WithCancel(context.Background())
		end()
		if err := errors.Join(l.end(at), os.RemoveAll(l.dir)); err != nil {
			w.Error(err)
		}
	})
	return w.begin(next)
}

func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// listen gets what a link to a recording leads to.
func (l *life) listen(tb testing.TB, link string) []byte {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, link, nil)
	must(tb, err)
	rec := &heard{header: http.Header{}}
	l.recordings.ServeHTTP(rec, r)
	if rec.status != http.StatusOK {
		tb.Errorf("the link %s answers %d", link, rec.status)
	}
	return rec.body.Bytes()
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
