package app

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/api"
	"ringback/internal/backfill"
	"ringback/internal/config"
	"ringback/internal/crm/webhook/webhooktest"
)

// withHook adds a webhook target to the configuration.
func (h *house) withHook(t *testing.T, address string) {
	t.Helper()
	c, err := config.Parse("test.toml", []byte(`
[server]
listen = "127.0.0.1:0"
[[server.user]]
name = "admin"
password = "secret"
role = "admin"
[state]
url = "sqlite://`+filepath.Dir(h.cel)+`/below/state.db"
[[pbx]]
name = "main"
cel = "csv://`+h.cel+`"
timezone = "UTC"
[[target]]
name = "warehouse"
type = "webhook"
url = "`+address+`"
secret = "s3cret"
`), os.LookupEnv, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	h.settings.Config = c
}

func TestAReadBringsCallsToAWebhook(t *testing.T) {
	receiver := &webhooktest.Receiver{Secret: "s3cret", Now: time.Now}
	server := httptest.NewServer(receiver)
	defer server.Close()
	h := newHouse(t)
	h.arrive(t)
	h.withHook(t, server.URL)
	a := h.open(t)
	request := backfill.Request{Kind: backfill.ByIDs, IDs: []string{"1795410647.1"}, RequestedBy: "test"}
	run, err := a.Read(t.Context(), request, func(*backfill.Run) {})
	if err != nil {
		t.Fatal(err)
	}
	if run.State != backfill.Done || run.Calls.Delivered != 1 || len(run.Target) != 1 || run.Target[0] != "warehouse" {
		t.Errorf("the run is %+v", run)
	}
	if got := receiver.Effects(); len(got) != 1 || got["main-1795410647.0-1"] != 1 {
		t.Errorf("what arrived is %v, wrong was %v", got, receiver.Wrong())
	}
	crm := a.targetStatus(t.Context())
	if crm.Status != api.Ok || crm.Parts[0].Values["delivered"] != int64(1) || crm.Parts[0].Values["waiting"] != int64(0) {
		t.Errorf("its status is %+v", crm)
	}
	key, err := os.Stat(filepath.Join(filepath.Dir(h.cel), "below", "state.key"))
	if err != nil || key.Mode().Perm() != 0o600 {
		t.Errorf("the key is %v (%v)", key, err)
	}
}

func TestATargetThatIsRefusedIsShown(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not here", http.StatusNotFound)
	}))
	defer server.Close()
	h := newHouse(t)
	h.arrive(t)
	h.withHook(t, server.URL)
	a := h.open(t)
	request := backfill.Request{Kind: backfill.ByIDs, IDs: []string{"1795410647.1"}, RequestedBy: "test"}
	run, err := a.Read(t.Context(), request, func(*backfill.Run) {})
	if err != nil {
		t.Fatal(err)
	}
	failed, err := a.Failed(t.Context(), run.ID, 10)
	if err != nil || len(failed) != 1 || !strings.Contains(failed[0].Reason, "answered 404: not here") {
		t.Errorf("the run is %+v, failed are %v (%v)", run, failed, err)
	}
	values := a.targetStatus(t.Context()).Parts[0].Values
	if values["failed"] != int64(1) || !strings.Contains(values["last_error"].(string), "404") {
		t.Errorf("its status is %v", values)
	}
}
