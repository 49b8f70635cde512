package bitrix24

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"ringback/internal/crm"
)

// requests is the budget of the number of requests. Each method has one of its
// own besides, for its operating time.
const requests = "requests"

// The methods in use.
const (
	methodRegister   = "telephony.externalcall.register"
	methodFinish     = "telephony.externalcall.finish"
	methodAttach     = "telephony.externalcall.attachRecord"
	methodStatistics = "voximplant.statistic.get"
	methodUsers      = "user.get"
	methodBatch      = "batch"
	methodSearch     = "telephony.externalcall.searchCrmEntities"

	methodTaskAdd      = "tasks.task.add"
	methodTaskGet      = "tasks.task.get"
	methodTaskList     = "tasks.task.list"
	methodTaskComplete = "tasks.task.complete"
)

// shortNames name the methods' budgets.
var shortNames = map[string]string{
	methodRegister: "register", methodFinish: "finish", methodAttach: "attach", methodStatistics: "statistics", methodUsers: "users",
	methodSearch: "search", methodTaskAdd: "task", methodTaskComplete: "task complete",
}

func shortName(method string) string {
	if name, ok := shortNames[method]; ok {
		return name
	}
	return method
}

// paced are the methods whose operating time deliveries are paced by, and
// pacedWithTasks those where missed calls become tasks.
var (
	paced          = []string{methodRegister, methodFinish, methodAttach}
	pacedWithTasks = append(slices.Clone(paced), methodTaskAdd, methodTaskComplete)
)

// budgetOf names a method's budget: calls of the past have one of their own, a
// little smaller, so that what they used up leaves something to live ones.
func budgetOf(method string, past bool) string {
	if past {
		return "past " + shortName(method)
	}
	return shortName(method)
}

// costs are what methods work in seconds, by the examples in the documents;
// what answers say takes their place.
var costs = map[string]float64{
	methodRegister: 0.22, methodFinish: 1.41, methodAttach: 0.1, methodStatistics: 0.3, methodUsers: 0.3, methodSearch: 0.25,
	methodTaskAdd: 0.93, methodTaskGet: 0.16, methodTaskList: 0.35, methodTaskComplete: 0.45,
}

const (
	// windowLength is over what time operating time counts.
	windowLength = 10 * time.Minute
	// liveShare is the part of every limit that calls of the past leave to live
	// ones.
	liveShare = 0.04
	// leastOperating is the lowest limit that is believed, in seconds: a refusal
	// soon after the start says only that another process was at work.
	leastOperating = 240
	// unknownPause is how long to wait where the portal refused and never said
	// until when.
	unknownPause = time.Minute
)

// limits keeps requests back that the portal would refuse. Deliveries are paced
// before they come here; this sees every request, those that no step counted
// too, and what the portal says of each.
type limits struct {
	now   func() time.Time
	meter crm.Meter

	mu sync.Mutex
	// rate requests a second drain from a bucket that holds burst.
	rate, burst, level float64
	at                 time.Time
	operating          float64
	methods            map[string]*window
	paced              []string
}

func newLimits(s Settings, services crm.Services) *limits {
	l := &limits{now: services.Now, meter: services.Meter, operating: s.OperatingLimit, methods: make(map[string]*window), paced: paced}
	if s.Tasks != nil {
		l.paced = pacedWithTasks
	}
	if asksForClients(s.Rules) {
		l.paced = append(slices.Clone(l.paced), methodSearch)
	}
	if l.operating == 0 {
		l.operating = cloudOperating
	}
	l.plan(s.Enterprise)
	return l
}

// plan sets the intensity that the portal's plan allows.
func (l *limits) plan(enterprise bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate, l.burst = 2, 50
	if enterprise {
		l.rate, l.burst = 5, 250
	}
}

// Budgets are the portal's limits, as deliveries are paced by them.
func (t *Target) Budgets() []crm.Budget { return t.client.limits.budgets() }

func (l *limits) budgets() []crm.Budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []crm.Budget{{Name: requests, Units: l.rate, Window: time.Second, Burst: l.burst * 0.7, Live: 0.2}}
	if l.operating < 0 {
		return list
	}
	for _, method := range l.paced {
		for past, units := range map[bool]float64{false: l.operating, true: l.operating * (1 - liveShare)} {
			list = append(list, crm.Budget{Name: budgetOf(method, past), Units: units, Window: windowLength, Burst: units / 4})
		}
	}
	return list
}

