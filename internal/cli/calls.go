package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/listing"
	"ringback/internal/period"
	"ringback/internal/sweep"
)

// outputBuffer is how much is gathered before it is written, in bytes, and
// flushEvery how long it may wait at the most while calls come.
const (
	outputBuffer = 256 << 10
	flushEvery   = time.Second
)

type callsCommand struct {
	sourceFlags `embed:""`
	span        `embed:""`

	Explain    bool `help:"With --id: draw what happened, and say which rule and records decided each fact; with --config, also what each target is given of it and why."`
	ExportCase bool `name:"export-case" help:"With --id: write the call's records as a case for the tests, with numbers and names replaced."`

	Format listing.Format `enum:"table,jsonl,csv" default:"table" placeholder:"FORMAT" help:"table, jsonl (all of each call) or csv."`
}

// Help explains more than the one line.
func (*callsCommand) Help() string {
	return "Prints calls in order of start; without a period and without ids, every call. Examples:\n\n" +
		"  ringback calls --cel mysql://reader:secret@pbx/asteriskcdrdb --start-date -1\n" +
		"  ringback calls --cel csv:///var/log/asterisk/cel-custom/Master.csv --format jsonl\n\n" +
		"Exit status 3: some of the ids are of no call."
}

// Run prints calls.
func (c *callsCommand) Run(ctx context.Context, p *Process) error {
	if err := c.check(); err != nil {
		return err
	}
	pbxs, targets, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer closeAll(pbxs)
	if c.Explain || c.ExportCase {
		return c.why(ctx, p, pbxs, targets)
	}
	out := newOutput(p)
	printer, err := listing.New(c.Format, out, screen(p.Stdout))
	if err != nil {
		return err
	}
	missing, err := c.print(ctx, p, pbxs, printer, out)
	out.bar.clear()
	if err != nil {
		// What was found before stays worth having.
		_ = out.Flush()
		return err
	}
	if err := printer.Close(); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(missing) > 0 {
		fmt.Fprintf(p.Stderr, "ringback: no record has %s\n", strings.Join(missing, ", "))
		return errSomeLost
	}
	return nil
}

// print prints the calls asked for and returns the ids that no record carries.
func (c *callsCommand) print(ctx context.Context, p *Process, pbxs []sweep.PBX, printer listing.Printer, out *output) ([]string, error) {
	periods := make([]period.Period, len(pbxs))
	if c.byPeriod() {
		for i, pbx := range pbxs {
			read, err := c.period(pbx.Location, p.Now())
			if err != nil {
				return nil, err
			}
			periods[i] = read
		}
	}
	missing := newMissing(c.ID, len(pbxs))
	streams := make([]stream, len(pbxs))
	for i, pbx := range pbxs {
		streams[i] = func(yield func(*call.Call) error) error {
			if len(c.ID) > 0 {
				notFound, err := sweep.IDs(ctx, pbx, c.ID, yield)
				missing.add(notFound)
				return err
			}
			return sweep.Period(ctx, pbx, periods[i].Start, periods[i].End, sweep.Cursor{}, yield)
		}
	}
	err := merge(streams, func(c *call.Call) error {
		out.progress(c, periods[0])
		if err := printer.Print(c); err != nil {
			return err
		}
		return out.flushSometimes()
	})
	return missing.everywhere(), err
}

// output is standard output, buffered, with a bar on standard error where that
// is a terminal of its own.
type output struct {
	*bufio.Writer
	bar     *bar
	now     func() time.Time
	began   time.Time
	flushed time.Time
	calls   int
}

func newOutput(p *Process) *output {
	width := screen(p.Stderr)
	if screen(p.Stdout) > 0 {
		width = 0 // the calls themselves show how far it is
	}
	return &output{Writer: bufio.NewWriterSize(p.Stdout, outputBuffer), bar: newBar(p.Stderr, width, p.Now), now: p.Now, began: p.Now()}
}

// flushSometimes writes what is gathered, when some time has passed since it
// was written last: at the first call too, so that a reader sees something.
func (o *output) flushSometimes() error {
	if at := o.now(); at.Sub(o.flushed) >= flushEvery {
		o.flushed = at
		return o.Flush()
	}
	return nil
}

func (o *output) progress(c *call.Call, within period.Period) {
	o.calls++
	fraction := -1.0
	if !within.Start.IsZero() {
		end := within.End
		if end.IsZero() {
			end = o.began
		}
		fraction = max(0, float64(c.StartedAt.Sub(within.Start))/float64(max(1, end.Sub(within.Start))))
	}
	o.bar.show(fraction, fmt.Sprintf("%d calls, at %s", o.calls, c.StartedAt.Format(time.DateTime)))
}

// missing gathers ids that no PBX knows.
type missing struct {
	ids  []string
	pbxs int
	by   map[string]int
}

func newMissing(ids []string, pbxs int) *missing {
	return &missing{ids: ids, pbxs: pbxs, by: map[string]int{}}
}

func (m *missing) add(ids []string) {
	for _, id := range ids {
		m.by[id]++
	}
}

// everywhere lists the ids that are missing at every PBX, in the order asked.
func (m *missing) everywhere() []string {
	var lost []string
	seen := map[string]bool{}
	for _, id := range m.ids {
		if m.by[id] >= m.pbxs && !seen[id] {
			seen[id] = true
			lost = append(lost, id)
		}
	}
	return lost
}
