package bitrix24_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/crm/bitrix24"
	"ringback/internal/crm/bitrix24/bitrixsim"
	"ringback/internal/crm/policy"
)

func TestWhateverFailsEachTaskIsMadeOnceAndClosed(t *testing.T) {
	for name, fault := range faults {
		for _, method := range []string{".searchcrmentities", "tasks.task.add", "tasks.task.list", "tasks.task.complete", "tasks.task.get"} {
			for switches := range 8 {
				t.Run(fmt.Sprintf("%s/%s/%d", name, method, switches), func(t *testing.T) {
					o := bitrixsim.Options{Fault: once(method, fault), Switches: bitrixsim.Switches{
						NoXMLID: switches&1 != 0, CompleteTwice: switches&2 != 0, FilterXMLID: switches&2 != 0,
						Russian: switches&4 != 0, CreatorRequired: switches&4 != 0, OldRefresh: switches&4 != 0,
					}}
					h := open(t, o, withTasks)
					h.must(missed("1.1", client), false)
					h.must(later(missed("1.2", client), 30), false)
					h.must(later(calledBack("1.3", client), 60), false)
					s := h.portal.State()
					if len(s.Calls) != 3 || s.Unfinished != 0 || len(s.Tasks) != 1 || s.Tasks[0].Status != 5 || len(h.warnings) > 0 {
						t.Errorf("%d calls, %d unfinished, tasks %+v, warnings %q; want 3, 0, a closed one and none", len(s.Calls), s.Unfinished, s.Tasks, h.warnings)
					}
				})
			}
		}
	}
}

func TestATaskWhoseAnswerWasLostIsFoundAmongManyOthers(t *testing.T) {
	for name, o := range map[string]bitrixsim.Switches{"by its key": {}, "by its last line, where the portal keeps no key": {NoXMLID: true}} {
		t.Run(name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{Switches: o}, withTasks)
			p, _ := h.target.Parcels(missed("1.1", client), false)
			memo := h.until(&p[0], nil, "task")
			step := h.target.Next(&p[0], memo)
			for range 70 {
				h.portal.AddTask(bitrixsim.Task{Title: "Перезвонить 79161234567", Description: "Ringback main-1.11", Creator: 1, Responsible: 1})
			}
			if _, done, err := h.target.Look(t.Context(), &p[0], step, memo); err != nil || done {
				t.Fatalf("before: %v, %v; want not done", done, err)
			}
			if _, err := h.target.Do(t.Context(), &p[0], step, memo); err != nil { // done, and not written down
				t.Fatal(err)
			}
			for range 70 {
				h.portal.AddTask(bitrixsim.Task{Title: "b", Creator: 1, Responsible: 1})
			}
			h.restart()
			found, done, err := h.target.Look(t.Context(), &p[0], step, memo)
			if err != nil || !done {
				t.Fatalf("after: %v, %v; want done", done, err)
			}
			if _, err := h.parcel(&p[0], found); err != nil {
				t.Fatal(err)
			}
			h.must(later(calledBack("1.2", client), 60), false)
			i := slices.IndexFunc(h.portal.State().Tasks, func(t bitrixsim.Task) bool { return t.Status == 5 })
			if i != 70 || len(h.portal.State().Tasks) != 141 {
				t.Errorf("of %d tasks, number %d is closed; want 141 and 70", len(h.portal.State().Tasks), i)
			}
		})
	}
}

// until does the steps of a parcel up to one, which is not done.
func (h *house) until(p *crm.Parcel, memo crm.Memo, name string) crm.Memo {
	h.Helper()
	for range 20 {
		step := h.target.Next(p, memo)
		if step.Name == name {
			return memo
		}
		if step.Name == "" {
			break
		}
		got, err := h.target.Do(h.Context(), p, step, memo)
		if err != nil {
			h.Fatal(err)
		}
		memo = got
	}
	h.Fatalf("there is no step %s", name)
	return nil
}

