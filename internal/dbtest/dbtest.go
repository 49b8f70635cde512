// Package dbtest lends tests real database servers: MariaDB and PostgreSQL,
// started in temporary directories on free ports of the loopback address. The
// package knows no database driver; it speaks to its servers by their own client
// programs.
//
// A test binary that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }
//
// and each test asks for a database of its own:
//
//	db := dbtest.MariaDB(t).Database(t)
//	source, err := open.Open(ctx, db.URL, …)
//
// MariaDB and PostgreSQL are started once for a test binary. A test that stops or
// kills its server asks for one of its own with StartMariaDB or StartPostgreSQL.
package dbtest

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared are the servers that the tests of one binary share.
var shared struct {
	sync.Mutex
	inMain     bool
	mariaDB    *Server
	postgreSQL *Server
}

// Main runs the tests, stops the shared servers and returns the exit status.
func Main(m *testing.M) int {
	shared.Lock()
	shared.inMain = true
	shared.Unlock()
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	for _, s := range []*Server{shared.mariaDB, shared.postgreSQL} {
		if s == nil {
			continue
		}
		if err := s.remove(); err != nil {
			fmt.Fprintf(os.Stderr, "dbtest: %v\n", err)
			code = 1
		}
	}
	return code
}

// MariaDB gives the binary's MariaDB server. Tests leave it running.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	return share(t, &shared.mariaDB, mariaDB)
}

// PostgreSQL gives the binary's PostgreSQL server. Tests leave it running.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	return share(t, &shared.postgreSQL, postgreSQL)
}

// StartMariaDB starts a MariaDB server for this test alone.
func StartMariaDB(t testing.TB) *Server {
	t.Helper()
	return own(t, mariaDB)
}

// StartPostgreSQL starts a PostgreSQL server for this test alone.
func StartPostgreSQL(t testing.TB) *Server {
	t.Helper()
	return own(t, postgreSQL)
}

func share(t testing.TB, s **Server, p product) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if !shared.inMain {
		t.Fatal("dbtest: the test binary needs func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }")
	}
	if *s == nil {
		server, err := create(p)
		if err != nil {
			t.Fatalf("dbtest: %v", err)
		}
		*s = server
	}
	return *s
}

func own(t testing.TB, p product) *Server {
	t.Helper()
	s, err := create(p)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Errorf("dbtest: %v", err)
		}
	})
	return s
}
