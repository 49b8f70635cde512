package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/call/casefile"
	"ringback/internal/crm/policy"
)

// assembled are the calls of one of the cases that the assembler is tested with.
func assembled(t *testing.T, name string) []*call.Call {
	t.Helper()
	file := filepath.Join("..", "..", "call", "testdata", name+".case")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Parse(file, b)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

func show(c *call.Call, parts []policy.Part, skipped string) string {
	if skipped != "" {
		return "skipped: " + skipped
	}
	lines := make([]string, 0, len(parts))
	for _, p := range parts {
		lines = append(lines, fmt.Sprintf("%d: %s %s of %q, %s, talk %d, line %s, +%.0fs",
			p.Number, p.Direction, p.Client, p.Person, p.Result, p.Talk, p.Line, p.Start.Sub(c.StartedAt.Time).Seconds()))
	}
	return strings.Join(lines, "\n")
}

func TestACallBelongsToOneOfOursAndOneClient(t *testing.T) {
	rules := policy.Rules{Anonymous: "70000000000"}
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{
			"a client whom the one called hands over to a number outside is one call, the other number a second",
			"57-attended-transfer-to-an-outside-number",
			[]string{
				`0: incoming 79160000057 of "201", answered, talk 58, line 74950005700, +0s` + "\n" +
					`1: outgoing 79035550057 of "201", answered, talk 45, line trunk-b, +10s`,
			},
		},
		{
			"a call answered on the mobile of one of ours is theirs and one call",
			"22-follow-me-to-a-mobile",
			[]string{`0: incoming 79169990022 of "201", answered, talk 28, line 74950002200, +0s`},
		},
		{
			"the last one who talks has an outgoing call that was handed over",
			"58-called-out-and-handed-over",
			[]string{`0: outgoing 79160000058 of "202", answered, talk 24, line trunk-a, +0s`},
		},
		{
			"hidden numbers are kept under the placeholder",
			"33-hidden-numbers",
			[]string{
				`0: incoming 70000000000 of "201", answered, talk 6, line 74950003301, +0s`,
				`0: incoming 70000000000 of "201", missed, talk 0, line 74950003302, +0s`,
			},
		},
		{
			"a caller who gave up in the menu belongs to nobody",
			"40-only-the-menu",
			[]string{`0: incoming 79180000040 of "", missed, talk 0, line 78620004000, +0s`},
		},
		{
			"a queue that rings twice in vain is one missed call of the one who rang last",
			"28-queue-rings-twice-in-vain",
			[]string{`0: incoming 79160000028 of "202", missed, talk 0, line 74950002800, +0s`},
		},
		{
			"click-to-call is an outgoing call of the one who clicked",
			"18-click-to-call",
			[]string{`0: outgoing 89161230018 of "201", answered, talk 13, line trunk-a, +0s`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, c := range assembled(t, test.file) {
				parts, skipped := rules.Parts(c)
				got = append(got, show(c, parts, skipped))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}
