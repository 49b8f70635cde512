package csv

import (
	"io"
	"os"
)

// growing reads a file up to the end that it has when reading comes to its first
// end. What is written after that is for the next read: a busy PBX never stops.
type growing struct {
	file     *os.File
	left     int64
	extended bool
}

func newGrowing(file *os.File) (*growing, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return &growing{file: file, left: info.Size()}, nil
}

func (g *growing) Read(p []byte) (int, error) {
	if g.left <= 0 && !g.extended {
		if err := g.extend(); err != nil {
			return 0, err
		}
	}
	if g.left <= 0 {
		return 0, io.EOF
	}
	n, err := g.file.Read(p[:min(int64(len(p)), g.left)])
	g.left -= int64(n)
	return n, err
}

// extend takes in what was written since the file was opened.
func (g *growing) extend() error {
	g.extended = true
	info, err := g.file.Stat()
	if err != nil {
		return err
	}
	read, err := g.file.Seek(0, io.SeekCurrent)
	g.left = info.Size() - read
	return err
}
