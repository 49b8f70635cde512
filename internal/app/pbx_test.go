package app

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/api"
	"ringback/internal/config"
)

func TestAPBXThatNeverAnswersIsShownAsAway(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	h := newHouse(t)
	h.settings.Config.PBX[0].CEL, err = config.ParseSourceURL("mysql://reader:s3cret@"+silent.Addr().String()+"/asteriskcdrdb", os.LookupEnv, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	a := h.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	a.pbxs[0].probe(ctx)
	if part := a.pbxs[0].status(); part.Status != api.Error || !strings.Contains(part.Message, "is away") {
		t.Errorf("its status is %+v", part)
	}
}

func TestTheStatusShowsAZoneThatSaysSomething(t *testing.T) {
	moscow := time.FixedZone("Europe/Moscow", 3*60*60)
	if name := zoneName(moscow); name != "Europe/Moscow" {
		t.Errorf("a zone with a name is shown as %q", name)
	}
	if name := zoneName(time.Local); strings.Contains(name, "Local") || !strings.Contains(name, time.Now().Format("-07:00")) {
		t.Errorf("the machine's zone is shown as %q", name)
	}
}

func TestACallIsExplainedThoughAnotherPBXFails(t *testing.T) {
	h := newHouse(t)
	h.arrive(t)
	other := h.settings.Config.PBX[0]
	other.Name = "other"
	gone := filepath.Join(filepath.Dir(h.cel), "gone.csv")
	rows, err := os.ReadFile(h.cel)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gone, rows, 0o600); err != nil {
		t.Fatal(err)
	}
	first := &h.settings.Config.PBX[0]
	if first.CEL, err = config.ParseSourceURL("csv://"+gone, os.LookupEnv, os.ReadFile); err != nil {
		t.Fatal(err)
	}
	h.settings.Config.PBX = append(h.settings.Config.PBX, other)
	a := h.open(t)
	if found, err := a.Explain(t.Context(), "main", "1795410647.1"); err != nil || len(found) != 1 {
		t.Fatalf("with both there: %v (%v)", found, err)
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if found, err := a.Explain(t.Context(), "", "1795410647.1"); err != nil || len(found) != 1 {
		t.Errorf("with one gone: %v (%v)", found, err)
	}
	if _, err := a.Explain(t.Context(), "", "9.9"); err == nil {
		t.Error("an id is said to be of no call, though a PBX could not be asked")
	}
}