func TestAPortalWithoutTheScopeGetsCallsAndRecordingsAndSaysWhatIsMissing(t *testing.T) {
	h := open(t, bitrixsim.Options{Scope: "crm,telephony,user_basic"}, withTasks)
	c := missed("1.1", client)
	c.Recordings = []string{"menu.wav"}
	h.must(c, false)
	s := h.portal.State()
	if len(s.Calls) != 1 || s.Calls[0].FileSHA256 != hashOf(c) || len(s.Tasks) != 0 {
		t.Errorf("calls %+v, tasks %v; want one call with its recording", s.Calls, s.Tasks)
	}
	if len(h.warnings) != 1 || !strings.Contains(h.warnings[0], "insufficient_scope") || !strings.Contains(h.warnings[0], "the scope task") {
		t.Errorf("warnings %q", h.warnings)
	}
	report, err := h.target.Check(t.Context())
	if err != nil || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "scope task") {
		t.Errorf("the check says %v, %v", report.Warnings, err)
	}
	without := open(t, bitrixsim.Options{Scope: "crm,telephony,user_basic"}, nil)
	if report, err := without.target.Check(t.Context()); err != nil || len(report.Warnings) != 0 {
		t.Errorf("without tasks the check says %v, %v", report.Warnings, err)
	}
}

func TestALookForATaskThatThePortalRefusesEndsWithAWarningAndNoSecondTask(t *testing.T) {
	o := bitrixsim.Options{Scope: "crm,telephony,user_basic"}
	h := open(t, o, withTasks)
	p, _ := h.target.Parcels(missed("1.1", client), false)
	memo := h.until(&p[0], nil, "task")
	found, done, err := h.target.Look(t.Context(), &p[0], h.target.Next(&p[0], memo), memo)
	if err != nil || !done {
		t.Fatalf("look says %v, %v; want done", done, err)
	}
	if step := h.target.Next(&p[0], found); step.Name != "warn" {
		t.Errorf("the next step is %q, want warn", step.Name)
	}
}

func TestATaskThatMayNotBeClosedIsAWarningAndTheRecordingArrives(t *testing.T) {
	h := open(t, bitrixsim.Options{}, withTasks)
	h.must(missed("1.1", client), false)
	h.portal.ChangeTask(h.portal.State().Tasks[0].ID, func(t *bitrixsim.Task) bool { t.Locked = true; return true })
	c := later(incoming("1.2", client), 60)
	h.must(c, false)
	s := h.portal.State()
	if s.Calls[1].FileSHA256 != hashOf(c) || len(h.warnings) != 1 || !strings.Contains(h.warnings[0], "stays open") {
		t.Errorf("recording %q, warnings %q", s.Calls[1].FileName, h.warnings)
	}
}

func TestATaskThatIsClosedOrGoneAlreadyIsNoWarning(t *testing.T) {
	for name, change := range map[string]func(*bitrixsim.Task) bool{
		"completed": func(t *bitrixsim.Task) bool { t.Status = 5; return true },
		"deleted":   func(*bitrixsim.Task) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{Russian: true}}, withTasks)
			h.must(missed("1.1", client), false)
			h.portal.ChangeTask(h.portal.State().Tasks[0].ID, change)
			h.must(later(calledBack("1.2", client), 60), false)
			if len(h.warnings) > 0 {
				t.Errorf("warnings %q", h.warnings)
			}
		})
	}
}

func TestACallThatIsWantedAgainMakesNoSecondTask(t *testing.T) {
	h := open(t, bitrixsim.Options{}, withTasks)
	p, _ := h.target.Parcels(missed("1.1", client), false)
	memo, err := h.parcel(&p[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	h.portal.ChangeTask(h.portal.State().Tasks[0].ID, func(t *bitrixsim.Task) bool { t.Status = 5; return true })
	h.clock.advance(time.Hour)
	if _, err := h.parcel(&p[0], h.target.Afresh(memo)); err != nil {
		t.Fatal(err)
	}
	if s := h.portal.State(); len(s.Tasks) != 1 || len(s.Calls) != 1 {
		t.Errorf("%d tasks and %d calls, want 1 and 1", len(s.Tasks), len(s.Calls))
	}
}

func TestACallOfThePastMakesNoTaskWhereTheClientWasSpokenWithLongAgo(t *testing.T) {
	for name, test := range map[string]struct {
		has  *call.Call
		want int
	}{
		"after the missed call, under another form of his number": {later(calledBack("1.2", "89161234567"), 60), 0},
		"before it":           {later(calledBack("1.2", client), -60), 1},
		"another client":      {later(calledBack("1.2", "79169999999"), 60), 1},
		"a call in vain":      {later(outgoing("1.2", client, call.NoAnswer), 60), 1},
		"a longer number":     {later(calledBack("1.2", "7916123456799"), 60), 1},
		"a call at that time": {calledBack("1.2", client), 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, bitrixsim.Options{}, func(s *bitrix24.Settings) { withTasks(s); s.Tasks.ForPast = true })
			h.must(test.has, false)
			h.must(missed("1.1", client), true)
			if got := h.portal.State().Tasks; len(got) != test.want || len(h.warnings) > 0 {
				t.Errorf("tasks %+v, warnings %q; want %d and none", got, h.warnings, test.want)
			}
		})
	}
}

