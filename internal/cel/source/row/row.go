// Package row makes records out of the text that backends hand over. It knows
// no database and no file.
package row

import (
	"strings"
	"unicode/utf8"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

// Cells are a row's values as text, by field; nil is NULL or absent. They are
// valid only as long as their giver says.
type Cells [source.NumFields][]byte

// Builder makes records. It is for one reader at a time, and wants rows in order
// of writing unless Scattered.
type Builder struct {
	clock *cel.Clock
	// numbering is that of the source's eventtype.
	numbering cel.Numbering
	// fraction says that the source keeps parts of a second, though a row
	// may not show it.
	fraction bool
	buf      []byte
	// Unreadable counts the rows whose time could not be read and was guessed.
	Unreadable int
	// Scattered says that rows come in no order of writing: nothing follows
	// for a row from the one before.
	Scattered bool
}

// NewBuilder makes a builder with its own place in time.
func NewBuilder(clock *cel.Clock, numbering cel.Numbering, fraction bool) *Builder {
	return &Builder{clock: clock, numbering: numbering, fraction: fraction}
}

// Build fills in rec from cells.
func (b *Builder) Build(rec *cel.Record, id int64, c *Cells) {
	b.Fill(rec, id, c)
	stamp, err := cel.ParseStamp(c[source.EventTime])
	b.Place(rec, stamp, err != nil)
}

// Fill fills in all of rec but its time. Nothing of cells is kept: all strings of
// a record share one piece of memory of their own.
func (b *Builder) Fill(rec *cel.Record, id int64, c *Cells) {
	buf := b.buf[:0]
	buf = append(buf, c[source.EventType]...)
	eventType := len(buf)
	buf = append(buf, c[source.UserDefType]...)
	userDefType := len(buf)
	buf = append(buf, c[source.CIDName]...)
	cidName := len(buf)
	buf = append(buf, c[source.CIDNum]...)
	cidNum := len(buf)
	buf = append(buf, c[source.CIDANI]...)
	cidANI := len(buf)
	buf = append(buf, c[source.CIDRDNIS]...)
	cidRDNIS := len(buf)
	buf = append(buf, c[source.CIDDNID]...)
	cidDNID := len(buf)
	buf = append(buf, c[source.Exten]...)
	exten := len(buf)
	buf = append(buf, c[source.Context]...)
	context := len(buf)
	buf = append(buf, c[source.ChanName]...)
	chanName := len(buf)
	buf = append(buf, c[source.AppName]...)
	appName := len(buf)
	buf = append(buf, c[source.AppData]...)
	appData := len(buf)
	buf = append(buf, c[source.AccountCode]...)
	accountCode := len(buf)
	buf = append(buf, c[source.PeerAccount]...)
	peerAccount := len(buf)
	buf = append(buf, c[source.UniqueID]...)
	uniqueID := len(buf)
	buf = append(buf, c[source.LinkedID]...)
	linkedID := len(buf)
	buf = append(buf, c[source.UserField]...)
	userField := len(buf)
	buf = append(buf, c[source.Peer]...)
	peer := len(buf)
	buf = append(buf, c[source.Extra]...)
	b.buf = buf

	s := string(buf)
	rec.ID = id
	rec.CIDName = s[userDefType:cidName]
	rec.CIDNum = s[cidName:cidNum]
	rec.CIDANI = s[cidNum:cidANI]
	rec.CIDRDNIS = s[cidANI:cidRDNIS]
	rec.CIDDNID = s[cidRDNIS:cidDNID]
	rec.Exten = s[cidDNID:exten]
	rec.Context = s[exten:context]
	rec.Channel = s[context:chanName]
	rec.App = s[chanName:appName]
	rec.AppData = s[appName:appData]
	rec.AccountCode = s[appData:accountCode]
	rec.PeerAccount = s[accountCode:peerAccount]
	rec.UniqueID = s[peerAccount:uniqueID]
	rec.LinkedID = s[uniqueID:linkedID]
	rec.UserField = s[linkedID:userField]
	rec.Peer = s[userField:peer]
	rec.Extra = s[peer:]
	rec.Type, rec.UserEvent = b.numbering.ParseType(s[:eventType], s[eventType:userDefType], rec.Extra)
	if !utf8.ValidString(s) {
		mend(rec)
	}
}

// Place fills in the time of rec; bad says that it could not be read, and is to
// be guessed.
func (b *Builder) Place(rec *cel.Record, s cel.Stamp, bad bool) {
	if b.Scattered {
		b.clock.Forget()
	}
	if bad {
		b.Unreadable++
		rec.At, rec.Fraction = b.clock.Guess(rec.UniqueID), b.fraction
		return
	}
	rec.At, rec.Fraction = b.clock.Micros(s, rec.UniqueID), s.Fraction || b.fraction
}

// Time is the instant of a row in microseconds since 1970.
func (b *Builder) Time(eventtime []byte, uniqueid string) int64 {
	rec := cel.Record{UniqueID: uniqueid}
	stamp, err := cel.ParseStamp(eventtime)
	b.Place(&rec, stamp, err != nil)
	return rec.At
}

// mend puts U+FFFD for what is not UTF-8, so that records can be written as JSON.
func mend(rec *cel.Record) {
	for _, s := range []*string{
		&rec.UserEvent, &rec.CIDName, &rec.CIDNum, &rec.CIDANI, &rec.CIDRDNIS, &rec.CIDDNID, &rec.Exten, &rec.Context, &rec.Channel,
		&rec.App, &rec.AppData, &rec.AccountCode, &rec.PeerAccount, &rec.UniqueID, &rec.LinkedID, &rec.UserField, &rec.Peer, &rec.Extra,
	} {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
}
