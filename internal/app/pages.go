package app

import (
	"net/http"

	"ringback/internal/api"
	"ringback/internal/recording"
)

// pages are the paths that ask for no log-in of ours: signed links to
// recordings, and what CRMs send when an application is installed.
func (a *App) pages() http.Handler {
	mux := http.NewServeMux()
	if a.recordings != nil {
		mux.Handle(recording.Path, a.recordings)
	}
	for _, p := range a.portals {
		mux.Handle("POST /targets/"+p.name+"/install", p.target.Install())
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		api.WriteProblem(w, api.Problem{Status: http.StatusNotFound, Detail: "there is nothing at this address"})
	})
	return mux
}
