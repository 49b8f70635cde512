package sourcetest

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"ringback/internal/cel"
	"ringback/internal/cel/source"
	"ringback/internal/cel/source/open"
	"ringback/internal/dbtest"
)

// Server is what a backend with a server lends to RunServer.
type Server struct {
	// Start starts a server for one test.
	Start func(t testing.TB) *dbtest.Server
	// Create makes a table in a database of its own.
	Create func(s *dbtest.Server) func(t testing.TB, l Layout) Place
	// Reader makes an account with this name and password that may read the
	// table and nothing else; Nobody one that may do nothing.
	Reader, Nobody func(t testing.TB, p Place, name, password string)
}

// RunServer runs the part of the suite about servers: they go away and come back,
// and let not everybody do everything.
func RunServer(t *testing.T, b Server) {
	t.Run("a scan outlives a server that goes away and comes back", func(t *testing.T) { restarts(t, b) })
	t.Run("a server that stays away is reported", func(t *testing.T) { away(t, b) })
	t.Run("the right to read suffices", func(t *testing.T) { rights(t, b) })
}

func restarts(t *testing.T, b Server) {
	server := b.Start(t)
	for _, l := range []Layout{{}, {Key: "-", TimeIndex: true}} {
		p := b.Create(server)(t, l)
		records := calls(1, 12_000)
		p.Insert(t, rows(l, records))
		var want []cel.Record
		for _, r := range records[100:] {
			want = append(want, expect(l, r))
		}
		s := Open(t, p, source.Options{})
		for _, end := range []func(testing.TB){server.Kill, server.Stop} {
			var got []cel.Record
			err := s.Scan(t.Context(), records[100].Time(), time.Time{}, func(batch []cel.Record) error {
				if len(got) < 3000 && len(got)+len(batch) >= 3000 {
					end(t)
					server.Start(t)
				}
				got = append(got, batch...)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			checkOrder(t, got)
			if d := diff(withoutIDs(want), withoutIDs(within(got, records[100].Time(), time.Time{}))); d != "" {
				t.Fatalf("records after the server came back (-want +got):\n%s", d)
			}
		}
	}
}

func away(t *testing.T, b Server) {
	server := b.Start(t)
	p := b.Create(server)(t, Layout{})
	records := calls(1, 20_000)
	p.Insert(t, rows(Layout{}, records))
	s := Open(t, p, source.Options{RetryFor: 300 * time.Millisecond})
	got := 0
	err := s.Scan(t.Context(), time.Time{}, time.Time{}, func(batch []cel.Record) error {
		if got == 0 {
			server.Stop(t)
		}
		got += len(batch)
		return nil
	})
	isAway(t, "a scan", err, server)
	if got == len(records) {
		t.Error("all records were read from a server that was away")
	}
	_, err = s.Lookup(t.Context(), []string{records[0].LinkedID})
	isAway(t, "a lookup", err, server)
	_, err = open.Open(t.Context(), p.URL, source.Options{})
	isAway(t, "opening", err, server)

	server.Start(t)
	if got := len(Scan(t, s, time.Time{}, time.Time{})); got != len(records) {
		t.Errorf("scan gave %d records after the server came back, want %d", got, len(records))
	}
}

func isAway(t *testing.T, what string, err error, server *dbtest.Server) {
	t.Helper()
	if _, ok := errors.AsType[*source.UnavailableError](err); !ok {
		t.Errorf("%s gives %T: %v", what, err, err)
		return
	}
	for _, word := range []string{server.Addr(), "check that the database server runs"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s gives an error without %q: %v", what, word, err)
		}
	}
	noSecret(t, err)
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error(), dbtest.Password) || strings.Contains(err.Error(), wickedPassword) || strings.Contains(err.Error(), "%23w") {
		t.Errorf("the password is in the error: %v", err)
	}
}

const wickedPassword = `p@:/ss?#w%rd`

func rights(t *testing.T, b Server) {
	server := b.Start(t)
	p := b.Create(server)(t, Layout{})
	p.Insert(t, rows(Layout{}, calls(1, 100)))
	as := func(name, password string) string {
		u, err := url.Parse(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(name, password)
		return u.String()
	}
	b.Reader(t, p, "reader", wickedPassword)
	s := Open(t, Place{URL: as("reader", wickedPassword)}, source.Options{})
	if got := len(Scan(t, s, time.Time{}, time.Time{})); got != 100 {
		t.Errorf("an account that may read got %d records", got)
	}
	if _, err := s.Lookup(t.Context(), []string{"1.1"}); err != nil {
		t.Errorf("an account that may read cannot look up: %v", err)
	}
	b.Nobody(t, p, "nobody", wickedPassword)
	for what, c := range map[string]struct{ url, word string }{
		"an account without rights":  {as("nobody", wickedPassword), "GRANT SELECT"},
		"a wrong password":           {as("reader", wickedPassword+"!"), "password"},
		"an unknown account":         {as("stranger", wickedPassword), "password"},
		"a database that is not one": {strings.Replace(p.URL, "/test_", "/nowhere_", 1), "nowhere_"},
	} {
		_, err := open.Open(t.Context(), c.url, source.Options{})
		if _, ok := errors.AsType[*source.SetupError](err); !ok {
			t.Errorf("%s gives %T: %v", what, err, err)
			continue
		}
		if !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s gives an error without %q: %v", what, c.word, err)
		}
		noSecret(t, err)
	}
}
