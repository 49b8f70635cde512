package recording_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringback/internal/recording"
)

func TestRecordingsOfOneFormatAreJoinedWithoutLoss(t *testing.T) {
	s := newShelf(t, nil)
	first, second := tone(440, 801), tone(880, 500)
	s.put(t, "a.wav", wave(8000, first))
	s.put(t, "b.wav", wave(8000, second))
	s.put(t, "empty.wav", wave(8000, nil))
	s.call.Recordings = []string{"b.wav", "empty.wav", "a.wav"}
	got, name, err := s.ready(t)
	if err != nil || !bytes.Equal(got, wave(8000, append(second, first...))) || filepath.Ext(name) != ".wav" {
		t.Errorf("joined %q, %d bytes: %v", name, len(got), err)
	}
}

func TestMP3sAreJoinedAsTheyAre(t *testing.T) {
	s := newShelf(t, nil)
	tag := []byte{'I', 'D', '3', 4, 0, 0, 0, 0, 0, 3, 'x', 'y', 'z'}
	s.put(t, "a.mp3", append(bytes.Clone(tag), 0xff, 0xfb, 1))
	s.put(t, "b.mp3", append(bytes.Clone(tag), 0xff, 0xfb, 2))
	s.call.Recordings = []string{"a.mp3", "b.mp3"}
	if got, _, err := s.ready(t); err != nil || !bytes.Equal(got, []byte{0xff, 0xfb, 1, 0xff, 0xfb, 2}) {
		t.Errorf("joined %v: %v", got, err)
	}
}

func TestRecordingsAreConvertedByWhatIsInstalled(t *testing.T) {
	for _, name := range []string{"lame", "sox", "ffmpeg"} {
		t.Run(name, func(t *testing.T) {
			installed(t, name)
			s := newShelf(t, func(s *recording.Settings) { s.Encoder = "auto" })
			sound := wave(8000, tone(440, 800))
			s.put(t, "a.wav", sound)
			s.call.Recordings = []string{"a.wav"}
			got, file, err := s.ready(t)
			if want := append([]byte{0xff, 0xfb, 0x50, 0xc4}, append([]byte(name), sound...)...); err != nil || !bytes.Equal(got, want) || filepath.Ext(file) != ".mp3" {
				t.Errorf("converted %q, %d bytes: %v", file, len(got), err)
			}
		})
	}
}

func TestRecordingsOfDifferentFormatsAreMadePlainAndJoined(t *testing.T) {
	installed(t, "sox")
	s := newShelf(t, nil)
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	s.put(t, "b.wav", wave(16000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav", "b.wav"}
	if got, _, err := s.ready(t); err != nil || len(got) != 44+200 {
		t.Errorf("joined %d bytes: %v", len(got), err)
	}
	installed(t)
	s = newShelf(t, nil)
	s.put(t, "a.wav", wave(8000, tone(440, 800)))
	s.put(t, "b.wav", wave(16000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav", "b.wav"}
	if _, _, err := s.ready(t); err == nil || !strings.Contains(err.Error(), "install sox or ffmpeg") {
		t.Errorf("with nothing installed: %v", err)
	}
}

func TestWhatCannotBeConvertedIsHandedOverAsItIs(t *testing.T) {
	installed(t, "lame")
	s := newShelf(t, func(s *recording.Settings) { s.Encoder = "lame" })
	sound := wave(8000, []byte("BROKEN"))
	s.put(t, "a.wav", sound)
	s.call.Recordings = []string{"a.wav"}
	if got, _, err := s.ready(t); err != nil || !bytes.Equal(got, sound) {
		t.Errorf("handed over %d bytes: %v", len(got), err)
	}
}

func TestWhatAnEncoderSaysIsKeptShort(t *testing.T) {
	installed(t, "sox")
	s := newShelf(t, nil)
	s.put(t, "a.wav", wave(8000, []byte("BROKEN")))
	s.put(t, "b.wav", wave(16000, tone(440, 800)))
	s.call.Recordings = []string{"a.wav", "b.wav"}
	if _, _, err := s.ready(t); err == nil || !strings.Contains(err.Error(), "this sound is broken") || len(err.Error()) > 700 {
		t.Errorf("the error is %v", err)
	}
}

func TestAnEncoderThatIsNotThereIsSaidAtOnce(t *testing.T) {
	installed(t)
	for _, wanted := range []string{"auto", "lame", "rm", "/bin/sh"} {
		if _, err := recording.New(recording.Settings{Now: time.Now, Encoder: wanted}); err == nil {
			t.Errorf("the encoder %q is taken", wanted)
		}
	}
}

func TestTheCacheKeepsWithinItsBound(t *testing.T) {
	s := newShelf(t, func(s *recording.Settings) { s.MaxCache = 3000 })
	for _, name := range []string{"a", "b", "c", "d"} {
		s.put(t, name+"1.wav", wave(8000, tone(440, 300)))
		s.put(t, name+"2.wav", wave(8000, tone(880, 300)))
		s.call.Recordings = []string{name + "1.wav", name + "2.wav"}
		if _, _, err := s.ready(t); err != nil {
			t.Fatal(err)
		}
	}
	var size int64
	entries, err := os.ReadDir(s.cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			size += info.Size()
		}
	}
	if size > 3000 || size == 0 {
		t.Errorf("the cache holds %d bytes, bound 3000", size)
	}
}

func TestTheCacheIsItsOwnersAndHoldsNothingOfAKilledProcess(t *testing.T) {
	cache := t.TempDir()
	for name, old := range map[string]time.Duration{"making-1": 3 * time.Hour, "making-2": time.Minute} {
		if err := os.Mkdir(filepath.Join(cache, name), 0o700); err != nil {
			t.Fatal(err)
		}
		at := ended.Add(time.Hour - old)
		if err := os.Chtimes(filepath.Join(cache, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	newShelf(t, func(s *recording.Settings) { s.Cache = cache })
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 1 || left[0].Name() != "making-2" {
		t.Errorf("in the cache are %v: %v", left, err)
	}
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the cache is %v: %v", info, err)
	}
	around := t.TempDir()
	link := filepath.Join(around, "elsewhere")
	if err := os.Symlink(cache, link); err != nil {
		t.Fatal(err)
	}
	for mode, taken := range map[os.FileMode]bool{0o755: true, 0o777 | os.ModeSticky: false} {
		if err := os.Chmod(around, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := recording.New(recording.Settings{Cache: link, Now: time.Now}); (err == nil) != taken {
			t.Errorf("in a directory of mode %v, a cache that leads elsewhere: %v", mode, err)
		}
	}
}

func TestAConversionEndsWithTheLibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t, nil)
		s.put(t, "a.wav", wave(8000, tone(440, 300)))
		s.put(t, "b.wav", wave(8000, tone(880, 300)))
		s.call.Recordings = []string{"a.wav", "b.wav"}
		if _, err := s.Of(t.Context(), s.call); err == nil {
			t.Error("the recording is there at once")
		}
		s.Close()
	})
}
