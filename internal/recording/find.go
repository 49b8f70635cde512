package recording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
)

// part is one file of a call's recording.
type part struct {
	root   string
	name   string // below root
	size   int64
	time   time.Time
	format format
}

func (p *part) open() (io.ReadCloser, error) { return p.file() }

// file opens the part. Nothing outside its root is ever opened, whatever the
// name or a link in the way says.
func (p *part) file() (*os.File, error) {
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // nothing was written
	return openRegular(root, p.name)
}

// openRegular opens an ordinary file. A named pipe would be waited on for ever,
// so it is looked at first.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no ordinary file", name)
	}
	return root.Open(name)
}

// find returns the files of a call's recording that are whole and sound, in
// order.
func (l *Library) find(c *call.Call) ([]*part, error) {
	if len(c.Recordings) == 0 {
		return nil, fmt.Errorf("the PBX recorded nothing of the call: %w", crm.ErrNoRecording)
	}
	dir := l.settings.Directories[c.PBX]
	if dir == "" {
		return nil, fmt.Errorf("the configuration does not say where PBX %s keeps recordings: %w", c.PBX, crm.ErrNoRecording)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, l.missing(c, fmt.Errorf("the recordings of PBX %s cannot be reached: %w", c.PBX, err))
	}
	defer func() { _ = root.Close() }() // nothing was written
	var parts []*part
	var wrong []error
	for _, logged := range c.Recordings {
		p, err := l.look(root, c, logged)
		if _, wait := errors.AsType[*crm.NotYetError](err); wait {
			return nil, err
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return nil, errors.Join(append(wrong, crm.ErrNoRecording)...)
	}
	return parts, nil
}

// look finds one file, by the name that the PBX logged.
func (l *Library) look(root *os.Root, c *call.Call, logged string) (*part, error) {
	for _, name := range names(root.Name(), logged, c.StartedAt.Time) {
		f, err := openRegular(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the recording %s: %w", logged, err)
		}
		defer f.Close()
		return l.inspect(f, root.Name(), name, c)
	}
	return nil, l.missing(c, fmt.Errorf("the recording %s is not there", logged))
}

// missing is the error for what is not there: not yet, for a while after the
// call.
func (l *Library) missing(c *call.Call, err error) error {
	if now := l.settings.Now(); now.Before(c.EndedAt.Add(patience)) {
		return &crm.NotYetError{Again: now.Add(again)}
	}
	return err
}

// inspect sees that a file is whole and sound.
func (l *Library) inspect(f *os.File, root, name string, c *call.Call) (*part, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// A file that goes on growing long after its call, or whose time is ahead of
	// the clock, is taken as it is.
	now := l.settings.Now()
	if whole := info.ModTime().Add(stable); now.Before(whole) && now.Before(c.EndedAt.Add(patience)) {
		return nil, &crm.NotYetError{Again: min2(whole, now.Add(again))}
	}
	format, err := sniff(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("the recording %s: %w", name, err)
	}
	return &part{root: root, name: name, size: info.Size(), time: info.ModTime(), format: format}, nil
}

func min2(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// extensions are those of what replaces a recording: machines that convert
// recordings keep the rest of the name.
var extensions = []string{".wav", ".mp3", ".WAV"}

// names are where a file may be below the directory, by the name that the PBX
// logged: as it is, or in the folder of the call's day; of a whole path, what
// is left of it below the directory, or, where recordings were moved or
// mounted elsewhere, its last folders.
func names(directory, logged string, start time.Time) []string {
	var below []string
	logged = path.Clean(filepath.ToSlash(logged))
	inside, ok := strings.CutPrefix(logged, strings.TrimSuffix(path.Clean(directory), "/")+"/")
	switch {
	case ok:
		below = []string{inside}
	case path.IsAbs(logged):
		const folders = 4 // year, month, day and the file
		parts := strings.Split(strings.Trim(logged, "/"), "/")
		for n := min(folders, len(parts)); n > 0; n-- {
			below = append(below, path.Join(parts[len(parts)-n:]...))
		}
	default:
		below = []string{logged}
	}
	if base := path.Base(logged); !start.IsZero() {
		below = append(below, path.Join(start.Format("2006/01/02"), base))
	}
	var all []string
	for _, name := range below {
		if !filepath.IsLocal(name) || name == "." {
			continue
		}
		all = append(all, name)
		stem := name
		for _, known := range extensions {
			stem = strings.TrimSuffix(stem, known)
		}
		for _, e := range extensions {
			if stem+e != name {
				all = append(all, stem+e)
			}
		}
	}
	return all
}
