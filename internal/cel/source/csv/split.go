package csv

import "bytes"

// maxRecord is the longest record in bytes; what is longer is a quote that was
// never closed.
const maxRecord = 256 << 10

// outcome says what split found.
type outcome uint8

const (
	whole  outcome = iota // a record
	part                  // the data ends inside a record
	broken                // no record; skip to the next line
)

// span is a field's place in the data; escaped says that it holds doubled quotes.
type span struct {
	start, end int
	escaped    bool
}

// splitter finds the fields of records (RFC 4180 with any separator).
type splitter struct {
	separator byte
	fields    []span
}

// split finds the fields of the record at the beginning of data, and its length
// with the end of its line.
func (s *splitter) split(data []byte) (length int, o outcome) {
	s.fields = s.fields[:0]
	i := 0
	for {
		var f span
		if i < len(data) && data[i] == '"' {
			end, escaped, ok := closingQuote(data, i+1)
			if !ok {
				return 0, tooLong(data)
			}
			f, i = span{i + 1, end, escaped}, end+1
		} else {
			end := bytes.IndexAny(data[i:], s.stops())
			if end < 0 {
				return 0, tooLong(data)
			}
			f, i = span{start: i, end: i + end}, i+end
		}
		s.fields = append(s.fields, f)
		if i < len(data) && data[i] == '\r' {
			i++
		}
		switch {
		case i >= len(data):
			return 0, tooLong(data)
		case data[i] == '\n':
			return i + 1, whole
		case data[i] != s.separator:
			return 0, broken
		}
		i++
	}
}

func (s *splitter) stops() string {
	switch s.separator {
	case '\t':
		return "\t\r\n"
	case ';':
		return ";\r\n"
	case '|':
		return "|\r\n"
	default:
		return ",\r\n"
	}
}

// closingQuote finds the quote that ends the field beginning at i.
func closingQuote(data []byte, i int) (end int, escaped, ok bool) {
	for {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 || i+n+1 >= len(data) {
			return 0, false, false
		}
		i += n
		if data[i+1] != '"' {
			return i, escaped, true
		}
		escaped = true
		i += 2
	}
}

func tooLong(data []byte) outcome {
	if len(data) > maxRecord {
		return broken
	}
	return part
}

// text is a field's value; doubled quotes are made single in data itself.
func (s *splitter) text(data []byte, field int) []byte {
	f := s.fields[field]
	value := data[f.start:f.end:f.end]
	if !f.escaped {
		return value
	}
	out := value[:0]
	for i := 0; i < len(value); i++ {
		out = append(out, value[i])
		if value[i] == '"' {
			i++
		}
	}
	return out
}
