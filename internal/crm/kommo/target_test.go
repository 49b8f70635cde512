package kommo_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/kommo"
	"ringback/internal/crm/kommo/kommosim"
)

var start = time.Date(2026, 3, 2, 9, 30, 15, 540000000, time.FixedZone("", 3*3600))

func TestACallIsWrittenOnItsClient(t *testing.T) {
	for _, test := range []struct {
		name  string
		call  *call.Call
		past  bool
		phone string
		want  found
	}{
		{"an incoming call", incoming("1.1", "79161234567", start), true, "+7 (916) 123-45-67", found{Where: "contacts", Type: "call_in", Duration: "60", Status: "4", User: 504141}},
		{"an outgoing call as it was dialled", outgoing("1.1", "89161234567", start), true, "79161234567", found{Where: "contacts", Type: "call_out", Duration: "60", Status: "4", User: 504141, Phone: "89161234567"}},
		{"a live call", incoming("1.1", "79161234567", start), false, "8 916 123 45 67", found{Where: "contacts", Type: "call_in", Duration: "60", Status: "4", User: 504141}},
		{"a missed call", with(incoming("1.1", "79161234567", start), call.Missed), true, "79161234567", found{Where: "contacts", Type: "call_in", Duration: "0", Status: "6", User: 504141}},
		{"a message in the voicemail", with(incoming("1.1", "79161234567", start), call.Voicemail), true, "79161234567", found{Where: "contacts", Type: "call_in", Duration: "0", Status: "1", User: 504141}},
		{"a busy number", with(outgoing("1.1", "79161234567", start), call.Busy), true, "79161234567", found{Where: "contacts", Type: "call_out", Duration: "0", Status: "7", User: 504141}},
		{"a wrong number", with(outgoing("1.1", "79161234567", start), call.WrongNumber), true, "79161234567", found{Where: "contacts", Type: "call_out", Duration: "0", Status: "6", User: 504141}},
		{"a call with a recording", with(incoming("1.1", "79161234567", start), call.Answered, "a.wav"), true, "79161234567", found{Where: "contacts", Type: "call_in", Duration: "60", Status: "4", User: 504141, Link: "https://pbx.example/r/1.1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, kommosim.Options{}, nil)
			b.sim.AddClient("contacts", "Somebody else", "79169999999")
			b.sim.AddClient("contacts", "Client", test.phone)
			b.mustDeliver(test.past, test.call)
			test.want.Key, test.want.Start = "main-1.1", start.Unix()
			if test.want.Phone == "" {
				test.want.Phone = "+79161234567"
			}
			if diff := cmp.Diff(map[string]found{"main-1.1": test.want}, b.calls()); diff != "" {
				t.Errorf("the account has (-want +got):\n%s", diff)
			}
			for _, n := range b.sim.Holdings().Notes {
				if n.Triggered == test.past {
					t.Errorf("automation is let loose: %v, on a call of the past: %v", n.Triggered, test.past)
				}
			}
		})
	}
}

// Each policy for strangers, in both directions and from both the past and the
// present.
func TestAStrangerIsTreatedAsTheSettingsSay(t *testing.T) {
	for _, test := range []struct {
		policy   config.UnknownCallers
		call     *call.Call
		where    string
		contacts int
	}{
		{config.Unsorted, incoming("1.1", "79161234567", start), "unsorted", 1},
		{config.Unsorted, outgoing("1.1", "79161234567", start), "contacts", 1},
		{config.Contact, incoming("1.1", "79161234567", start), "contacts", 1},
		{config.Contact, outgoing("1.1", "79161234567", start), "contacts", 1},
		{config.Skip, incoming("1.1", "79161234567", start), "", 0},
		{config.Skip, outgoing("1.1", "79161234567", start), "", 0},
	} {
		for _, past := range []bool{true, false} {
			t.Run(string(test.policy)+" "+string(test.call.Direction), func(t *testing.T) {
				b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) { s.UnknownCallers = test.policy })
				all := b.parcels(past, test.call)
				b.deliver(all...)
				calls := b.calls()
				if got := calls["main-1.1"].Where; got != test.where || len(calls) > 1 {
					t.Errorf("the call is in %q, want %q", got, test.where)
				}
				if h := b.sim.Holdings(); len(h.Contacts) != test.contacts {
					t.Errorf("there are %d contacts, want %d", len(h.Contacts), test.contacts)
				}
				if skipped := all[0].failure != nil && all[0].failure.Class == crm.Skipped; skipped != (test.where == "") {
					t.Errorf("the call ends with %v", all[0].failure)
				}
			})
		}
	}
}

