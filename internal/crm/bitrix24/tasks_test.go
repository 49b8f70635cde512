package bitrix24_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ringback/internal/call"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/policy"
)

const client = "79161234567"

// withTasks makes tasks of missed calls, due four hours after them.
func withTasks(s *bitrix24.Settings) {
	s.Tasks = &bitrix24.Tasks{Responsible: []policy.Responsible{policy.OfClient, policy.OfPerson, policy.OfDefault}, Deadline: 4 * time.Hour}
}

// later is a call that began so many seconds after those of the harness.
func later(c *call.Call, seconds int) *call.Call {
	by := time.Duration(seconds) * time.Second
	for _, t := range []*call.Time{&c.StartedAt, &c.AnsweredAt, &c.EndedAt} {
		t.Time = t.Add(by)
	}
	return c
}

// calledBack is a call of 202 that the client answered.
func calledBack(id, to string) *call.Call {
	c := outgoing(id, to, call.Answered)
	c.AnsweredAt, c.Talk = at(2), 10
	c.Legs[0].Result, c.Legs[0].AnsweredAt, c.Legs[0].Talk = call.LegAnswered, at(2), 10
	c.Talks = []call.Talk{{From: at(2), Until: at(12), Parties: []string{"202", to}}}
	return c
}

func (h *house) expectTasks(want ...bitrixsim.Task) {
	h.Helper()
	ignored := cmpopts.IgnoreFields(bitrixsim.Task{}, "ID", "Description", "Created", "Locked")
	if diff := cmp.Diff(want, h.portal.State().Tasks, ignored, cmpopts.EquateEmpty()); diff != "" {
		h.Errorf("the portal's tasks (-want +got):\n%s", diff)
	}
}

func TestAMissedCallBecomesATaskOfWhoeverHasTheClient(t *testing.T) {
	h := open(t, bitrixsim.Options{}, withTasks)
	h.portal.AddClient(bitrixsim.Client{Type: "CONTACT", ID: 797, Phone: client, Responsible: 5})
	h.must(missed("1.1", client), false)
	h.expectTasks(bitrixsim.Task{
		Title: "Перезвонить 79161234567", Responsible: 5, Creator: 1, Deadline: "2026-09-21T14:00:32+03:00",
		CRM: []string{"C_797"}, XMLID: "main-1.1", Status: 2,
	})
	want := "Пропущенный звонок от 79161234567, 21.09.2026 10:00.\nЛиния: 74950000001\nRingback main-1.1"
	if got := h.portal.State().Tasks[0].Description; got != want {
		t.Errorf("the task says %q, want %q", got, want)
	}
}

func TestTasksAreInTheLanguageOfThePortal(t *testing.T) {
	for host, want := range map[string]string{
		"demo.bitrix24.by": "Перезвонить", "demo.bitrix24.kz": "Перезвонить", "crm.example.ru": "Перезвонить",
		"demo.bitrix24.com": "Call back", "demo.bitrix24.de": "Call back",
	} {
		h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{WebhookTelephony: true}}, func(s *bitrix24.Settings) {
			withTasks(s)
			useWebhook(s)
			s.Webhook = hookAt(host)
		})
		h.portal.AddWebhook(1, "hookcode")
		voicemail := missed("1.1", client)
		voicemail.Result = call.Voicemail
		h.must(voicemail, false)
		if got := h.portal.State().Tasks; len(got) != 1 || !strings.HasPrefix(got[0].Title, want) {
			t.Errorf("%s: tasks %+v, want one that begins with %s", host, got, want)
		}
	}
}

