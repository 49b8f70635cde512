// Package demo makes a demonstration PBX: a CEL table with calls of today and
// the last seven days, played from captures of a real Asterisk.
//
// It writes the table as a PBX would, and knows nothing of the program that
// reads it.
package demo

import (
	"context"
	"math/rand/v2"
	"time"
)

// TableFile is the name of the file with the CEL table.
const TableFile = "cel.db"

// The scenarios that make examples.
const (
	incomingTake    = "inbound-answered"
	transferredTake = "blind-transfer"
)

// The dial-plan settings that fit the captures.
var (
	Extensions       = []string{`^10\d\d$`}
	Trunks           = []string{`^PJSIP/trunk-provider`}
	IncomingContexts = []string{`^from-(trunk|pstn|did)`, `^ext-did`}
)

// Calls tells of calls in the demonstration that make good examples.
type Calls struct {
	// Incoming is the uniqueid of the first channel of today's last answered incoming call.
	Incoming string
	// Transferred is that of yesterday's, or the last earlier, call that was transferred.
	Transferred string
	// TransferredAt is when the transferred call began.
	TransferredAt time.Time
	// Rows counts the records of the table.
	Rows int
}

// Build writes the table to a new SQLite file at path, under the name "cel". All calls are over
// at now, whose zone is the one in which the PBX writes eventtime.
func Build(ctx context.Context, path string, now time.Time) (Calls, error) {
	all, err := takes()
	if err != nil {
		return Calls{}, err
	}
	// One seed a day: a demonstration started again shows the same calls of the days before.
	random := rand.New(rand.NewPCG(uint64(now.Year()), uint64(now.YearDay())))
	x := exchange{random: random, zone: now.Location(), serials: map[string]int{}}
	var played [][]row
	var calls Calls
	id := all[0].column("uniqueid")
	for _, s := range plan(all, now, random) {
		rows := x.play(s.take, s.start)
		first := rows[0].fields[id]
		switch s.take.name {
		case incomingTake:
			calls.Incoming = first
		case transferredTake:
			if s.start.YearDay() != now.YearDay() || calls.Transferred == "" {
				calls.Transferred, calls.TransferredAt = first, s.start
			}
		}
		played = append(played, rows)
	}
	rows := merge(played)
	calls.Rows = len(rows)
	return calls, write(ctx, path, all[0].columns, rows)
}
