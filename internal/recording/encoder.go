package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// encoding is how long one run of an encoder may take: hours of sound take
// minutes.
const encoding = 10 * time.Minute

var errNoMixer = errors.New("the recordings differ in format: install sox or ffmpeg to join them")

// encoder is an installed program that converts sound. It reads an open file and
// writes one; no shell and no name that the PBX chose comes near it.
type encoder struct {
	kind string
	path string
}

// encoders in the order in which they are looked for.
var encoders = []string{"lame", "sox", "ffmpeg"}

// findEncoder finds a program by the settings; nil when none is wanted.
func findEncoder(wanted string) (*encoder, error) {
	switch wanted {
	case "":
		return nil, nil
	case "auto":
		for _, name := range encoders {
			if found, err := exec.LookPath(name); err == nil {
				return &encoder{name, found}, nil
			}
		}
		return nil, errors.New("no encoder for MP3 is installed; install lame, sox or ffmpeg, or leave recordings as they are")
	}
	kind := filepath.Base(wanted)
	if !slices.Contains(encoders, kind) {
		return nil, fmt.Errorf("the encoder %q is not known; choose lame, sox or ffmpeg", wanted)
	}
	found, err := exec.LookPath(wanted)
	if err != nil {
		return nil, fmt.Errorf("the encoder %s is not installed; install it, or leave recordings as they are", wanted)
	}
	return &encoder{kind, found}, nil
}

// mixer is an encoder that also makes plain WAV of any format.
func (e *encoder) mixer() *encoder {
	if e != nil && e.kind != "lame" {
		return e
	}
	for _, name := range []string{"sox", "ffmpeg"} {
		if found, err := exec.LookPath(name); err == nil {
			return &encoder{name, found}
		}
	}
	return nil
}

// toMP3 converts a WAV file.
func (e *encoder) toMP3(ctx context.Context, in *os.File, out string) error {
	var args []string
	switch e.kind {
	case "lame":
		args = []string{"--quiet", "-V", "6", "-", out}
	case "sox":
		args = []string{"-t", "wav", "-", "-t", "mp3", out}
	default:
		args = []string{"-loglevel", "error", "-y", "-i", "pipe:0", "-codec:a", "libmp3lame", "-q:a", "6", "-f", "mp3", out}
	}
	return e.run(ctx, in, args)
}

// toWAV makes plain sound of one channel: 16 bits, 8000 samples a second, as
// telephones have it.
func (e *encoder) toWAV(ctx context.Context, in *os.File, from format, out string) error {
	if e == nil {
		return errNoMixer
	}
	args := []string{"-loglevel", "error", "-y", "-i", "pipe:0", "-ar", "8000", "-ac", "1", "-codec:a", "pcm_s16le", "-f", "wav", out}
	if e.kind == "sox" {
		args = []string{"-t", string(from), "-", "-r", "8000", "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "wav", out}
	}
	return e.run(ctx, in, args)
}

func (e *encoder) run(ctx context.Context, in *os.File, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, encoding)
	defer cancel()
	var said limited
	command := exec.CommandContext(ctx, e.path, args...)
	command.Stdin, command.Stderr, command.WaitDelay = in, &said, time.Second
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("%s: %w: %s", e.kind, err, strings.TrimSpace(said.kept.String()))
	}
	return nil
}

// limited keeps the beginning of what a program says. The buffer is not embedded:
// its ReadFrom would be used in place of Write, and knows no bound.
type limited struct{ kept bytes.Buffer }

func (l *limited) Write(b []byte) (int, error) {
	const most = 500
	if room := most - l.kept.Len(); room > 0 {
		l.kept.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}
