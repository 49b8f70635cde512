package recording_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ringback/internal/recording"
)

// got is the answer to a link.
type got struct {
	status int
	header http.Header
	body   []byte
}

func (s *shelf) get(t *testing.T, link, rng string) got {
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
	return got{w.Code, w.Header(), w.Body.Bytes()}
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
	if whole.status != 200 || !bytes.Equal(whole.body, sound) || whole.header.Get("Content-Type") != "audio/wav" || whole.header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("whole: %d, %d bytes, %v", whole.status, len(whole.body), whole.header)
	}
	ranged := s.get(t, link, "bytes=10-19")
	if ranged.status != 206 || !bytes.Equal(ranged.body, sound[10:20]) || ranged.header.Get("Content-Range") == "" {
		t.Errorf("in ranges: %d, %d bytes, %v", ranged.status, len(ranged.body), ranged.header)
	}
}

func TestWhoeverListensSlowlyGetsTheWholeRecording(t *testing.T) {
	s := newShelf(t, nil)
	sound := wave(8000, make([]byte, 16<<20))
	s.put(t, "a.wav", sound)
	s.call.Recordings = []string{"a.wav"}
	link, err := s.Link(s.call)
	if err != nil {
		t.Fatal(err)
	}
	const limit = 200 * time.Millisecond
	server := httptest.NewUnstartedServer(s)
	server.Config.WriteTimeout = limit
	server.Start()
	defer server.Close()
	answer, err := http.Get(server.URL + strings.TrimPrefix(link, "https://pbx.example"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	<-time.After(2 * limit) // the rest waits in full buffers
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n != int64(len(sound)) {
		t.Errorf("%d of %d bytes came: %v", n, len(sound), err)
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
		if got := s.get(t, changed, ""); got.status != 404 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if got := s.get(t, link, ""); got.status != 200 {
		t.Errorf("the link itself: %d", got.status)
	}
	other := newShelf(t, func(settings *recording.Settings) { settings.Key = []byte("another key, another key") })
	other.call = s.call
	if got := other.get(t, link, ""); got.status != 404 {
		t.Errorf("after a change of the key: %d", got.status)
	}
	s.at(ended.Add(26 * time.Hour))
	if got := s.get(t, link, ""); got.status != 410 {
		t.Errorf("after its end: %d", got.status)
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
	if got := s.get(t, link, ""); got.status != 200 || got.header.Get("Content-Type") != "audio/mpeg" || !strings.HasSuffix(link, ".mp3") {
		t.Errorf("%d, %v", got.status, got.header)
	}
}
