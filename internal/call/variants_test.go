package call_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// variants are what a database or its administrator may do to the records of a
// call; the call must stay the same.
var variants = []struct {
	name   string
	change func([]cel.Record, *rand.Rand) []cel.Record
}{
	{"as written", func(r []cel.Record, _ *rand.Rand) []cel.Record { return r }},
	{"read in any order within a second", shuffledSeconds},
	{"written in any order within a second", func(r []cel.Record, rnd *rand.Rand) []cel.Record {
		return renumbered(shuffledSeconds(r, rnd))
	}},
	{"written twice", func(r []cel.Record, _ *rand.Rand) []cel.Record {
		twice := slices.Clone(r)
		for i := range r {
			r[i].ID += 1_000_000
		}
		return append(twice, r...)
	}},
	{"without STREAM, DTMF and LOCAL_OPTIMIZE_BEGIN, as before Asterisk 20", func(r []cel.Record, _ *rand.Rand) []cel.Record {
		return slices.DeleteFunc(r, func(r cel.Record) bool {
			return r.Type == cel.StreamBegin || r.Type == cel.StreamEnd || r.Type == cel.DTMF || r.Type == cel.LocalOptimizeBegin
		})
	}},
	{"without LINKEDID_END", func(r []cel.Record, _ *rand.Rand) []cel.Record {
		return slices.DeleteFunc(r, func(r cel.Record) bool { return r.Type == cel.LinkedIDEnd })
	}},
}

// shuffledSeconds changes the order of the rows of each second; what a channel
// wrote stays in order, which Asterisk guarantees.
func shuffledSeconds(records []cel.Record, rnd *rand.Rand) []cel.Record {
	for start := 0; start < len(records); {
		end := start
		for end < len(records) && records[end].At/1_000_000 == records[start].At/1_000_000 {
			end++
		}
		second := records[start:end]
		rnd.Shuffle(len(second), func(i, j int) { second[i], second[j] = second[j], second[i] })
		start = end
	}
	return records
}

func renumbered(records []cel.Record) []cel.Record {
	for i := range records {
		records[i].ID = int64(i + 1)
	}
	return records
}

func TestACallStaysTheSameHoweverItsRecordsCome(t *testing.T) {
	for _, form := range captureForms {
		for _, v := range variants {
			for _, name := range captures.Names() {
				t.Run(form.name+"/"+v.name+"/"+name, func(t *testing.T) {
					want, records := scenario(t, name, form.table)
					plan, err := dialplan.New(want.Plan())
					if err != nil {
						t.Fatal(err)
					}
					for seed := range uint64(5) {
						changed := v.change(slices.Clone(records), rand.New(rand.NewPCG(seed, 1)))
						mismatches, err := want.Compare(assembledBy(t, plan, changed), form.clock)
						if err != nil {
							t.Fatal(err)
						}
						for _, m := range mismatches {
							if strings.Contains(name, "left-by-key") && strings.HasPrefix(m.Field, "queues") && !hasDTMF(changed) {
								continue // only the key tells that the time was not over
							}
							t.Errorf("seed %d: %v", seed, m)
						}
						if t.Failed() {
							return
						}
					}
				})
			}
		}
	}
}

func hasDTMF(records []cel.Record) bool {
	return slices.ContainsFunc(records, func(r cel.Record) bool { return r.Type == cel.DTMF })
}

// scenario reads a capture and what it must give.
func scenario(t testing.TB, name string, table func(string) ([]byte, error)) (expect.Scenario, []cel.Record) {
	t.Helper()
	rowsOf, err := table(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := captures.Expected(name)
	if err != nil {
		t.Fatal(err)
	}
	want, err := expect.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return want, rows(t, rowsOf)
}
