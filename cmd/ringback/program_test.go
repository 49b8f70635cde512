package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ringback/internal/captures"
)

// program is the real program, running.
type program struct {
	*exec.Cmd
	stdout *bufio.Reader
	stderr bytes.Buffer
}

// command is the real program, not started, with a temporary directory of its
// own. It ends with the test.
func command(t testing.TB, directory string, args ...string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), executable, args...)
	c.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+directory, "TZ=UTC", "GORACE="+noPause)
	c.WaitDelay = 10 * time.Second
	return c
}

func start(t *testing.T, directory string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: command(t, directory, args...)}
	p.Stderr = &p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// until reads standard output up to the line that holds the text, and gives all
// lines read.
func (p *program) until(t *testing.T, text string) []string {
	t.Helper()
	var all []string
	for {
		line, err := p.stdout.ReadString('\n')
		if err != nil {
			t.Fatalf("the program ended without saying %q; standard error: %s", text, p.end())
		}
		all = append(all, strings.TrimSuffix(line, "\n"))
		if strings.Contains(line, text) {
			return all
		}
	}
}

// end waits for the program and gives what it said on standard error.
func (p *program) end() string {
	_, _ = io.Copy(io.Discard, p.stdout) // Wait must come after the last read
	_ = p.Wait()                         // the state tells
	return p.stderr.String()
}

// interrupt ends the program as Ctrl-C does.
func (p *program) interrupt(t *testing.T) string {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	return p.end()
}

// awaitLog reads a log in JSON up to the record with the message, and gives that
// record.
func awaitLog(t testing.TB, log *bufio.Reader, message string) map[string]any {
	t.Helper()
	for {
		line, err := log.ReadBytes('\n')
		if err != nil {
			t.Fatalf("the log ended without %q", message)
		}
		var record map[string]any
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("the log holds %q", line)
		}
		if record["msg"] == message {
			return record
		}
	}
}

func TestTheDemonstrationAnswersEveryLineItPrintsAndLeavesNothingBehind(t *testing.T) {
	directory := t.TempDir()
	p := start(t, directory, "demo", "--port", "0")
	welcome := p.until(t, "Ctrl-C ends the demonstration")

	var answers []map[string]any
	curl := regexp.MustCompile(`^  curl `)
	for _, line := range welcome {
		if !curl.MatchString(line) {
			continue
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", line+" --silent --show-error --fail-with-body").CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
		var answer map[string]any
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
		answers = append(answers, answer)
	}
	if len(answers) != 12 {
		t.Fatalf("%d lines with curl were printed, want 12", len(answers))
	}
	// The first asked for everything, and waited.
	run := answers[0]
	counts, _ := run["calls"].(map[string]any)
	if run["state"] != "done" || counts["found"] != counts["delivered"] || counts["found"].(float64) < 200 {
		t.Errorf("the run of the last seven days is %v", run)
	}
	if runs, _ := answers[8]["runs"].([]any); len(runs) != 8 {
		t.Errorf("%d runs are listed, want 8", len(runs))
	}
	if calls, _ := answers[9]["calls"].([]any); len(calls) < 10 {
		t.Errorf("%d missed calls in seven days", len(calls))
	}
	if transfers, _ := answers[10]["transfers"].([]any); len(transfers) != 1 {
		t.Errorf("the transferred call has transfers %v", answers[10]["transfers"])
	}
	if answers[11]["app_status"] != "Ok" {
		t.Errorf("the status is %v", answers[11])
	}

	calls := welcome[slices.IndexFunc(welcome, func(line string) bool { return strings.Contains(line, " calls --config ") })]
	again := exec.CommandContext(t.Context(), "bash", "-c", calls)
	again.Env = append(os.Environ(), asProgram+"=1")
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), " in  ") {
		t.Errorf("%s: %v: %s", calls, err, out)
	}

	if said := p.interrupt(t); said != "" || p.ProcessState.ExitCode() != 0 {
		t.Errorf("interrupted, it ended with %s and said %q", p.ProcessState, said)
	}
	if left, err := os.ReadDir(directory); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestAPortThatIsTakenIsToldPlainly(t *testing.T) {
	directory := t.TempDir()
	first := start(t, directory, "demo", "--port", "0")
	welcome := strings.Join(first.until(t, "Ctrl-C"), "\n")
	port := regexp.MustCompile(`http://127\.0\.0\.1:(\d+)`).FindStringSubmatch(welcome)[1]

	second := start(t, directory, "demo", "--port", port)
	said := second.end()
	if second.ProcessState.ExitCode() != 1 || !strings.Contains(said, "address already in use") || !strings.Contains(said, "--port") {
		t.Errorf("it ended with %s and said %q", second.ProcessState, said)
	}
	first.interrupt(t)
	if left, err := os.ReadDir(directory); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestServeStartsWithoutThePBXAndReadRefersToIt(t *testing.T) {
	directory := t.TempDir()
	cel := filepath.Join(directory, "Master.csv")
	settings := filepath.Join(directory, "ringback.toml")
	write(t, settings, `
[server]
listen = "127.0.0.1:0"
[state]
url = "sqlite://`+directory+`/state.db"
[log]
format = "json"
[[pbx]]
name = "main"
cel = "csv://`+cel+`"
timezone = "UTC"
`)
	serve := command(t, directory, "serve", "--config", settings)
	pipe, err := serve.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	log := bufio.NewReader(pipe)
	address := "http://" + awaitLog(t, log, "listening")["address"].(string)
	awaitLog(t, log, "the PBX's records cannot be read; runs wait until they can")

	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/status": http.StatusUnauthorized} {
		if got := get(t, address+path); got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}

	read := start(t, directory, "read", "--config", settings, "--start-date", "2026-11-23 05:00:00", "--dry-run")
	said := read.end()
	if read.ProcessState.ExitCode() != 1 || !strings.Contains(said, `/pbx/read_call?start_date=2026-11-23%2005:00:00&dry_run=1"`) {
		t.Errorf("beside serve, read ended with %s and said %q", read.ProcessState, said)
	}

	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	awaitLog(t, log, "stopping")
	rest, err := io.ReadAll(log)
	if err := errors.Join(err, serve.Wait()); err != nil || bytes.Contains(rest, []byte(`"level":"ERROR"`)) {
		t.Errorf("terminated, serve ended with %v and said %q", err, rest)
	}

	// The records are there, and the journal is free.
	rows, err := captures.CSV("inbound-answered")
	if err != nil {
		t.Fatal(err)
	}
	write(t, cel, string(rows))
	read = start(t, directory, "read", "--config", settings, "--start-date", "2026-11-23 05:00:00")
	read.until(t, "done: 1 call found, 1 delivered")
	if said := read.end(); read.ProcessState.ExitCode() != 0 || said != "" {
		t.Errorf("read ended with %s and said %q", read.ProcessState, said)
	}
}

func TestAReaderThatHasSeenEnoughEndsTheListingQuietly(t *testing.T) {
	directory := t.TempDir()
	cel := filepath.Join(directory, "cel.csv")
	rows, err := captures.CSV("internal")
	if err != nil {
		t.Fatal(err)
	}
	write(t, cel, string(rows))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// The reader is gone before anything is written.
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	c := command(t, directory, "calls", "--cel", "csv://"+cel, "--format", "jsonl")
	var said bytes.Buffer
	c.Stdout, c.Stderr = writer, &said
	err = c.Run()
	state, _ := c.ProcessState.Sys().(syscall.WaitStatus)
	if said.Len() > 0 || err != nil && state.Signal() != syscall.SIGPIPE {
		t.Errorf("it ended with %v and said %q", err, &said)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
