package digestauth_test

import (
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// curl runs the real one and gives what it wrote: the body, then the status.
func curl(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal("curl is not installed; install it, for example with apt-get install curl")
	}
	args = append([]string{"--silent", "--show-error", "--noproxy", "*", "--max-time", "30", "--write-out", " %{http_code}"}, args...)
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl %q: %v: %s", args, err, out)
	}
	return string(out)
}

func TestCurlLogsIn(t *testing.T) {
	server := httptest.NewServer(newRig(t))
	defer server.Close()
	at := server.URL + "/pbx/read_call"
	for _, c := range []struct {
		about string
		args  []string
		want  string
	}{
		{
			"GET",
			[]string{"--digest", "-u", "admin:secret", at + "?id=1234567890.1&id=1234567890.7"},
			"admin admin GET /pbx/read_call?id=1234567890.1&id=1234567890.7  200",
		},
		{
			"GET with escapes",
			[]string{"--digest", "-u", "admin:secret", at + "?start_date=2021-05-25%2010:30:00&end_date=2021-05-25%2022:00:00"},
			"admin admin GET /pbx/read_call?start_date=2021-05-25%2010:30:00&end_date=2021-05-25%2022:00:00  200",
		},
		{
			"POST of JSON",
			[]string{"--digest", "-u", "admin:secret", at, "-H", "Content-Type: application/json", "-d", `{"id":["1111111111.1","2222222222.2"]}`},
			`admin admin POST /pbx/read_call {"id":["1111111111.1","2222222222.2"]} 200`,
		},
		{
			"POST of a form",
			[]string{"--digest", "-u", "admin:secret", at, "-d", "start_date=2021-05-25+10:30:00&wait=60"},
			"admin admin POST /pbx/read_call start_date=2021-05-25+10:30:00&wait=60 200",
		},
		{
			"a name and password beyond ASCII",
			[]string{"--digest", "-u", "зритель:пароль с пробелами", at},
			"зритель viewer GET /pbx/read_call  200",
		},
		{
			"any method of log-in",
			[]string{"--anyauth", "-u", "admin:secret", at, "-d", "start_date=-7"},
			"admin admin POST /pbx/read_call start_date=-7 200",
		},
		{"a wrong password", []string{"--digest", "-u", "admin:wrong", at}, "the name or the password is wrong\n 401"},
		{"no password", []string{at}, "log in with a name and password, by HTTP digest authentication\n 401"},
		{"basic authentication", []string{"--basic", "-u", "admin:secret", at}, "log in with a name and password, by HTTP digest authentication\n 401"},
	} {
		t.Run(c.about, func(t *testing.T) {
			if got := curl(t, c.args...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCurlGoesOnWithOneNonce(t *testing.T) {
	server := httptest.NewServer(newRig(t))
	defer server.Close()
	args := []string{"--digest", "-u", "admin:secret"}
	for range 5 {
		args = append(args, server.URL+"/status")
	}
	if got, want := curl(t, args...), strings.Repeat("admin admin GET /status  200", 5); got != want {
		t.Errorf("got %q", got)
	}
}

func TestCurlTakesANewNonceWhereTheOldOneIsStale(t *testing.T) {
	g := newRig(t)
	server := httptest.NewServer(expiring{g})
	defer server.Close()
	got := curl(t, "--digest", "-u", "admin:secret", server.URL+"/a", server.URL+"/b")
	if want := "admin admin GET /a  200admin admin GET /b  200"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
