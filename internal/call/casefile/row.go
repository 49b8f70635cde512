package casefile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringback/internal/cel"
)

// column is a field of a record as a column of a case.
type column struct {
	field func(*cel.Record) *string
}

// order is the order in which columns are written.
var order = []string{
	"id", "time", "event", "userdeftype", "channel", "uniqueid", "linkedid", "exten", "context", "app", "appdata",
	"cid_num", "cid_name", "cid_ani", "cid_rdnis", "cid_dnid", "accountcode", "peeraccount", "userfield", "peer", "extra",
}

var columns = map[string]column{
	"id": {}, "time": {}, "event": {}, "userdeftype": {},
	"channel":     {func(r *cel.Record) *string { return &r.Channel }},
	"uniqueid":    {func(r *cel.Record) *string { return &r.UniqueID }},
	"linkedid":    {func(r *cel.Record) *string { return &r.LinkedID }},
	"exten":       {func(r *cel.Record) *string { return &r.Exten }},
	"context":     {func(r *cel.Record) *string { return &r.Context }},
	"app":         {func(r *cel.Record) *string { return &r.App }},
	"appdata":     {func(r *cel.Record) *string { return &r.AppData }},
	"cid_num":     {func(r *cel.Record) *string { return &r.CIDNum }},
	"cid_name":    {func(r *cel.Record) *string { return &r.CIDName }},
	"cid_ani":     {func(r *cel.Record) *string { return &r.CIDANI }},
	"cid_rdnis":   {func(r *cel.Record) *string { return &r.CIDRDNIS }},
	"cid_dnid":    {func(r *cel.Record) *string { return &r.CIDDNID }},
	"accountcode": {func(r *cel.Record) *string { return &r.AccountCode }},
	"peeraccount": {func(r *cel.Record) *string { return &r.PeerAccount }},
	"userfield":   {func(r *cel.Record) *string { return &r.UserField }},
	"peer":        {func(r *cel.Record) *string { return &r.Peer }},
	"extra":       {func(r *cel.Record) *string { return &r.Extra }},
}

// row is one line of records, by column.
type row map[string]string

// record reads a row. Without an id, the order in the file is the order of
// writing; without a linkedid it is the uniqueid.
func (w row) record(number int64) (cel.Record, error) {
	r := cel.Record{ID: number}
	for name, value := range w {
		if field := columns[name].field; field != nil {
			*field(&r) = value
		}
	}
	if id := w["id"]; id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return r, fmt.Errorf("id %q is no number", id)
		}
		r.ID = n
	}
	var err error
	if r.At, r.Fraction, err = moment(w["time"]); err != nil {
		return r, err
	}
	if w["event"] == "" {
		return r, errors.New("a record needs an event")
	}
	r.Type, r.UserEvent = cel.ParseType(w["event"], w["userdeftype"], w["extra"])
	if r.UniqueID == "" {
		return r, errors.New("a record needs a uniqueid")
	}
	return r, nil
}

// moment reads seconds after Base: whole ones, or with a fraction.
func moment(text string) (at int64, fraction bool, err error) {
	whole, part, fraction := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(part) > 6 {
		return 0, false, fmt.Errorf("time %q: want seconds since the beginning, such as 12 or 12.345", text)
	}
	micros := int64(0)
	if fraction {
		micros, err = strconv.ParseInt(part+strings.Repeat("0", 6-len(part)), 10, 64)
		if err != nil {
			return 0, false, fmt.Errorf("time %q: want seconds since the beginning, such as 12 or 12.345", text)
		}
	}
	return Base.Add(time.Duration(seconds)*time.Second).UnixMicro() + micros, fraction, nil
}

// written is the record as a row.
func written(r *cel.Record) row {
	w := row{"event": eventName(r), "time": since(r.At, r.Fraction)}
	if r.Type == cel.UserDefined {
		w["userdeftype"] = r.UserEvent
	}
	for name, c := range columns {
		if c.field != nil {
			w[name] = *c.field(r)
		}
	}
	return w
}

func eventName(r *cel.Record) string {
	if r.Type == cel.UserDefined {
		return "USER_DEFINED"
	}
	return r.Type.String()
}

// since is a moment in seconds after Base.
func since(at int64, fraction bool) string {
	micros := at - Base.UnixMicro()
	if !fraction {
		return strconv.FormatInt(micros/1_000_000, 10)
	}
	return fmt.Sprintf("%d.%06d", micros/1_000_000, micros%1_000_000)
}
