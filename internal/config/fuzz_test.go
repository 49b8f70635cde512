package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"ringback/internal/config"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.good.toml", "testdata/*.bad.toml"} {
		for _, file := range globbed(f, pattern) {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := config.Parse("fuzz.toml", text, lookupEnv, readFile)
		if err == nil {
			if len(c.PBX) == 0 || c.PBX[0].CEL.Reveal() == "" {
				t.Fatalf("got %v", c)
			}
			return
		}
		wrong, ok := errors.AsType[*config.Error](err)
		if !ok || len(wrong.Faults) == 0 {
			t.Fatalf("got %v", err)
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, fault := range wrong.Faults {
			if fault.Message == "" || fault.Line > lines || fault.Line < 0 || (fault.Line > 0) != (fault.Excerpt != "") {
				t.Fatalf("got %#v", fault)
			}
		}
	})
}
