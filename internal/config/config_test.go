package config_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"ringback/internal/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var variables = map[string]string{
	"BRANCH_CEL":  "sqlite:///var/log/asterisk/master.db",
	"B24_SECRET":  "b24secret",
	"B24_REFRESH": "b24refresh",
	"AMO_TOKEN":   "amotoken",
	"AMO_SECRET":  "amosecret",
	"HOOK_SECRET": "hooksecret",
	"BAD_CEL":     "mysql://ringback:hunter2@127.0.0.1:3306/asteriskcdrdb?tabel=hunter2",
}

func lookupEnv(name string) (string, bool) {
	value, ok := variables[name]
	return value, ok
}

func readFile(path string) ([]byte, error) {
	switch path {
	case "/etc/ringback/admin.password", "/run/secrets/token":
		return []byte("filesecret\r\n"), nil
	case "/two/lines":
		return []byte("hunter2\nhunter2\n"), nil
	case "/empty":
		return []byte("\n"), nil
	case "/forbidden":
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	case "/broken":
		return nil, errors.New("input/output error")
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

func parse(t *testing.T, name string) (*config.Config, error) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return config.Parse(name, text, lookupEnv, readFile)
}

func good(t *testing.T, name string) *config.Config {
	t.Helper()
	c, err := parse(t, name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func globbed(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("got %v, %v", files, err)
	}
	return files
}

func TestEveryFaultIsShownWithItsLine(t *testing.T) {
	for _, file := range globbed(t, "testdata/*.bad.toml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := parse(t, filepath.Base(file))
			if _, ok := errors.AsType[*config.Error](err); !ok {
				t.Fatalf("got %v", err)
			}
			got := err.Error() + "\n"
			if strings.Contains(got, "hunter") || strings.Contains(got, "ter2") || strings.Contains(got, "12345") {
				t.Errorf("a secret is shown:\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheExampleMeansWhatItSays(t *testing.T) {
	c := good(t, "contract.good.toml")
	portal, box, amo, amo2, hook := c.Targets[0], c.Targets[1], c.Targets[2], c.Targets[3], c.Targets[4]
	for _, field := range []struct {
		about     string
		got, want any
	}{
		{"timezone", c.Timezone.String(), "Europe/Moscow"},
		{"listen", c.Server.Listen, config.Listen("127.0.0.1:8077")},
		{"role", c.Server.Users[0].Role, config.Admin},
		{"state", c.State.URL.Backend() + " " + c.State.URL.URL().Path, "sqlite /var/lib/ringback/state.db"},
		{"cel", c.PBX[0].CEL.Reveal(), "mysql://ringback:secret@127.0.0.1:3306/asteriskcdrdb?table=cel"},
		{"cel shown", c.PBX[0].CEL.String(), "mysql://ringback:…@127.0.0.1:3306/asteriskcdrdb?table=cel"},
		{"the zone of a PBX", c.PBX[0].Timezone.String(), "Europe/Samara"},
		{"silence", c.PBX[0].Silence, config.Duration(90 * time.Minute)},
		{"columns", c.PBX[0].Columns, map[string]string{"extra": "eventextra"}},
		{"extensions", config.Expressions(c.PBX[0].Dialplan.Extensions), []string{`^\d{2,5}$`}},
		{"contexts", config.Expressions(c.PBX[0].Dialplan.IncomingContexts), []string{"^from-(trunk|pstn|did)", "^ext-did"}},
		{"recordings", c.PBX[0].Recordings.Directory, "/var/spool/asterisk/monitor"},
		{"a URL from the environment", c.PBX[1].CEL.Reveal(), "sqlite:///var/log/asterisk/master.db"},
		{"the zone, left out", c.PBX[1].Timezone.String(), "Europe/Moscow"},
		{"silence, left out", c.PBX[1].Silence, config.DefaultSilence},
		{"the dial plan, left out", config.Expressions(c.PBX[1].Dialplan.Trunks), []string(nil)},
		{"a target's PBXs", portal.PBX, []string{"main"}},
		{"client_secret", portal.ClientSecret.Reveal(), "b24secret"},
		{"refresh_token", portal.RefreshToken.Reveal(), "b24refresh"},
		{"users", portal.Users, map[string]int64{"1001": 5}},
		{"default_user", portal.DefaultUser, int64(1)},
		{"recordings of a portal", portal.Recordings, true},
		{"oauth_url, left out", portal.OAuthURL.Reveal(), "https://oauth.bitrix24.tech"},
		{"oauth_url", box.OAuthURL.Reveal(), "https://oauth.bitrix.info"},
		{"webhook", box.Webhook.Reveal(), "https://box.example.com/rest/1/hooksecret/"},
		{"leads of the past", box.CreateLeadsForPast, true},
		{"token", amo.Token.Reveal(), "amotoken"},
		{"unknown callers", amo.UnknownCallers, config.Contact},
		{"unknown callers, left out", amo2.UnknownCallers, config.Unsorted},
		{"code", amo2.Code.Reveal(), "def502"},
		{"a webhook's URL", hook.URL.Reveal(), "https://hooks.example.com/calls?key=urlsecret"},
		{"a webhook's URL shown", hook.URL.String(), "https://hooks.example.com/…"},
	} {
		if diff := cmp.Diff(field.want, field.got); diff != "" {
			t.Errorf("%s: %s", field.about, diff)
		}
	}
}

func TestEveryFormOfTOMLIsRead(t *testing.T) {
	c := good(t, "everything.good.toml")
	for _, field := range []struct {
		about     string
		got, want any
	}{
		{"listen", c.Server.Listen, config.Listen(":8077")},
		{"metrics_listen", c.Server.MetricsListen, config.Listen("[::1]:9090")},
		{"link_lifetime", c.Server.LinkLifetime, config.Duration(30 * 24 * time.Hour)},
		{"trusted_proxies", fmt.Sprint(c.Server.TrustedProxies), "[127.0.0.1/32 10.0.0.0/8]"},
		{"the second user", c.Server.Users[1].Name, "старший@смены"},
		{"its hash", c.Server.Users[1].MD5.Reveal(), "0123456789abcdef0123456789abcdef"},
		{"state", c.State.URL.Backend(), "postgres"},
		{"state shown", c.State.URL.String(), "postgres://ringback:…@db.example.com:5432/ringback?sslmode=verify-full"},
		{"keep_runs", c.State.KeepRuns, config.Duration(90 * 24 * time.Hour)},
		{"keep_outcomes", c.State.KeepOutcomes, config.Duration(36 * time.Hour)},
		{"level", c.Log.Level, config.LogDebug},
		{"format", c.Log.Format, config.LogJSON},
		{"the table with its schema", c.PBX[0].CEL.URL().Query().Get("table"), "public.cel"},
		{"columns", c.PBX[0].Columns, map[string]string{"extra": "eventextra", "cid_num": "callerid"}},
		{"a socket", c.PBX[1].CEL.URL().Query().Get("socket"), "/run/mysqld/mysqld.sock"},
		{"PBXs", c.Targets[0].PBX, []string{"main", "second"}},
		{"users", c.Targets[1].Users, map[string]int64{"1001": 123, "1002": 1000}},
		{"a token from a file", c.Targets[1].Token.Reveal(), "filesecret"},
		{"calls", c.Targets[1].Calls, config.AnsweredLegs},
		{"who has a missed call", c.Targets[1].MissedResponsible, []config.Responsible{config.OfClient, config.OfRang}},
		{"a rule for numbers", c.Targets[1].Rewrite[0].Match.String() + " " + c.Targets[1].Rewrite[0].Replace, `^8(\d{10})$ +7$1`},
		{"the second rule for numbers", c.Targets[1].Rewrite[1].Replace, "7${city}$$"},
		{"whom to keep", config.Expressions(c.Targets[1].Keep.Extensions), []string{`^10\d\d$`}},
		{"which contexts to leave out", config.Expressions(c.Targets[1].Leave.Contexts), []string{"^from-internal-fax"}},
		{"a trunk with points in its name", c.Targets[1].Trunks, map[string]config.Trunk{"sip.example.com": {DefaultUser: 12, MissedResponsible: []config.Responsible{config.OfDefault}}}},
		{"calls, left out", c.Targets[2].Calls, config.Whole},
		{"who has a missed call, left out", c.Targets[2].MissedResponsible, []config.Responsible{config.OfRang, config.OfDefault}},
		{"a trunk of a portal", c.Targets[2].Trunks, map[string]config.Trunk{"trunk-provider": {DefaultUser: 7, Line: "74950000001", Source: "WEB"}}},
		{"source", c.Targets[2].Source, config.Source("CALL")},
		{"tasks, with all left out", c.Targets[2].MissedTasks, &config.MissedTasks{
			Responsible: []config.Responsible{config.OfClient, config.OfRang, config.OfDefault}, Deadline: config.Duration(4 * time.Hour),
		}},
		{"tasks, where there is no table", c.Targets[1].MissedTasks, (*config.MissedTasks)(nil)},
		{"a rule that cuts off", c.Targets[2].Rewrite[0].Replace, ""},
	} {
		if diff := cmp.Diff(field.want, field.got); diff != "" {
			t.Errorf("%s: %s", field.about, diff)
		}
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	c := good(t, "least.good.toml")
	if c.Timezone.Location != time.Local || c.Server.Listen != config.DefaultListen || c.State.URL.Reveal() != config.DefaultState ||
		c.State.KeepRuns != config.DefaultKeepRuns || c.State.KeepOutcomes != config.DefaultKeepOutcomes ||
		c.Log.Level != config.LogInfo || c.Log.Format != config.LogText || c.Server.LinkLifetime != 0 {
		t.Errorf("got %+v", c)
	}
}

func TestPasswordsAreKeptAsHashesOnly(t *testing.T) {
	u := good(t, "everything.good.toml").Server.Users[0]
	sha, md := config.HashPassword("admin", "clearsecret")
	if u.SHA256.Reveal() != sha || u.MD5.Reveal() != md || u.Password.IsSet() {
		t.Errorf("got %q, %q, %q", u.SHA256.Reveal(), u.MD5.Reveal(), u.Password.Reveal())
	}
}

// The values are those of sha256sum and md5sum for admin:ringback:secret.
func TestHashesAreThoseOfTheRealm(t *testing.T) {
	sha, md := config.HashPassword("admin", "secret")
	if sha != "44d8a09d8ee99e4f5a0ea99321ae051e59e2480e1931b083351202d3ce3480a5" || md != "8e20c103cd558547a04c86b5cbb0dfc9" {
		t.Errorf("got %s, %s", sha, md)
	}
}

func TestThePathIsTheFlagsThenTheEnvironmentsThenTheUsualOne(t *testing.T) {
	set := func(string) string { return "/env.toml" }
	unset := func(string) string { return "" }
	for _, c := range []struct {
		flag   string
		getenv func(string) string
		want   string
	}{
		{"/flag.toml", set, "/flag.toml"},
		{"", set, "/env.toml"},
		{"", unset, "/etc/ringback/ringback.toml"},
	} {
		if got := config.Path(c.flag, c.getenv); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestLoadReadsTheFileAndItsSecrets(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	path := filepath.Join(dir, "ringback.toml")
	for name, text := range map[string]string{
		password: "clearsecret\n",
		path: fmt.Sprintf("server.user = [{ name = 'admin', role = 'admin', password = 'file:%s' }]\n"+
			"[[pbx]]\nname = 'main'\ncel = 'env:RINGBACK_TEST_CEL'\n", password),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("RINGBACK_TEST_CEL", "csv:///a.csv")
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if sha, _ := config.HashPassword("admin", "clearsecret"); c.Server.Users[0].SHA256.Reveal() != sha || c.PBX[0].CEL.URL().Scheme != "csv" {
		t.Errorf("got %+v", c)
	}
	_, err = config.Load(filepath.Join(dir, "absent.toml"))
	if err == nil || !strings.Contains(err.Error(), "write one as docs/configure.md tells") {
		t.Errorf("got %v", err)
	}
	if _, err = config.Load(dir); err == nil {
		t.Error("a directory was read")
	}
}

func TestAMarkOfTheByteOrderThatEditorsPutFirstIsNoFault(t *testing.T) {
	c, err := config.Parse("test.toml", []byte("\xef\xbb\xbf[[pbx]]\r\nname = \"main\"\r\ncel = \"csv:///Master.csv\"\r\n"), lookupEnv, readFile)
	if err != nil || c.PBX[0].Name != "main" {
		t.Errorf("got %v (%v)", c, err)
	}
}
