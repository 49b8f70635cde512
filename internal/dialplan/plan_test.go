package dialplan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/dialplan"
)

func TestTheDefaultsCompileAndFitFreePBX(t *testing.T) {
	p, err := dialplan.New(dialplan.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string]bool{"201": true, "12": true, "10001": true, "1": false, "79161234567": false, "": false, "20a": false} {
		if got := p.Extension(number); got != want {
			t.Errorf("Extension(%q) = %v", number, got)
		}
	}
	for context, want := range map[string]bool{
		"from-trunk": true, "from-trunk-sip-a": true, "from-pstn": true, "from-did-direct": true, "ext-did-0002": true, "from-internal": false, "": false,
	} {
		if got := p.IncomingContext(context); got != want {
			t.Errorf("IncomingContext(%q) = %v", context, got)
		}
	}
}

func TestABrokenExpressionIsNamedWithItsSetting(t *testing.T) {
	_, err := dialplan.New(dialplan.Settings{Trunks: []string{`^SIP/(`}})
	if err == nil || !strings.Contains(err.Error(), "trunks") || !strings.Contains(err.Error(), "^SIP/(") {
		t.Fatal(err)
	}
}

func TestAChannelNameIsTakenApart(t *testing.T) {
	for _, test := range []struct {
		name string
		want dialplan.Channel
	}{
		{"PJSIP/trunk-provider-00000046", dialplan.Channel{Name: "PJSIP/trunk-provider-00000046", Technology: "PJSIP", Endpoint: "trunk-provider"}},
		{"SIP/sbc-ca2-0000001a", dialplan.Channel{Name: "SIP/sbc-ca2-0000001a", Technology: "SIP", Endpoint: "sbc-ca2"}},
		{"DAHDI/i1/74951234567-1f", dialplan.Channel{Name: "DAHDI/i1/74951234567-1f", Technology: "DAHDI", Endpoint: "i1"}},
		{"DAHDI/1-1", dialplan.Channel{Name: "DAHDI/1-1", Technology: "DAHDI", Endpoint: "1"}},
		{"IAX2/branch-9281", dialplan.Channel{Name: "IAX2/branch-9281", Technology: "IAX2", Endpoint: "branch"}},
		{
			"Local/1001@from-queue-00000004;2",
			dialplan.Channel{Name: "Local/1001@from-queue-00000004;2", Technology: "Local", Endpoint: "1001@from-queue", Half: 2, Exten: "1001", Context: "from-queue"},
		},
		{"AsyncGoto/PJSIP/1001-00000001", dialplan.Channel{Name: "PJSIP/1001-00000001", Technology: "PJSIP", Endpoint: "1001"}},
		{"SIP/201-00000303<ZOMBIE>", dialplan.Channel{Name: "SIP/201-00000303", Technology: "SIP", Endpoint: "201"}},
		{"CBAnn/800-0000000d;2", dialplan.Channel{Name: "CBAnn/800-0000000d;2", Technology: "CBAnn", Endpoint: "800"}},
		{"", dialplan.Channel{}},
	} {
		if diff := cmp.Diff(test.want, dialplan.ParseChannel(test.name)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestTheHalvesOfALocalPairNameEachOther(t *testing.T) {
	first := dialplan.ParseChannel("Local/1@a-00000001;1")
	if got := first.OtherHalf(); got != "Local/1@a-00000001;2" {
		t.Error(got)
	}
	if got := dialplan.ParseChannel(first.OtherHalf()).OtherHalf(); got != first.Name {
		t.Error(got)
	}
}

func TestTheArgumentsOfDialTellEndpointAndNumber(t *testing.T) {
	for arguments, want := range map[string][]dialplan.Dialled{
		"PJSIP/79161234567@trunk-a,300,Tt": {{Technology: "PJSIP", Endpoint: "trunk-a", Number: "79161234567"}},
		"PJSIP/1001&PJSIP/1002,15":         {{Technology: "PJSIP", Endpoint: "1001"}, {Technology: "PJSIP", Endpoint: "1002"}},
		"SIP/trunk-b/89161234567":          {{Technology: "SIP", Endpoint: "trunk-b", Number: "89161234567"}},
		"IAX2/me:secret@branch/201":        {{Technology: "IAX2", Endpoint: "branch", Number: "201"}},
		"DAHDI/g0/89161234567,60":          {{Technology: "DAHDI", Endpoint: "g0", Number: "89161234567"}},
		"Local/201@from-queue/n,20":        {{Technology: "Local", Endpoint: "201@from-queue"}},
		"PJSIP/1001/sip:1001@10.0.0.7:5060&PJSIP/1001/sip:1001@10.0.0.8": {
			{Technology: "PJSIP", Endpoint: "1001", Number: "1001"}, {Technology: "PJSIP", Endpoint: "1001", Number: "1001"},
		},
		"":        nil,
		"nothing": nil,
	} {
		if diff := cmp.Diff(want, dialplan.ParseDial(arguments)); diff != "" {
			t.Errorf("%s: %s", arguments, diff)
		}
	}
}

func TestWhatIsConfiguredDecidesBeforeTheFormOfANumber(t *testing.T) {
	p, err := dialplan.New(dialplan.Settings{Trunks: []string{`^SIP/300-`}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		about, name string
		hints       dialplan.Hints
		want        dialplan.Side
	}{
		{"a trunk by setting, though its name looks like an extension", "SIP/300-00000001", dialplan.Hints{}, dialplan.Outside},
		{"a telephone by its name", "SIP/201-00000001", dialplan.Hints{Context: "from-internal"}, dialplan.Ours},
		{"a telephone by its name with a suffix", "PJSIP/201-mobile-00000001", dialplan.Hints{}, dialplan.Ours},
		{"FreePBX's browser phone", "PJSIP/99201-00000001", dialplan.Hints{}, dialplan.Ours},
		{"what comes in where calls from outside start", "SIP/400-00000001", dialplan.Hints{Context: "from-trunk", OwnContext: true}, dialplan.Outside},
		{"a telephone of another name, by its number", "SIP/alice-00000001", dialplan.Hints{CallerNumber: "201"}, dialplan.Ours},
		{"a telephone of another name, by its account", "SIP/alice-00000001", dialplan.Hints{CallerNumber: "74950000000", Account: "201"}, dialplan.Ours},
		{"a line that nothing is known of", "SIP/sbc-ca2-00000001", dialplan.Hints{CallerNumber: "79161234567"}, dialplan.Outside},
		{"a Local channel", "Local/201@from-internal-00000001;1", dialplan.Hints{}, dialplan.NoSide},
		{"an announcer", "Announcer/ARI-00000001;2", dialplan.Hints{}, dialplan.NoSide},
		{"no name at all", "", dialplan.Hints{}, dialplan.NoSide},
	} {
		for range 2 { // the second answer is a remembered one
			if got, _ := p.Side(dialplan.ParseChannel(test.name), test.hints); got != test.want {
				t.Errorf("%s: %v, want %v", test.about, got, test.want)
			}
		}
	}
}

func TestATelephoneBelongsToTheExtensionOfItsEndpoint(t *testing.T) {
	p := dialplan.Default()
	for _, test := range []struct {
		name  string
		hints dialplan.Hints
		want  string
	}{
		{"PJSIP/201-00000001", dialplan.Hints{CallerNumber: "74950000000"}, "201"},
		{"PJSIP/201_app-00000001", dialplan.Hints{}, "201"},
		{"PJSIP/99201-00000001", dialplan.Hints{}, "201"},
		{"SIP/alice-00000001", dialplan.Hints{Account: "305", CallerNumber: "201"}, "305"},
		{"SIP/alice-00000001", dialplan.Hints{CallerNumber: "201"}, "201"},
		{"SIP/alice-00000001", dialplan.Hints{}, ""},
	} {
		if got := p.ExtensionOf(dialplan.ParseChannel(test.name), test.hints); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
