package bitrix24_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
)

var asBrought = cmpopts.IgnoreFields(bitrixsim.Call{}, "ID", "CallID", "Activity", "File")

func (h *house) expect(want ...bitrixsim.Call) {
	h.Helper()
	if diff := cmp.Diff(want, h.portal.State().Calls, asBrought, cmpopts.IgnoreUnexported(bitrixsim.Call{}), cmpopts.EquateEmpty()); diff != "" {
		h.Errorf("the portal's calls (-want +got):\n%s", diff)
	}
}

func TestAnAnsweredCallArrivesWithItsRecording(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	h.portal.AddClient(bitrixsim.Client{Type: "CONTACT", ID: 797, Phone: "79161234567"})
	c := incoming("1795410855.21", "79161234567")
	h.must(c, false)
	h.expect(bitrixsim.Call{
		External: "main-1795410855.21", User: 5, FinishedUser: 5, Phone: "79161234567", Type: 2, Line: "74950000001",
		Start: "2026-09-21T10:00:00+03:00", Duration: 30, Status: "200", EntityType: "CONTACT", Entity: 797,
		FileName: "main-1795410855.21.wav", FileSHA256: hashOf(c), Chats: 1,
	})
}

func TestACallOfThePastIsSilent(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*bitrix24.Settings)
		past   bool
		leads  int
		chats  int
	}{
		{"a call of the past makes no notice and no lead, though live ones do", func(s *bitrix24.Settings) { s.CreateLeads = true }, true, 0, 0},
		{"unless that is wanted", func(s *bitrix24.Settings) { s.CreateLeadsForPast = true }, true, 1, 0},
		{"a live one makes a lead where that is wanted", func(s *bitrix24.Settings) { s.CreateLeads = true }, false, 1, 1},
		{"and none where it is not", nil, false, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, test.change)
			h.must(incoming("1.1", "79161234567"), test.past)
			s := h.portal.State()
			if len(s.Clients) != test.leads || s.Calls[0].Chats != test.chats || s.Calls[0].Shown {
				t.Errorf("leads %d, notices %d, card shown %v; want %d, %d, false", len(s.Clients), s.Calls[0].Chats, s.Calls[0].Shown, test.leads, test.chats)
			}
		})
	}
}

func TestEveryResultHasItsStatus(t *testing.T) {
	for result, want := range map[call.Result]string{
		call.Answered: "200", call.Busy: "486", call.Cancelled: "603-S", call.NoAnswer: "480", call.Rejected: "603", call.WrongNumber: "404",
		call.Congestion: "503", call.Failed: "503", call.Unavailable: "480", call.Missed: "304", call.Voicemail: "304",
	} {
		h := open(t, bitrixsim.Options{}, nil)
		h.must(outgoing("1.1", "79161234567", result), true)
		h.expect(bitrixsim.Call{
			External: "main-1.1", User: 6, FinishedUser: 6, Phone: "79161234567", Type: 1, Line: "trunk-a",
			Start: "2026-09-21T10:00:00+03:00", Status: want,
		})
	}
}

func TestWhoseCallItIs(t *testing.T) {
	transfer := incoming("1.3", "79161234567")
	transfer.Legs = append(transfer.Legs, call.Leg{ID: "x", Party: ours("202"), Via: call.ViaBlindTransfer, RangAt: at(40), AnsweredAt: at(42), Result: call.LegAnswered})
	transfer.Talks = append(transfer.Talks, call.Talk{From: at(42), Until: at(50), Parties: []string{"79161234567", "202"}})
	stranger := incoming("1.4", "79161234567")
	stranger.Legs[0].Party, stranger.Talks[0].Parties = ours("299"), []string{"79161234567", "299"}
	menu := missed("1.5", "79161234567")
	menu.Legs = nil
	for _, test := range []struct {
		name   string
		call   *call.Call
		change func(*bitrix24.Settings)
		want   int64
	}{
		{"the one who answered has the call", incoming("1.1", "79161234567"), nil, 5},
		{"of a missed call, the one who rang last", missed("1.2", "79161234567"), nil, 6},
		{"after a transfer, the last one", transfer, nil, 6},
		{"an extension that nobody has: the default user", stranger, nil, 1},
		{"a caller who gave up in the menu: the default user", menu, nil, 1},
		{"the own map goes before the portal", incoming("1.6", "79161234567"), func(s *bitrix24.Settings) { s.Users = map[string]int64{"201": 6} }, 6},
		{"without a default user, the one who installed the application", stranger, func(s *bitrix24.Settings) { s.DefaultUser = 0 }, 1},
		{"a dismissed one of the own map: the default user", incoming("1.7", "79161234567"), func(s *bitrix24.Settings) { s.Users = map[string]int64{"201": 9} }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, test.change)
			h.portal.AddUser(bitrixsim.User{ID: 9})
			h.must(test.call, false)
			if got := h.portal.State().Calls; len(got) != 1 || got[0].User != test.want || got[0].FinishedUser != test.want {
				t.Errorf("calls %+v, want one of user %d", got, test.want)
			}
		})
	}
}

