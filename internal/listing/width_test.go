package listing

import (
	"testing"

	"pgregory.net/rapid"
)

func TestAFittedTextTakesExactlyItsColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := visible(rapid.String().Draw(t, "text"))
		n := rapid.IntRange(1, 60).Draw(t, "columns")
		if got := screenWidth(fit(text, n)); got != n {
			t.Fatalf("%q fitted to %d columns takes %d", text, n, got)
		}
	})
}

func TestWidthsOfCharacters(t *testing.T) {
	for text, want := range map[string]int{"Петров": 6, "東京": 4, "é": 1, "e\u0301": 1, "ｱ": 1, "Ａ": 2, "": 0} {
		if got := screenWidth(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
}
