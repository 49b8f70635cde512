package deliver

import (
	"testing"

	"ringback/internal/call"
)

func TestOfACallThatComesTwiceAtOnceTheLaterStateIsDelivered(t *testing.T) {
	portal := newFake()
	portal.update = true
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(1, 1)
	b.set(list[0])
	b.process()
	later := *list[0]
	later.Result = call.Missed
	b.set(list[0], &later)
	run := b.process()
	same(t, "delivered", run.Calls.Delivered, int64(1))
	same(t, "the revision at the target", b.settled(list[0]).Delivered, int64(2))
	same(t, "revisions of entries", portal.entries(), map[string]int64{"main-" + list[0].ID: 2})
}

func TestAPartThatIsRecordedTogetherWithItsWholeIsNotDelivered(t *testing.T) {
	portal := newFake()
	portal.update = true
	b := start(t, Target{Name: "portal", Target: portal})
	list := someCalls(2, 2)
	whole := *list[1]
	whole.LinkedIDs = []string{list[1].ID, list[0].ID}
	b.set(list[0], &whole)
	b.process()
	same(t, "revisions of entries", portal.entries(), map[string]int64{"main-" + list[1].ID: 2})
}
