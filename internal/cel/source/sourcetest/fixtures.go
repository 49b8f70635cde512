package sourcetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"ringback/internal/cel"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// calls are n records from noon on, ten seconds apart, each of a channel of its
// own, two channels a call, with keys from first.
func calls(first int64, n int) []cel.Record {
	records := make([]cel.Record, n)
	for i := range records {
		records[i] = record(first+int64(i), noon.Add(time.Duration(i)*10*time.Second).Add(123456*time.Microsecond))
	}
	return records
}

// record is an answer at an instant, by a channel of that age.
func record(id int64, at time.Time) cel.Record {
	return cel.Record{
		ID: id, At: at.UnixMicro(), Type: cel.Answer,
		CIDName: "Alice Adams", CIDNum: "1001", CIDANI: "1001", CIDRDNIS: "1009", CIDDNID: "74950000001", Exten: "s", Context: "macro-dial-one",
		Channel: fmt.Sprintf("PJSIP/1001-%08x", id), App: "Dial", AppData: "PJSIP/1001,12,HhTtKkrIb(func-apply-sipheaders^s^1)",
		AccountCode: "acc", PeerAccount: "peeracc", UniqueID: fmt.Sprintf("%d.%d", at.Unix(), id), LinkedID: fmt.Sprintf("%d.%d", at.Unix(), id/2*2),
		UserField: "user", Peer: "PJSIP/trunk-00000001", Extra: `{"bridge_id":"cc009b69"}`,
	}
}

// untidy are n records as a table may hold them: keys with gaps small and huge,
// several in one second, rows that came late, and a clock that was set back.
func untidy(r *rand.Rand, n int) []cel.Record {
	records := make([]cel.Record, n)
	id, at, skew := int64(1+r.IntN(1000)), noon, time.Duration(0)
	for i := range records {
		id += 1 + int64(r.IntN(4))
		if r.IntN(200) == 0 {
			id += int64(r.IntN(1_000_000))
		}
		at = at.Add(time.Duration(r.ExpFloat64() * float64(5*time.Second)))
		if r.IntN(300) == 0 {
			at = at.Add(time.Duration(r.IntN(20)) * time.Hour)
		}
		if r.IntN(1000) == 0 {
			skew -= time.Duration(r.IntN(300)) * time.Second
		}
		late := time.Duration(0)
		if r.IntN(20) == 0 {
			late = time.Duration(r.IntN(30)) * time.Second
		}
		records[i] = record(id, at.Add(skew-late))
	}
	return records
}
