package recording

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"time"

	"ringback/internal/crm"
)

// ServeHTTP serves the recording of a link, whole or in ranges. Whoever has a
// link may listen; all others learn nothing, not even what there is.
func (l *Library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w = &patient{w, http.NewResponseController(w)}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "a recording can only be listened to", http.StatusMethodNotAllowed)
		return
	}
	ref, err := parse(r.URL.EscapedPath())
	if err == nil {
		err = ref.check(l.settings.Key, l.settings.Now())
	}
	switch {
	case len(l.settings.Key) == 0, errors.Is(err, errNoLink), errors.Is(err, errForged):
		http.Error(w, "there is no such recording", http.StatusNotFound)
	case errors.Is(err, errExpired):
		http.Error(w, "the link to this recording has expired", http.StatusGone)
	default:
		l.serve(w, r, ref)
	}
}

func (l *Library) serve(w http.ResponseWriter, r *http.Request, ref *reference) {
	rec, err := l.follow(r.Context(), ref)
	if _, wait := errors.AsType[*crm.NotYetError](err); wait {
		w.Header().Set("Retry-After", "15")
		http.Error(w, "the recording is not ready yet", http.StatusServiceUnavailable)
		return
	}
	if errors.Is(err, crm.ErrNoRecording) {
		http.Error(w, "the recording is lost", http.StatusNotFound)
		return
	}
	if err != nil {
		l.settings.Logger.WarnContext(r.Context(), "a recording cannot be served", "pbx", ref.pbx, "call", ref.id, "error", err)
		http.Error(w, "the recording cannot be read", http.StatusInternalServerError)
		return
	}
	file, err := rec.Open()
	if err != nil {
		http.Error(w, "the recording is lost", http.StatusNotFound)
		return
	}
	defer file.Close()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		http.Error(w, "the recording cannot be read", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", map[string]string{".mp3": "audio/mpeg", ".wav": "audio/wav"}[path.Ext(rec.Name)])
	h.Set("Content-Disposition", "inline")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, max-age=3600")
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", modified(file), content)
}

// pieceTime is how long a client may take for a piece of a recording, some 32 KB.
const pieceTime = 30 * time.Second

// patient gives each piece of an answer its own time: whoever listens while it comes takes as
// long as the sound, which a limit for the whole answer would cut off.
type patient struct {
	http.ResponseWriter

	controller *http.ResponseController
}

// Write implements http.ResponseWriter.
func (p *patient) Write(b []byte) (int, error) {
	_ = p.controller.SetWriteDeadline(time.Now().Add(pieceTime)) // a writer without deadlines needs none
	return p.ResponseWriter.Write(b)
}

// modified is when a file was changed; a range then fits what came before it.
func modified(file io.Closer) time.Time {
	if f, ok := file.(interface{ Stat() (os.FileInfo, error) }); ok {
		if i, err := f.Stat(); err == nil {
			return i.ModTime()
		}
	}
	return time.Time{}
}

// follow finds the recording of a link, and waits for what is being made of it.
func (l *Library) follow(ctx context.Context, ref *reference) (*crm.Recording, error) {
	c, err := l.settings.Calls(ctx, ref.pbx, ref.id)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, crm.ErrNoRecording
	}
	rec, err := l.Of(ctx, c)
	if _, wait := errors.AsType[*crm.NotYetError](err); !wait {
		return rec, err
	}
	parts, missing := l.find(c)
	if missing != nil {
		return nil, missing
	}
	if err := l.ready(ctx, parts); err != nil {
		return nil, err
	}
	return l.Of(ctx, c)
}
