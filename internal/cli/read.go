package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"ringback/internal/app"
	"ringback/internal/backfill"
	"ringback/internal/config"
	"ringback/internal/journal"
)

// mostShown is how many failed calls the report names.
const mostShown = 100

type readCommand struct {
	configFlag `embed:""`
	span       `embed:""`

	PBX    []string `name:"pbx" sep:"none" placeholder:"NAME" help:"One of the PBXs configured; may be repeated. All when absent."`
	Target []string `sep:"none" placeholder:"T" help:"One of the targets configured; may be repeated. All when absent."`
	DryRun bool     `help:"Say what would be delivered; deliver nothing."`
	Force  bool     `help:"Deliver again what was delivered before."`
}

// Run makes a run and works it to its end.
func (c *readCommand) Run(ctx context.Context, p *Process) error {
	if err := c.check(); err != nil {
		return err
	}
	if !c.byPeriod() && len(c.ID) == 0 {
		return misuse("give a period (--start-date -7) or calls (--id ID)")
	}
	loaded, err := c.load(p)
	if err != nil {
		return err
	}
	request, err := c.request(p, loaded)
	if err != nil {
		return err
	}
	if loaded.Log.Level == config.LogInfo {
		loaded.Log.Level = config.LogWarn // how it goes is shown by the bar
	}
	a, err := p.module(ctx, loaded)
	if taken, ok := errors.AsType[*journal.InUseError](err); ok {
		return c.refer(taken, loaded)
	}
	if err != nil {
		return err
	}
	run, failed, err := c.work(ctx, p, a, request)
	if err = errors.Join(err, a.Close()); err != nil {
		return err
	}
	report(p, run, failed)
	switch {
	case run.State == backfill.Cancelled:
		return context.Canceled
	case run.State != backfill.Done:
		return fmt.Errorf("the run failed: %s", run.Error)
	case run.Calls.Failed > 0 || len(run.Calls.NotFound) > 0:
		return errSomeLost
	}
	return nil
}

// request is what the flags ask for, wall-clock times in each PBX's own zone.
func (c *readCommand) request(p *Process, loaded *config.Config) (backfill.Request, error) {
	request := backfill.Request{
		RequestedBy: "command line", Kind: backfill.ByIDs, IDs: c.ID,
		PBX: c.PBX, Target: c.Target, DryRun: c.DryRun, Force: c.Force,
	}
	chosen, err := choose(loaded.PBX, c.PBX)
	if err != nil || !c.byPeriod() {
		return request, err
	}
	request.Kind, request.Periods = backfill.ByPeriod, map[string]backfill.Bounds{}
	for i, pbx := range chosen {
		read, err := c.period(pbx.Timezone.Location, p.Now())
		if err != nil {
			return request, err
		}
		if i == 0 {
			request.Start, request.End = read.Start, read.End
		}
		request.Periods[pbx.Name] = backfill.Bounds(read)
	}
	return request, nil
}

// work works the run with a bar, and lists the calls that failed.
func (c *readCommand) work(ctx context.Context, p *Process, a *app.App, request backfill.Request) (*backfill.Run, []backfill.CallOutcome, error) {
	progress := newBar(p.Stderr, screen(p.Stderr), p.Now)
	defer progress.clear()
	began := p.Now()
	run, err := a.Read(ctx, request, func(run *backfill.Run) {
		progress.show(fraction(p.Now().Sub(began), run.ETA), standing(run))
	})
	if unknown, ok := errors.AsType[*backfill.UnknownNameError](err); ok {
		return nil, nil, misuse("--%s: %w; there are: %s", unknown.Parameter, err, strings.Join(unknown.Known, ", "))
	}
	if err != nil || run.Calls.Failed == 0 {
		return run, nil, err
	}
	failed, err := a.Failed(context.WithoutCancel(ctx), run.ID, mostShown)
	return run, failed, err
}

// fraction is how much is done when so much time has passed and so much is
// left; negative when that is not known.
func fraction(passed, left time.Duration) float64 {
	if left < 0 || passed+left <= 0 {
		return -1
	}
	return float64(passed) / float64(passed+left)
}

func standing(run *backfill.Run) string {
	c := run.Calls
	text := count(int(c.Found), "call", "calls")
	if c.Processed < c.Found {
		text = fmt.Sprintf("%d of %s", c.Processed, text)
	}
	text += fmt.Sprintf(", %d delivered, %d skipped, %d failed", c.Delivered, c.Skipped, c.Failed)
	if run.ETA > 0 && !run.State.Over() {
		text += ", about " + roughly(run.ETA) + " left"
	}
	return text
}

// report prints how the run went.
func report(p *Process, run *backfill.Run, failed []backfill.CallOutcome) {
	c := run.Calls
	delivered := "delivered"
	if run.DryRun {
		delivered = "would be delivered"
	}
	fmt.Fprintf(p.Stdout, "run %s %s: %s found, %d %s, %d skipped, %d failed, %d in progress\n",
		run.ID, run.State, count(int(c.Found), "call", "calls"), c.Delivered, delivered, c.Skipped, c.Failed, c.InProgress)
	for _, id := range c.NotFound {
		fmt.Fprintf(p.Stdout, "not found: %s\n", id)
	}
	for _, f := range failed {
		fmt.Fprintf(p.Stdout, "failed: %s of %s: %s\n", f.ID, f.PBX, f.Reason)
	}
	if more := c.Failed - int64(len(failed)); more > 0 {
		fmt.Fprintf(p.Stdout, "and %d more failed\n", more)
	}
}

// refer tells whoever meets a journal in use how to ask the server instead.
func (c *readCommand) refer(taken *journal.InUseError, loaded *config.Config) error {
	parameters := c.parameters()
	for _, name := range c.PBX {
		parameters = append(parameters, parameter("pbx", name))
	}
	for _, name := range c.Target {
		parameters = append(parameters, parameter("target", name))
	}
	if c.DryRun {
		parameters = append(parameters, "dry_run=1")
	}
	if c.Force {
		parameters = append(parameters, "force=1")
	}
	scheme := "http"
	if loaded.Server.TLSCert != "" {
		scheme = "https"
	}
	who := "another process"
	if taken.PID > 0 {
		who = fmt.Sprintf("process %d", taken.PID)
	}
	return fmt.Errorf("the journal %s is in use by %s, most likely \"ringback serve\". Ask it for the same run:\n"+
		"  curl --digest -u LOGIN \"%s://%s/pbx/read_call?%s\"", taken.Path, who, scheme, reachable(loaded.Server.Listen), strings.Join(parameters, "&"))
}

// reachable is an address to connect to, for one that is listened on.
func reachable(listen config.Listen) string {
	host, port, err := net.SplitHostPort(string(listen))
	if err != nil {
		return string(listen)
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
