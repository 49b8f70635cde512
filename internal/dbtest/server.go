package dbtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	// startTime is how long a server may take to answer.
	startTime = 60 * time.Second
	// stopTime is how long it may take to end before it is killed.
	stopTime = 30 * time.Second
	pollTime = 20 * time.Millisecond
)

// Account of the servers: it may do everything.
const (
	User     = "ringback_test"
	Password = "secret"
)

// product is what differs between servers.
type product struct {
	name string
	// account is the system user that runs it when the tests run as root.
	account string
	// program is the server, what is searched for in dirs and PATH.
	program string
	dirs    []string
	// create makes a new data directory, serve is the server's command line, set
	// up makes User when the server runs the first time.
	create func(s *Server) error
	serve  func(s *Server) []string
	setUp  func(s *Server) error
	// ready says that the server takes connections.
	ready func(s *Server) bool
	// quit asks the server to end at once but cleanly.
	quit syscall.Signal
	// client runs a script in a database.
	client func(s *Server, database, script string) (string, error)
	url    func(s *Server, database string) string
}

// Server is a running database server.
type Server struct {
	product product
	dir     string
	// bin is the directory of the server's programs.
	bin       string
	port      int
	process   *process
	databases atomic.Int64
}

// create makes a server in a new directory and starts it.
func create(p product) (*Server, error) {
	program, err := find(p)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "dbtest-")
	if err != nil {
		return nil, err
	}
	s := &Server{product: p, dir: dir, bin: filepath.Dir(program)}
	if err := s.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w\n%s", p.name, err, s.tail()), s.remove())
	}
	return s, nil
}

func (s *Server) begin() error {
	if err := s.give(); err != nil {
		return err
	}
	if err := s.product.create(s); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.port = port
	if err := s.start(); err != nil {
		return err
	}
	return s.product.setUp(s)
}

// find finds the server's program.
func find(p product) (string, error) {
	for _, pattern := range p.dirs {
		matches, err := filepath.Glob(filepath.Join(pattern, p.program))
		if err != nil {
			return "", err
		}
		if len(matches) > 0 {
			return matches[len(matches)-1], nil
		}
	}
	path, err := exec.LookPath(p.program)
	if err != nil {
		return "", fmt.Errorf("%s is not installed: apt-get install mariadb-server postgresql (%w)", p.name, err)
	}
	return path, nil
}

// give lets the system user own the directory, when the tests run as root.
func (s *Server) give() error {
	c, err := s.credential()
	if err != nil || c == nil {
		return err
	}
	return os.Chown(s.dir, int(c.Uid), int(c.Gid))
}

// credential is the system user's, nil unless the tests run as root.
func (s *Server) credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(s.product.account)
	if err != nil {
		return nil, fmt.Errorf("the system user of %s is missing: apt-get install mariadb-server postgresql (%w)", s.product.name, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// run runs one of the server's programs to its end, as the system user.
func (s *Server) run(program string, args ...string) (string, error) {
	cmd := exec.Command(s.path(program), args...)
	c, err := s.credential()
	if err != nil {
		return "", err
	}
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return string(out), nil
}

// path finds one of the server's programs: beside the server, else in PATH.
func (s *Server) path(program string) string {
	beside := filepath.Join(s.bin, program)
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	return program
}

func (s *Server) start() error {
	c, err := s.credential()
	if err != nil {
		return err
	}
	args := s.product.serve(s)
	s.process, err = launch(s.dir, c, s.path(args[0]), args[1:]...)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(startTime)
	for !s.product.ready(s) {
		select {
		case <-s.process.ended:
			return errEnded
		case <-time.After(pollTime):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server took no connections within %v", startTime)
		}
	}
	return nil
}

// end asks the server to end with a signal, and waits until it has.
func (s *Server) end(signal syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	p := s.process
	s.process = nil
	if err := p.signal(signal); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
	}
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.ended
	return fmt.Errorf("%s did not end within %v and was killed", s.product.name, stopTime)
}

// remove ends the server and removes its directory.
func (s *Server) remove() error {
	return errors.Join(s.end(syscall.SIGKILL), os.RemoveAll(s.dir))
}

// Start starts a server that was stopped or killed, at the same address with the
// same data, and waits until it takes connections.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(startTime)
	err := s.start()
	// What a killed server leaves behind, its children above all, may be in the
	// way for a moment.
	for errors.Is(err, errEnded) && time.Now().Before(deadline) {
		<-time.After(pollTime)
		err = s.start()
	}
	if err != nil {
		t.Fatalf("dbtest: start %s again: %v\n%s", s.product.name, err, s.tail())
	}
}

var errEnded = errors.New("the server ended at once")

// Stop ends the server as an administrator would: it closes its connections.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.end(s.product.quit); err != nil {
		t.Fatalf("dbtest: stop: %v", err)
	}
}

// Kill ends the server as a crash would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.end(syscall.SIGKILL); err != nil {
		t.Fatalf("dbtest: kill: %v", err)
	}
}

// Addr is the server's address, "127.0.0.1:port".
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// tail is the end of the server's log.
func (s *Server) tail() string {
	text, err := os.ReadFile(filepath.Join(s.dir, logName))
	if err != nil {
		return ""
	}
	const most = 4000
	return string(text[max(0, len(text)-most):])
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
