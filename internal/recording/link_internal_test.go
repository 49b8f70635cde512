package recording

import (
	"bytes"
	"testing"
	"time"
)

func FuzzALinkIsReadAsItWasWritten(f *testing.F) {
	key := []byte("0123456789abcdef")
	for _, r := range []reference{{pbx: "main", id: "1795410855.21"}, {pbx: "a/b", id: "..%2f x\n", expires: 1}} {
		f.Add(r.path(key, mp3))
	}
	f.Add("/recordings/main/1/0/AAAA.wav")
	f.Add("/recordings//1/-1/.mp3")
	f.Fuzz(func(t *testing.T, path string) {
		r, err := parse(path)
		if err != nil {
			return
		}
		if r.pbx == "" || r.id == "" || r.expires < 0 {
			t.Errorf("%q is read as %+v", path, r)
		}
		// Its parts, signed anew, are read as they were; and no other key has
		// signed them.
		own, err := parse(r.path(key, mp3))
		if err != nil || own.pbx != r.pbx || own.id != r.id || own.expires != r.expires {
			t.Errorf("%+v comes back as %+v: %v", r, own, err)
			return
		}
		if own.check([]byte("another key that is long"), time.Unix(0, 0)) == nil {
			t.Errorf("%q is good with every key", path)
		}
		if r.check(key, time.Unix(0, 0)) == nil && !bytes.Equal(r.sign(key), r.signature) {
			t.Errorf("%q is forged", path)
		}
	})
}

func FuzzSniffingNeverFailsWorseThanWithAnError(f *testing.F) {
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00ab"))
	f.Add([]byte("ID3"))
	f.Add([]byte{0xff, 0xfb, 0x50, 0xc4})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		kind, err := sniff(r, int64(len(b)))
		if err != nil || kind != wav {
			return
		}
		s, err := readWAV(r, int64(len(b)))
		if err != nil || s.from+s.size > int64(len(b)) || s.size <= 0 {
			t.Errorf("sound from %v in %d bytes: %v", s, len(b), err)
		}
	})
}
