package crm

import (
	"context"
	"errors"
	"io"
	"time"

	"ringback/internal/call"
)

// Services are what adapters are given by the house.
type Services struct {
	Store      Store
	Meter      Meter
	Recordings Recordings
	Now        func() time.Time
}

// Store keeps what an adapter must know after a restart and share with other
// processes: rotated tokens, found users. Values are encrypted at rest.
type Store interface {
	// Load returns a value and its version; version 0 and no value when there is
	// none.
	Load(ctx context.Context, key string) (value []byte, version int64, err error)
	// Save writes a value if it still has that version, else it returns
	// ErrConflict: another process was first, load again.
	Save(ctx context.Context, key string, value []byte, version int64) error
}

// ErrConflict says that another process changed a value in the meantime.
var ErrConflict = errors.New("changed by another process in the meantime")

// Meter is what an adapter tells of its CRM's limits; all processes that
// deliver to the target share it. The charges of a step are taken before it
// is done, by deliver; the adapter reports what the CRM says of them.
type Meter interface {
	// Spent corrects a budget: so many units are used of it, until they are
	// given back at that moment.
	Spent(ctx context.Context, budget string, used float64, until time.Time) error
	// Draw takes units for a request that no step has charged, since several share
	// it. Where there are not as many at that moment, it takes none, and says how
	// long to wait at least. Live ones go ahead of those of the past.
	Draw(ctx context.Context, budget Budget, units float64, live bool, now time.Time) (wait time.Duration, err error)
	// Block keeps everybody from using a budget until a moment; "" means all of
	// the target.
	Block(ctx context.Context, budget string, until time.Time) error
}

// Budget is one limit of a CRM.
type Budget struct {
	Name string
	// Units may be used in each Window: at once as a burst up to Burst, evenly
	// otherwise.
	Units  float64
	Window time.Duration
	Burst  float64
	// Live is the part of Units that calls of the past leave to live ones, 0 to 1.
	Live float64
}

// Limited is a Target with limits.
type Limited interface {
	// Budgets are the CRM's limits.
	Budgets() []Budget
}

// Recordings finds the recordings of a call.
type Recordings interface {
	// Of returns the call's recording, joined into one file where there were
	// several. A *NotYetError says when to ask again; ErrNoRecording that there
	// is none or it is lost.
	Of(ctx context.Context, c *call.Call) (*Recording, error)
	// Link is an address under which Ringback serves a call's recording.
	Link(c *call.Call) (string, error)
}

// Recording is one sound file.
type Recording struct {
	// Name is the file's name, with its extension: wav or mp3.
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// ErrNoRecording says that a call has no recording, or that it is lost.
var ErrNoRecording = errors.New("no recording")

// NotYetError says that a recording is still being written or converted.
type NotYetError struct{ Again time.Time }

func (e *NotYetError) Error() string { return "the recording is not ready yet" }
