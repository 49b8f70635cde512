package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringback/internal/backfill"
)

// writeCertificate writes a certificate of 127.0.0.1 with its key.
func writeCertificate(t *testing.T, dir, name string, changed time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(changed.Unix()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, certFile, "CERTIFICATE", cert, changed)
	writePEM(t, keyFile, "EC PRIVATE KEY", encoded, changed)
	return certFile, keyFile
}

func writePEM(t *testing.T, file, kind string, content []byte, changed time.Time) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, changed, changed); err != nil {
		t.Fatal(err)
	}
}

func TestACertificateThatChangedIsUsedWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir, "first", presentTime)
	h := newHouse(t, func(c *Config) { c.TLSCert, c.TLSKey = certFile, keyFile })
	if err := h.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer serve(t, h)()
	offered := func() string {
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // the test looks at the certificate itself
		conn, err := d.DialContext(t.Context(), "tcp", h.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := offered(); got != "first" {
		t.Errorf("at first %q is offered", got)
	}
	writeCertificate(t, dir, "second", presentTime.Add(time.Hour))
	if got := offered(); got != "second" {
		t.Errorf("after the change %q is offered", got)
	}
	writePEM(t, keyFile, "EC PRIVATE KEY", []byte("half a fi"), presentTime.Add(2*time.Hour))
	if got := offered(); got != "second" {
		t.Errorf("with a broken key %q is offered", got)
	}
	offered()
	if n := strings.Count(h.log.String(), "the one before stays"); n != 1 {
		t.Errorf("a broken certificate was logged %d times, want once", n)
	}
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	if got := offered(); got != "second" {
		t.Errorf("without a file %q is offered", got)
	}
}

func TestACertificateThatCannotBeReadIsToldBeforeListening(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir, "first", presentTime)
	for name, change := range map[string]func(*Config){
		"no key":       func(c *Config) { c.TLSCert = certFile },
		"no file":      func(c *Config) { c.TLSCert, c.TLSKey = certFile, filepath.Join(dir, "gone.pem") },
		"another file": func(c *Config) { c.TLSCert, c.TLSKey = keyFile, certFile },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, change)
			if err := h.Listen(t.Context()); err == nil || h.Addr() != nil {
				t.Errorf("the error is %v, the address %v", err, h.Addr())
			}
		})
	}
}

func TestEventsAndWaitingWorkOverHTTP2(t *testing.T) {
	certFile, keyFile := writeCertificate(t, t.TempDir(), "one", presentTime)
	h := newHouse(t, func(c *Config) { c.TLSCert, c.TLSKey = certFile, keyFile })
	if err := h.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer serve(t, h)()
	h.runs.set("RUN1", backfill.Done)
	h.runs.over = true
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the certificate is of no matter here
	}
	defer transport.CloseIdleConnections()
	for path, want := range map[string]int{"/api/v1/runs/RUN1/events": 200, "/pbx/read_call?id=1.1&wait=60": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+h.Addr().String()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Test-Account", "admin")
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want || answer.ProtoMajor != 2 {
			t.Errorf("%s: answered %d over HTTP/%d", path, answer.StatusCode, answer.ProtoMajor)
		}
	}
}
