package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringback/internal/api"
	"ringback/internal/backfill"
	"ringback/internal/captures"
	"ringback/internal/config"
	"ringback/internal/dbtest"
	"ringback/internal/journal"
)

func TestMain(m *testing.M) {
	code := dbtest.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// house is a configuration in a directory of its own, with one PBX whose records
// are not there yet.
type house struct {
	settings Settings
	cel      string
}

func newHouse(t *testing.T) house {
	t.Helper()
	directory := t.TempDir()
	return newHouseOn(t, directory, "sqlite://"+directory+"/below/state.db")
}

// newHouseOn has its journal at a URL.
func newHouseOn(t *testing.T, directory, state string) house {
	t.Helper()
	cel := filepath.Join(directory, "Master.csv")
	c, err := config.Parse("test.toml", []byte(`
[server]
listen = "127.0.0.1:0"
[[server.user]]
name = "admin"
password = "secret"
role = "admin"
[state]
url = "`+state+`"
key_file = "`+directory+`/below/state.key"
[[pbx]]
name = "main"
cel = "csv://`+cel+`"
timezone = "UTC"
`), os.LookupEnv, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	return house{Settings{Config: c, Log: slog.New(slog.DiscardHandler), Version: "test", Now: time.Now}, cel}
}

func (h house) open(t *testing.T) *App {
	t.Helper()
	a, err := Open(t.Context(), h.settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// arrive lets the records of the PBX appear.
func (h house) arrive(t *testing.T) {
	t.Helper()
	rows, err := captures.CSV("inbound-answered")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.cel, rows, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheModuleListensWhileAPBXIsAwayAndIsReadyWhenItIsBack(t *testing.T) {
	h := newHouse(t)
	a := h.open(t)
	if a.Ready(t.Context()) {
		t.Error("ready before the PBX was looked at")
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	address := make(chan string, 1)
	go func() { served <- a.Serve(ctx, func(at net.Addr) { address <- "http://" + at.String() }) }()
	at := <-address
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		if got := get(t, at+path); got != want {
			t.Errorf("without the PBX %s answers %d, want %d", path, got, want)
		}
	}
	if report := a.Status(t.Context()); report.Status == api.Ok {
		t.Errorf("without the PBX the status is %+v", report)
	}

	h.arrive(t)
	a.pbxs[0].probe(t.Context())
	if got := get(t, at+"/readyz"); got != http.StatusOK {
		t.Errorf("with the PBX /readyz answers %d", got)
	}
	if err := os.Remove(h.cel); err != nil {
		t.Fatal(err)
	}
	a.pbxs[0].probe(t.Context())
	if part := a.pbxs[0].status(); part.Status != api.Error || !strings.Contains(part.Message, "Master.csv") {
		t.Errorf("with the PBX gone its status is %+v", part)
	}

	stop()
	if err := <-served; err != nil {
		t.Errorf("an orderly end is %v", err)
	}
}

func TestAJournalBelongsToOneProcess(t *testing.T) {
	h := newHouse(t)
	h.open(t)
	_, err := Open(t.Context(), h.settings)
	if _, inUse := errors.AsType[*journal.InUseError](err); !inUse {
		t.Errorf("opening it twice returned %v", err)
	}
}

func TestAReadIsWorkedToItsEndAndFindsTheSameNextTime(t *testing.T) {
	h := newHouse(t)
	h.arrive(t)
	a := h.open(t)
	request := backfill.Request{Kind: backfill.ByIDs, IDs: []string{"1795410647.1", "1.1"}, RequestedBy: "test"}
	shown := 0
	run, err := a.Read(t.Context(), request, func(*backfill.Run) { shown++ })
	if err != nil {
		t.Fatal(err)
	}
	if run.State != backfill.Done || run.Calls.Delivered != 1 || len(run.Calls.NotFound) != 1 || shown == 0 {
		t.Errorf("after %d looks the run is %+v", shown, run)
	}
	if failed, err := a.Failed(t.Context(), run.ID, 10); err != nil || len(failed) > 0 {
		t.Errorf("failed calls: %v (%v)", failed, err)
	}
}

func TestAnInterruptedReadIsCancelled(t *testing.T) {
	h := newHouse(t) // the PBX is away, so the run waits
	a := h.open(t)
	ctx, interrupt := context.WithCancel(t.Context())
	request := backfill.Request{Kind: backfill.ByPeriod, Start: time.Unix(1, 0), RequestedBy: "test"}
	run, err := a.Read(ctx, request, func(*backfill.Run) { interrupt() })
	if err != nil {
		t.Fatal(err)
	}
	if run.State != backfill.Cancelled {
		t.Errorf("the run is %+v", run)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
