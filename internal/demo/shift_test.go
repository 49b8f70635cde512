package demo

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAPlayingMovesWhatTellsCallsApartWhereverItStands(t *testing.T) {
	capture := strings.Join([]string{
		"id,eventtime,cid_num,channame,appdata,uniqueid,linkedid,peer,extra",
		`7,2026-11-23 05:14:15.541369,79161234567,PJSIP/trunk-provider-00000046,,1795410855.90,1795410855.90,,`,
		`8,2026-11-23 05:14:16.900000,1001,PJSIP/1001-00000047,"2026/11/23/exten-1001-79161234567-20261123-051416-1795410855.90.wav,b",1795410856.91,1795410855.90,` +
			`"PJSIP/trunk-provider-00000046,Local/1001@from-queue-0000000a;1","{""bridge_id"":""274253d4-06a6-42f4-9652-5738f0190de4"",""channel2_uniqueid"":""1795410856.91""}"`,
		`9,2026-11-23 05:14:17.000000,1001,PJSIP/1001-00000047,"PJSIP/79161234567@trunk-provider,300",1795410856.91,1795410855.90,,"{""bridge_id"":""274253d4-06a6-42f4-9652-5738f0190de4""}"`,
	}, "\n") + "\n"
	tk, err := readTake("crafted", []byte(capture))
	if err != nil {
		t.Fatal(err)
	}
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	x := exchange{
		random: rand.New(rand.NewPCG(1, 2)), zone: moscow,
		unique: 500, serials: map[string]int{"PJSIP": 0x1ff, "Local": 3},
	}
	// A day later, and 0.6 seconds: what began at 16.9 begins in the next second.
	rows := x.play(tk, tk.rows[0].at.Add(24*time.Hour+600*time.Millisecond))
	got := make([][]string, len(rows))
	for i, r := range rows {
		got[i] = r.fields
	}
	number := got[0][2]
	bridge := strings.Split(got[2][8], `"`)[3]
	if len(number) != 11 || number == "79161234567" || bridge == "274253d4-06a6-42f4-9652-5738f0190de4" {
		t.Errorf("number %s and bridge %s were not moved", number, bridge)
	}
	want := [][]string{
		{"7", "2026-11-24 08:14:16.141369", number, "PJSIP/trunk-provider-000001ff", "", "1795497256.500", "1795497256.500", "", ""},
		{
			"8", "2026-11-24 08:14:17.500000", "1001", "PJSIP/1001-00000200",
			"2026/11/24/exten-1001-" + number + "-20261124-081416-1795497256.500.wav,b", "1795497257.501", "1795497256.500",
			"PJSIP/trunk-provider-000001ff,Local/1001@from-queue-00000003;1",
			`{"bridge_id":"` + bridge + `","channel2_uniqueid":"1795497257.501"}`,
		},
		{"9", "2026-11-24 08:14:17.600000", "1001", "PJSIP/1001-00000200", "PJSIP/" + number + "@trunk-provider,300", "1795497257.501", "1795497256.500", "", `{"bridge_id":"` + bridge + `"}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if x.unique != 502 || x.serials["PJSIP"] != 0x201 || x.serials["Local"] != 4 {
		t.Errorf("counters go on from %d and %v", x.unique, x.serials)
	}
}

func TestNoTwoPlayingsShareAnId(t *testing.T) {
	all := readTakes(t)
	x := exchange{random: rand.New(rand.NewPCG(1, 2)), zone: time.UTC, serials: map[string]int{}}
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	owner := map[string]int{}
	for i, s := range plan(all, start.Add(6*time.Hour), x.random) {
		for _, r := range x.play(s.take, s.start) {
			text := strings.Join(r.fields, "\n")
			for _, id := range slices.Concat(uniqueID.FindAllString(text, -1), channel.FindAllString(text, -1), bridgeID.FindAllString(text, -1)) {
				if first, taken := owner[id]; taken && first != i {
					t.Fatalf("%s is in playing %d and %d (%s)", id, first, i, s.take.name)
				}
				owner[id] = i
			}
		}
	}
}

func TestAPlayingKeepsTheShapeOfItsTake(t *testing.T) {
	x := exchange{random: rand.New(rand.NewPCG(1, 2)), zone: time.UTC, serials: map[string]int{}}
	for _, tk := range readTakes(t) {
		rows := x.play(tk, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		forward, back := map[string]string{}, map[string]string{}
		for i, r := range rows {
			before := uniqueID.FindAllString(strings.Join(tk.rows[i].fields, "\n"), -1)
			after := uniqueID.FindAllString(strings.Join(r.fields, "\n"), -1)
			if len(before) != len(after) {
				t.Fatalf("%s row %d: ids %v became %v", tk.name, i, before, after)
			}
			for j := range before {
				if was, known := forward[before[j]]; known && was != after[j] {
					t.Fatalf("%s row %d: %s became %s and %s", tk.name, i, before[j], was, after[j])
				}
				if was, known := back[after[j]]; known && was != before[j] {
					t.Fatalf("%s row %d: %s and %s became %s", tk.name, i, before[j], was, after[j])
				}
				forward[before[j]], back[after[j]] = after[j], before[j]
			}
			if r.at.Sub(rows[0].at) != tk.rows[i].at.Sub(tk.rows[0].at) {
				t.Fatalf("%s row %d: the time between rows changed", tk.name, i)
			}
		}
	}
}
