package soak

import (
	"container/heap"
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"ringback/internal/cel"
	"ringback/internal/celgen"
	"ringback/internal/dbtest"
)

// recentIDs is how many ids of calls are remembered to ask for.
const recentIDs = 400

// pbx writes a table of FreePBX's while its calls go on.
type pbx struct {
	db *sql.DB
	// rate is how many calls begin in a second, haste how many times faster they
	// go than those of celgen.
	rate  float64
	haste int64

	calls func() ([]cel.Record, bool)
	began time.Time
	due   dueHeap
	rows  []any // that are not in the table yet
	names map[string]string
	id    int64 // of the record that was made last
	// written is how many rows the table has.
	written int64

	mu     sync.Mutex
	ahead  time.Duration // of the PBX's clock
	ended  bool          // no more calls begin
	begun  int
	recent []string
}

// due is a record that will be written at a time.
type due struct {
	at     time.Time
	order  int64
	record cel.Record
}

type dueHeap []due

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)   { *h = append(*h, x.(due)) }
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	*h = (*h)[:last]
	return d
}

// newPBX makes the table, empty.
func newPBX(t *testing.T, place *dbtest.Database, rate float64, haste int64, most int) *pbx {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = dbtest.User, dbtest.Password, "tcp", place.Server.Addr(), place.Name
	c.InterpolateParams, c.Timeout, c.ReadTimeout, c.WriteTimeout = true, 2*time.Second, 10*time.Second, 10*time.Second
	c.Logger = &mysql.NopLogger{} // the server goes away again and again
	connector, err := mysql.NewConnector(c)
	must(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	none := func(func(cel.Record) bool) {}
	must(t, celgen.LoadFreePBX(t.Context(), db, none, time.UTC))
	records, stop := iter.Pull(celgen.Records(celgen.Config{
		Calls: most, Start: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Days: 14, Seed: rand.Uint64(),
	}))
	t.Cleanup(stop)
	return &pbx{db: db, rate: rate, haste: haste, calls: whole(records), names: map[string]string{}}
}

// whole gathers records into calls.
func whole(next func() (cel.Record, bool)) func() ([]cel.Record, bool) {
	open := map[string][]cel.Record{}
	return func() ([]cel.Record, bool) {
		for {
			r, ok := next()
			if !ok {
				return nil, false
			}
			open[r.LinkedID] = append(open[r.LinkedID], r)
			if r.Type == cel.LinkedIDEnd {
				call := open[r.LinkedID]
				delete(open, r.LinkedID)
				return call, true
			}
		}
	}
}

// run lets calls go on until all that began have ended and are in the table, or ctx ends.
func (p *pbx) run(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	p.began = time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := p.begin(); err != nil {
			return err
		}
		p.write()
		p.insert(ctx)
		if p.over() && len(p.due) == 0 && len(p.rows) == 0 {
			return nil
		}
	}
}

func (p *pbx) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// begin begins the calls that are due since the last time.
func (p *pbx) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for ; !p.ended && float64(p.begun) < now.Sub(p.began).Seconds()*p.rate; p.begun++ {
		records, ok := p.calls()
		if !ok {
			return fmt.Errorf("there are no calls after %d", p.begun)
		}
		for _, r := range records {
			p.id++
			after := time.Duration((r.At - records[0].At) / p.haste * int64(time.Microsecond))
			heap.Push(&p.due, due{at: now.Add(after), order: p.id, record: r})
		}
	}
	return nil
}

// write stamps the records whose time has come with what the PBX's clock shows.
func (p *pbx) write() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for now := time.Now(); len(p.due) > 0 && !p.due[0].at.After(now); {
		d := heap.Pop(&p.due).(due)
		r := &d.record
		stamp := d.at.Add(p.ahead).UTC()
		for _, id := range []*string{&r.LinkedID, &r.UniqueID} {
			if p.names[*id] == "" {
				_, serial, _ := strings.Cut(*id, ".")
				p.names[*id] = fmt.Sprintf("%d.%s", stamp.Unix(), serial)
			}
		}
		p.rows = append(p.rows,
			int64(0), r.Type.String(), stamp.Format(time.DateTime), r.CIDName, r.CIDNum, r.CIDANI, r.CIDRDNIS, r.CIDDNID, r.Exten, r.Context,
			r.Channel, r.App, r.AppData, 3, r.AccountCode, p.names[r.UniqueID], p.names[r.LinkedID], r.Peer, "", r.Extra)
		p.recent = append(p.recent, p.names[r.UniqueID])
		p.recent = p.recent[max(0, len(p.recent)-recentIDs):]
		if r.Type == cel.ChanEnd && r.UniqueID != r.LinkedID {
			delete(p.names, r.UniqueID)
		}
		if r.Type == cel.LinkedIDEnd {
			delete(p.names, r.UniqueID)
			delete(p.names, r.LinkedID)
		}
	}
}

// insert brings what was written to the table, later when the server is away. Rows
// have their numbers before, so that a repetition after a lost answer changes nothing.
func (p *pbx) insert(ctx context.Context) {
	width, written := len(celgen.Columns), p.written
	for len(p.rows) > 0 {
		values := p.rows[:min(len(p.rows), 200*width)]
		for i := 0; i < len(values); i += width {
			values[i] = written + int64(i/width) + 1
		}
		one := "(?" + strings.Repeat(",?", width-1) + ")"
		query := "INSERT IGNORE INTO cel VALUES " + one + strings.Repeat(","+one, len(values)/width-1)
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		_, err := p.db.ExecContext(ctx, query, values...)
		cancel()
		if err != nil {
			return
		}
		written += int64(len(values) / width)
		p.written = written
		p.rows = p.rows[len(values):]
	}
}

// set sets the PBX's clock.
func (p *pbx) set(ahead time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead = ahead
}

// end lets no more calls begin.
func (p *pbx) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended, p.ahead = true, 0
}

// some are up to n ids of channels of late.
func (p *pbx) some(n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for range min(n, len(p.recent)) {
		ids = append(ids, p.recent[rand.IntN(len(p.recent))])
	}
	return ids
}

func (p *pbx) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun
}