// Which of several cards is the client's is decided the same way each time: the oldest contact.
func TestAClientWithSeveralCardsGetsOneNoteOnTheOldest(t *testing.T) {
	for _, past := range []bool{true, false} {
		b := newBench(t, kommosim.Options{}, nil)
		b.sim.AddClient("companies", "The company", "+7 916 123-45-67")
		oldest := b.sim.AddClient("contacts", "The client", "8 (916) 123-45-67")
		b.sim.AddClient("contacts", "The client again", "79161234567")
		b.mustDeliver(past, incoming("1.1", "79161234567", start), outgoing("2.1", "89161234567", start.Add(time.Minute)))
		notes := b.sim.Holdings().Notes
		if len(notes) != 2 {
			t.Fatalf("past %v: two calls of one client left %d notes", past, len(notes))
		}
		for _, n := range notes {
			if n.Entity != oldest {
				t.Errorf("past %v: the note of call %v is on %d, want %d", past, n.Params["uniq"], n.Entity, oldest)
			}
		}
	}
}

func TestAnEntryAmongTheUnsortedHoldsTheCall(t *testing.T) {
	b := newBench(t, kommosim.Options{}, nil)
	b.mustDeliver(true, with(incoming("1.1", "79161234567", start), call.Answered, "a.wav"))
	e := b.sim.Holdings().Unsorted[0]
	got := map[string]any{"from": e.Metadata["from"], "phone": e.Metadata["phone"], "uniq": e.Metadata["uniq"], "link": e.Metadata["link"]}
	want := map[string]any{"from": "+79161234567", "phone": "1001", "uniq": "main-1.1", "link": "https://pbx.example/r/1.1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the entry's call (-want +got):\n%s", diff)
	}
	if e.CreatedAt != start.Unix() {
		t.Errorf("the entry is of %d, want %d", e.CreatedAt, start.Unix())
	}
}

// The second call of a stranger goes to the contact behind the first one's
// entry, or is an entry too where the CRM does not take that.
func TestTwoQuickCallsOfAStrangerAreTwo(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		b := newBench(t, kommosim.Options{Switches: kommosim.Switches{HiddenRefuseNotes: refuses}}, nil)
		first := incoming("1.1", "79161234567", start)
		second := incoming("2.1", "+7 916 123-45-67", start.Add(time.Second))
		b.mustDeliver(true, first)
		b.restart()
		b.mustDeliver(true, second)
		if calls := b.calls(); len(calls) != 2 {
			t.Errorf("with notes on hidden contacts refused: %v, the account has %v", refuses, calls)
		}
	}
}

func TestWhatPeopleDoWithAnEntryIsFollowed(t *testing.T) {
	for _, accept := range []bool{true, false} {
		b := newBench(t, kommosim.Options{}, nil)
		b.mustDeliver(true, incoming("1.1", "79161234567", start))
		if !b.sim.Decide(b.sim.Holdings().Unsorted[0].UID, accept) {
			t.Fatal("the entry is not there")
		}
		b.mustDeliver(true, incoming("2.1", "79161234567", start.Add(time.Hour)))
		where := map[bool]string{true: "contacts", false: "unsorted"}[accept]
		if got := b.calls()["main-2.1"].Where; got != where {
			t.Errorf("accepted: %v; the next call is in %q, want %q", accept, got, where)
		}
	}
}

