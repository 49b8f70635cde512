package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"ringback/internal/call"
	"ringback/internal/call/casefile"
	"ringback/internal/config"
	"ringback/internal/crm/policy"
	"ringback/internal/sweep"
)

// why explains the calls of the ids, or writes them as cases.
func (c *callsCommand) why(ctx context.Context, p *Process, pbxs []sweep.PBX, targets []config.Target) error {
	switch {
	case c.Explain && c.ExportCase:
		return misuse("give --explain or --export-case, not both")
	case len(c.ID) == 0:
		return misuse("--explain and --export-case are about single calls: name them with --id")
	}
	missing := newMissing(c.ID, len(pbxs))
	for _, pbx := range pbxs {
		for _, id := range c.ID {
			found, err := sweep.Explain(ctx, pbx, id)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				missing.add([]string{id})
			}
			for i := range found {
				if err := c.tell(p, pbx, targets, &found[i]); err != nil {
					return err
				}
			}
		}
	}
	if lost := missing.everywhere(); len(lost) > 0 {
		fmt.Fprintf(p.Stderr, "ringback: no record has %s\n", strings.Join(lost, ", "))
		return errSomeLost
	}
	return nil
}

func (c *callsCommand) tell(p *Process, pbx sweep.PBX, targets []config.Target, found *sweep.Explained) error {
	if c.ExportCase {
		return export(p, pbx, found)
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s: %s, %s\n\n", found.Call.ID, found.Call.Direction, found.Call.Result); err != nil {
		return err
	}
	if err := found.Explanation.WriteText(p.Stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.Stdout); err != nil {
		return err
	}
	return deliveries(p, targets, found.Call)
}

// deliveries says what the targets are given of a call, and by which rules.
func deliveries(p *Process, targets []config.Target, c *call.Call) error {
	if len(targets) == 0 {
		return nil
	}
	heading := "What the targets are given of it:\n\n"
	if c.InProgress {
		heading = "It has not ended. What the targets would be given of it if it had:\n\n"
	}
	if _, err := io.WriteString(p.Stdout, heading); err != nil {
		return err
	}
	for _, d := range policy.Explain(targets, c) {
		if err := d.WriteText(p.Stdout); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(p.Stdout)
	return err
}

// export writes the call's records as a case, with what they give now. Whoever
// sends it in says in the first line what should have come out.
func export(p *Process, pbx sweep.PBX, found *sweep.Explained) error {
	exported := casefile.Export("Say here in a sentence what happened to the people of this call.", found.Records, pbx.Plan.Settings())
	calls, err := exported.Run()
	if err != nil {
		return err
	}
	var list bytes.Buffer
	casefile.Print(&list, calls)
	exported.Calls = list.String()
	_, err = p.Stdout.Write(exported.Format())
	return err
}
