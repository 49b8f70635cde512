package call_test

import (
	"slices"
	"strings"
	"testing"

	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// otherPBXs are how another PBX would have written the records of a capture.
// Fields that nothing tells any more are left out of the comparison.
var otherPBXs = []struct {
	name   string
	change func([]cel.Record) []cel.Record
	// untold says that a field of a scenario cannot be known.
	untold func(scenario, field string) bool
}{
	{"with chan_sip", func(r []cel.Record) []cel.Record {
		return rewritten(r, func(s string) string { return strings.ReplaceAll(s, "PJSIP/", "SIP/") })
	}, nil},
	{"of Asterisk 12, without bridge_technology", func(r []cel.Record) []cel.Record {
		return rewritten(r, func(s string) string {
			if i := strings.Index(s, `,"bridge_technology`); i > 0 {
				return s[:i] + "}"
			}
			return s
		})
	}, nil},
	{"without CHAN_END and LINKEDID_END", func(r []cel.Record) []cel.Record {
		return without(r, cel.ChanEnd, cel.LinkedIDEnd)
	}, nil},
	{"without peers", func(r []cel.Record) []cel.Record {
		for i := range r {
			r[i].Peer = ""
		}
		return r
	}, nil},
	{"that logs no attended transfers", func(r []cel.Record) []cel.Record {
		return without(r, cel.AttendedTransfer)
	}, func(scenario, _ string) bool {
		// Who consults without talking, or with a queue, leaves no trace.
		return strings.Contains(scenario, "blonde") || strings.Contains(scenario, "attended-transfer-to-queue")
	}},
	{"that logs no bridges", func(r []cel.Record) []cel.Record {
		return without(r, cel.BridgeEnter, cel.BridgeExit)
	}, func(scenario, field string) bool {
		// Nothing but bridges ties a conference, or two calls joined later.
		return field != "result" && field != "direction" && field != "from.extension" ||
			strings.Contains(scenario, "conference") || strings.Contains(scenario, "two-originates")
	}},
}

func without(records []cel.Record, types ...cel.Type) []cel.Record {
	return slices.DeleteFunc(records, func(r cel.Record) bool { return slices.Contains(types, r.Type) })
}

func rewritten(records []cel.Record, change func(string) string) []cel.Record {
	for i := range records {
		r := &records[i]
		for _, field := range []*string{&r.Channel, &r.Peer, &r.AppData, &r.Extra} {
			*field = change(*field)
		}
	}
	return records
}

func TestCallsAreTheSameOnAPBX(t *testing.T) {
	for _, other := range otherPBXs {
		for _, form := range captureForms {
			for _, name := range captures.Names() {
				t.Run(other.name+"/"+form.name+"/"+name, func(t *testing.T) {
					want, records := scenario(t, name, form.table)
					settings := want.Plan()
					if other.name == "with chan_sip" {
						settings.Trunks = slices.Clone(settings.Trunks)
						for i := range settings.Trunks {
							settings.Trunks[i] = strings.ReplaceAll(settings.Trunks[i], "PJSIP", "SIP")
						}
					}
					plan, err := dialplan.New(settings)
					if err != nil {
						t.Fatal(err)
					}
					mismatches, err := want.Compare(assembledBy(t, plan, other.change(records)), form.clock)
					if err != nil {
						t.Fatal(err)
					}
					for _, m := range mismatches {
						if other.untold == nil || !other.untold(name, m.Field) {
							t.Error(m)
						}
					}
				})
			}
		}
	}
}
