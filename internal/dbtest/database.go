package dbtest

import (
	"fmt"
	"testing"
)

// Database is an empty database of one test.
type Database struct {
	Server *Server
	Name   string
	// URL is its address for Ringback, mysql://… or postgres://…, with an
	// account that may do everything.
	URL string
}

// Database makes an empty database, which is gone with its server.
func (s *Server) Database(t testing.TB) *Database {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if _, err := s.product.client(s, "", "CREATE DATABASE "+name); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return &Database{Server: s, Name: name, URL: s.product.url(s, name)}
}

// Exec runs SQL statements in the database, with its server's client program,
// and returns what that prints: rows by lines, values by tabs, without names.
func (d *Database) Exec(t testing.TB, script string) string {
	t.Helper()
	out, err := d.Server.product.client(d.Server, d.Name, script)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return out
}
