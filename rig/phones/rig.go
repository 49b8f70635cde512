package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	pbxAddress = "127.0.0.1:5060"
	amiAddress = "127.0.0.1:5038"
)

// Rig is the PBX with its telephones and lines while a scenario is played.
type Rig struct {
	truth *Truth
	p     map[string]*UA // telephones by endpoint; 1006-mobile is a second telephone of endpoint 1006
	trunk *UA            // the provider behind trunk-provider
	sbc   *UA            // the provider behind sbc-ca2, of the second dial plan
	ami   *AMI
	fact  string // second line of the .md
	apps  string // what logApplications last set
	story
}

func newRig() (*Rig, error) {
	t := &Truth{}
	t.Reset()
	r := &Rig{truth: t, p: map[string]*UA{}}
	for i, n := range []string{"Alice Adams", "Bob Brown", "Carol Clark", "Dave Dunn", "Ivan Petrov", "Fay Ford"} {
		ext := strconv.Itoa(1001 + i)
		r.p[ext] = NewUA(t, ext, ext, n, "127.0.0.1", 6001+i, pbxAddress)
	}
	r.p["1006-mobile"] = NewUA(t, "1006-mobile", "1006", "Fay Ford", "127.0.0.1", 6016, pbxAddress)
	for i, n := range []string{"ph201", "ph202", "ph203", "201-mobile"} {
		r.p[n] = NewUA(t, n, n, "", "127.0.0.1", 6021+i, pbxAddress)
	}
	r.trunk = NewUA(t, "outside", "provider", "", "127.0.0.2", 5060, pbxAddress)
	r.sbc = NewUA(t, "outside", "sbc", "", "127.0.0.3", 5060, pbxAddress)
	return r, r.connect()
}

// connect opens the manager connection, also anew after a start of the PBX.
func (r *Rig) connect() (err error) {
	r.ami, err = DialAMI(amiAddress, "rig", "rigsecret", filepath.Join(*out, "ami-cel.log"))
	return err
}

func (r *Rig) note(f string, a ...any) { r.fact += fmt.Sprintf(f, a...) }

func (r *Rig) lines() []*UA {
	all := []*UA{r.trunk, r.sbc}
	for _, u := range r.p {
		all = append(all, u)
	}
	return all
}

// capture plays one scenario and saves its files under base. It is not ok when
// the telephones did not see what the plan says.
func (r *Rig) capture(s scenario, base string) (ok bool, err error) {
	idle := r.ami.Idle(30 * time.Second)
	for _, u := range r.lines() {
		u.Set(Behaviour{Action: "ring"})
		u.Mute(false)
	}
	if err := r.logApplications(s.apps); err != nil {
		return false, err
	}
	id, cd, pid, recorded := maxID("cel_full", "id"), maxID("cdr", "rowid"), maxID("cel", "id"), recordings()
	r.fact, r.story = "", story{}
	r.truth.Reset()
	start := time.Now()
	s.run(r)
	for _, u := range r.lines() {
		u.HangUpAll()
	}
	idle = r.ami.Idle(30*time.Second) && idle
	settled(id)
	if err := r.logApplications(""); err != nil {
		return false, err
	}
	n, err := dump("select * from cel_full where id>"+id+" order by id", base+".csv")
	if err != nil {
		return false, err
	}
	if _, err := dump("select * from cel where id>"+pid+" order by id", base+".freepbx.csv"); err != nil {
		return false, err
	}
	if _, err := dump("select * from cdr where rowid>"+cd+" order by rowid", base+".cdr.csv"); err != nil {
		return false, err
	}
	r.truth.Save(base + ".truth.jsonl")
	if err := os.WriteFile(base+".md", []byte(s.what+"\n"+strings.TrimSpace(r.fact)+"\n"), 0o644); err != nil {
		return false, err
	}
	if len(r.calls) > 0 {
		if s.apps != "" {
			r.recorded(slices.DeleteFunc(recordings(), func(f string) bool { return slices.Contains(recorded, f) }))
		}
		if err := r.saveExpected(filepath.Base(base), s.what, base); err != nil {
			return false, err
		}
	}
	ok = idle && (n <= 0) == s.empty && !strings.Contains(r.fact, "UNEXPECTED")
	mark := "ok"
	if !ok {
		mark = "BAD"
	}
	fmt.Printf("%-4s %-34s %5.1fs cel=%d  %s\n", mark, s.name, time.Since(start).Seconds(), n, r.fact)
	return ok, nil
}

// logApplications has the PBX write APP_START and APP_END for the applications
// named, as apps= of cel.conf; for "" as it was started.
func (r *Rig) logApplications(apps string) error {
	if r.apps == apps {
		return nil
	}
	value := apps
	if value == "" {
		value = "all"
	}
	a := r.ami.Do("UpdateConfig", "SrcFilename", "cel.conf", "DstFilename", "cel.conf", "Reload", "cel",
		"Action-000000", "Update", "Cat-000000", "general", "Var-000000", "apps", "Value-000000", value)
	if a["Response"] != "Success" {
		return fmt.Errorf("set apps=%s: %v", value, a)
	}
	// The reload happens after the response.
	time.Sleep(time.Second)
	r.apps = apps
	return nil
}

// recordings lists what the PBX recorded so far, relative to its folder.
func recordings() []string {
	var files []string
	if *spool == "" {
		return nil
	}
	_ = filepath.WalkDir(*spool, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(*spool, path)
			files = append(files, rel)
		}
		return nil
	})
	return files
}
