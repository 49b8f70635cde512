package policy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/config"
	"ringback/internal/crm/policy"
)

const settings = `
[[pbx]]
name = "main"
cel = "csv:///Master.csv"
[[pbx]]
name = "other"
cel = "csv:///Other.csv"
[[target]]
name = "portal"
type = "bitrix24"
webhook = "https://portal.example.com/rest/1/hookcode/"
missed_responsible = ["client", "rang"]
[[target.rewrite]]
match = '^8(\d{10})$'
replace = '+7$1'
[target.trunks.trunk-a]
default_user = 7
[[target]]
name = "amo"
type = "kommo"
url = "https://amo.example.com"
token = "long-lived"
unknown_callers = "contact"
[target.users]
202 = 504142
[[target]]
name = "fax"
type = "kommo"
url = "https://fax.example.com"
token = "long-lived"
[target.keep]
contexts = ['^from-fax']
[[target]]
name = "elsewhere"
type = "webhook"
url = "https://hooks.example.com/other"
pbx = ["other"]
[[target]]
name = "warehouse"
type = "webhook"
url = "https://hooks.example.com/calls"
[target.keep]
trunks = ['^trunk-a$']
`

func TestWhatTargetsAreGivenOfACallIsSaidWithTheRules(t *testing.T) {
	c, err := config.Parse("test.toml", []byte(settings), os.LookupEnv, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range policy.Explain(c.Targets, missed()) {
		if err := d.WriteText(&b); err != nil {
			t.Fatal(err)
		}
	}
	want := `portal (bitrix24): delivered
  main-1: incoming, missed, client +79161234567, from 2026-09-21 10:00:00, 0 s of talk, line 74950000001
    responsible: whoever has the client +79161234567 in the CRM; else the user with extension 202; else user 7 (default_user of [target.trunks.trunk-a])
    - of ours, 202 rang last
    - rule 1 for numbers (match = '^8(\d{10})$') made +79161234567 of 89161234567
    - default user 7 by [target.trunks.trunk-a]
amo (kommo): delivered
  main-1: incoming, missed, client 89161234567, from 2026-09-21 10:00:00, 0 s of talk, line 74950000001
    responsible: user 504142 (202 in [target.users]); else nobody, as there is no default_user
    - of ours, 202 rang last
    - what becomes of a client whom the CRM does not know: unknown_callers = "contact"
fax (kommo): left out: the settings keep only listed calls, and nothing of this one is listed ([target.keep])
elsewhere (webhook): left out: the target takes calls of other only (pbx)
warehouse (webhook): delivered
  main-1
    - a webhook gets calls whole
    - kept because of trunk trunk-a ([target.keep] trunks = '^trunk-a$')
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
	hidden := missed()
	hidden.From.Number = ""
	decisions := policy.Explain(c.Targets, hidden)
	if got := decisions[1].Skipped; got != "the caller shows no number" {
		t.Errorf("Kommo, which takes no placeholder, is said to leave a hidden number out as %q", got)
	}
	if got := decisions[0].Skipped; got != "the caller shows no number; anonymous_number gives such calls one" {
		t.Errorf("the portal is said to leave it out as %q", got)
	}
}