func TestWhichCallsBecomeTasks(t *testing.T) {
	outside := missed("1.1", client)
	outside.Direction = call.Outgoing
	voicemail := missed("1.1", client)
	voicemail.Result = call.Voicemail
	forPast := func(s *bitrix24.Settings) { withTasks(s); s.Tasks.ForPast = true }
	for _, test := range []struct {
		name   string
		call   *call.Call
		past   bool
		change func(*bitrix24.Settings)
		want   int
	}{
		{"a missed call", missed("1.1", client), false, withTasks, 1},
		{"one that went to voicemail", voicemail, false, withTasks, 1},
		{"an answered one does not", incoming("1.1", client), false, withTasks, 0},
		{"nor one of ours that the client did not answer", outgoing("1.1", client, call.NoAnswer), false, withTasks, 0},
		{"nor one without a number to call back", missed("1.1", "anonymous"), false, withTasks, 0},
		{"nor one of the past", missed("1.1", client), true, withTasks, 0},
		{"unless that is wanted", missed("1.1", client), true, forPast, 1},
		{"nor any where tasks are not wanted", missed("1.1", client), false, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, test.change)
			h.must(test.call, test.past)
			if got := h.portal.State(); len(got.Tasks) != test.want || len(got.Calls) != 1 {
				t.Errorf("%d tasks and %d calls, want %d and 1", len(got.Tasks), len(got.Calls), test.want)
			}
		})
	}
}

func TestWhoseTaskItIs(t *testing.T) {
	const dismissed = 9
	only := func(ladder ...policy.Responsible) func(*bitrix24.Settings) {
		return func(s *bitrix24.Settings) { withTasks(s); s.Tasks.Responsible = ladder }
	}
	for _, test := range []struct {
		name   string
		has    int64 // who has the client, 0: nobody knows him
		rang   []call.Leg
		change func(*bitrix24.Settings)
		want   int64
	}{
		{"whoever has the client", 5, missed("", "").Legs, withTasks, 5},
		{"the last who rang, where nobody knows the client", 0, missed("", "").Legs, withTasks, 6},
		{"the last who rang, where the client's is dismissed", dismissed, missed("", "").Legs, withTasks, 6},
		{"the default user, where nobody rang", 0, nil, withTasks, 1},
		{"the default user, where the ladder leads to nobody", dismissed, missed("", "").Legs, only(policy.OfClient), 1},
		{"the last who rang, where that comes first", 5, missed("", "").Legs, only(policy.OfPerson, policy.OfClient), 6},
		{"the default user, where that is said", 5, missed("", "").Legs, only(policy.OfDefault), 1},
		{"the default user of the trunk", 0, nil, func(s *bitrix24.Settings) {
			withTasks(s)
			s.Rules.Trunks = map[string]policy.Trunk{"trunk-a": {DefaultUser: 6}}
		}, 6},
		{"one of the own map who is dismissed does not", 0, missed("", "").Legs, func(s *bitrix24.Settings) {
			withTasks(s)
			s.Users = map[string]int64{"202": dismissed}
		}, 1},
	} {
		for _, lenient := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{TasksForDismissed: lenient, Russian: true, CreatorRequired: !lenient}}, test.change)
				h.portal.AddUser(bitrixsim.User{ID: dismissed})
				if test.has > 0 {
					h.portal.AddClient(bitrixsim.Client{Type: "LEAD", ID: 3, Phone: client, Responsible: test.has})
				}
				c := missed("1.1", client)
				c.Legs = test.rang
				h.must(c, false)
				if got := h.portal.State().Tasks; len(got) != 1 || got[0].Responsible != test.want {
					t.Errorf("tasks %+v, want one of user %d", got, test.want)
				}
			})
		}
	}
}

func TestSomebodyDismissedAMomentAgoGivesTheTaskToTheNext(t *testing.T) {
	h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{Russian: true}}, withTasks)
	h.portal.AddClient(bitrixsim.Client{Type: "COMPANY", ID: 3, Phone: client, Responsible: 5})
	h.must(incoming("1.0", "79160000000"), false) // the users are read
	h.portal.AddUser(bitrixsim.User{ID: 5, Inner: "201"})
	h.must(missed("1.1", client), false)
	if got := h.portal.State().Tasks; len(got) != 1 || got[0].Responsible != 6 || got[0].CRM[0] != "CO_3" {
		t.Errorf("tasks %+v, want one of user 6", got)
	}
}

