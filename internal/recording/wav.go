package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// format is how sound is kept, named as its files end.
type format string

const (
	wav format = "wav"
	mp3 format = "mp3"
)

var (
	errEmpty   = errors.New("it holds no sound")
	errUnknown = errors.New("it is neither WAV nor MP3")
)

// sniff tells the format of a file by its beginning.
func sniff(r io.ReaderAt, size int64) (format, error) {
	head := make([]byte, 12)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = head[:n]
	switch {
	case n == 0:
		return "", errEmpty
	case n == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WAVE":
		sound, err := readWAV(r, size)
		if err != nil {
			return "", err
		}
		if sound.size == 0 {
			return "", errEmpty
		}
		return wav, nil
	case bytes.HasPrefix(head, []byte("ID3")), isFrame(head):
		return mp3, nil
	}
	return "", errUnknown
}

// isFrame says that an MPEG audio frame of layer III begins (ISO/IEC 11172-3,
// 2.4.1.3): eleven bits of ones, a version, the layer, a rate of bits and of
// samples that exist.
func isFrame(b []byte) bool {
	return len(b) >= 4 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1]&0x18 != 0x08 && b[1]&0x06 == 0x02 &&
		b[2]&0xf0 != 0xf0 && b[2]&0xf0 != 0 && b[2]&0x0c != 0x0c
}

// sound is where a WAV file keeps its sound, and how.
type sound struct {
	// description is the fmt chunk: two files with the same can be joined.
	description []byte
	from, size  int64
}

// pcm says that the sound is not compressed.
func (s *sound) pcm() bool {
	return len(s.description) >= 2 && binary.LittleEndian.Uint16(s.description) == 1
}

// readWAV reads the chunks of a RIFF file. Where a length is wrong, as in a file
// that was cut off while it was written, the sound reaches to the end of it.
func readWAV(r io.ReaderAt, size int64) (*sound, error) {
	const header = 8
	s := &sound{}
	for at := int64(12); at+header <= size; {
		var h [header]byte
		if _, err := r.ReadAt(h[:], at); err != nil {
			return nil, fmt.Errorf("read a WAV file: %w", err)
		}
		length := int64(binary.LittleEndian.Uint32(h[4:]))
		at += header
		switch string(h[:4]) {
		case "fmt ":
			if length < 14 || length > 1024 || at+length > size {
				return nil, errors.New("its WAV header is broken")
			}
			s.description = make([]byte, length)
			if _, err := r.ReadAt(s.description, at); err != nil {
				return nil, fmt.Errorf("read a WAV file: %w", err)
			}
		case "data":
			if s.description == nil {
				return nil, errors.New("its WAV header is broken")
			}
			s.from, s.size = at, length
			if length == 0 || length > size-at {
				s.size = size - at
			}
			return s, nil
		}
		at += length + length%2
	}
	return nil, errors.New("its WAV header is broken")
}

// header writes what stands before the sound.
func (s *sound) header(w io.Writer, size int64) error {
	riff := 4 + 8 + int64(len(s.description)) + int64(len(s.description)%2) + 8 + size
	if riff > math.MaxUint32 {
		return errors.New("joined, the recordings are longer than a WAV file can be")
	}
	var b bytes.Buffer
	chunk := func(name string, size int64) {
		b.WriteString(name)
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(size)))
	}
	chunk("RIFF", riff)
	b.WriteString("WAVE")
	chunk("fmt ", int64(len(s.description)))
	b.Write(s.description)
	if len(s.description)%2 == 1 {
		b.WriteByte(0)
	}
	chunk("data", size)
	_, err := w.Write(b.Bytes())
	return err
}

// joinWAV writes sounds of the same description one after the other.
func joinWAV(w io.Writer, files []io.ReaderAt, sounds []*sound) error {
	var size int64
	for _, s := range sounds {
		size += s.size
	}
	if err := sounds[0].header(w, size); err != nil {
		return err
	}
	for i, s := range sounds {
		if _, err := io.Copy(w, io.NewSectionReader(files[i], s.from, s.size)); err != nil {
			return err
		}
	}
	if size%2 == 1 {
		_, err := w.Write([]byte{0})
		return err
	}
	return nil
}

// alike says that sounds can be joined as they are.
func alike(sounds []*sound) bool {
	for _, s := range sounds {
		if !bytes.Equal(s.description, sounds[0].description) {
			return false
		}
	}
	return true
}

// withoutTag skips an ID3v2 tag (id3.org, ID3v2.4.0, section 3.1): in the middle
// of a file it would be noise.
func withoutTag(r io.ReaderAt, size int64) io.Reader {
	var h [10]byte
	if n, _ := r.ReadAt(h[:], 0); n == len(h) && string(h[:3]) == "ID3" {
		length := int64(h[6]&0x7f)<<21 | int64(h[7]&0x7f)<<14 | int64(h[8]&0x7f)<<7 | int64(h[9]&0x7f)
		from := min(size, length+int64(len(h)))
		return io.NewSectionReader(r, from, size-from)
	}
	return io.NewSectionReader(r, 0, size)
}
