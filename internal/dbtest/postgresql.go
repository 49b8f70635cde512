package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

var postgreSQL = product{
	name:    "PostgreSQL",
	account: "postgres",
	program: "postgres",
	dirs:    []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"},
	create: func(s *Server) error {
		secret := filepath.Join(s.dir, "password")
		if err := os.WriteFile(secret, []byte(Password), 0o644); err != nil {
			return err
		}
		_, err := s.run("initdb", "--pgdata="+s.data(), "--username="+User, "--pwfile="+secret, "--auth=scram-sha-256", "--encoding=UTF8",
			"--locale=C.UTF-8", "--no-sync")
		return err
	},
	serve: func(s *Server) []string {
		return []string{
			"postgres", "-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", s.dir,
			"-c", "fsync=off", "-c", "shared_buffers=256MB", "-c", "max_connections=200", "-c", "max_wal_size=2GB",
		}
	},
	setUp: func(*Server) error { return nil },
	ready: func(s *Server) bool {
		return exec.Command(s.path("pg_isready"), "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-d", "postgres").Run() == nil
	},
	// A fast shutdown: connections are closed.
	quit: syscall.SIGINT,
	client: func(s *Server, database, script string) (string, error) {
		if database == "" {
			database = "postgres"
		}
		return feed(script, []string{"PGPASSWORD=" + Password}, s.path("psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t",
			"--set=ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", User, "-d", database)
	},
	url: func(s *Server, database string) string {
		return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", User, Password, s.Addr(), database)
	},
}
