package sweep

import (
	"context"
	"slices"

	"ringback/internal/call"
	"ringback/internal/cel"
)

// Explained is a call with what it was made of and why it looks as it does.
type Explained struct {
	Call        *call.Call
	Explanation *call.Explanation
	// Records are all records of the call's own channels.
	Records []cel.Record
}

// Explain reads the calls that have id as linkedid or uniqueid: one as a rule,
// several where ids came again after a restart, none when no record carries
// it.
func Explain(ctx context.Context, pbx PBX, id string) ([]Explained, error) {
	records, err := pbx.whole(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	groups, err := pbx.groups(ctx, records)
	if err != nil {
		return nil, err
	}
	assembler := call.NewAssembler(pbx.settings())
	var list []Explained
	for _, g := range groups {
		own := slices.Clone(g.Records)
		if c, why := assembler.AssembleExplained(g); c != nil {
			list = append(list, Explained{Call: c, Explanation: why, Records: own})
		}
	}
	return list, nil
}