// stubborn is a store that cannot save open tasks a few times.
type stubborn struct {
	*memory

	mu   sync.Mutex
	left int
	err  error
}

func (s *stubborn) Save(ctx context.Context, key string, value []byte, version int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(key, "tasks ") && s.left > 0 {
		s.left--
		return s.err
	}
	return s.memory.Save(ctx, key, value, version)
}

func TestAStoreThatCannotSaveMakesNoSecondTask(t *testing.T) {
	for _, err := range []error{context.DeadlineExceeded, crm.ErrConflict} {
		h := open(t, bitrixsim.Options{}, withTasks)
		store := &stubborn{memory: h.store, left: 30, err: err}
		h.services.Store = store
		h.restart()
		h.must(missed("1.1", client), false)
		store.left = 30
		h.must(later(calledBack("1.2", client), 60), false)
		if got := h.portal.State().Tasks; len(got) != 1 || got[0].Status != 5 {
			t.Errorf("%v: tasks %+v, want a closed one", err, got)
		}
	}
}

func TestSeveralProcessesKeepTheirOpenTasksTogether(t *testing.T) {
	h := open(t, bitrixsim.Options{Rate: 1000, Burst: 1000, Switches: bitrixsim.Switches{WebhookTelephony: true}}, func(s *bitrix24.Settings) {
		withTasks(s)
		useWebhook(s)
		s.Enterprise = true
	})
	h.portal.AddWebhook(1, "hookcode")
	const processes, each = 4, 6
	number := func(process, i int) string { return fmt.Sprintf("7916%d%d00077", process, i) }
	var running sync.WaitGroup
	for process := range processes {
		target, err := bitrix24.New(h.settings, h.services)
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			for i := range each {
				p, _ := target.Parcels(missed(fmt.Sprintf("1.%d%d", process, i), number(process, i)), false)
				var memo crm.Memo
				for step := target.Next(&p[0], memo); step.Name != ""; step = target.Next(&p[0], memo) {
					got, err := target.Do(t.Context(), &p[0], step, memo)
					if err != nil {
						t.Error(err)
						return
					}
					memo = got
				}
			}
		})
	}
	running.Wait()
	for process := range processes {
		for i := range each {
			h.must(later(calledBack(fmt.Sprintf("2.%d%d", process, i), number(process, i)), 60), false)
		}
	}
	closed := 0
	for _, task := range h.portal.State().Tasks {
		if task.Status == 5 {
			closed++
		}
	}
	if closed != processes*each {
		t.Errorf("%d of %d tasks are closed", closed, processes*each)
	}
}

func TestWhatIsKeptOfOpenTasksIsBounded(t *testing.T) {
	h := open(t, bitrixsim.Options{Rate: 1000, Burst: 1000, Operating: -1}, func(s *bitrix24.Settings) {
		withTasks(s)
		s.Enterprise, s.OperatingLimit = true, -1
	})
	number := func(i int) string { return fmt.Sprintf("7916%05d77", i) }
	for i := range 120 {
		h.must(later(missed(fmt.Sprintf("1.%d", i), number(i)), i), false)
	}
	if value := h.store.values["tasks 77"]; strings.Count(string(value), `"task"`) != 100 || len(value) > 10_000 {
		t.Errorf("%d tasks in %d bytes are kept, want 100", strings.Count(string(value), `"task"`), len(value))
	}
	h.must(later(calledBack("2.0", number(0)), 600), false)
	h.must(later(calledBack("2.119", number(119)), 600), false)
	s := h.portal.State().Tasks
	if s[0].Status != 2 || s[119].Status != 5 {
		t.Errorf("the oldest is in state %d, the newest in %d; want 2 and 5", s[0].Status, s[119].Status)
	}
}

