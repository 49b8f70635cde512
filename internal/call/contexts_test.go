package call_test

import (
	"slices"
	"testing"

	"ringback/internal/call"
	"ringback/internal/captures"
)

// A telephone or trunk that is dialled bears the context of its endpoint: by that,
// every call to a colleague would have run in from-internal, and every call to the
// outside in from-trunk.
func TestContextsAreThoseInWhichTheDialPlanRan(t *testing.T) {
	for _, test := range []struct {
		capture string
		want    []string
	}{
		{"inbound-answered", []string{"from-trunk", "macro-dial-one"}},
		{"outbound-answered", []string{"from-internal", "macro-dialout-trunk"}},
		{"blind-transfer-to-outside", []string{"from-internal", "macro-dial-one", "macro-dialout-trunk"}},
		{"outbound-blind-transfer", []string{"from-internal", "macro-dialout-trunk", "macro-dial-one"}},
	} {
		b, err := captures.CSV(test.capture)
		if err != nil {
			t.Fatal(err)
		}
		a := call.NewAssembler(call.Settings{PBX: "main", Plan: capturePlan(t)})
		c := a.Assemble(call.Join(rows(t, b))[0])
		if !slices.Equal(c.Contexts, test.want) {
			t.Errorf("%s ran in %q, want %q", test.capture, c.Contexts, test.want)
		}
	}
}

func TestContextsAreNoPartOfWhatIsShownOfACall(t *testing.T) {
	c := call.Call{ID: "1.1"}
	plain := string(c.AppendJSON(nil))
	c.Contexts = []string{"from-trunk"}
	if got := string(c.AppendJSON(nil)); got != plain {
		t.Errorf("the call is shown as %s", got)
	}
}
