package call

import "slices"

// mostContexts bounds how many contexts of the dial plan a call names.
const mostContexts = 64

// contexts are those of the dial plan that the call's channels ran in, in the order
// of channels and their records. A channel that was dialled bears the context of its
// endpoint without running in it, and is somewhere else once a transfer sends it there;
// the second half of a Local pair does run.
func (m *model) contexts() []string {
	var all []string
	for _, c := range m.channels {
		if c.companion || len(c.records) == 0 {
			continue
		}
		last := ""
		if c.dialled() && c.name.Half != 2 && c != m.starter {
			last = c.records[0].Context
		}
		idle := last
		for _, r := range c.records {
			if r.Context == last || r.Context == "" || r.Context == idle {
				continue
			}
			last = r.Context
			if len(all) < mostContexts && !slices.Contains(all, last) {
				all = append(all, last)
			}
		}
	}
	return all
}
