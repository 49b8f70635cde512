package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ringback/internal/config"
)

func TestNoWayOfWritingShowsASecret(t *testing.T) {
	for _, name := range []string{"contract.good.toml", "everything.good.toml"} {
		c := good(t, name)
		var b bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", c)
			for _, u := range c.Server.Users {
				fmt.Fprintf(&b, verb+verb+"\n", u.SHA256, &u.MD5)
			}
			for _, p := range c.PBX {
				fmt.Fprintf(&b, verb+verb+"\n", p.CEL, &p.CEL)
			}
			for _, g := range c.Targets {
				fmt.Fprintf(&b, verb+verb+verb+"\n", g, &g.URL, g.ClientSecret)
			}
		}
		encoded, err := json.Marshal([]any{c.Server.Users, c.State, c.Targets, c.PBX[0].CEL, c.Server.LinkKey})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(encoded)
		for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			slog.New(handler).Info("settings", "state", c.State.URL, "cel", c.PBX[0].CEL, "key", c.Server.LinkKey, "targets", c.Targets)
		}
		for _, secret := range []string{"secret", "b24refresh", "amotoken", "def502", "p%40ss", "p@ss"} {
			// The names of keys hold the word themselves.
			shown := strings.NewReplacer("client_secret", "", "secret:", "", "Secret", "", "url.Userinfo", "").Replace(b.String())
			if i := strings.Index(shown, secret); i >= 0 {
				t.Errorf("%s: %q is shown: …%s…", name, secret, shown[max(0, i-60):min(len(shown), i+60)])
			}
		}
	}
}

func TestASecretIsGivenOnlyWhenAskedFor(t *testing.T) {
	s := config.NewSecret("hunter2")
	if s.Reveal() != "hunter2" || s.String() != "…" || !s.IsSet() {
		t.Errorf("got %q, %q", s.Reveal(), s)
	}
	var unset config.Secret
	if unset.String() != "" || unset.IsSet() {
		t.Errorf("got %q", unset)
	}
}

func TestSecretsThatCannotBeHadAreRefused(t *testing.T) {
	for _, c := range []struct{ reference, want string }{
		{"file:/empty", "the file /empty is empty; write the secret into it"},
		{"file:/forbidden", "the file /forbidden may not be read; let the user that runs the program read it"},
		{"file:/broken", "the file /broken cannot be read: input/output error"},
		{"env:NOTHING", "the environment variable NOTHING is not set; set it where the program is started, for a service with EnvironmentFile="},
	} {
		_, err := config.ParseSourceURL(c.reference, lookupEnv, readFile)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.reference, err, c.want)
		}
	}
}

func TestASourceURLOfTheCommandLineIsReadLikeThatOfTheFile(t *testing.T) {
	for _, c := range []struct{ text, scheme, shown string }{
		{"mysql://ringback:hunter2@127.0.0.1:3306/asteriskcdrdb?table=cel", "mysql", "mysql://ringback:…@127.0.0.1:3306/asteriskcdrdb?table=cel"},
		{"mariadb://ringback@/asteriskcdrdb?socket=/run/mysqld.sock", "mysql", "mysql://ringback@/asteriskcdrdb?socket=/run/mysqld.sock"},
		{"postgresql:///asterisk?host=/run/postgresql", "postgres", "postgres:///asterisk?host=/run/postgresql"},
		{"csv:///Master.csv?columns=eventtype,eventtime", "csv", "csv:///Master.csv?columns=eventtype,eventtime"},
		{"postgres://asterisk/asterisk", "postgres", "postgres://asterisk/asterisk"},
		{"sqlite:///a%20b.db?table=t", "sqlite", "sqlite:///a%20b.db?table=t"},
		{"csv:///Master.csv", "csv", "csv:///Master.csv"},
		{"env:BRANCH_CEL", "sqlite", "sqlite:///var/log/asterisk/master.db"},
	} {
		u, err := config.ParseSourceURL(c.text, lookupEnv, readFile)
		if err != nil {
			t.Error(err)
			continue
		}
		if u.URL().Scheme != c.scheme || u.String() != c.shown {
			t.Errorf("%s: got %s, %s", c.text, u.URL().Scheme, u)
		}
	}
	var unset config.SourceURL
	if unset.URL() != nil || unset.Reveal() != "" || unset.IsSet() {
		t.Errorf("got %v", unset)
	}
	u, err := config.ParseSourceURL("csv:///Master.csv", lookupEnv, readFile)
	if err != nil {
		t.Fatal(err)
	}
	u.URL().Path = "/changed"
	if u.URL().Path != "/Master.csv" {
		t.Error("a copy of the URL changes the setting")
	}
}
