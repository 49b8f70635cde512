package call_test

import (
	"fmt"
	"slices"
	"testing"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// long calls are made of one part repeated; working them out must take time in
// proportion.
var longCalls = []struct {
	name string
	part func(n int) []cel.Record
}{
	{"a telephone that forwards to itself", forwardingRound},
	{"a queue that rings in vain", queueRound},
	{"telephones tried in turn", huntRound},
	{"a number outside that is dialled again and again", outsideRound},
	{"a member who leaves a conference and comes back", conferenceRound},
	{"a caller handed on and on", transferRound},
}

const longCallStart = 1_790_000_000_000_000

func record(at int64, kind cel.Type, channel, id string) cel.Record {
	return cel.Record{At: longCallStart + at, Fraction: true, Type: kind, Channel: channel, UniqueID: id, LinkedID: "1.1", Context: "from-internal"}
}

func long(part func(int) []cel.Record, rounds int) []cel.Record {
	start := record(0, cel.ChanStart, "PJSIP/trunk-a-00000001", "1.1")
	start.Exten, start.Context, start.CIDNum = "74950000001", "from-trunk", "79160000001"
	records := []cel.Record{start}
	for n := range rounds {
		records = append(records, part(n)...)
	}
	last := records[len(records)-1].At - longCallStart
	end := record(last+10, cel.Hangup, "PJSIP/trunk-a-00000001", "1.1")
	end.Extra = `{"hangupcause":16,"hangupsource":"","dialstatus":""}`
	records = append(records, end, record(last+10, cel.LinkedIDEnd, "PJSIP/trunk-a-00000001", "1.1"))
	for i := range records {
		records[i].ID = int64(i + 1)
	}
	return records
}

func forwardingRound(n int) []cel.Record {
	at := int64(n) * 200
	phone, local := fmt.Sprintf("PJSIP/201-%08x", n), fmt.Sprintf("Local/201@from-internal-%08x", n)
	id := func(k int) string { return fmt.Sprintf("1.%d", 10+3*n+k) }
	forward := record(at+60, cel.Forward, "PJSIP/trunk-a-00000001", "1.1")
	forward.Extra = `{"forward":"201"}`
	hangup := record(at+70, cel.Hangup, phone, id(0))
	hangup.Extra = `{"hangupcause":23,"hangupsource":"","dialstatus":""}`
	first, second := record(at+40, cel.ChanStart, local+";1", id(1)), record(at+50, cel.ChanStart, local+";2", id(2))
	first.Exten, second.Exten = "201", "201"
	return []cel.Record{record(at, cel.ChanStart, phone, id(0)), first, second, forward, hangup, record(at+70, cel.ChanEnd, phone, id(0))}
}

func queueRound(n int) []cel.Record {
	at := int64(n) * 5_000_000
	phone := fmt.Sprintf("PJSIP/201-%08x", n)
	id := fmt.Sprintf("1.%d", 10+n)
	hangup := record(at+4_000_000, cel.Hangup, phone, id)
	hangup.App, hangup.Exten, hangup.Extra = "AppQueue", "600", `{"hangupcause":0,"hangupsource":"","dialstatus":""}`
	return []cel.Record{record(at, cel.ChanStart, phone, id), hangup, record(at+4_000_000, cel.ChanEnd, phone, id)}
}

func huntRound(n int) []cel.Record {
	records := queueRound(n)
	for i := range records {
		records[i].Channel = fmt.Sprintf("PJSIP/%d-%08x", 200+n%100, n)
		records[i].App, records[i].Exten = "", "s"
	}
	return records
}

func outsideRound(n int) []cel.Record {
	records := queueRound(n)
	for i := range records {
		records[i].Channel, records[i].App, records[i].Exten = fmt.Sprintf("PJSIP/trunk-b-%08x", n), "", "s"
	}
	dial := record(records[0].At-longCallStart, cel.AppStart, "PJSIP/trunk-a-00000001", "1.1")
	dial.App, dial.AppData = "Dial", fmt.Sprintf("PJSIP/8916123456%d@trunk-b,20", n%3)
	return append([]cel.Record{dial}, records...)
}

func conferenceRound(n int) []cel.Record {
	at := int64(n) * 2_000_000
	extra := `{"bridge_id":"room","bridge_technology":"softmix"}`
	enter, exit := record(at, cel.BridgeEnter, "PJSIP/trunk-a-00000001", "1.1"), record(at+1_000_000, cel.BridgeExit, "PJSIP/trunk-a-00000001", "1.1")
	enter.Extra, exit.Extra = extra, extra
	enter.App, exit.App = "ConfBridge", "ConfBridge"
	enter.AppData, exit.AppData = "800", "800"
	return []cel.Record{enter, exit}
}

func transferRound(n int) []cel.Record {
	at := int64(n) * 10_000_000
	phone := fmt.Sprintf("PJSIP/%d-%08x", 200+n%100, n)
	id := fmt.Sprintf("1.%d", 10+n)
	extra := fmt.Sprintf(`{"bridge_id":"b%d","bridge_technology":"simple_bridge"}`, n)
	records := []cel.Record{
		record(at, cel.ChanStart, phone, id),
		record(at+1_000_000, cel.BridgeEnter, phone, id), record(at+1_000_010, cel.BridgeEnter, "PJSIP/trunk-a-00000001", "1.1"),
		record(at+9_000_000, cel.BlindTransfer, phone, id),
		record(at+9_000_010, cel.BridgeExit, "PJSIP/trunk-a-00000001", "1.1"), record(at+9_000_020, cel.BridgeExit, phone, id),
		record(at+9_000_030, cel.Hangup, phone, id),
	}
	for i := range records {
		records[i].Extra = extra
	}
	records[3].Extra = fmt.Sprintf(`{"extension":"%d","transferee_channel_name":"PJSIP/trunk-a-00000001","transferee_channel_uniqueid":"1.1"}`, 200+(n+1)%100)
	records[6].Extra = `{"hangupcause":16,"hangupsource":"","dialstatus":""}`
	return records
}

func TestALongCallIsOneCall(t *testing.T) {
	for _, l := range longCalls {
		t.Run(l.name, func(t *testing.T) {
			a := call.NewAssembler(call.Settings{})
			groups := call.Join(long(l.part, 500))
			if len(groups) != 1 {
				t.Fatalf("%d calls", len(groups))
			}
			c := a.Assemble(groups[0])
			if err := sound(c); err != nil {
				t.Error(err)
			}
		})
	}
}

// BenchmarkLongCall shows that the time for a record does not grow with the
// length of its call.
func BenchmarkLongCall(b *testing.B) {
	for _, l := range longCalls {
		for _, size := range []int{1000, 10_000, 100_000} {
			rounds := size / len(l.part(0))
			records := long(l.part, rounds)
			b.Run(fmt.Sprintf("%s/%d records", l.name, size), func(b *testing.B) {
				a := call.NewAssembler(call.Settings{})
				b.ReportAllocs()
				for b.Loop() {
					a.Assemble(call.Group{Records: slices.Clone(records)})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/record")
			})
		}
	}
}