func TestACallBackClosesTheTask(t *testing.T) {
	open79 := bitrixsim.Task{Title: "Перезвонить 79161234567", Responsible: 6, Creator: 1, Deadline: "2026-09-21T14:00:32+03:00", XMLID: "main-1.1", Status: 2}
	closed := open79
	closed.Status = 5
	unanswered := outgoing("1.2", client, call.NoAnswer)
	for _, test := range []struct {
		name string
		next *call.Call
		past bool
		want bitrixsim.Task
	}{
		{"a call of ours that the client answered", later(calledBack("1.2", client), 60), false, closed},
		{"a call of the client that somebody answered", later(incoming("1.2", client), 60), false, closed},
		{"however the number is written", later(calledBack("1.2", "89161234567"), 60), false, closed},
		{"a run over the past that finds it", later(calledBack("1.2", client), 60), true, closed},
		{"not one that the client did not answer", later(unanswered, 60), false, open79},
		{"not one with another client", later(calledBack("1.2", "79161234568"), 60), false, open79},
		{"not one before the missed call, which a run over the past brings", later(calledBack("1.2", client), -60), true, open79},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, withTasks)
			h.must(missed("1.1", client), false)
			h.restart()
			h.must(test.next, test.past)
			h.expectTasks(test.want)
		})
	}
}

func TestAClientWhoIsMissedTwiceIsOneTaskWhileItIsOpen(t *testing.T) {
	h := open(t, bitrixsim.Options{}, withTasks)
	h.must(missed("1.1", client), false)
	h.must(later(missed("1.2", client), 60), false)
	if got := h.portal.State().Tasks; len(got) != 1 {
		t.Fatalf("%d tasks, want 1", len(got))
	}
	h.must(later(calledBack("1.3", client), 120), false)
	h.must(later(missed("1.4", client), 180), false)
	got := h.portal.State().Tasks
	if len(got) != 2 || got[0].Status != 5 || got[1].Status != 2 || got[1].XMLID != "main-1.4" {
		t.Errorf("tasks %+v, want a closed one and an open one for the last call", got)
	}
}

func TestATaskForTwoMissedCallsIsNotClosedByACallBetweenThem(t *testing.T) {
	h := open(t, bitrixsim.Options{}, withTasks)
	h.must(missed("1.1", client), false)
	h.must(later(missed("1.3", client), 120), false)
	h.must(later(calledBack("1.2", client), 60), true) // a run over the past finds it
	if got := h.portal.State().Tasks; len(got) != 1 || got[0].Status != 2 {
		t.Fatalf("tasks %+v, want an open one", got)
	}
	h.must(later(calledBack("1.4", client), 180), false)
	if got := h.portal.State().Tasks; len(got) != 1 || got[0].Status != 5 {
		t.Errorf("tasks %+v, want a closed one", got)
	}
}

func TestATaskThatSomebodyClosedOrDeletedMakesRoomForTheNext(t *testing.T) {
	for name, change := range map[string]func(*bitrixsim.Task) bool{
		"completed":      func(t *bitrixsim.Task) bool { t.Status = 5; return true },
		"to be approved": func(t *bitrixsim.Task) bool { t.Status = 4; return true },
		"deleted":        func(*bitrixsim.Task) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, withTasks)
			h.must(missed("1.1", client), false)
			h.portal.ChangeTask(h.portal.State().Tasks[0].ID, change)
			h.must(later(missed("1.2", client), 60), false)
			got := h.portal.State().Tasks
			if len(got) == 0 || got[len(got)-1].XMLID != "main-1.2" || got[len(got)-1].Status != 2 {
				t.Errorf("tasks %+v, want an open one for the second call", got)
			}
		})
	}
}

func TestHowManyRequestsTasksTake(t *testing.T) {
	forPast := func(s *bitrix24.Settings) {
		withTasks(s)
		s.Tasks.ForPast = true
	}
	h := open(t, bitrixsim.Options{}, forPast)
	h.must(outgoing("1.0", "79160000000", call.Busy), false) // signs in, and reads the users
	for _, test := range []struct {
		name string
		call *call.Call
		past bool
		want int
	}{
		{"a missed call that becomes a task", missed("1.1", client), false, 4},
		{"one more while the task is open", later(missed("1.2", client), 30), false, 3},
		{"the call that closes it", later(calledBack("1.3", client), 60), false, 3},
		{"a missed call of the past", missed("1.4", "79161111111"), true, 5},
		{"a call that closes nothing", calledBack("1.5", "79162222222"), true, 2},
	} {
		before := h.portal.State().Requests
		h.must(test.call, test.past)
		if got := h.portal.State().Requests - before; got != test.want {
			t.Errorf("%s takes %d requests, want %d", test.name, got, test.want)
		}
	}
}
