package captures

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/row"
)

// Records reads what CSV or FreePBX returned, as the sources read it. There
// are none for a scenario that writes no rows.
func Records(table []byte) ([]cel.Record, error) {
	lines, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	place := make(map[string]int)
	for i, name := range lines[0] {
		place[name] = i
	}
	key, ok := place[source.KeyField]
	if !ok {
		return nil, fmt.Errorf("the first line of a capture names its columns, %s among them, not %q", source.KeyField, lines[0])
	}
	builder := row.NewBuilder(cel.NewClock(nil), cel.NumberingUnset, false)
	records := make([]cel.Record, len(lines)-1)
	for i, line := range lines[1:] {
		id, err := strconv.ParseInt(line[key], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d of a capture: %w", i+2, err)
		}
		var cells row.Cells
		for f := range source.NumFields {
			if at, ok := place[source.Field(f).String()]; ok {
				cells[f] = []byte(line[at])
			}
		}
		builder.Build(&records[i], id, &cells)
	}
	if builder.Unreadable > 0 {
		return nil, fmt.Errorf("%d lines of a capture have a time that cannot be read", builder.Unreadable)
	}
	return records, nil
}
