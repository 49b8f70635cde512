// Package recording finds the recordings that a PBX made of calls, waits until
// they are whole, joins and converts them where wanted, and serves them under
// signed links to CRMs that take only those.
//
// It reads only below the configured directories, and only names that the PBX
// logged lead it there. It knows calls; it knows no CRM and no journal.
package recording

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
)

const (
	// stable is for how long a file must not have grown to be whole.
	stable = 10 * time.Second
	// patience is how long after a call its recording may be missing, or grow: a
	// machine that mixes or moves recordings takes a while.
	patience = 15 * time.Minute
	// again is the pause after which to ask for what is not there yet.
	again = 15 * time.Second
)

// Settings are where recordings are and what is made of them.
type Settings struct {
	// Directories are where each PBX keeps its recordings, by the PBX's name.
	Directories map[string]string
	// Cache is a directory for what is joined or converted; it is made when it is
	// not there. MaxCache bounds it, in bytes; 0 is 2 GiB.
	Cache    string
	MaxCache int64
	// Encoder converts to MP3: "lame", "sox", "ffmpeg" or the path of one of them,
	// "auto" for the first that is installed, "" to convert nothing.
	Encoder string
	// PublicURL is the address at which others reach Ringback; nil, there are no
	// links.
	PublicURL *url.URL
	// Key signs links: whoever changes it revokes them all.
	Key []byte
	// Lifetime is how long links work; 0 is for ever.
	Lifetime time.Duration
	// Calls gives the call of a link; nil when there is none.
	Calls func(ctx context.Context, pbx, id string) (*call.Call, error)
	Now   func() time.Time
	// Logger is told what cannot be told to anybody else.
	Logger *slog.Logger
}

// Library is all recordings. Close it when it is not used any more.
type Library struct {
	settings Settings
	encoder  *encoder

	stop    context.CancelFunc
	running context.Context // of what is made in the background, until Close
	work    sync.WaitGroup
	slots   chan struct{}

	mu     sync.Mutex
	making map[string]chan struct{}
	failed map[string]failure
}

var _ crm.Recordings = (*Library)(nil)

// New says what is missing for what the settings want.
func New(s Settings) (*Library, error) {
	if s.Now == nil {
		return nil, errors.New("a library of recordings needs a clock")
	}
	if s.PublicURL != nil && len(s.Key) < 16 {
		return nil, errors.New("links to recordings need a key of at least 16 bytes to sign them")
	}
	if s.PublicURL != nil && s.Calls == nil {
		return nil, errors.New("links to recordings need to find the calls that they name")
	}
	if s.MaxCache == 0 {
		s.MaxCache = 2 << 30
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	for pbx, dir := range s.Directories {
		if !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("the recordings of PBX %s are in %q: give the whole path", pbx, dir)
		}
	}
	l := &Library{settings: s, slots: make(chan struct{}, 2), making: map[string]chan struct{}{}, failed: map[string]failure{}}
	var err error
	if l.encoder, err = findEncoder(s.Encoder); err != nil {
		return nil, err
	}
	if s.Cache != "" {
		if err := prepareCache(s.Cache, s.Now()); err != nil {
			return nil, fmt.Errorf("make the directory for joined recordings: %w", err)
		}
	}
	l.running, l.stop = context.WithCancel(context.Background())
	return l, nil
}

// Close ends conversions and waits for them.
func (l *Library) Close() error {
	l.stop()
	l.work.Wait()
	return nil
}

// Of returns the call's recording. A *crm.NotYetError says when to ask again;
// crm.ErrNoRecording, with the reason around it, that there is none or it is
// lost.
func (l *Library) Of(_ context.Context, c *call.Call) (*crm.Recording, error) {
	parts, err := l.find(c)
	if err != nil {
		return nil, err
	}
	if p, ok := l.asItIs(parts); ok {
		return p.recording(), nil
	}
	return l.made(parts)
}

// asItIs says that a recording is handed over as the PBX made it.
func (l *Library) asItIs(parts []*part) (*part, bool) {
	if len(parts) > 1 {
		return nil, false
	}
	return parts[0], l.encoder == nil || parts[0].format == mp3
}

// recording opens the part anew whenever it is read, under the same rules.
func (p *part) recording() *crm.Recording {
	name := strings.TrimSuffix(filepath.Base(p.name), filepath.Ext(p.name)) + "." + string(p.format)
	return &crm.Recording{Name: name, Size: p.size, Open: p.open}
}