func TestAUserDismissedBetweenRegisteringAndFinishingGivesTheCallToTheDefaultOne(t *testing.T) {
	var h *house
	h = open(t, bitrixsim.Options{Fault: func(r bitrixsim.Request) bitrixsim.Fault {
		if strings.HasSuffix(r.Method, ".finish") {
			h.portal.AddUser(bitrixsim.User{ID: 5, Inner: "201"})
		}
		return bitrixsim.NoFault
	}}, nil)
	h.must(incoming("1.1", "79161234567"), true)
	if got := h.portal.State().Calls; len(got) != 1 || got[0].FinishedUser != 1 {
		t.Errorf("calls %+v, want one finished by user 1", got)
	}
}

func TestADefaultUserWhoIsDismissedBlocksTheTargetAndLosesNoCall(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { s.DefaultUser = 9 })
	c := missed("1.1", "79161234567")
	c.Legs = nil
	e, ok := errors.AsType[*crm.Error](h.bring(c, true)[0])
	if !ok || e.Class != crm.Blocked || !strings.Contains(e.Hint, "default_user") {
		t.Fatalf("outcome %v", e)
	}
}

func TestTwoQuickCallsOfOneClientStayTwo(t *testing.T) {
	for _, finished := range []bool{false, true} {
		h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{DedupFinished: finished}}, nil)
		h.must(incoming("1.1", "79161234567"), true)
		h.must(incoming("1.2", "79161234567"), true)
		if got := h.portal.State(); len(got.Calls) != 2 || got.Unfinished != 0 {
			t.Errorf("calls %d, unfinished %d; want 2 and 0", len(got.Calls), got.Unfinished)
		}
	}
}

func TestAnAnonymousCallerIsKept(t *testing.T) {
	h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { s.CreateLeads = true })
	h.must(incoming("1.1", "anonymous"), false)
	s := h.portal.State()
	if len(s.Calls) != 1 || s.Calls[0].Phone != "70000000000" || len(s.Clients) != 0 {
		t.Errorf("calls %+v, clients %v; want the placeholder and no lead of it", s.Calls, s.Clients)
	}
	h = open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { s.Rules.Anonymous = "" })
	if err := h.bring(incoming("1.1", ""), false)[0]; !strings.Contains(err.Error(), "anonymous_number") {
		t.Errorf("skipped because %v", err)
	}
}

func TestASecondOutsidePartyIsACallOfItsOwn(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	c := incoming("1.1", "79161234567")
	c.Legs = append(c.Legs, call.Leg{
		ID: "x", Channel: "PJSIP/trunk-b-1", Party: call.Party{Number: "79035550057"}, Via: call.ViaAttendedTransfer,
		RangAt: at(20), AnsweredAt: at(25), Result: call.LegAnswered, Talk: 15,
	})
	c.Talks = append(c.Talks, call.Talk{From: at(25), Until: at(30), Parties: []string{"201", "79035550057"}})
	h.must(c, true)
	got := h.portal.State().Calls
	if len(got) != 2 || got[1].External != "main-1.1-2" || got[1].Type != 1 || got[1].Start != "2026-09-21T10:00:20+03:00" || got[1].FileName != "" {
		t.Errorf("calls %+v", got)
	}
}

func TestUsersArePagedAndReadOnce(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	for i := range 120 {
		h.portal.AddUser(bitrixsim.User{ID: int64(100 + i), Inner: strconv.Itoa(500 + i), Active: true})
	}
	h.portal.AddUser(bitrixsim.User{ID: 400, Inner: "", Active: true})
	c := incoming("1.1", "79161234567")
	c.Legs[0].Party, c.Talks[0].Parties = ours("619"), []string{"79161234567", "619"}
	h.must(c, true)
	used := h.portal.State().Used["user.get"]
	h.must(incoming("1.2", "79161234567"), true)
	s := h.portal.State()
	if s.Calls[0].User != 219 || s.Used["user.get"] != used {
		t.Errorf("user %d, want 219; users were read again: %v", s.Calls[0].User, s.Used["user.get"] != used)
	}
}

func TestMoreUsersThanRequestsAreTakenAtOnceAreReadAllTheSame(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	for i := range 3000 {
		h.portal.AddUser(bitrixsim.User{ID: int64(100 + i), Inner: strconv.Itoa(5000 + i), Active: true})
	}
	c := incoming("1.1", "79161234567")
	c.Legs[0].Party, c.Talks[0].Parties = ours("7999"), []string{"79161234567", "7999"}
	h.must(c, true)
	if s := h.portal.State(); s.Calls[0].User != 3099 {
		t.Errorf("the call is of user %d, want 3099", s.Calls[0].User)
	}
}

func TestACallThatIsWantedAgainIsNoDouble(t *testing.T) {
	h := open(t, bitrixsim.Options{}, nil)
	parcels, _ := h.target.Parcels(incoming("1.1", "79161234567"), true)
	memo, err := h.parcel(&parcels[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.advance(time.Hour)
	if _, err := h.parcel(&parcels[0], h.target.Afresh(memo)); err != nil {
		t.Fatal(err)
	}
	s := h.portal.State()
	if len(s.Calls) != 1 || s.Unfinished != 0 || s.Files[s.Calls[0].CallID] != 2 {
		t.Errorf("%d calls, %d unfinished, recording taken %v times; want 1, 0, 2", len(s.Calls), s.Unfinished, s.Files)
	}
}