func TestALeadHasTheSourceOfTheTrunkElseOfTheTarget(t *testing.T) {
	for name, want := range map[string]string{"trunk-a": "PARTNER", "trunk-b": "CALL"} {
		h := open(t, bitrixsim.Options{Fault: once(".register", bitrixsim.DropAfter)}, func(s *bitrix24.Settings) {
			s.CreateLeads, s.Rules.Source = true, "CALL"
			s.Rules.Trunks = trunks("trunk-a", "PARTNER")
		})
		c := incoming("1.1", client)
		c.Trunk = name
		h.must(c, false)
		s := h.portal.State()
		if len(s.Clients) != 1 || s.Clients[0].Source != want || len(s.Calls) != 1 || s.Unfinished != 0 {
			t.Errorf("%s: clients %+v, %d calls, %d unfinished; want one with the source %s, 1, 0", name, s.Clients, len(s.Calls), s.Unfinished, want)
		}
	}
}

func TestATaskOfAPortalWithoutACRMNamesNoClient(t *testing.T) {
	h := open(t, bitrixsim.Options{Switches: bitrixsim.Switches{NoCRM: true}}, withTasks)
	h.must(missed("1.1", client), false)
	if got := h.portal.State().Tasks; len(got) != 1 || got[0].Responsible != 6 || len(got[0].CRM) != 0 || len(h.warnings) > 0 {
		t.Errorf("tasks %+v, warnings %q; want one of who rang last", got, h.warnings)
	}
}

func TestAPortalThatManagesNoTasksHoldsNoCallUpForEver(t *testing.T) {
	for name, fault := range map[string]bitrixsim.Fault{"errors of its own": bitrixsim.ErrorBefore, "lost answers": bitrixsim.DropBefore} {
		t.Run(name, func(t *testing.T) {
			broken := ""
			var h *house
			h = open(t, bitrixsim.Options{Fault: func(r bitrixsim.Request) bitrixsim.Fault {
				if broken == "" || !strings.HasSuffix(r.Method, broken) {
					return bitrixsim.NoFault
				}
				h.clock.advance(10 * time.Minute) // the pauses between the tries
				return fault
			}}, withTasks)
			broken = "tasks.task.add"
			h.must(missed("1.1", client), false)
			if s := h.portal.State(); len(s.Tasks) != 0 || len(h.warnings) != 1 || !strings.Contains(h.warnings[0], "no task was made") {
				t.Fatalf("tasks %+v, warnings %q; want none and one", s.Tasks, h.warnings)
			}
			broken = ""
			h.must(later(missed("1.2", client), 60), false)
			broken = "tasks.task.complete"
			c := later(incoming("1.3", client), 120)
			h.must(c, false)
			s := h.portal.State()
			if len(h.warnings) != 2 || !strings.Contains(h.warnings[1], "stays open") || s.Calls[2].FileSHA256 != hashOf(c) {
				t.Fatalf("warnings %q, recording %q; want two, and the recording", h.warnings, s.Calls[2].FileName)
			}
			broken = ""
			h.must(later(calledBack("1.4", client), 180), false)
			if s := h.portal.State(); len(s.Tasks) != 1 || s.Tasks[0].Status != 5 {
				t.Errorf("tasks %+v, want one that the next call closed", s.Tasks)
			}
		})
	}
}

func TestTheConfigurationSaysWhatBecomesOfMissedCalls(t *testing.T) {
	s := bitrix24.SettingsOf(config.Target{MissedTasks: &config.MissedTasks{
		Responsible: []config.Responsible{config.OfRang, config.OfClient}, Deadline: config.Duration(time.Hour), ForPast: true,
	}})
	want := &bitrix24.Tasks{Responsible: []policy.Responsible{policy.OfPerson, policy.OfClient}, Deadline: time.Hour, ForPast: true}
	if diff := cmp.Diff(want, s.Tasks); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	if s := bitrix24.SettingsOf(config.Target{}); s.Tasks != nil {
		t.Errorf("tasks %+v without missed_tasks", s.Tasks)
	}
}
