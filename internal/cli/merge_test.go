package cli

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ringback/internal/call"
)

func streamOf(name string, starts []int) stream {
	return func(yield func(*call.Call) error) error {
		var reused call.Call // as a source would: a call is valid until yield returns
		for _, s := range starts {
			reused = call.Call{PBX: name, StartedAt: call.Time{Time: time.Unix(int64(s), 0)}}
			if err := yield(&reused); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestMergedStreamsAreInOrderOfStartAndLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var streams []stream
		var all []int
		for range rapid.IntRange(1, 4).Draw(t, "streams") {
			starts := rapid.SliceOfN(rapid.IntRange(0, 50), 0, 10).Draw(t, "starts")
			slices.Sort(starts)
			all = append(all, starts...)
			streams = append(streams, streamOf("pbx", starts))
		}
		var got []int
		if err := merge(streams, func(c *call.Call) error {
			got = append(got, int(c.StartedAt.Unix()))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		if !slices.Equal(got, all) {
			t.Fatalf("merged %v, want %v", got, all)
		}
	})
}

func TestAFailureOfAStreamOrOfTheReaderStopsTheMerging(t *testing.T) {
	broken := errors.New("broken")
	failing := func(func(*call.Call) error) error { return broken }
	for _, streams := range [][]stream{{failing}, {streamOf("a", []int{1, 2}), failing}} {
		if err := merge(streams, func(*call.Call) error { return nil }); !errors.Is(err, broken) {
			t.Errorf("merge of %d streams returned %v", len(streams), err)
		}
	}
	streams := []stream{streamOf("a", []int{1, 3}), streamOf("b", []int{2})}
	seen := 0
	err := merge(streams, func(*call.Call) error { seen++; return broken })
	if !errors.Is(err, broken) || seen != 1 {
		t.Errorf("after %d calls merge returned %v", seen, err)
	}
}
