package deliver

import (
	"testing"

	"ringback/internal/journal"
)

func TestWhatIsDueAgainIsDecodedAgainOnlyWhenItChanged(t *testing.T) {
	due := func(revision int64, contexts ...string) *journal.DueDelivery {
		return &journal.DueDelivery{
			Delivery: journal.Delivery{PBX: "main", CallID: "1.1"}, JSON: `{"id":"1.1"}`, Revision: revision, Contexts: contexts,
		}
	}
	var d decodings
	var before any
	for _, round := range []struct {
		name string
		due  *journal.DueDelivery
		same bool
	}{
		{"first", due(1, "from-trunk"), false},
		{"the same again", due(1, "from-trunk"), true},
		{"another revision", due(2, "from-trunk"), false},
		{"more contexts", due(2, "from-trunk", "ivr-1"), false},
	} {
		d.begin(1)
		c, err := d.call(round.due)
		if err != nil {
			t.Fatal(err)
		}
		if (before == any(c)) != round.same {
			t.Errorf("%s: it is decoded anew: %v", round.name, before != any(c))
		}
		before = c
	}
	d.begin(0)
	d.begin(1)
	if c, _ := d.call(due(2, "from-trunk", "ivr-1")); before == any(c) {
		t.Error("what was not due for a round is kept all the same")
	}
	if _, err := d.call(&journal.DueDelivery{JSON: "{"}); err == nil {
		t.Error("what cannot be read is no call")
	}
}
