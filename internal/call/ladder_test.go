package call_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/call"
	"ringback/internal/captures"
)

func TestTheLadderShowsWhoDidWhatWhen(t *testing.T) {
	for _, name := range []string{"attended-transfer", "queue-second-agent", "parked-and-retrieved", "pickup", "forward-302"} {
		t.Run(name, func(t *testing.T) {
			_, records := scenario(t, name, captures.CSV)
			a := call.NewAssembler(call.Settings{Plan: capturePlan(t)})
			var got bytes.Buffer
			for _, g := range call.Join(records) {
				_, why := a.AssembleExplained(g)
				if err := why.WriteText(&got); err != nil {
					t.Fatal(err)
				}
			}
			file := "testdata/" + name + ".ladder"
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
