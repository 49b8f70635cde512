package row

import (
	"math"
	"time"

	"ringback/internal/cel"
)

// Window is a period in microseconds since 1970, From included, Until not.
type Window struct{ From, Until int64 }

// NewWindow is the period from <= time < until, a zero time being no edge. Where
// the wall clock in loc is set back near an edge, it is wider by as much: the
// time of a row there is not certain.
func NewWindow(from, until time.Time, loc *time.Location) Window {
	w := Window{math.MinInt64, math.MaxInt64}
	if !from.IsZero() {
		w.From = from.UnixMicro() - cel.SetBack(loc, from.Unix())*1_000_000
	}
	if !until.IsZero() {
		w.Until = until.UnixMicro() + cel.SetBack(loc, until.Unix())*1_000_000
	}
	return w
}

// Holds says that an instant lies in the period.
func (w Window) Holds(at int64) bool { return at >= w.From && at < w.Until }
