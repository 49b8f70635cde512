package recording

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// making is how the names of directories begin in which a recording is made.
const making = "making-"

// prepareCache makes the directory of what is joined or converted this user's alone, and removes
// what a process left in it that was killed at work.
func prepareCache(directory string, now time.Time) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	// Where anybody may write, as among the system's temporary files, somebody else may have made
	// it first.
	around, err := os.Stat(filepath.Dir(directory))
	if err != nil {
		return err
	}
	if info, err := os.Lstat(directory); err != nil || !info.IsDir() && around.Mode().Perm()&0o002 != 0 {
		return errors.Join(err, fmt.Errorf("%s leads elsewhere, and anybody may have made it; remove it", directory))
	}
	if err := os.Chmod(directory, 0o700); err != nil {
		return fmt.Errorf("%w; it must belong to the user that ringback runs as", err)
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	const longest = time.Hour // another process may be at work now
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), making) || now.Sub(info.ModTime()) < longest {
			continue
		}
		if err := os.RemoveAll(filepath.Join(directory, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// evict removes the oldest of the cache until it is within its bound; what was
// just made stays.
func (l *Library) evict(kept string) error {
	entries, err := os.ReadDir(l.settings.Cache)
	if err != nil {
		return err
	}
	var files []os.FileInfo
	var size int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
			size += info.Size()
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for _, f := range files {
		if size <= l.settings.MaxCache {
			return nil
		}
		if f.Name() == kept {
			continue
		}
		err := os.Remove(filepath.Join(l.settings.Cache, f.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may have been first
			return err
		}
		size -= f.Size()
	}
	return nil
}
