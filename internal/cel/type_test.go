package cel_test

import (
	"strconv"
	"strings"
	"testing"

	"ringback/internal/cel"
)

func TestEveryNameIsReadBack(t *testing.T) {
	for i := cel.ChanStart; i <= cel.DTMF; i++ {
		if i == cel.UserDefined {
			continue
		}
		got, user := cel.ParseType(i.String(), "", "")
		if i.String() == "" || got != i || user != "" {
			t.Errorf("%q is read as %v %q", i, got, user)
		}
	}
}

func TestUserEventsAreToldFromCoreEvents(t *testing.T) {
	for _, c := range []struct {
		about                         string
		eventtype, userdeftype, extra string
		want                          cel.Type
		user                          string
	}{
		{"core", "HANGUP", "", `{"hangupcause":16,"hangupsource":"","dialstatus":""}`, cel.Hangup, ""},
		{"core without extra", "CHAN_END", "", "", cel.ChanEnd, ""},
		{"core, plain text of old versions", "HANGUP", "", "16,dialplan/builtin,", cel.Hangup, ""},
		{"its own name in both columns (cel_odbc)", "CRM_TAG", "CRM_TAG", `{"extra":"lead=42"}`, cel.UserDefined, "CRM_TAG"},
		{"show_user_defined", "USER_DEFINED", "CRM_TAG", `{"extra":"lead=42"}`, cel.UserDefined, "CRM_TAG"},
		{"no userdeftype column", "CRM_TAG", "", `{"extra":"lead=42"}`, cel.UserDefined, "CRM_TAG"},
		{"no userdeftype column, name hidden", "USER_DEFINED", "", `{"extra":"x"}`, cel.UserDefined, ""},
		{"no sign but an unknown name", "CRM_TAG", "", "", cel.UserDefined, "CRM_TAG"},
		{"name of a core event, by userdeftype", "HANGUP", "HANGUP", "", cel.UserDefined, "HANGUP"},
		{"name of a core event, by extra", "HANGUP", "", `{"extra":"16"}`, cel.UserDefined, "HANGUP"},
		{"extra with blanks", "HANGUP", "", `{ "extra" : "16" }`, cel.UserDefined, "HANGUP"},
		{"extra cut off", "ANSWER", "", `{"extra":"a very long te`, cel.UserDefined, "ANSWER"},
		{"Asterisk fills userdeftype: music", "STREAM_BEGIN", "MOH_STREAM_BEGIN", `{"class":"default"}`, cel.StreamBegin, ""},
		{"Asterisk fills userdeftype: end", "STREAM_END", "FILE_STREAM_END", "", cel.StreamEnd, ""},
		{"Asterisk fills userdeftype: digit", "DTMF", "Received", `{"digit":"1","duration_ms":100}`, cel.DTMF, ""},
		{"Asterisk fills userdeftype: Local", "LOCAL_OPTIMIZE_BEGIN", "LOCAL_OPTIMIZE_BEGIN", `{"local_two":"x"}`, cel.LocalOptimizeBegin, ""},
		{"user event called like those", "DTMF", "DTMF", `{"extra":"1"}`, cel.UserDefined, "DTMF"},
		{"a forward's extra is not a user's", "FORWARD", "", `{"forward":"203"}`, cel.Forward, ""},
		{"nothing at all", "", "", "", cel.Unknown, ""},
		{"only userdeftype", "", "X", "", cel.UserDefined, "X"},
		{"numbers are new unless told", "14", "", "", cel.LinkedIDEnd, ""},
		{"user event by number", "13", "CRM_TAG", `{"extra":"x"}`, cel.UserDefined, "CRM_TAG"},
		{"number of nothing", "99", "", "", cel.UserDefined, "99"},
		{"a name that begins with a digit", "3WAY_START", "", "", cel.ThreeWayStart, ""},
	} {
		got, user := cel.ParseType(c.eventtype, c.userdeftype, c.extra)
		if got != c.want || user != c.user {
			t.Errorf("%s: %q %q %q is read as %v %q, want %v %q", c.about, c.eventtype, c.userdeftype, c.extra, got, user, c.want, c.user)
		}
	}
}

func TestNumbersOfOldVersions(t *testing.T) {
	for number, want := range map[int]cel.Type{
		1: cel.ChanStart, 6: cel.AppEnd, 7: cel.BridgeStart, 11: cel.ParkStart, 13: cel.BlindTransfer, 14: cel.AttendedTransfer, 21: cel.UserDefined,
		22: cel.LinkedIDEnd, 25: cel.Forward,
	} {
		if got, _ := cel.NumberingOld.ParseType(strconv.Itoa(number), "", ""); got != want {
			t.Errorf("old number %d is read as %v, want %v", number, got, want)
		}
	}
}

func TestNumberingIsToldBySample(t *testing.T) {
	for _, c := range []struct {
		about string
		rows  []string
		want  cel.Numbering
	}{
		{"names", []string{"CHAN_START|", "HANGUP|"}, cel.NumberingUnset},
		{"no rows", nil, cel.NumberingUnset},
		{"old: every call ends with 22", []string{"1|", "4|", "3|16,SIP/a,ANSWER", "2|", "22|"}, cel.NumberingOld},
		{"old without an extra column", []string{"1|", "3|", "2|", "22|"}, cel.NumberingOld},
		{"new: JSON", []string{"1|", `7|{"bridge_id":"x"}`}, cel.NumberingNew},
		{"new without an extra column", []string{"1|", "7|", "8|", "3|", "2|", "14|"}, cel.NumberingNew},
		{"no sign", []string{"1|", "2|"}, cel.NumberingNew},
	} {
		var s cel.NumberingSample
		for _, r := range c.rows {
			number, extra, _ := strings.Cut(r, "|")
			s.Add(number, extra)
		}
		if got := s.Numbering(); got != c.want {
			t.Errorf("%s: numbering %d, want %d", c.about, got, c.want)
		}
	}
}

func FuzzParseType(f *testing.F) {
	f.Add("HANGUP", "", `{"hangupcause":16}`)
	f.Add("X", "X", `{"extra":"x"}`)
	f.Add("22", "", "")
	f.Fuzz(func(t *testing.T, eventtype, userdeftype, extra string) {
		for _, n := range []cel.Numbering{cel.NumberingUnset, cel.NumberingOld, cel.NumberingNew} {
			got, user := n.ParseType(eventtype, userdeftype, extra)
			if got == cel.Unknown && eventtype+userdeftype != "" {
				t.Error("an event with a name is unknown")
			}
			if got != cel.UserDefined && user != "" {
				t.Errorf("core event %v has the user event %q", got, user)
			}
		}
	})
}
