package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ringback/internal/call"
	"ringback/internal/config"
	"ringback/internal/crm"
	"ringback/internal/deliver"
	"ringback/internal/journal"
	"ringback/internal/recording"
)

// openRecordings makes the library of the PBXs' recordings, nil where no PBX
// tells where it keeps them.
func (a *App) openRecordings(ctx context.Context, vault *deliver.Vault) error {
	directories := make(map[string]string)
	for i := range a.Config.PBX {
		if d := a.Config.PBX[i].Recordings.Directory; d != "" {
			directories[a.Config.PBX[i].Name] = d
		}
	}
	if len(directories) == 0 {
		return nil
	}
	s := recording.Settings{
		Directories: directories, Cache: a.recordingCache(), Calls: a.recordedCall, Now: a.Now, Logger: a.Log,
		Encoder: a.Config.Recording.Encoder,
	}
	if public := a.Config.Server.PublicURL.URL(); public != nil {
		key, err := linkKey(ctx, a.Config.Server.LinkKey, vault.Store("links"))
		if err != nil {
			return err
		}
		s.PublicURL, s.Key, s.Lifetime = public, key, time.Duration(a.Config.Server.LinkLifetime)
	}
	var err error
	a.recordings, err = recording.New(s)
	return err
}

// recordingCache is where joined recordings are kept: beside a journal in a file,
// else among the system's temporary files.
func (a *App) recordingCache() string {
	address := a.Config.State.URL.URL()
	if address.Scheme == "sqlite" {
		return filepath.Join(filepath.Dir(address.Path), "recordings")
	}
	return filepath.Join(os.TempDir(), "ringback-recordings")
}

// recordedCall gives the call that a link names.
func (a *App) recordedCall(ctx context.Context, pbx, id string) (*call.Call, error) {
	found, err := a.journal.Call(ctx, pbx, id)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c call.Call
	if err := json.Unmarshal(found.JSON, &c); err != nil {
		return nil, fmt.Errorf("read call %s of the journal: %w", id, err)
	}
	return &c, nil
}

// linkKeyBytes is how long a key is that is made for signing links.
const linkKeyBytes = 32

// linkKey is the key that signs links: the configured one, else one that is made
// once and kept in the journal, for all processes that share it.
func linkKey(ctx context.Context, configured config.Secret, store crm.Store) ([]byte, error) {
	if configured.IsSet() {
		return []byte(configured.Reveal()), nil
	}
	for {
		key, version, err := store.Load(ctx, "key")
		if err != nil || version > 0 {
			return key, err
		}
		key = make([]byte, linkKeyBytes)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		err = store.Save(ctx, "key", key, 0)
		if err == nil {
			return key, nil
		}
		if !errors.Is(err, crm.ErrConflict) {
			return nil, err
		}
	}
}
