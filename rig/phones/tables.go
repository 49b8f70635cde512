package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

func query(q string) ([][]string, error) {
	a := append([]string{"--no-defaults", "--batch", "--default-character-set=utf8mb4"}, strings.Fields(*myArgs)...)
	b, err := exec.Command("mariadb", append(a, "-e", q)...).Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("mariadb: %s", exit.Stderr)
		}
		return nil, err
	}
	var rows [][]string
	un := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\0`, "\x00")
	for l := range strings.SplitSeq(strings.TrimRight(string(b), "\n"), "\n") {
		if l == "" {
			continue
		}
		f := strings.Split(l, "\t")
		for i := range f {
			f[i] = un.Replace(f[i])
		}
		rows = append(rows, f)
	}
	return rows, nil
}

func maxID(table, column string) string {
	r, err := query("select coalesce(max(" + column + "),0) from " + table)
	if err != nil || len(r) < 2 {
		fmt.Fprintln(os.Stderr, "mariadb:", err)
		os.Exit(1)
	}
	return r[1][0]
}

// dump writes the result of q as CSV and returns how many rows it has.
func dump(q, path string) (int, error) {
	rows, err := query(q)
	if err != nil {
		return 0, err
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return max(len(rows)-1, 0), csv.NewWriter(f).WriteAll(rows)
}

// settled waits until the PBX has written everything: no new row for -settle and
// every call among the new rows closed by LINKEDID_END (the backlog can lag behind a burst).
func settled(id string) {
	last, since := "", time.Now()
	for t := time.Now(); time.Since(t) < 15*time.Second; time.Sleep(150 * time.Millisecond) {
		r, err := query("select max(id), count(distinct linkedid)-count(distinct if(eventtype='LINKEDID_END',linkedid,null)) from cel_full where id>" + id)
		if err != nil || len(r) < 2 {
			continue
		}
		if r[1][0] != last {
			last, since = r[1][0], time.Now()
		}
		if time.Since(since) > *gap && (r[1][1] == "0" || time.Since(since) > 5*time.Second) {
			return
		}
	}
}