// admission is a request that was let through.
type admission struct {
	methods []string
	costs   []float64
	batch   bool
}

// admit lets a request through, or says when to come again. settle must follow.
func (l *limits) admit(r request) (admission, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	count := float64(1 + r.more)
	if err := l.intensity(now, r.past); err != nil && !r.follows {
		return admission{}, err
	}
	a := admission{methods: r.inside, batch: r.inside != nil}
	if a.methods == nil {
		a.methods = []string{r.method}
	}
	allowed := l.operating
	if r.past {
		allowed *= 1 - liveShare
	}
	wanted := make(map[string]float64)
	for _, m := range a.methods {
		w := l.window(m)
		wanted[m] += w.mean
		a.costs = append(a.costs, w.mean)
		if until, ok := w.wait(now, wanted[m], allowed, r.past); ok {
			return admission{}, &crm.Error{
				Class: crm.Throttled, Budget: budgetOf(m, r.past), Until: until,
				Reason: shortName(m) + " has used the operating time that the portal allows",
			}
		}
	}
	for i, m := range a.methods {
		l.window(m).begin(a.costs[i])
	}
	l.level += count
	return a, nil
}

// intensity keeps requests within what the portal's bucket holds; some room is
// left for what other programs behind our address send.
func (l *limits) intensity(now time.Time, past bool) error {
	if drained := now.Sub(l.at).Seconds() * l.rate; drained > 0 {
		l.level, l.at = max(0, l.level-drained), now
	}
	room := l.burst * 0.9
	if past {
		room = l.burst * 0.8
	}
	if l.level+1 <= room { // whatever follows: who needs two must not starve beside those who need one
		return nil
	}
	wait := time.Duration((l.level + 1 - room) / l.rate * float64(time.Second))
	return &crm.Error{
		Class: crm.Throttled, Budget: requests, Until: now.Add(wait + time.Millisecond),
		Reason: "the portal takes no more requests this moment",
	}
}

// repeated counts a request that is sent once more under one admission.
func (l *limits) repeated() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.level++
}

func (l *limits) window(method string) *window {
	w := l.methods[method]
	if w == nil {
		mean, ok := costs[method]
		if !ok {
			mean = 0.2
		}
		w = &window{mean: mean, unsure: true}
		l.methods[method] = w
	}
	return w
}

// settle ends an admission with what the answer says, nil where there was none.
func (l *limits) settle(ctx context.Context, a admission, answer *envelope) {
	if len(a.methods) == 0 {
		return
	}
	var inner mapping[timing]
	if answer != nil && a.batch {
		inner = batchTimes(answer)
	}
	for i, m := range a.methods {
		said := timing{}
		switch {
		case answer == nil:
		case inner != nil:
			said = inner[command(i)]
		case !a.batch:
			said = answer.Time
		}
		l.mu.Lock()
		w := l.window(m)
		w.end(l.now(), a.costs[i], said, answer != nil && answer.Error == nil)
		until := w.resetAt
		l.mu.Unlock()
		if said.Operating != nil && !until.IsZero() && slices.Contains(l.paced, m) {
			// The meter only paces: where it cannot be told, requests are kept back here.
			_ = l.meter.Spent(ctx, budgetOf(m, false), *said.Operating, until)
			_ = l.meter.Spent(ctx, budgetOf(m, true), *said.Operating, until)
		}
	}
}

// refused takes down that the portal refused for a limit, and says until when.
func (l *limits) refused(said *refusal, method string) (until time.Time, budget string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if strings.EqualFold(said.code, "operation_time_limit") {
		w := l.window(method)
		if used := w.used(); used >= leastOperating && used < l.operating {
			l.operating = used // this portal's limit is lower
		}
		return w.block(now), shortName(method)
	}
	// The bucket is fuller than it should be: others behind our address use it.
	l.level, l.at = l.burst, now
	return now.Add(time.Duration(l.burst / 5 / l.rate * float64(time.Second))), requests
}

// cost is what a call of a method is expected to work, in seconds, and whether
// there is a limit to it.
func (l *limits) cost(method string) (seconds float64, limited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.window(method).mean, l.operating >= 0
}