func TestAnAccountWithoutUnsortedGetsContacts(t *testing.T) {
	b := newBench(t, kommosim.Options{Switches: kommosim.Switches{NoUnsorted: true}}, nil)
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	if got := b.calls()["main-1.1"].Where; got != "contacts" {
		t.Errorf("the call is in %q", got)
	}
}

func TestClientsAreFoundHoweverTheirNumberIsWritten(t *testing.T) {
	for _, strict := range []bool{false, true} {
		for _, test := range []struct{ kind, written, dialled string }{
			{"contacts", "+7 (916) 123-45-67", "79161234567"},
			{"contacts", "8-916-123-45-67", "79161234567"},
			{"contacts", "9161234567", "89161234567"},
			{"contacts", "+49 30 123456789", "4930123456789"},
			{"companies", "9161234567", "79161234567"},
			{"contacts", "223344", "223344"},
		} {
			b := newBench(t, kommosim.Options{Switches: kommosim.Switches{WholeNumbers: strict}}, func(s *kommo.Settings) { s.UnknownCallers = config.Skip })
			b.sim.AddClient(test.kind, "Client", test.written)
			b.mustDeliver(true, incoming("1.1", test.dialled, start))
			if got := b.calls()["main-1.1"].Where; got != test.kind {
				t.Errorf("%s of %q is in %q (whole numbers only: %v)", test.dialled, test.written, got, strict)
			}
		}
	}
}

func TestALiveCallGoesWhereTheCRMPutsIt(t *testing.T) {
	for attached, want := range map[string]string{"leads": "leads", "customers": "customers"} {
		b := newBench(t, kommosim.Options{}, nil)
		client := b.sim.AddClient("contacts", "Client", "79161234567")
		b.sim.Attach("contacts", client, attached, false)
		c := with(incoming("1.1", "79161234567", start), call.Answered, "a.wav")
		b.recordings.wrong["1.1"] = &crm.NotYetError{Again: b.Now().Add(time.Minute)}
		all := b.parcels(false, c)
		b.deliverUntil(all[0], "link")
		delete(b.recordings.wrong, "1.1")
		b.deliver(all...)
		got := b.calls()["main-1.1"]
		if got.Where != want || got.Link == "" {
			t.Errorf("the call is in %q with the link %q, want %q with a link", got.Where, got.Link, want)
		}
	}
}

// deliverUntil stops before a step.
func (b *bench) deliverUntil(d *delivery, name string) {
	b.t.Helper()
	for range 20 {
		if b.target.Next(&d.parcel, d.memo).Name == name {
			return
		}
		b.to(d.due)
		b.advance(d)
	}
	b.t.Fatalf("there never is a step %s", name)
}

func TestARecordingThatComesLateIsLinkedAndALostOneIsAWarning(t *testing.T) {
	b := newBench(t, kommosim.Options{}, nil)
	b.sim.AddClient("contacts", "Client", "79161234567")
	c := with(incoming("1.1", "79161234567", start), call.Answered, "a.wav")
	b.recordings.wrong["1.1"] = crm.ErrNoRecording
	all := b.mustDeliver(true, c)
	if got := b.calls()["main-1.1"]; got.Link != "" || all[0].warning == "" {
		t.Errorf("a lost recording gives link %q and warning %q", got.Link, all[0].warning)
	}
}

func TestTheSecondPartyOfACallIsACallOfItsOwn(t *testing.T) {
	b := newBench(t, kommosim.Options{}, nil)
	b.sim.AddClient("contacts", "Client", "79161234567")
	b.sim.AddClient("contacts", "Supplier", "79035550057")
	c := incoming("1.1", "79161234567", start)
	at := call.Time{Time: start.Add(30 * time.Second)}
	c.Legs = append(c.Legs, call.Leg{
		ID: "1.4", Channel: "PJSIP/trunk-b-1", Party: call.Party{Number: "79035550057"}, Via: call.ViaAttendedTransfer,
		RangAt: at, AnsweredAt: at, Result: call.LegAnswered, Talk: 15,
	})
	c.Talks = append(c.Talks, call.Talk{From: at, Until: at, Parties: []string{"79035550057", "1001"}})
	b.mustDeliver(true, c)
	calls := b.calls()
	if got := calls["main-1.1-2"]; len(calls) != 2 || got.Type != "call_out" || got.Phone != "+79035550057" || got.Start != at.Unix() || got.Duration != "15" {
		t.Errorf("the account has %+v", calls)
	}
}

