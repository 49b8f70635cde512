package journal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is what a recalled entry tells.
type told struct {
	ID      string
	Started time.Time
	Digest  int64
	Broken  bool
	Others  []string
}

func tell(entries []*Entry) []told {
	list := make([]told, len(entries))
	for i, e := range entries {
		list[i] = told{e.ID, e.Started, e.digest, e.beheaded, e.linkedids}
	}
	return list
}

func TestCallsOfAPieceComeBackAsTheyWereAdded(t *testing.T) {
	at := time.Date(2026, 11, 23, 7, 0, 0, 123456000, time.UTC)
	entries := []*Entry{
		{ID: "1763881200.7", Started: at, digest: -1},
		{ID: "pbx-Ω-1763881200.8", Started: at.Add(time.Hour), digest: 1 << 62, beheaded: true, linkedids: []string{"1763881200.9", ""}},
		{ID: "", Started: at.Add(-time.Hour), digest: 0}, // a clock that was set back
		{ID: "1763881200.9", Started: time.Unix(-1, 0).UTC(), digest: 5},
	}
	for n := range len(entries) + 1 {
		t.Run(fmt.Sprint(n, " calls"), func(t *testing.T) {
			var r Remembered
			for _, e := range entries[:n] {
				r.Add(e)
			}
			compressed, err := r.compress()
			if err != nil || r.Len() != n {
				t.Fatalf("%d calls, error %v", r.Len(), err)
			}
			got, err := recall(compressed, "main")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tell(entries[:n]), tell(got)); diff != "" {
				t.Errorf("(-added +recalled):\n%s", diff)
			}
			for _, e := range got {
				if !e.recalled || e.PBX != "main" || e.InProgress {
					t.Errorf("%+v is no recalled entry of its PBX", e)
				}
			}
		})
	}
}

func FuzzRecall(f *testing.F) {
	var r Remembered
	r.Add(&Entry{ID: "1763881200.7", Started: time.Unix(1763881200, 0), digest: 7, linkedids: []string{"1763881200.8"}})
	whole, err := r.compress()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, compressed []byte) {
		compressed = compressed[:min(len(compressed), 1<<12)] // a few bytes can become very many
		entries, err := recall(compressed, "main")
		if err != nil {
			if !errors.Is(err, errRemembered) {
				t.Errorf("damaged calls give %v", err)
			}
			return
		}
		var again Remembered
		for _, e := range entries {
			again.Add(e)
		}
		recompressed, err := again.compress()
		if err != nil {
			t.Fatal(err)
		}
		twice, err := recall(recompressed, "main")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tell(entries), tell(twice)); diff != "" {
			t.Errorf("recalled twice (-once +twice):\n%s", diff)
		}
	})
}
