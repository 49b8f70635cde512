package api

import "strings"

// synonyms are names that people try from habit with other programs.
var synonyms = map[string]string{
	"start": "start_date", "from": "start_date", "since": "start_date", "begin": "start_date", "date_from": "start_date",
	"date_start": "start_date", "end": "end_date", "to": "end_date", "until": "end_date", "till": "end_date",
	"date_to": "end_date", "date_end": "end_date", "ids": "id", "linkedid": "id", "linked_id": "id", "uniqueid": "id",
	"call_id": "id", "callid": "id", "crm": "target", "dry": "dry_run", "timeout": "wait", "phone": "number", "status": "result",
}

// suggest returns the name in known that was most likely meant by name, or "".
func suggest(name string, known []string) string {
	plain := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "", "[", "", "]", "").Replace(strings.ToLower(s))
	}
	if len(name) > 64 {
		return ""
	}
	best, distance := "", 3
	for _, k := range known {
		if plain(name) == plain(k) || synonyms[strings.ToLower(name)] == k {
			return k
		}
		if d := editDistance(plain(name), plain(k)); d < distance && d < len(k)-1 {
			best, distance = k, d
		}
	}
	return best
}

// editDistance counts the letters to insert, remove or replace to get from a
// to b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