func TestSomebodyDismissedGivesWayToTheDefaultUser(t *testing.T) {
	for _, test := range []struct {
		name               string
		users              map[string]int64
		fallback, wantUser int64
	}{
		{"active", map[string]int64{"1001": 504141}, 7, 504141},
		{"dismissed", map[string]int64{"1001": 13}, 504141, 504141},
		{"dismissed, and no default", map[string]int64{"1001": 13}, 0, 0},
		{"not in the CRM", map[string]int64{"1001": 99}, 504141, 504141},
		{"an extension without a user", nil, 504141, 504141},
		{"nobody at all", nil, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) { s.Users, s.DefaultUser = test.users, test.fallback })
			b.sim.AddUser(7, "Bob", true)
			b.sim.AddUser(13, "Gone", false)
			b.sim.AddClient("contacts", "Client", "79161234567")
			b.mustDeliver(true, incoming("1.1", "79161234567", start))
			if got := b.calls()["main-1.1"].User; got != test.wantUser {
				t.Errorf("the call is of user %d, want %d", got, test.wantUser)
			}
		})
	}
}

func TestADefaultUserBeyondTheFirstPageOfUsersHasCalls(t *testing.T) {
	b := newBench(t, kommosim.Options{}, func(s *kommo.Settings) { s.Users, s.DefaultUser = nil, 1300 })
	for id := range int64(301) {
		b.sim.AddUser(1000+id, "User", true)
	}
	b.sim.AddClient("contacts", "Client", "79161234567")
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	if got := b.calls()["main-1.1"].User; got != 1300 {
		t.Errorf("the call is of user %d, want 1300", got)
	}
}

func TestACallThatChangedIsBroughtUpToDate(t *testing.T) {
	b := newBench(t, kommosim.Options{}, nil)
	b.sim.AddClient("contacts", "Client", "79161234567")
	c := incoming("1.1", "79161234567", start)
	d := b.mustDeliver(true, c)[0]
	c.Talk = 75
	d.parcel.Revision, d.over = 2, false
	b.deliver(d)
	if got := b.calls()["main-1.1"].Duration; got != "75" {
		t.Errorf("the duration is %s, want 75", got)
	}
	requests := len(b.sim.Requests())
	d.over = false
	b.deliver(d)
	if n := len(b.sim.Requests()); n != requests {
		t.Errorf("delivering what is delivered sends %d requests", n-requests)
	}
	d.memo, d.over = b.target.Afresh(d.memo), false
	b.deliver(d)
	if last := b.sim.Requests()[len(b.sim.Requests())-1]; last.Method != http.MethodPatch || len(b.calls()) != 1 {
		t.Errorf("delivering again ends with %v", last)
	}
}

func TestAClientWhoHasGoneIsLookedForAgain(t *testing.T) {
	b := newBench(t, kommosim.Options{}, nil)
	old := b.sim.AddClient("contacts", "Client", "79161234567")
	b.mustDeliver(true, incoming("1.1", "79161234567", start))
	b.sim.Delete("contacts", old)
	b.sim.AddClient("contacts", "Client again", "79161234567")
	b.mustDeliver(true, incoming("2.1", "79161234567", start.Add(time.Hour)))
	if calls := b.calls(); len(calls) != 2 {
		t.Errorf("the account has %v", calls)
	}
}

func TestACallWithoutANumberIsLeftOutWithAReason(t *testing.T) {
	b := newBench(t, kommosim.Options{}, nil)
	parcels, skipped := b.target.Parcels(incoming("1.1", "anonymous", start), true)
	if len(parcels) != 0 || skipped != "the caller shows no number" {
		t.Errorf("%d parcels, skipped because of %q", len(parcels), skipped)
	}
}
