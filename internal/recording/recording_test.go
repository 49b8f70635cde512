package recording_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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
		os.Stderr.WriteString(strings.Repeat("this sound is broken ", 100))
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

func TestRecordingsOfOneFormatAreJoinedWithoutLoss(t *testing.T) {
	s := newShelf(t, nil)
	first, second := tone(440, 801), tone(880, 500)
	s.put(t, "a.wav", wave(8000, first))
	s.put(t, "b.wav", wave(8000, second))
	s.put(t, "empty.wav", wave(8000, nil))
	s.call.Recordings = []string{"b.wav", "empty.wav", "a.wav"}
	got, name, err := s.ready(t)
	if err != nil || !bytes.Equal(got, wave(8000, append(second, first...))) || filepath.Ext(name) != ".wav" {
		t.Errorf("joined %q, %d bytes: %v", name, len(got), err)
	}
}

func TestMP3sAreJoinedAsTheyAre(t *testing.T) {
	s := newShelf(t, nil)
	tag := []byte{'I', 'D', '3', 4, 0, 0, 0, 0, 0, 3, 'x', 'y', 'z'}
	s.put(t, "a.mp3", append(bytes.Clone(tag), 0xff, 0xfb, 1))
	s.put(t, "b.mp3", append(bytes.Clone(tag), 0xff, 0xfb, 2))
	s.call.Recordings = []string{"a.mp3", "b.mp3"}
	if got, _, err := s.ready(t); err != nil || !bytes.Equal(got, []byte{0xff, 0xfb, 1, 0xff, 0xfb, 2}) {
		t.Errorf("joined %v: %v", got, err)
	}
}

func TestRecordingsAreConvertedByWhatIsInstalled(t *testing.T) {
	for _, name := range []string{"lame", "sox", "ffmpeg"} {
		t.Run(name, func(t *testing.T) {
			installed(t, name)
			s := newShelf(t, func(s *recording.Settings) { s.Encoder = "auto" })
			sound := wave(8000, tone(440, 800))
			s.put(t, "a.wav", sound)
			s.call.Recordings = []string{"a.wav"}
			got, file, err := s.ready(t)
			if want := append([]byte{0xff, 0xfb, 0x50, 0xc4}, append([]byte(name), sound...)...); err != nil || !bytes.Equal(got, want) || filepath.Ext(file) != ".mp3" {
				t.Errorf("converted %q, %d bytes: %v", file, len(got), err)
			}
		})
	}
}

func TestRecordingsOfDifferentFormatsAreMadePlainAndJoined(t *testing.T) {
	installed(t, "sox")
	s := newShelf(t, nil)
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	s.put(t, "b.wav", wave(16000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav", "b.wav"}
	if got, _, err := s.ready(t); err != nil || len(got) != 44+200 {
		t.Errorf("joined %d bytes: %v", len(got), err)
	}
	installed(t)
	s = newShelf(t, nil)
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	s.put(t, "b.wav", wave(16000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav", "b.wav"}
	if _, _, err := s.ready(t); err == nil || !strings.Contains(err.Error(), "install sox or ffmpeg") {
		t.Errorf("with nothing installed: %v", err)
	}
}

func TestWhatCannotBeConvertedIsHandedOverAsItIs(t *testing.T) {
	installed(t, "lame")
	s := newShelf(t, func(s *recording.Settings) { s.Encoder = "lame" })
	sound := wave(8000, []byte("BROKEN"))
	s.put(t, "a.wav", sound)
	s.call.Recordings = []string{"a.wav"}
	if got, _, err := s.ready(t); err != nil || !bytes.Equal(got, sound) {
		t.Errorf("handed over %d bytes: %v", len(got), err)
	}
}

func TestAnEncoderThatIsNotThereIsSaidAtOnce(t *testing.T) {
	installed(t)
	for _, wanted := range []string{"auto", "lame", "rm", "/bin/sh"} {
		if _, err := recording.New(recording.Settings{Now: time.Now, Encoder: wanted}); err == nil {
			t.Errorf("the encoder %q is taken", wanted)
		}
	}
}

func TestTheCacheKeepsWithinItsBound(t *testing.T) {
	s := newShelf(t, func(s *recording.Settings) { s.MaxCache = 3000 })
	for _, name := range []string{"a", "b", "c", "d"} {
		s.put(t, name+"1.wav", wave(8000, tone(440, 300)))
		s.put(t, name+"2.wav", wave(8000, tone(880, 300)))
		s.call.Recordings = []string{name + "1.wav", name + "2.wav"}
		if _, _, err := s.ready(t); err != nil {
			t.Fatal(err)
		}
	}
	var size int64
	entries, err := os.ReadDir(s.cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			size += info.Size()
		}
	}
	if size > 3000 || size == 0 {
		t.Errorf("the cache holds %d bytes, bound 3000", size)
	}
}

func TestAConversionEndsWithTheLibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, nil)
		s.put(t, "a.wav", wave(8000, tone(440, 300)))
		s.put(t, "b.wav", wave(8000, tone(880, 300)))
		s.call.Recordings = []string{"a.wav", "b.wav"}
		if _, err := s.Of(t.Context(), s.call); err == nil {
			t.Error("the recording is there at once")
		}
		s.Close()
	})
}

