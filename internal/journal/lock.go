//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// InUseError says that another process has the journal's file.
type InUseError struct {
	Path string
	// PID is the process that has it, 0 when that is not known.
	PID int
}

func (e *InUseError) Error() string {
	who := "another ringback"
	if e.PID > 0 {
		who = fmt.Sprintf("another ringback (process %d)", e.PID)
	}
	return fmt.Sprintf("the journal %s is in use by %s: a file is one process's. Ask that one over HTTP, stop it, or set state.url to another file, or to a PostgreSQL database, which any number of processes share", e.Path, who)
}

// fileLock marks a journal's file as this process's own. The system drops the
// lock when the process ends, however it ends; the file beside the journal
// stays, since removing it would let two processes each lock one of their own.
type fileLock struct{ f *os.File }

func lockFile(journal string) (*fileLock, error) {
	f, err := os.OpenFile(journal+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the journal: %w; make the directory writable for the user that ringback runs as", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			text, _ := io.ReadAll(io.LimitReader(f, 32)) // whoever it is: the lock counts, not its name
			pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			return nil, &InUseError{Path: journal, PID: pid}
		}
		return nil, fmt.Errorf("lock the journal %s: %w", journal, err)
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the journal %s: %w", journal, err), f.Close())
	}
	return &fileLock{f}, nil
}

func writePID(f *os.File) error {
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func (l *fileLock) release() error { return l.f.Close() }
