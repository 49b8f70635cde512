package cel_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"ringback/internal/cel"
)

func TestAFieldIsReadFromWhatIsThereOfAnExtra(t *testing.T) {
	whole := `{"bridge1_id":"a-b","channel2_name":"SIP/x\"y-00000001","hangupcause":16, "empty":"", "name":"\u0418\/n","last":"z"}`
	for _, test := range []struct {
		about, extra, key, want string
		found                   bool
	}{
		{"text", whole, "bridge1_id", "a-b", true},
		{"text with an escape", whole, "channel2_name", `SIP/x"y-00000001`, true},
		{"text in another alphabet", whole, "name", "И/n", true},
		{"a backslash before a slash", `{"name":"a\\/b"}`, "name", `a\/b`, true},
		{"a character outside the first plane", `{"name":"\ud83d\ude00"}`, "name", "😀", true},
		{"a number", whole, "hangupcause", "16", true},
		{"empty text", whole, "empty", "", true},
		{"the last field", whole, "last", "z", true},
		{"a field that is not there", whole, "nothing", "", false},
		{"a field before the cut", whole[:40], "bridge1_id", "a-b", true},
		{"a field that was cut off", whole[:40], "channel2_name", "", false},
		{"plain text of Asterisk 11", "16,SIP/a-1,", "hangupcause", "", false},
		{"nothing", "", "a", "", false},
		{"no object", `["a"]`, "a", "", false},
		{"a nested object ends the reading", `{"a":{"b":1},"c":"d"}`, "c", "", false},
	} {
		got, found := cel.Field(test.extra, test.key)
		if got != test.want || found != test.found {
			t.Errorf("%s: %q, %v", test.about, got, found)
		}
	}
}

func TestAHangupIsReadInBothForms(t *testing.T) {
	for extra, want := range map[string]cel.HangupFacts{
		`{"hangupcause":16,"hangupsource":"PJSIP/1001-00000001","dialstatus":"ANSWER"}`: {Cause: 16, Source: "PJSIP/1001-00000001", DialStatus: "ANSWER"},
		`16,dialplan/builtin,`:                {Cause: 16, Source: "dialplan/builtin"},
		`17,SIP/201-00000002,BUSY`:            {Cause: 17, Source: "SIP/201-00000002", DialStatus: "BUSY"},
		`{"hangupcause":16,"hangupsource":"P`: {Cause: 16},
		``:                                    {Cause: -1},
		`nonsense`:                            {Cause: -1},
	} {
		r := cel.Record{Type: cel.Hangup, Extra: extra}
		if got := r.Hangup(); got != want {
			t.Errorf("%s: %+v", extra, got)
		}
	}
}

func TestACutOffExtraIsKnown(t *testing.T) {
	for extra, want := range map[string]bool{`{"a":1}`: false, `{"a":`: true, ``: false, `16,a,b`: false} {
		if got := cel.Cut(extra); got != want {
			t.Errorf("Cut(%q) = %v", extra, got)
		}
	}
}

// FuzzExtra reads any text, and agrees with encoding/json on whole flat
// objects.
func FuzzExtra(f *testing.F) {
	f.Add(`{"hangupcause":16,"hangupsource":"a","dialstatus":""}`, "hangupsource")
	f.Add(`{"a":"\\","b":"\""}`, "b")
	f.Add(`{"a":`, "a")
	f.Add(`16,x,y`, "a")
	f.Fuzz(func(t *testing.T, extra, key string) {
		r := cel.Record{Type: cel.Hangup, Extra: extra}
		r.Hangup()
		if cel.Cut(extra) && strings.HasSuffix(extra, "}") {
			t.Errorf("%s is whole", extra)
		}
		got, found := cel.Field(extra, key)
		var object map[string]json.RawMessage
		if !found || !utf8.ValidString(extra) || json.Unmarshal([]byte(extra), &object) != nil {
			return
		}
		raw, there := object[key]
		var text string
		if there && json.Unmarshal(raw, &text) == nil && strings.Count(extra, key) == 1 && !strings.Contains(extra, `\`) && text != got && string(raw) != "null" {
			t.Errorf("%s: %q is %q, want %q", extra, key, got, text)
		}
	})
}
