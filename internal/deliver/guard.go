package deliver

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"ringback/internal/call"
	"ringback/internal/crm"
)

// guard runs what an adapter decides: one that panics spoils one call and no
// other. failed says what happened, "" when nothing did.
func guard(log *slog.Logger, target, what string, decide func()) (failed string) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("an adapter panicked", "target", target, "at", what, "panic", p, "stack", string(debug.Stack()))
			failed = fmt.Sprintf("ringback itself failed at the %s (%v): please report it with the log", what, p)
		}
	}()
	decide()
	return ""
}

// parcels is Target.Parcels, guarded.
func (l *lane) parcels(c *call.Call, past bool) (parcels []crm.Parcel, skipped, failed string) {
	failed = guard(l.config.Logger, l.target.Name, "choice of what is delivered of a call", func() { parcels, skipped = l.target.Parcels(c, past) })
	if failed != "" {
		return nil, "", failed
	}
	return parcels, skipped, ""
}

// following is Target.Next, guarded.
func (l *lane) following(p *crm.Parcel, memo crm.Memo) (step crm.Step, failed string) {
	failed = guard(l.config.Logger, l.target.Name, "choice of the next step", func() { step = l.target.Next(p, memo) })
	return step, failed
}
