package call_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"testing"

	"ringback/internal/call"
	"ringback/internal/call/expect"
	"ringback/internal/captures"
	"ringback/internal/cel"
	"ringback/internal/dialplan"
)

// capturePlan are the settings that fit the PBX of the captures.
func capturePlan(t testing.TB) *dialplan.Plan {
	t.Helper()
	p, err := dialplan.New(expect.Scenario{}.Plan())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rows reads a capture into records, as the sources do.
func rows(t testing.TB, table []byte) []cel.Record {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var records []cel.Record
	for i, line := range lines {
		if i == 0 {
			continue
		}
		f := make(map[string]string)
		for j, name := range lines[0] {
			f[name] = line[j]
		}
		r := cel.Record{
			CIDName: f["cid_name"], CIDNum: f["cid_num"], CIDANI: f["cid_ani"], CIDRDNIS: f["cid_rdnis"], CIDDNID: f["cid_dnid"],
			Exten: f["exten"], Context: f["context"], Channel: f["channame"], App: f["appname"], AppData: f["appdata"],
			AccountCode: f["accountcode"], PeerAccount: f["peeraccount"], UniqueID: f["uniqueid"], LinkedID: f["linkedid"],
			UserField: f["userfield"], Peer: f["peer"], Extra: f["extra"],
		}
		r.ID, _ = strconv.ParseInt(f["id"], 10, 64)
		r.Type, r.UserEvent = cel.ParseType(f["eventtype"], f["userdeftype"], f["extra"])
		stamp, err := cel.ParseStamp(f["eventtime"])
		if err != nil {
			t.Fatal(err)
		}
		r.At, r.Fraction = stamp.Sec*1_000_000+int64(stamp.Micro), stamp.Fraction
		records = append(records, r)
	}
	return records
}

// captureForms are the two forms in which captures are kept.
var captureForms = []struct {
	name  string
	table func(string) ([]byte, error)
	clock expect.Clock
}{
	{"microseconds", captures.CSV, expect.Microseconds},
	{"freepbx", captures.FreePBX, expect.WholeSeconds},
}

// assembled gives the calls of the records as JSON, in order of start.
func assembled(t testing.TB, records []cel.Record) [][]byte {
	t.Helper()
	return assembledBy(t, capturePlan(t), records)
}

func assembledBy(t testing.TB, plan *dialplan.Plan, records []cel.Record) [][]byte {
	t.Helper()
	assembler := call.NewAssembler(call.Settings{PBX: "main", Plan: plan})
	var calls [][]byte
	for _, g := range call.Join(records) {
		if c := assembler.Assemble(g); c != nil {
			calls = append(calls, c.AppendJSON(nil))
		}
	}
	return calls
}
