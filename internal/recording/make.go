package recording

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ringback/internal/crm"
)

// failure is a conversion that failed, and until when it is not tried again.
type failure struct {
	err   error
	until time.Time
}

// target is the format of what is made of parts.
func (l *Library) target(parts []*part) format {
	if l.encoder != nil || !slices.ContainsFunc(parts, func(p *part) bool { return p.format != mp3 }) {
		return mp3
	}
	return wav
}

// fingerprint tells parts, and what is made of them, from all others.
func (l *Library) fingerprint(parts []*part) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d\x00", p.root, p.name, p.size, p.time.UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)[:16]) + "." + string(l.target(parts))
}

// made is the recording that is made of parts: from the cache, or not yet.
func (l *Library) made(parts []*part) (*crm.Recording, error) {
	if l.settings.Cache == "" {
		return nil, errors.New("recordings are to be joined or converted, and there is no directory for that")
	}
	name := l.fingerprint(parts)
	file := filepath.Join(l.settings.Cache, name)
	if info, err := os.Stat(file); err == nil {
		return &crm.Recording{Name: name, Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(file) }}, nil
	}
	now := l.settings.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if f, ok := l.failed[name]; ok && now.Before(f.until) {
		if len(parts) == 1 {
			// Not converted is better than not at all.
			return parts[0].recording(), nil
		}
		return nil, f.err
	}
	if l.making[name] == nil && l.running.Err() == nil {
		done := make(chan struct{})
		l.making[name] = done
		l.work.Go(func() { l.produce(name, parts, done) })
	}
	return nil, &crm.NotYetError{Again: now.Add(again)}
}

// ready waits until what is being made is made, or ctx ends.
func (l *Library) ready(ctx context.Context, parts []*part) error {
	l.mu.Lock()
	done := l.making[l.fingerprint(parts)]
	l.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// produce makes a recording in the background.
func (l *Library) produce(name string, parts []*part, done chan struct{}) {
	var err error
	select {
	case l.slots <- struct{}{}:
		err = l.convert(l.running, name, parts)
		<-l.slots
	case <-l.running.Done():
		err = l.running.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.making, name)
	delete(l.failed, name)
	if err != nil && l.running.Err() == nil {
		const pause = 10 * time.Minute
		if len(l.failed) > 1000 {
			clear(l.failed)
		}
		err = fmt.Errorf("the recording %s cannot be made ready: %w", parts[0].name, err)
		l.failed[name] = failure{err, l.settings.Now().Add(pause)}
		l.settings.Logger.Warn("a recording cannot be made ready", "error", err)
	}
	close(done)
}

// convert joins and encodes parts into the cache. Only what is whole gets its
// name.
func (l *Library) convert(ctx context.Context, name string, parts []*part) error {
	dir, err := os.MkdirTemp(l.settings.Cache, making+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left takes room, and does no harm
	made := filepath.Join(dir, "made")
	if err := l.join(ctx, dir, made, parts); err != nil {
		return err
	}
	if l.encoder != nil && slices.ContainsFunc(parts, func(p *part) bool { return p.format != mp3 }) {
		joined, err := os.Open(made)
		if err != nil {
			return err
		}
		defer joined.Close()
		made = filepath.Join(dir, "made.mp3")
		if err := l.encoder.toMP3(ctx, joined, made); err != nil {
			return err
		}
	}
	if err := os.Rename(made, filepath.Join(l.settings.Cache, name)); err != nil {
		return err
	}
	return l.evict(name)
}

// join writes all parts into one file, in order: as they are where they are
// alike, else as plain sound.
func (l *Library) join(ctx context.Context, dir, made string, parts []*part) error {
	files := make([]io.ReaderAt, 0, len(parts))
	sizes := make([]int64, 0, len(parts))
	sounds := make([]*sound, 0, len(parts))
	for _, p := range parts {
		f, err := p.file()
		if err != nil {
			return err
		}
		defer f.Close()
		files, sizes = append(files, f), append(sizes, p.size)
		if p.format != wav {
			continue
		}
		s, err := readWAV(f, p.size)
		if err != nil {
			return err
		}
		sounds = append(sounds, s)
	}
	out, err := os.Create(made)
	if err != nil {
		return err
	}
	defer out.Close()
	switch {
	case !slices.ContainsFunc(parts, func(p *part) bool { return p.format != mp3 }):
		for i, f := range files {
			if _, err := io.Copy(out, withoutTag(f, sizes[i])); err != nil {
				return err
			}
		}
	case len(sounds) == len(parts) && alike(sounds) && (l.encoder == nil || l.encoder.kind != "lame" || sounds[0].pcm()):
		if err := joinWAV(out, files, sounds); err != nil {
			return err
		}
	default:
		if err := l.mix(ctx, dir, out, parts); err != nil {
			return err
		}
	}
	return out.Close()
}

// mix makes plain sound of parts that are not alike, and joins that.
func (l *Library) mix(ctx context.Context, dir string, out *os.File, parts []*part) error {
	mixer := l.encoder.mixer()
	files := make([]io.ReaderAt, 0, len(parts))
	sounds := make([]*sound, 0, len(parts))
	for i, p := range parts {
		in, err := p.file()
		if err != nil {
			return err
		}
		defer in.Close()
		plain := filepath.Join(dir, fmt.Sprintf("plain-%d", i))
		if err := mixer.toWAV(ctx, in, p.format, plain); err != nil {
			return err
		}
		f, err := os.Open(plain)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		s, err := readWAV(f, info.Size())
		if err != nil {
			return err
		}
		files, sounds = append(files, f), append(sounds, s)
	}
	if !alike(sounds) {
		return errNoMixer
	}
	return joinWAV(out, files, sounds)
}
