package soak

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTime is how long the program may take until it listens, stopTime how long
	// until it has ended when asked to (docs/operate.md).
	startTime = time.Minute
	stopTime  = time.Minute
)

// process is the program, running.
type process struct {
	cmd     *exec.Cmd
	address string
	ask     *os.File
	answers *bufio.Reader
	log     *logbook
	ended   chan error
}

// logbook keeps what the program complains of.
type logbook struct {
	mu     sync.Mutex
	levels map[string]int
	kinds  map[string]int // errors, by message
	tail   []string
}

// launch starts the program and waits until it listens.
func launch(t *testing.T, book *logbook, ahead time.Duration, args ...string) *process {
	t.Helper()
	inside, ask, err := os.Pipe()
	must(t, err)
	answers, outside, err := os.Pipe()
	must(t, err)
	executable, err := os.Executable()
	must(t, err)
	p := &process{cmd: exec.Command(executable, args...), ask: ask, answers: bufio.NewReader(answers), log: book, ended: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), asProgram+"="+ahead.String(), "TZ=UTC", "GORACE=atexit_sleep_ms=1")
	p.cmd.ExtraFiles = []*os.File{inside, outside}
	stderr, err := p.cmd.StderrPipe()
	must(t, err)
	must(t, p.cmd.Start())
	must(t, errors.Join(inside.Close(), outside.Close()))
	listening := make(chan string, 1)
	go func() {
		book.read(stderr, listening)
		err := p.cmd.Wait()
		ask.Close()
		answers.Close()
		p.ended <- err
	}()
	select {
	case p.address = <-listening:
	case err := <-p.ended:
		t.Fatalf("the program ended at its start (%v) and said:\n%s", err, book.end())
	case <-time.After(startTime):
		_ = p.cmd.Process.Kill() // it hangs
		t.Fatalf("the program did not listen within %v and said:\n%s", startTime, book.end())
	}
	return p
}

// read reads the log, and tells where the program listens.
func (b *logbook) read(log io.Reader, listening chan<- string) {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record struct{ Level, Msg, Address string }
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			record.Level, record.Msg = "ERROR", "(not in the form of a log) "+lines.Text()
		}
		if record.Msg == "listening" {
			listening <- record.Address
		}
		b.note(record.Level, record.Msg, lines.Text())
	}
	_, _ = io.Copy(io.Discard, log) // a line too long for the scanner must not stop the program
}

func (b *logbook) note(level, message, line string) {
	const most = 30
	b.mu.Lock()
	defer b.mu.Unlock()
	b.levels[level]++
	if level == "ERROR" {
		b.kinds[message]++
	}
	b.tail = append(b.tail, line)
	b.tail = b.tail[max(0, len(b.tail)-most):]
}

func (b *logbook) end() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.tail, "\n")
}

// kill ends the program as a crash would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	if err := <-p.ended; err == nil {
		t.Log("the program had ended before it was killed")
	}
}

// stop ends the program as an administrator would, and says how long it took.
func (p *process) stop(t *testing.T) time.Duration {
	t.Helper()
	asked := time.Now()
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("asked to stop, the program ended with %v and said:\n%s", err, p.log.end())
		}
	case <-time.After(stopTime):
		t.Errorf("the program did not stop within %v and was killed; it said:\n%s", stopTime, p.log.end())
		p.kill(t)
	}
	return time.Since(asked)
}

// alive says that the program has not ended by itself.
func (p *process) alive(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		t.Fatalf("the program ended by itself (%v) and said:\n%s", err, p.log.end())
	default:
	}
}

// set sets the program's clock.
func (p *process) set(t *testing.T, ahead time.Duration) {
	t.Helper()
	_, err := fmt.Fprintf(p.ask, "clock %v\n", ahead)
	must(t, err)
}

// inside asks the program for its goroutines and its live heap in bytes.
func (p *process) inside(t *testing.T) (goroutines, heap int64) {
	t.Helper()
	_, err := fmt.Fprintln(p.ask, "how much")
	must(t, err)
	_, err = fmt.Fscanln(p.answers, &goroutines, &heap)
	must(t, err)
	return goroutines, heap
}

// outside is what the kernel tells of the program: its resident memory in bytes, and
// how many file descriptors it has open.
func (p *process) outside(t *testing.T) (rss, descriptors int64) {
	t.Helper()
	directory := "/proc/" + strconv.Itoa(p.cmd.Process.Pid)
	open, err := os.ReadDir(directory + "/fd")
	must(t, err)
	text, err := os.ReadFile(directory + "/statm")
	must(t, err)
	fields := strings.Fields(string(text))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	must(t, err)
	return pages * int64(os.Getpagesize()), int64(len(open))
}
