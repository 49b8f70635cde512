package api

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// keyPair is a certificate with its key, read again when the files change, so
// that a renewed certificate needs no restart.
type keyPair struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]fileMark
}

// fileMark tells one state of a file from the next.
type fileMark struct {
	modified time.Time
	size     int64
}

// loadKeyPair reads both files; what is wrong with them at the start is an
// error.
func loadKeyPair(certFile, keyFile string, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{certFile: certFile, keyFile: keyFile, log: log}
	marks, err := k.marks()
	if err != nil {
		return nil, err
	}
	if err := k.load(marks); err != nil {
		return nil, err
	}
	return k, nil
}

// certificate is for tls.Config.GetCertificate. Files that changed for the
// worse are logged once, and the certificate before stays in use.
func (k *keyPair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	marks, err := k.marks()
	if err != nil || marks == k.seen {
		return k.current, nil
	}
	if err := k.load(marks); err != nil {
		k.log.Error("the changed TLS certificate is not used; the one before stays", "error", err)
	} else {
		k.log.Info("the TLS certificate was read again", "file", k.certFile)
	}
	return k.current, nil
}

// marks are taken before the files are read: a change in between is noticed
// at the next handshake.
func (k *keyPair) marks() (marks [2]fileMark, err error) {
	for i, name := range []string{k.certFile, k.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return marks, fmt.Errorf("TLS certificate: %w", err)
		}
		marks[i] = fileMark{info.ModTime(), info.Size()}
	}
	return marks, nil
}

func (k *keyPair) load(marks [2]fileMark) error {
	k.seen = marks
	pair, err := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if err != nil {
		return fmt.Errorf("TLS certificate %s with key %s: %w", k.certFile, k.keyFile, err)
	}
	k.current = &pair
	return nil
}
