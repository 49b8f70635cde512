package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// quietFor is how long work may take before a bar is worth showing.
	quietFor = time.Second
	// redraw is how often the bar is drawn at the most.
	redraw = 100 * time.Millisecond
	// clearLine returns to the start of a terminal's line and empties it.
	clearLine = "\r\x1b[K"
)

// bar shows progress in one line of a terminal. Without a terminal it shows
// nothing.
type bar struct {
	w     io.Writer
	width int
	now   func() time.Time

	began, drawn time.Time
	shown        bool
}

// newBar makes a bar for a terminal of the width; 0 means that there is none.
func newBar(w io.Writer, width int, now func() time.Time) *bar {
	return &bar{w: w, width: width, now: now, began: now()}
}

// show draws the bar, unless it is too early or was drawn just now. A negative
// fraction means that it is not known how much is done.
func (b *bar) show(fraction float64, text string) {
	at := b.now()
	if b.width == 0 || at.Sub(b.began) < quietFor || at.Sub(b.drawn) < redraw {
		return
	}
	b.drawn, b.shown = at, true
	fmt.Fprint(b.w, clearLine+b.line(fraction, text))
}

// clear removes the bar, so that other lines can be written.
func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.w, clearLine)
		b.shown = false
	}
}

func (b *bar) line(fraction float64, text string) string {
	const cells = 20
	line := text
	if fraction >= 0 {
		fraction = min(1, fraction)
		full := int(fraction * cells)
		line = fmt.Sprintf("%3d%% %s%s %s", int(fraction*100), strings.Repeat("█", full), strings.Repeat("░", cells-full), text)
	}
	// A line that reached the margin would wrap and could not be drawn over.
	if runes := []rune(line); len(runes) >= b.width {
		line = string(runes[:b.width-1])
	}
	return line
}

// roughly writes a length of time as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
}
