package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"ringback/internal/call"
	"ringback/internal/config"
)

// withPortal adds a Bitrix24 target and recordings to the configuration.
func (h *house) withPortal(t *testing.T) {
	t.Helper()
	directory := filepath.Dir(h.cel)
	c, err := config.Parse("test.toml", []byte(`
[server]
listen = "127.0.0.1:0"
public_url = "https://pbx.example.com"
[[server.user]]
name = "admin"
password = "secret"
role = "admin"
[state]
url = "sqlite://`+directory+`/below/state.db"
[[pbx]]
name = "main"
cel = "csv://`+h.cel+`"
timezone = "UTC"
[pbx.recordings]
directory = "`+directory+`"
[[target]]
name = "portal"
type = "bitrix24"
url = "http://127.0.0.1:1"
client_id = "local.1"
client_secret = "s3cret"
`), os.LookupEnv, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	h.settings.Config = c
}

func TestWhatCRMsAskForNeedsNoLogInOfOurs(t *testing.T) {
	h := newHouse(t)
	h.withPortal(t)
	a := h.open(t)
	if a.recordings == nil {
		t.Fatal("no recordings are served")
	}
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/recordings/main/1.1/0/c2lnbmF0dXJl.mp3", http.StatusNotFound}, // signed by nobody
		{"POST", "/targets/portal/install", http.StatusBadRequest},              // with no event in it
		{"GET", "/targets/portal/install", http.StatusNotFound},
		{"POST", "/targets/other/install", http.StatusNotFound},
		{"GET", "/", http.StatusNotFound},
	} {
		w := httptest.NewRecorder()
		a.pages().ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != test.status {
			t.Errorf("%s %s: %d, want %d: %s", test.method, test.path, w.Code, test.status, w.Body)
		}
	}
}

func TestTheKeyForLinksIsMadeOnceAndKept(t *testing.T) {
	h := newHouse(t)
	h.withPortal(t)
	file := filepath.Join(filepath.Dir(h.cel), "2026.wav")
	link := func() string {
		a, err := Open(t.Context(), h.settings)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}()
		c, err := a.recordings.Link(callWith(filepath.Base(file)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if first, second := link(), link(); first != second {
		t.Errorf("links of two starts differ: %s, %s", first, second)
	}
}

// callWith is a call with a recording.
func callWith(recording string) *call.Call {
	return &call.Call{ID: "1.1", PBX: "main", Recordings: []string{recording}}
}
