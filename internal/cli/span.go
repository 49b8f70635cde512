package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringback/internal/period"
)

// span are the flags that say which calls are meant.
type span struct {
	StartDate *string  `placeholder:"X" help:"Start of the period: \"2026-05-25 10:30:00\", 2026-05-25, RFC 3339, UNIX time, -2 for the day before yesterday, -0 for today."`
	EndDate   *string  `placeholder:"Y" help:"End of the period, itself not included; up to now when absent."`
	ID        []string `name:"id" sep:"none" placeholder:"ID" help:"One call, by any linkedid or uniqueid of it; may be repeated."`
}

// byPeriod says that a period was given.
func (s *span) byPeriod() bool { return s.StartDate != nil || s.EndDate != nil }

// check refuses ids together with a period.
func (s *span) check() error {
	if s.byPeriod() && len(s.ID) > 0 {
		return misuse("give --id or a period, not both")
	}
	if slices.Contains(s.ID, "") {
		return misuse("--id is empty; give a linkedid or uniqueid such as 1795410855.21")
	}
	return nil
}

// period reads the period in a zone.
func (s *span) period(zone *time.Location, now time.Time) (period.Period, error) {
	read, err := period.Parse(s.StartDate, s.EndDate, zone, now)
	if err == nil {
		return read, nil
	}
	flags := map[string]string{period.StartParameter: "--start-date", period.EndParameter: "--end-date"}
	var faults []error
	for _, fault := range period.Errors(err) {
		faults = append(faults, fmt.Errorf("%s: %s", flags[fault.Parameter], fault.Message))
	}
	if len(faults) == 0 {
		return period.Period{}, err
	}
	return period.Period{}, &usageError{errors.Join(faults...)}
}

// parameters writes the flags as parameters of /pbx/read_call, for a curl line.
func (s *span) parameters() []string {
	var all []string
	if s.StartDate != nil {
		all = append(all, parameter(period.StartParameter, *s.StartDate))
	}
	if s.EndDate != nil {
		all = append(all, parameter(period.EndParameter, *s.EndDate))
	}
	for _, id := range s.ID {
		all = append(all, parameter("id", id))
	}
	return all
}

// parameter escapes what a query, or a shell's double quotes, would read
// otherwise; the rest stays readable.
func parameter(name, value string) string {
	escaped := strings.NewReplacer("%", "%25", " ", "%20", "+", "%2B", "&", "%26", "#", "%23",
		`"`, "%22", "$", "%24", "`", "%60", `\`, "%5C", "!", "%21", ";", "%3B").Replace(value)
	return name + "=" + escaped
}
