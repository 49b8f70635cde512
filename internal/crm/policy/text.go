package policy

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText writes a decision for people.
func (d *Decision) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): ", d.Target, d.Type)
	switch {
	case d.Skipped != "":
		b.WriteString("left out: " + d.Skipped + "\n")
	case len(d.Deliver) == 1:
		b.WriteString("delivered\n")
	default:
		fmt.Fprintf(&b, "delivered as %d calls\n", len(d.Deliver))
	}
	for i := range d.Deliver {
		d.Deliver[i].write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *Delivery) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %s", d.Key)
	if d.StartedAt != nil {
		fmt.Fprintf(b, ": %s, %s, client %s, from %s, %d s of talk", d.Direction, d.Result, d.Client, d.StartedAt.Format(time.DateTime), d.Talk)
	}
	for _, part := range []struct{ what, value string }{
		{", line ", d.Line}, {", source ", d.Source}, {"\n    responsible: ", strings.Join(d.Responsible, "; else ")},
	} {
		if part.value != "" {
			b.WriteString(part.what + part.value)
		}
	}
	b.WriteByte('\n')
	for _, why := range d.Why {
		b.WriteString("    - " + why + "\n")
	}
}
