package app

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ringback/internal/backfill"
	"ringback/internal/dbtest"
	"ringback/internal/jobs"
)

// serve serves a process of the house with some roles until the test ends.
func (h house) serve(t *testing.T, roles ...Role) (a *App, address string) {
	t.Helper()
	h.settings.Roles = roles
	a = h.open(t)
	ctx, stop := context.WithCancel(context.Background())
	served, at := make(chan error, 1), make(chan string, 1)
	go func() { served <- a.Serve(ctx, func(addr net.Addr) { at <- "http://" + addr.String() }) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return a, <-at
}

func TestProcessesDivideTheirRoles(t *testing.T) {
	h := newHouseOn(t, t.TempDir(), dbtest.PostgreSQL(t).Database(t).URL)
	h.arrive(t)
	door, doorAt := h.serve(t, RoleAPI, RolePanel)
	workshop, workshopAt := h.serve(t, RoleWork)
	for url, want := range map[string]int{
		doorAt + "/api/v1/runs": http.StatusUnauthorized, doorAt + "/healthz": http.StatusOK,
		workshopAt + "/api/v1/runs": http.StatusNotFound, workshopAt + "/healthz": http.StatusOK, workshopAt + "/metrics": http.StatusOK,
	} {
		if got := get(t, url); got != want {
			t.Errorf("%s answers %d, want %d", url, got, want)
		}
	}
	run, err := door.runs.Start(t.Context(), backfill.Request{Kind: backfill.ByPeriod, Start: time.Unix(1, 0), RequestedBy: "test"})
	if err != nil {
		t.Fatal(err)
	}
	over, err := door.runs.Wait(t.Context(), run.ID)
	if err != nil || over.State != backfill.Done || over.Calls.Delivered != 1 {
		t.Errorf("the run is %+v (%v)", over, err)
	}
	working, err := workshop.queue.Nodes(t.Context())
	if err != nil || len(working) != 1 {
		t.Fatalf("%v work (%v)", working, err)
	}
	for _, part := range door.Status(t.Context()).Parts {
		if part.Name == "queue" && !slices.Equal(part.Values["processes"].([]string), working) {
			t.Errorf("the status shows %v, and %v work", part.Values, working)
		}
	}
	// A command works beside them.
	again, err := h.open(t).Read(t.Context(), backfill.Request{Kind: backfill.ByIDs, IDs: []string{"1795410647.1"}, RequestedBy: "test"}, func(*backfill.Run) {})
	if err != nil || again.Calls.Skipped != 1 {
		t.Errorf("beside them a run is %+v (%v)", again, err)
	}
}

func TestAJournalInAFileNeedsItsProcessToWork(t *testing.T) {
	h := newHouse(t)
	h.settings.Roles = []Role{RoleAPI}
	err := h.open(t).Serve(t.Context(), func(net.Addr) { t.Error("it listens") })
	if err == nil || !strings.Contains(err.Error(), "give it the role work too") {
		t.Errorf("got %v", err)
	}
}

func TestOldRunsAreTidiedAway(t *testing.T) {
	h := newHouse(t)
	h.arrive(t)
	a := h.open(t)
	request := backfill.Request{Kind: backfill.ByIDs, IDs: []string{"1795410647.1"}, RequestedBy: "test"}
	old, err := a.Read(t.Context(), request, func(*backfill.Run) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.runs.Start(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	a.Now = func() time.Time { return time.Now().AddDate(2, 0, 0) }
	if err := a.tidy(t.Context(), jobs.Job{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.runs.Get(t.Context(), old.ID); err == nil {
		t.Error("a run of two years ago is still there")
	}
}
