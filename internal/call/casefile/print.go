package casefile

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"ringback/internal/call"
)

// Print writes calls as the part "calls" of a case has them: one fact a line,
// absent ones left out, times in seconds after Base.
func Print(w io.Writer, list []*call.Call) {
	if len(list) == 0 {
		fmt.Fprintln(w, "none")
	}
	for i, c := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printCall(w, c)
	}
}

func printCall(w io.Writer, c *call.Call) {
	fmt.Fprintf(w, "%s %s -> %s: %s\n", c.Direction, person(c.From), person(c.To), c.Result)
	line := func(name string, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-10s %s\n", name, value)
		}
	}
	line("id", c.ID)
	if len(c.LinkedIDs) > 1 {
		line("linkedids", strings.Join(c.LinkedIDs, " "))
	}
	line("trunk", c.Trunk)
	if c.HangupCause != nil {
		line("cause", strconv.Itoa(*c.HangupCause))
	}
	line("ended by", string(c.EndedBy))
	line("started", offset(c.StartedAt))
	line("answered", offset(c.AnsweredAt))
	line("ended", offset(c.EndedAt))
	line("lengths", fmt.Sprintf("wait %v, talk %v, duration %v", float64(c.Wait), float64(c.Talk), float64(c.Duration)))
	printParts(line, c)
	line("conference", c.Conference)
	line("voicemail", c.Voicemail)
	if c.IVR {
		line("ivr", "yes")
	}
	for _, r := range c.Recordings {
		line("recording", r)
	}
	if c.InProgress {
		line("state", "in progress")
	} else if !c.Complete {
		line("state", "incomplete")
	}
	line("warnings", strings.Join(c.Warnings, " "))
}

func printParts(line func(string, string), c *call.Call) {
	for _, l := range c.Legs {
		via := ""
		if l.Via != "" {
			via = " via " + string(l.Via)
		}
		line("leg", fmt.Sprintf("%s%s: %s; rang %s%s, ended %s, talk %v", person(l.Party), via, l.Result,
			offset(l.RangAt), prefixed(", answered ", offset(l.AnsweredAt)), offset(l.EndedAt), float64(l.Talk)))
	}
	for _, t := range c.Talks {
		line("talk", fmt.Sprintf("%s from %s until %s", strings.Join(t.Parties, ", "), offset(t.From), offset(t.Until)))
	}
	for _, t := range c.Transfers {
		line("transfer", fmt.Sprintf("%s by %s to %s at %s", t.Kind, t.By, t.To, offset(t.At)))
	}
	for _, q := range c.Queues {
		line("queue", fmt.Sprintf("%s: %s; from %s until %s", q.Name, q.Result, offset(q.EnteredAt), offset(q.LeftAt)))
	}
	for _, p := range c.Parked {
		line("parked", fmt.Sprintf("by %s: %s%s; from %s until %s", p.By, p.Result, prefixed(" by ", p.RetrievedBy), offset(p.At), offset(p.Until)))
	}
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func person(p call.Party) string {
	s := p.Number
	if s == "" {
		s = "(none)"
	}
	if p.Extension != "" && p.Extension != p.Number {
		s += " [" + p.Extension + "]"
	}
	if p.Name != "" {
		s += " (" + p.Name + ")"
	}
	return s
}

// offset is a time in seconds after Base, "" for none.
func offset(t call.Time) string {
	if t.IsZero() {
		return ""
	}
	s := since(t.UnixMicro(), t.Fraction)
	if t.Fraction {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Format writes the case as a file, its columns aligned and empty ones left
// out.
func (c *Case) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", c.About)
	c.formatSettings(&b)
	fmt.Fprintf(&b, "\nrecords\n")
	rows := []row{}
	for i := range c.Records {
		rows = append(rows, written(&c.Records[i]))
	}
	formatRows(&b, rows)
	fmt.Fprintf(&b, "\ncalls\n%s", c.Calls)
	return b.Bytes()
}

func (c *Case) formatSettings(b *bytes.Buffer) {
	var lines []string
	for _, s := range []struct {
		name string
		list []string
	}{{"extensions", c.Settings.Extensions}, {"trunks", c.Settings.Trunks}, {"incoming_contexts", c.Settings.IncomingContexts}} {
		for _, expression := range s.list {
			lines = append(lines, s.name+" = "+expression)
		}
	}
	if c.Now != 0 {
		lines = append(lines, "now = "+c.Now.String())
	}
	if c.Silence != 0 {
		lines = append(lines, "silence = "+c.Silence.String())
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\nsettings\n%s\n", strings.Join(lines, "\n"))
	}
}

func formatRows(b *bytes.Buffer, rows []row) {
	var names []string
	widths := make(map[string]int)
	for _, name := range order {
		widest := 0
		for _, r := range rows {
			widest = max(widest, utf8.RuneCountInString(escaped(r[name])))
		}
		if widest > 0 {
			names = append(names, name)
			widths[name] = max(widest, len(name))
		}
	}
	header := row{}
	for _, name := range names {
		header[name] = name
	}
	for _, r := range append([]row{header}, rows...) {
		var cells []string
		for _, name := range names {
			cell := escaped(r[name])
			cells = append(cells, cell+strings.Repeat(" ", widths[name]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(b, strings.TrimRight(strings.Join(cells, " | "), " "))
	}
}

func escaped(cell string) string {
	return strings.ReplaceAll(strings.ReplaceAll(cell, "\n", " "), "|", `\|`)
}
