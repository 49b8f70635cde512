package dbtest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var mariaDB = product{
	name:    "MariaDB",
	account: "mysql",
	program: "mariadbd",
	dirs:    []string{"/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/bin"},
	create: func(s *Server) error {
		_, err := s.run("mariadb-install-db", "--no-defaults", "--datadir="+s.data(), "--auth-root-authentication-method=normal", "--skip-test-db",
			"--innodb-log-file-size=16M")
		return err
	},
	serve: func(s *Server) []string {
		return []string{
			"mariadbd", "--no-defaults", "--datadir=" + s.data(), "--socket=" + s.socket(), "--pid-file=" + filepath.Join(s.dir, "pid"),
			"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", s.port), "--skip-name-resolve", "--skip-log-bin",
			"--character-set-server=utf8mb4", "--secure-file-priv=", "--max-connections=200",
			"--innodb-log-file-size=16M", "--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=2", "--innodb-use-native-aio=0",
		}
	},
	setUp: func(s *Server) error {
		_, err := s.mariaDBClient("root", "", "", fmt.Sprintf(
			"CREATE USER '%[1]s'@'%%' IDENTIFIED BY '%[2]s'; GRANT ALL ON *.* TO '%[1]s'@'%%' WITH GRANT OPTION", User, Password))
		return err
	},
	ready: func(s *Server) bool {
		conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
		if err != nil {
			return false
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
			return false
		}
		// The server speaks first: its version 10 handshake.
		hello := make([]byte, 5)
		_, err = io.ReadFull(conn, hello)
		return err == nil && hello[4] == 10
	},
	quit: syscall.SIGTERM,
	client: func(s *Server, database, script string) (string, error) {
		return s.mariaDBClient(User, Password, database, script)
	},
	url: func(s *Server, database string) string {
		return fmt.Sprintf("mysql://%s:%s@%s/%s", User, Password, s.Addr(), database)
	},
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) socket() string { return filepath.Join(s.dir, "socket") }

func (s *Server) mariaDBClient(user, password, database, script string) (string, error) {
	args := []string{"--no-defaults", "--socket=" + s.socket(), "--user=" + user, "--batch", "--skip-column-names", "--binary-mode", "--default-character-set=utf8mb4"}
	if password != "" {
		args = append(args, "--password="+password)
	}
	if database != "" {
		args = append(args, database)
	}
	return feed(script, nil, s.path("mariadb"), args...)
}

// feed runs a client program on a script and returns what it prints.
func feed(script string, environment []string, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdin = strings.NewReader(script)
	var out, problems strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(program), err, problems.String())
	}
	return out.String(), nil
}
