package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
)

// The orders of fields of Asterisk's configs/samples/cel_custom.conf.sample:
// that of old versions, the same with a literal in the second place, and that of
// the advanced mappings of 2026. "-" is a field that is not read.
var sampleOrders = []string{
	"eventtype,eventtime," + sampleTail,
	"eventtype,-,eventtime," + sampleTail,
	"eventtype,-,-,eventtime,userdeftype,cid_name,cid_num,exten,context,channame,appname,appdata,-,accountcode,uniqueid,userfield," +
		"cid_ani,cid_rdnis,cid_dnid,peer,linkedid,peeraccount,extra,-",
}

const sampleTail = "cid_name,cid_num,cid_ani,cid_rdnis,cid_dnid,exten,context,channame,appname,appdata,-,accountcode," +
	"uniqueid,linkedid,peer,userfield,userdeftype,extra"

// format is how a file is to be read.
type format struct {
	separator byte
	names     []string
	columns   source.Columns
	warnings  []source.Warning
	// header says that the first line names the fields.
	header bool
}

// detect looks at the first line of the file.
func (s *Source) detect(path string) (format, error) {
	f, err := os.Open(path)
	if err != nil {
		return format{}, s.cannotOpen(err)
	}
	defer f.Close()
	first := make([]byte, readSize)
	n, err := io.ReadFull(f, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return format{}, s.cannotOpen(err)
	}
	fm, err := s.recognise(bytes.TrimPrefix(first[:n], []byte(bom)))
	if err != nil {
		return format{}, err
	}
	fm.columns, fm.warnings, err = source.MatchColumns(s.place, fm.names, s.opts.Columns)
	return fm, err
}

const bom = "\uFEFF"

// recognise tells a file's separator and the order of its fields.
func (s *Source) recognise(first []byte) (format, error) {
	if len(s.order) > 0 {
		return format{separator: ',', names: s.order}, nil
	}
	var fields int
	for _, separator := range []byte(",\t;|") {
		split := splitter{separator: separator}
		if _, o := split.split(first); o != whole {
			continue
		}
		names := make([]string, len(split.fields))
		for i := range names {
			names[i] = string(split.text(bytes.Clone(first), i))
		}
		if holdsEventType(names) {
			return format{separator: separator, names: names, header: true}, nil
		}
		if order, ok := sampleOrder(names); ok {
			return format{separator: separator, names: order}, nil
		}
		fields = max(fields, len(names))
	}
	if !bytes.Contains(first, []byte("\n")) {
		return format{separator: ',', names: strings.Split(sampleOrders[0], ",")}, nil
	}
	return format{}, &source.SetupError{
		Place:   s.place,
		Problem: fmt.Sprintf("its first line has %d fields, is no header, and is not in the order of Asterisk's sample", fields),
		Remedy: "put a first line with the names of the fields into the file (eventtype,eventtime,…), " +
			"or add ?columns=eventtype,eventtime,… to its address (- for a field to be left out)",
	}
}

func holdsEventType(names []string) bool {
	for _, name := range names {
		if strings.EqualFold(strings.TrimSpace(name), source.EventType.String()) {
			return true
		}
	}
	return false
}

// sampleOrder finds the sample by the number of fields and the place of the time.
func sampleOrder(values []string) ([]string, bool) {
	for _, sample := range sampleOrders {
		order := strings.Split(sample, ",")
		if len(order) != len(values) {
			continue
		}
		for i, name := range order {
			if name != source.EventTime.String() {
				continue
			}
			if _, err := cel.ParseStamp(values[i]); err == nil {
				return order, true
			}
		}
	}
	return nil, false
}