func (s *shelf) get(t *testing.T, link, rng string) *http.Response {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, u.RequestURI(), nil)
	if rng != "" {
		r.Header.Set("Range", rng)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func TestALinkGivesTheRecordingWholeAndInRanges(t *testing.T) {
	s := newShelf(t, nil)
	sound := wave(8000, tone(440, 800))
	s.put(t, "a.wav", sound)
	s.call.Recordings = []string{"a.wav"}
	link, err := s.Link(s.call)
	if err != nil || !strings.HasPrefix(link, "https://pbx.example/recordings/main/1795410855.21/0/") || !strings.HasSuffix(link, ".wav") {
		t.Fatalf("the link is %s: %v", link, err)
	}
	whole := s.get(t, link, "")
	body, _ := io.ReadAll(whole.Body)
	if whole.StatusCode != 200 || !bytes.Equal(body, sound) || whole.Header.Get("Content-Type") != "audio/wav" || whole.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("whole: %d, %d bytes, %v", whole.StatusCode, len(body), whole.Header)
	}
	ranged := s.get(t, link, "bytes=10-19")
	body, _ = io.ReadAll(ranged.Body)
	if ranged.StatusCode != 206 || !bytes.Equal(body, sound[10:20]) || ranged.Header.Get("Content-Range") == "" {
		t.Errorf("in ranges: %d, %d bytes, %v", ranged.StatusCode, len(body), ranged.Header)
	}
}

func TestALinkIsGoodOnlyAsItWasMade(t *testing.T) {
	s := newShelf(t, func(s *recording.Settings) { s.Lifetime = 24 * time.Hour })
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav"}
	link, err := s.Link(s.call)
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string]string{
		"another call":         strings.Replace(link, "855.21", "855.22", 1),
		"another PBX":          strings.Replace(link, "/main/", "/branch/", 1),
		"a later end":          strings.Replace(link, "/1795", "/9795", 2),
		"another signature":    link[:len(link)-10] + "AAAAAA.wav",
		"another ending":       strings.TrimSuffix(link, "wav") + "html",
		"a directory":          "https://pbx.example/recordings/",
		"a directory of a PBX": "https://pbx.example/recordings/main/",
		"dots":                 "https://pbx.example/recordings/main/..%2f..%2fetc%2fpasswd/0/AAAA.wav",
	} {
		if got := s.get(t, changed, ""); got.StatusCode != 404 {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	if got := s.get(t, link, ""); got.StatusCode != 200 {
		t.Errorf("the link itself: %d", got.StatusCode)
	}
	other := newShelf(t, func(settings *recording.Settings) { settings.Key = []byte("another key, another key") })
	other.call = s.call
	if got := other.get(t, link, ""); got.StatusCode != 404 {
		t.Errorf("after a change of the key: %d", got.StatusCode)
	}
	s.at(ended.Add(26 * time.Hour))
	if got := s.get(t, link, ""); got.StatusCode != 410 {
		t.Errorf("after its end: %d", got.StatusCode)
	}
	r := httptest.NewRequest(http.MethodPost, link, nil)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 405 {
		t.Errorf("posted to: %d", w.Code)
	}
}

func TestALinkWaitsForWhatIsBeingMade(t *testing.T) {
	installed(t, "lame")
	s := newShelf(t, func(s *recording.Settings) { s.Encoder = "lame" })
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav"}
	link, err := s.Link(s.call)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, link, ""); got.StatusCode != 200 || got.Header.Get("Content-Type") != "audio/mpeg" || !strings.HasSuffix(link, ".mp3") {
		t.Errorf("%d, %v", got.StatusCode, got.Header)
	}
}
