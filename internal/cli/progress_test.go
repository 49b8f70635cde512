package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestABarIsDrawnOnlyOnATerminalAndOnlyWhenWorkIsLong(t *testing.T) {
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	var out bytes.Buffer

	none := newBar(&out, 0, clock)
	b := newBar(&out, 40, clock)
	b.show(0.5, "early")
	b.clear()
	now = now.Add(2 * time.Second)
	none.show(0.5, "no terminal")
	none.clear()
	if out.Len() > 0 {
		t.Fatalf("drawn too early or without a terminal: %q", &out)
	}

	b.show(0.5, "310 calls")
	b.show(0.6, "drawn just now")
	if want := clearLine + " 50% ██████████░░░░░░░░░░ 310 calls"; out.String() != want {
		t.Errorf("drawn %q, want %q", &out, want)
	}
	out.Reset()
	b.clear()
	b.clear()
	if out.String() != clearLine {
		t.Errorf("cleared by %q", &out)
	}
}

func TestABarNeverReachesTheMargin(t *testing.T) {
	for width := 2; width < 120; width++ {
		b := newBar(&bytes.Buffer{}, width, time.Now)
		for _, fraction := range []float64{-1, 0, 0.999, 1, 7} {
			if got := utf8.RuneCountInString(b.line(fraction, strings.Repeat("x", 90))); got >= width {
				t.Fatalf("at %v the line takes %d of %d columns", fraction, got, width)
			}
		}
	}
}

func TestHowMuchIsDoneFollowsFromTimePassedAndTimeLeft(t *testing.T) {
	for _, test := range []struct {
		passed, left time.Duration
		want         float64
	}{
		{time.Minute, 3 * time.Minute, 0.25},
		{time.Minute, 0, 1},
		{time.Minute, -1, -1},
		{0, 0, -1},
	} {
		if got := fraction(test.passed, test.left); got != test.want {
			t.Errorf("fraction(%s, %s) = %v, want %v", test.passed, test.left, got, test.want)
		}
	}
	for d, want := range map[time.Duration]string{30 * time.Second: "30 s", 27 * time.Minute: "27 min", 5 * time.Hour: "5 h"} {
		if got := roughly(d); got != want {
			t.Errorf("%s is said as %q, want %q", d, got, want)
		}
	}
}
