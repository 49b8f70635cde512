package deliver

import (
	"path/filepath"
	"testing"
	"time"

	"ringback/internal/crm"
	"ringback/internal/journal"
)

// What an adapter draws itself comes from the same limit as the charges of steps,
// in every process, and live calls go first.
func TestAMeterDrawsFromTheLimitThatAllProcessesShare(t *testing.T) {
	ctx := t.Context()
	j, err := journal.Open(ctx, journal.Config{URL: "sqlite://" + filepath.Join(t.TempDir(), "state.db")})
	must(t, err)
	t.Cleanup(func() { must(t, j.Close()) })
	budget := crm.Budget{Name: "requests", Units: 5, Window: time.Second, Burst: 1}
	one, other, elsewhere := NewMeter(j, "amo"), NewMeter(j, "amo"), NewMeter(j, "another")
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	draw := func(m crm.Meter, live bool, at time.Duration) time.Duration {
		wait, err := m.Draw(ctx, budget, 1, live, now.Add(at))
		must(t, err)
		return wait
	}
	same(t, "the first draw waits", draw(one, false, 0), time.Duration(0))
	same(t, "one of another process, at the same moment, waits", draw(other, true, 0), 200*time.Millisecond)
	same(t, "another target's waits", draw(elsewhere, false, 0), time.Duration(0))
	if wait := draw(one, false, 200*time.Millisecond); wait == 0 {
		t.Error("a draw of the past goes ahead of the live one that waits")
	}
	same(t, "the live one, when its time has come, waits", draw(other, true, 200*time.Millisecond), time.Duration(0))
	same(t, "the one of the past waits then", draw(one, false, 400*time.Millisecond), time.Duration(0))
	must(t, one.Block(ctx, "requests", now.Add(time.Minute)))
	same(t, "while the limit is blocked, a draw waits", draw(other, true, 30*time.Second), 30*time.Second)
}
