package recording_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/recording"
)

// The test's own program plays the encoders: whichever name it is called by.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "lame", "sox", "ffmpeg":
		os.Exit(encode(name, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// encode writes what says which sound it was given: an MP3 frame's beginning and
// the sound, or the sound as plain WAV.
func encode(name string, args []string) int {
	sound, err := io.ReadAll(os.Stdin)
	if err != nil || bytes.Contains(sound, []byte("BROKEN")) {
		fmt.Fprint(os.Stderr, strings.Repeat("this sound is broken ", 100))
		return 1
	}
	out := args[len(args)-1]
	if strings.Contains(strings.Join(args, " "), " wav "+out) {
		sound = wave(8000, sound[len(sound)-100:])
	} else {
		sound = append([]byte{0xff, 0xfb, 0x50, 0xc4}, append([]byte(name), sound...)...)
	}
	if os.WriteFile(out, sound, 0o600) != nil {
		return 1
	}
	return 0
}

func installed(t *testing.T, names ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return dir
}

// wave is a WAV file of one channel of 16 bits.
func wave(rate int, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(36+len(data))))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
	b.Write(data)
	return b.Bytes()
}

func tone(hertz float64, samples int) []byte {
	var b []byte
	for i := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(8000*math.Sin(2*math.Pi*hertz*float64(i)/8000))))
	}
	return b
}

var ended = time.Date(2026, 11, 23, 8, 14, 25, 0, time.FixedZone("", 3*3600))

// shelf is a library with a directory of recordings, an hour after the call.
type shelf struct {
	*recording.Library
	dir, cache string
	call       *call.Call
	mu         sync.Mutex
	now        time.Time
}

func (s *shelf) at(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

func newShelf(t *testing.T, change func(*recording.Settings)) *shelf {
	t.Helper()
	s := &shelf{dir: t.TempDir(), cache: filepath.Join(t.TempDir(), "cache"), now: ended.Add(time.Hour)}
	s.call = &call.Call{ID: "1795410855.21", PBX: "main", StartedAt: call.Time{Time: ended.Add(-10 * time.Second)}, EndedAt: call.Time{Time: ended}}
	settings := recording.Settings{
		Directories: map[string]string{"main": s.dir}, Cache: s.cache, Key: []byte("0123456789abcdef0123456789abcdef"),
		PublicURL: &url.URL{Scheme: "https", Host: "pbx.example"},
		Calls: func(_ context.Context, pbx, id string) (*call.Call, error) {
			if pbx != s.call.PBX || id != s.call.ID {
				return nil, nil
			}
			return s.call, nil
		},
		Now: func() time.Time {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.now
		},
	}
	if change != nil {
		change(&settings)
	}
	var err error
	if s.Library, err = recording.New(settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// put writes a file of a moment before the end of the call.
func (s *shelf) put(t *testing.T, name string, content []byte) {
	t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, ended, ended); err != nil {
		t.Fatal(err)
	}
}

// ready asks until the recording is there, or surely is not.
func (s *shelf) ready(t *testing.T) ([]byte, string, error) {
	t.Helper()
	for {
		rec, err := s.Of(t.Context(), s.call)
		if _, wait := errors.AsType[*crm.NotYetError](err); wait && t.Context().Err() == nil {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		f, err := rec.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil || int64(len(b)) != rec.Size {
			t.Fatalf("%d bytes of %d: %v", len(b), rec.Size, err)
		}
		return b, rec.Name, nil
	}
}

func TestARecordingIsFoundByTheNameThatThePBXLogged(t *testing.T) {
	sound := wave(8000, tone(440, 800))
	for _, test := range []struct{ name, file, logged string }{
		{"below the directory", "2026/11/23/a.wav", "2026/11/23/a.wav"},
		{"in the directory", "a.wav", "a.wav"},
		{"in the folder of its day", "2026/11/23/a.wav", "a.wav"},
		{"by its whole path", "2026/11/23/a.wav", "DIR/2026/11/23/a.wav"},
		{"by a path on the PBX, mounted elsewhere", "2026/11/23/a.wav", "/var/spool/asterisk/monitor/2026/11/23/a.wav"},
		{"by a path of other folders", "a.wav", "/records/a.wav"},
		{"converted since", "2026/11/23/a.mp3", "2026/11/23/a.wav"},
		{"without an ending", "2026/11/23/a.wav", "2026/11/23/a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShelf(t, nil)
			content := sound
			if strings.HasSuffix(test.file, "mp3") {
				content = []byte("ID3 sound")
			}
			s.put(t, test.file, content)
			s.call.Recordings = []string{strings.Replace(test.logged, "DIR", s.dir, 1)}
			got, name, err := s.ready(t)
			if err != nil || !bytes.Equal(got, content) || name != filepath.Base(test.file) {
				t.Errorf("found %q, %d bytes: %v", name, len(got), err)
			}
		})
	}
}

func TestNothingOutsideTheDirectoryIsRead(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.wav")
	if err := os.WriteFile(secret, wave(8000, tone(440, 80)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, logged := range map[string]string{
		"by dots": "../" + filepath.Base(outside) + "/secret.wav", "by a whole path": secret, "by a link": "link.wav", "through a linked folder": "folder/secret.wav",
		"by dots in the middle": "x/../../" + filepath.Base(outside) + "/secret.wav", "by a nul": "a\x00.wav", "by the directory itself": ".", "by a pipe": "pipe",
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, nil)
			for link, to := range map[string]string{"link.wav": secret, "folder": outside} {
				if err := os.Symlink(to, filepath.Join(s.dir, link)); err != nil {
					t.Fatal(err)
				}
			}
			s.call.Recordings = []string{logged}
			if got, file, err := s.ready(t); !errors.Is(err, crm.ErrNoRecording) {
				t.Errorf("read %q, %d bytes: %v", file, len(got), err)
			}
		})
	}
}

func TestARecordingIsWaitedForUntilItIsWhole(t *testing.T) {
	s := newShelf(t, nil)
	s.call.Recordings = []string{"a.wav"}
	waits := func(now time.Time) bool {
		s.at(now)
		_, err := s.Of(t.Context(), s.call)
		later, wait := errors.AsType[*crm.NotYetError](err)
		if wait && !later.Again.After(now) {
			t.Errorf("at %v, to ask again at %v", now, later.Again)
		}
		return wait
	}
	if !waits(ended.Add(time.Second)) {
		t.Error("a recording that is not there yet is not waited for")
	}
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	if !waits(ended.Add(2 * time.Second)) {
		t.Error("a recording that was just written to is not waited for")
	}
	if waits(ended.Add(11 * time.Second)) {
		t.Error("a recording that has stopped growing is waited for")
	}
	file := filepath.Join(s.dir, "a.wav")
	if err := os.Chtimes(file, ended, ended.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if waits(ended.Add(time.Hour)) {
		t.Error("a recording of the future is waited for without end")
	}
}

func TestALostOrBrokenRecordingIsNone(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": {}, "without sound": wave(8000, nil), "something else": []byte("<html>not found</html>"), "cut off in the header": wave(8000, tone(1, 1))[:30],
		"not there": nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, nil)
			s.call.Recordings = []string{"a.wav"}
			if content != nil {
				s.put(t, "a.wav", content)
			}
			if _, _, err := s.ready(t); !errors.Is(err, crm.ErrNoRecording) || !strings.Contains(err.Error(), "a.wav") {
				t.Errorf("the error is %v", err)
			}
		})
	}
	s := newShelf(t, nil)
	if _, _, err := s.ready(t); !errors.Is(err, crm.ErrNoRecording) {
		t.Errorf("a call without a recording gives %v", err)
	}
}
