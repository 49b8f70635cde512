package sourcetest

import (
	"fmt"
	"strconv"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

// TimeForm is a form in which eventtime is written.
type TimeForm uint8

// The forms; what the column is depends on the database.
const (
	Micros       TimeForm = iota // date and time with six digits
	Seconds                      // date and time, whole seconds
	Instants                     // date and time with a zone (PostgreSQL)
	EpochSeconds                 // an integer
	EpochMicros                  // a number with a fraction
	TextMicros                   // text: 2026-01-31 12:30:59.123456
	TextOffset                   // text: 2026-01-31T12:30:59.123456+0300
	TextSlashes                  // text: 2026/01/31 12:30:59
	TextEpoch                    // text: 1769862659.123456
)

// Layout says what a table looks like. The zero value is the common one: all
// columns, usual names, key and indexes.
type Layout struct {
	// Names give fields other columns' names; "" leaves a field out.
	Names map[source.Field]string
	// Reversed puts the columns in the opposite order.
	Reversed bool
	Time     TimeForm
	// Location is the zone of the wall clock; nil is UTC.
	Location *time.Location
	// Numbers makes eventtype an integer.
	Numbers cel.Numbering
	// Key is the name of the key; "" is "id", "-" is none.
	Key string
	// NoIndexes leaves out those on linkedid and uniqueid.
	NoIndexes bool
	// TimeIndex makes one on eventtime.
	TimeIndex bool
	// NULLs writes NULL for what is empty.
	NULLs bool
}

// Column is a column to be made.
type Column struct {
	Name  string
	Field source.Field
}

// KeyName is the name of the key, "" for none.
func (l Layout) KeyName() string {
	switch l.Key {
	case "":
		return "id"
	case "-":
		return ""
	}
	return l.Key
}

// Columns are the columns but the key, in order.
func (l Layout) Columns() []Column {
	var columns []Column
	for f := range source.NumFields {
		name, other := l.Names[source.Field(f)]
		if !other {
			name = source.Field(f).String()
		}
		if name != "" {
			columns = append(columns, Column{name, source.Field(f)})
		}
	}
	if l.Reversed {
		for i, j := 0, len(columns)-1; i < j; i, j = i+1, j-1 {
			columns[i], columns[j] = columns[j], columns[i]
		}
	}
	return columns
}

// Row is a row as it is to be written: the key (0 lets the database count) and
// the other columns' values in order, nil for NULL.
type Row struct {
	Key    int64
	Values []*string
}

// rows are the records as rows of a table.
func rows(l Layout, records []cel.Record) []Row {
	columns := l.Columns()
	rows := make([]Row, len(records))
	for i := range records {
		rows[i].Key = records[i].ID
		for _, c := range columns {
			v := value(l, &records[i], c.Field)
			if v == "" && l.NULLs {
				rows[i].Values = append(rows[i].Values, nil)
				continue
			}
			rows[i].Values = append(rows[i].Values, &v)
		}
	}
	return rows
}

// value is a field as Asterisk writes it.
func value(l Layout, r *cel.Record, f source.Field) string {
	switch f {
	case source.EventType:
		if l.Numbers != cel.NumberingUnset {
			return strconv.Itoa(number(l.Numbers, r.Type))
		}
		if r.UserEvent != "" {
			return r.UserEvent
		}
		return r.Type.String()
	case source.EventTime:
		return eventTime(l, r.At)
	case source.UserDefType:
		return r.UserEvent
	default:
		return *text(r, f)
	}
}

// text is the field of a record that holds a field of CEL.
func text(r *cel.Record, f source.Field) *string {
	return map[source.Field]*string{
		source.CIDName: &r.CIDName, source.CIDNum: &r.CIDNum, source.CIDANI: &r.CIDANI, source.CIDRDNIS: &r.CIDRDNIS, source.CIDDNID: &r.CIDDNID,
		source.Exten: &r.Exten, source.Context: &r.Context, source.ChanName: &r.Channel, source.AppName: &r.App, source.AppData: &r.AppData,
		source.AccountCode: &r.AccountCode, source.PeerAccount: &r.PeerAccount, source.UniqueID: &r.UniqueID, source.LinkedID: &r.LinkedID,
		source.UserField: &r.UserField, source.Peer: &r.Peer, source.Extra: &r.Extra,
	}[f]
}

func eventTime(l Layout, at int64) string {
	loc := l.Location
	if loc == nil {
		loc = time.UTC
	}
	wall := time.UnixMicro(at).In(loc)
	switch l.Time {
	case Seconds:
		return wall.Format("2006-01-02 15:04:05")
	case Instants:
		return wall.Format("2006-01-02 15:04:05.000000-07:00")
	case EpochSeconds:
		return strconv.FormatInt(wall.Unix(), 10)
	case EpochMicros, TextEpoch:
		return fmt.Sprintf("%d.%06d", at/1_000_000, at%1_000_000)
	case TextOffset:
		return wall.Format("2006-01-02T15:04:05.000000-0700")
	case TextSlashes:
		return wall.Format("2006/01/02 15:04:05")
	default:
		return wall.Format("2006-01-02 15:04:05.000000")
	}
}

// whole says that a form drops the fraction.
func (f TimeForm) whole() bool { return f == Seconds || f == EpochSeconds || f == TextSlashes }

// expect is what must be read of a record written in a layout.
func expect(l Layout, r cel.Record) cel.Record {
	r.Fraction = true
	if l.Time.whole() {
		r.At -= r.At % 1_000_000
		r.Fraction = false
	}
	present := map[source.Field]bool{}
	for _, c := range l.Columns() {
		present[c.Field] = true
	}
	for f := range source.NumFields {
		s := text(&r, source.Field(f))
		if s != nil && !present[source.Field(f)] {
			*s = ""
		}
	}
	return r
}
