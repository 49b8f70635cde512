package dbtest_test

import (
	"os"
	"testing"

	"ringback/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

var products = []struct {
	name         string
	shared, owns func(testing.TB) *dbtest.Server
}{
	{"MariaDB", dbtest.MariaDB, dbtest.StartMariaDB},
	{"PostgreSQL", dbtest.PostgreSQL, dbtest.StartPostgreSQL},
}

func TestEachTestHasAnEmptyDatabase(t *testing.T) {
	for _, p := range products {
		t.Run(p.name, func(t *testing.T) {
			a, b := p.shared(t).Database(t), p.shared(t).Database(t)
			if a.Server != b.Server {
				t.Fatal("two servers, want one")
			}
			for i, db := range []*dbtest.Database{a, b} {
				db.Exec(t, "CREATE TABLE t (v varchar(20)); INSERT INTO t VALUES ('Пётр')")
				if got := db.Exec(t, "SELECT v, 1 FROM t"); got != "Пётр\t1\n" {
					t.Errorf("database %d holds %q", i, got)
				}
			}
		})
	}
}

func TestAServerComesBackWithItsData(t *testing.T) {
	for _, p := range products {
		t.Run(p.name, func(t *testing.T) {
			s := p.owns(t)
			db := s.Database(t)
			db.Exec(t, "CREATE TABLE t (v int); INSERT INTO t VALUES (7)")
			for _, end := range []func(testing.TB){s.Stop, s.Kill} {
				end(t)
				s.Start(t)
				if got := db.Exec(t, "SELECT v FROM t"); got != "7\n" {
					t.Errorf("the table holds %q after the server came back", got)
				}
			}
		})
	}
}
