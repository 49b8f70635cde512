package csv

import (
	"bytes"
	"io"
)

const readSize = 256 << 10

// lines reads a file's records in order, from one reader.
type lines struct {
	from io.Reader
	// data is what was read and not yet given; offset is its place in the file.
	data   []byte
	buf    []byte
	offset int64
	ended  bool
	split  splitter
	// broken counts lines that are no records.
	broken int
}

func newLines(from io.Reader, separator byte) *lines {
	return &lines{from: from, buf: make([]byte, 2*readSize), split: splitter{separator: separator}}
}

// next finds the next whole record: its bytes and its place in the file; its
// fields are in split. It returns io.EOF at the end, before an unfinished last
// line.
func (l *lines) next() (record []byte, at int64, err error) {
	for {
		n, o := 0, part
		if len(l.data) > 0 {
			n, o = l.split.split(l.data)
		}
		switch {
		case o == whole:
			record, at = l.data[:n], l.offset
			l.skip(n)
			return record, at, nil
		case o == broken:
			l.broken++
			if err := l.skipLine(); err != nil {
				return nil, 0, err
			}
		case l.ended:
			return l.tail()
		default:
			if err := l.fill(); err != nil {
				return nil, 0, err
			}
		}
	}
}

// tail deals with data that ends inside a record. If only its first line were
// unfinished, it would be being written; lines after it mean that the first has
// a quote too many.
func (l *lines) tail() (record []byte, at int64, err error) {
	if i := bytes.IndexByte(l.data, '\n'); i < 0 || i+1 == len(l.data) {
		return nil, 0, io.EOF
	}
	first := l.data
	l.skip(bytes.IndexByte(first, '\n') + 1)
	if record, at, err = l.next(); err == nil {
		l.broken++
	}
	return record, at, err
}

func (l *lines) skip(n int) {
	l.data = l.data[n:]
	l.offset += int64(n)
}

// skipLine goes to the beginning of the next line.
func (l *lines) skipLine() error {
	for {
		if i := bytes.IndexByte(l.data, '\n'); i >= 0 {
			l.skip(i + 1)
			return nil
		}
		if l.ended {
			l.skip(len(l.data))
			return nil
		}
		l.skip(len(l.data))
		if err := l.fill(); err != nil {
			return err
		}
	}
}

// fill reads more behind data.
func (l *lines) fill() error {
	if len(l.data)+readSize > len(l.buf) {
		l.buf = make([]byte, 2*len(l.buf))
	}
	n := copy(l.buf, l.data)
	read, err := l.from.Read(l.buf[n : n+readSize])
	l.data = l.buf[:n+read]
	if err == io.EOF {
		l.ended = true
		return nil
	}
	return err
}
