package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"ringback/internal/dbtest"
	"ringback/internal/journal"
	"ringback/internal/journal/journaltest"
)

func openURL(t *testing.T, url string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestTheJournalOnPostgreSQL(t *testing.T) {
	journaltest.Exercise(t, func(t *testing.T) *journal.Journal {
		return openURL(t, dbtest.PostgreSQL(t).Database(t).URL)
	})
}

// All journals of this suite share a database, each in a schema of its own, and
// none keeps a statement on the server.
func TestTheJournalInASchemaAndBehindPgBouncer(t *testing.T) {
	db := dbtest.PostgreSQL(t).Database(t)
	n := 0
	journaltest.Exercise(t, func(t *testing.T) *journal.Journal {
		n++
		return openURL(t, fmt.Sprintf("%s&search_path=Schema_%d,public&pool_mode=transaction&pool_max_conns=1", db.URL, n))
	})
	if prepared := db.Exec(t, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); prepared != "0\n" {
		t.Errorf("%s tables are in the schema public", prepared)
	}
}

func TestProcessesThatStartAtOnceMakeTheTablesOnce(t *testing.T) {
	db := dbtest.PostgreSQL(t).Database(t)
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			j, err := journal.Open(t.Context(), journal.Config{URL: db.URL})
			if err != nil {
				return err
			}
			return j.Close()
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// The rights are those that docs/operate.md gives.
func TestAnAccountThatOwnsItsSchemaSuffices(t *testing.T) {
	db := dbtest.PostgreSQL(t).Database(t)
	role := "least_" + db.Name
	db.Exec(t, fmt.Sprintf(`CREATE ROLE %[1]s LOGIN PASSWORD 'least'; CREATE SCHEMA ringback AUTHORIZATION %[1]s;
		REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON DATABASE %[2]s FROM PUBLIC; GRANT CONNECT ON DATABASE %[2]s TO %[1]s`, role, db.Name))
	url := strings.Replace(db.URL, dbtest.User+":"+dbtest.Password, role+":least", 1)
	j := openURL(t, url+"&search_path=ringback")
	if err := j.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for url, want := range map[string]string{
		url:                          "CREATE SCHEMA ringback AUTHORIZATION",
		url + "&search_path=other":   "docs/operate.md lists the rights",
		url + "&pool_mode=statement": "set it to session or transaction",
		strings.Replace(url, "least@", "wrong@", 1):      "refuses the user or the password",
		strings.Replace(url, "/"+db.Name, "/nowhere", 1): "does not exist; create it",
	} {
		_, err := journal.Open(t.Context(), journal.Config{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "wrong@") {
			t.Errorf("%s gives %v, want %q", url, err, want)
		}
	}
}

func TestTransactionsThatGetInEachOthersWayAreRepeated(t *testing.T) {
	j := openURL(t, dbtest.PostgreSQL(t).Database(t).URL)
	add := func(tx journal.Tx, holder string) error {
		_, err := tx.Exec(t.Context(), `UPDATE leases SET until = until + 1 WHERE name = $1`, holder)
		return err
	}
	err := j.InTx(t.Context(), func(tx journal.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO leases (name, holder, until) VALUES ('a', '', 0), ('b', '', 0)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	met := make(chan struct{})
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		group.Go(func() error {
			first := true
			return j.InTx(t.Context(), func(tx journal.Tx) error {
				if err := add(tx, order[0]); err != nil {
					return err
				}
				if first {
					first = false
					if order[0] == "a" {
						met <- struct{}{}
					} else {
						<-met
					}
				}
				return add(tx, order[1])
			})
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	var sum int
	if err := j.Reader().QueryRow(t.Context(), `SELECT sum(until)::int FROM leases`).Scan(&sum); err != nil || sum != 4 {
		t.Errorf("four were added, and there are %d (%v)", sum, err)
	}
}

func TestAServerThatIsAwayMakesTheJournalUnavailableUntilItIsBack(t *testing.T) {
	server := dbtest.StartPostgreSQL(t)
	j := openURL(t, server.Database(t).URL)
	ask := map[string]func() error{
		"writing": func() error { return j.Ping(t.Context()) },
		"listing": func() error { _, err := j.Runs(t.Context(), 1, ""); return err },
		"finding": func() error { _, err := j.Stats(t.Context()); return err },
	}
	for n, end := range []func(testing.TB){server.Stop, server.Kill} {
		end(t)
		for name, do := range ask {
			// A killed server's children answer a moment longer.
			if err := do(); n == 0 && !errors.Is(err, journal.ErrUnavailable) {
				t.Errorf("%s gives %v", name, err)
			}
		}
		server.Start(t)
		for name, do := range ask {
			if err := do(); err != nil {
				t.Errorf("after it came back %s gives %v", name, err)
			}
		}
	}
	// Who gives up waiting has not found the server away.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Ping(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("giving up gives %v", err)
	}
}
