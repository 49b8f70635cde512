package demo

import (
	"fmt"
	"strings"
	"time"
)

// Welcome says where to look and what to try: every form of request, with ids and
// dates of this demonstration. Program is what it was started as, address is where the
// server listens, config the file it runs on.
func Welcome(s Settings, program, config, address string, calls Calls, now time.Time) string {
	var b strings.Builder
	ask := func(about, query string) {
		fmt.Fprintf(&b, "\n  # %s\n  curl --digest -u %s:%s \"http://%s%s\"\n", about, s.User, s.Password, address, query)
	}
	yesterday := now.AddDate(0, 0, -1).Format(time.DateOnly)
	fmt.Fprintf(&b, `Ringback demonstration: a PBX with %d records of calls of today and the last seven days.

Server    http://%s
Log-in    %s, password %s (for this start only)
Settings  %s

Ask for past calls; each line can be pasted into another terminal:
`, calls.Rows, address, s.User, s.Password, config)
	ask("the last seven days and today; wait until it is done", "/pbx/read_call?start_date=-7&wait=60")
	ask("one call, by the id of any channel of it", "/pbx/read_call?id="+calls.Incoming)
	ask("two calls", "/pbx/read_call?id="+calls.Incoming+"&id="+calls.Transferred)
	fmt.Fprintf(&b, "\n  # the same as JSON\n  curl --digest -u %s:%s \"http://%s/pbx/read_call\" -H \"Content-Type: application/json\" -d '{\"id\":[%q,%q]}'\n",
		s.User, s.Password, address, calls.Incoming, calls.Transferred)
	ask("yesterday morning", "/pbx/read_call?start_date="+yesterday+"%2009:00:00&end_date="+yesterday+"%2013:00:00")
	ask("everything since a moment, as UNIX time", fmt.Sprintf("/pbx/read_call?start_date=%d", calls.TransferredAt.Unix()))
	ask("the whole of the day before yesterday", "/pbx/read_call?start_date=-2&end_date=-1")
	ask("today", "/pbx/read_call?start_date=-0")
	b.WriteString("\nThen look at what came of it:\n")
	ask("the requests, newest first", "/api/v1/runs")
	ask("the calls of the last seven days that nobody answered", "/api/v1/calls?start_date=-7&result=missed")
	ask("a call that was transferred, whole", "/api/v1/calls/"+calls.Transferred)
	ask("how everything is", "/status")
	fmt.Fprintf(&b, "\nOr without the server, from the same records:\n\n  %s calls --config %s --start-date -0\n\nCtrl-C ends the demonstration and removes what it wrote.\n", program, config)
	return b.String()
}
