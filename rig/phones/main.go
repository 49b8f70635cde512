// Phones plays call scenarios against a real Asterisk on loopback. For each it
// saves the CEL rows that the PBX wrote, what the telephones themselves saw,
// and what the assembled calls must be.
//
// The last it works out from the plan and from the telephones' clocks, never by
// assembling: it must not import the packages that it makes material for.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var (
	out    = flag.String("out", "captures", "folder for captures")
	suffix = flag.String("suffix", "", "what to add to the captures' names")
	list   = flag.Bool("list", false, "list scenarios")
	myArgs = flag.String("mysql", "-h127.0.0.1 -P33306 -uasteriskuser -pasteriskpw asteriskcdrdb", "arguments of the mariadb client")
	gap    = flag.Duration("settle", 700*time.Millisecond, "wait after the last channel is gone")
	spool  = flag.String("recordings", "", "the folder that the PBX records to")
	power  = flag.String("pbx", "", "program that ends (kill) and starts (start) Asterisk")
	only   = flag.String("only", "", "comma-separated scenario names; the rest of the command line also names scenarios")
)

func main() {
	flag.Parse()
	if *list {
		for _, s := range scenarios() {
			fmt.Printf("%-34s %s\n", s.name, s.what)
		}
		return
	}
	chosen, err := choose(append(strings.Split(*only, ","), flag.Args()...))
	if err == nil {
		err = playAll(chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// choose finds scenarios by name; no name at all means every scenario.
func choose(names []string) ([]scenario, error) {
	want := map[string]bool{}
	for _, n := range names {
		if n != "" {
			want[n] = true
		}
	}
	if len(want) == 0 {
		return scenarios(), nil
	}
	var chosen []scenario
	for _, s := range scenarios() {
		if want[s.name] {
			chosen = append(chosen, s)
			delete(want, s.name)
		}
	}
	for n := range want {
		return nil, fmt.Errorf("no scenario is called %s; -list shows them", n)
	}
	return chosen, nil
}

func playAll(chosen []scenario) error {
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	r, err := newRig()
	if err != nil {
		return err
	}
	bad := 0
	for _, s := range chosen {
		ok, err := r.capture(s, filepath.Join(*out, s.name+*suffix))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if !ok {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d scenarios did not go as planned", bad, len(chosen))
	}
	return nil
}
