package bitrix24

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// openTasks remembers, for all processes, which tasks were made for missed
// calls and not closed yet. The portal's list of tasks cannot be asked for those
// of a number by any documented filter.
type openTasks struct {
	store crm.Store
	now   func() time.Time
}

// openTask is a task for a missed call of a number.
type openTask struct {
	// Number is what significant leaves of the client's.
	Number string `json:"number"`
	Task   int64  `json:"task"`
	// Call is when the last missed call that it is for began, in unix microseconds.
	Call int64 `json:"call"`
}

const (
	// maxOpen is how many are kept of the numbers with the same last two digits:
	// with more, the oldest close no more by themselves.
	maxOpen = 100
	// openLasts is how long one is kept.
	openLasts = 180 * 24 * time.Hour
	// maxConflicts is how often a change is tried while other processes are first.
	maxConflicts = 20
)

// significant is what numbers are compared by: the last ten digits.
func significant(number string) string {
	digits := policy.Digits(number)
	return digits[max(0, len(digits)-10):]
}

// key is where the tasks of a number are kept: a hundred small lists, so that
// each is read and written quickly.
func (openTasks) key(number string) string { return "tasks " + number[max(0, len(number)-2):] }

// of lists the tasks of a number, the oldest call's first.
func (o openTasks) of(ctx context.Context, number string) ([]openTask, error) {
	all, _, err := o.load(ctx, significant(number))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t openTask) bool { return t.Number != significant(number) }), nil
}

// add takes down a task, or that it is for one more call; to do that twice changes
// nothing.
func (o openTasks) add(ctx context.Context, t openTask) error {
	t.Number = significant(t.Number)
	return o.change(ctx, t.Number, func(all []openTask) []openTask {
		if i := slices.IndexFunc(all, func(o openTask) bool { return o.Task == t.Task }); i >= 0 {
			all[i].Call = max(all[i].Call, t.Call)
			return all
		}
		oldest := o.now().Add(-openLasts).UnixMicro()
		all = slices.DeleteFunc(append(all, t), func(t openTask) bool { return t.Call < oldest })
		slices.SortStableFunc(all, func(a, b openTask) int { return cmp.Compare(a.Call, b.Call) })
		return all[max(0, len(all)-maxOpen):]
	})
}

// drop forgets a task of a number.
func (o openTasks) drop(ctx context.Context, number string, task int64) error {
	return o.change(ctx, significant(number), func(all []openTask) []openTask {
		return slices.DeleteFunc(all, func(t openTask) bool { return t.Task == task })
	})
}

func (o openTasks) load(ctx context.Context, number string) ([]openTask, int64, error) {
	b, version, err := o.store.Load(ctx, o.key(number))
	if err != nil {
		return nil, 0, unsaved("load which tasks are open", err)
	}
	var all []openTask
	if version > 0 {
		if err := json.Unmarshal(b, &all); err != nil {
			return nil, 0, unsaved("read which tasks are open", err)
		}
	}
	return all, version, nil
}

func (o openTasks) change(ctx context.Context, number string, change func([]openTask) []openTask) error {
	for range maxConflicts {
		all, version, err := o.load(ctx, number)
		if err != nil {
			return err
		}
		changed := change(slices.Clone(all))
		if slices.Equal(all, changed) {
			return nil
		}
		b, err := json.Marshal(changed)
		if err != nil {
			return unsaved("write which tasks are open", err)
		}
		err = o.store.Save(ctx, o.key(number), b, version)
		if !errors.Is(err, crm.ErrConflict) {
			if err != nil {
				return unsaved("save which tasks are open", err)
			}
			return nil
		}
	}
	return unsaved("save which tasks are open", fmt.Errorf("%d times %w", maxConflicts, crm.ErrConflict))
}
