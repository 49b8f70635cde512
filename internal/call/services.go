package call

import (
	"slices"
	"strings"

	"ringback/internal/cel"
)

// decideServices notes what of the PBX itself took part: menus, voicemail,
// conferences, recordings.
func (m *model) decideServices(c *Call) {
	for _, ch := range m.channels {
		if !ch.companion {
			m.menuOf(c, ch)
		}
	}
	for i := range m.records {
		r := &m.records[i]
		if ch := m.find(r.UniqueID); ch != nil {
			m.serviceOf(c, ch, r)
		}
	}
	if c.Conference == "" {
		c.Conference = m.roomOf(m.caller)
	}
}

// roomOf is the conference into which a channel was brought by another's
// transfer, as those who joined it name it.
func (m *model) roomOf(c *channel) string {
	for _, i := range c.stays {
		b := &m.bridges[m.stays[i].bridge]
		if !b.conference {
			continue
		}
		for _, j := range b.stays {
			for _, app := range conferenceApps {
				if r := m.stays[j].channel.application(app); r != nil && r.AppData != "" {
					m.because("conference", "it came into the bridge of "+r.App, []*cel.Record{r})
					return firstArgument(r.AppData)
				}
			}
		}
	}
	return ""
}

// firstArgument is the first argument of an application.
func firstArgument(arguments string) string {
	first, _, _ := strings.Cut(arguments, ",")
	first, _, _ = strings.Cut(first, "|")
	return first
}

// menuApps take a digit (apps/app_read.c, main/pbx_builtins.c).
var menuApps = []string{"BackGround", "WaitExten", "Read"}

// menuOf notes that a channel which runs the dial plan was asked for a digit.
func (m *model) menuOf(c *Call, ch *channel) {
	if c.IVR || !ch.person() || ch != m.caller && ch.dialled() && !ch.transferee {
		return
	}
	for _, r := range ch.records {
		menu := strings.HasPrefix(r.Context, "ivr-") ||
			slices.ContainsFunc(menuApps, func(app string) bool { return equalFold(app, r.App) })
		if menu {
			c.IVR = true
			m.because("ivr", "a menu took digits: "+r.App+" in "+r.Context, []*cel.Record{r})
			return
		}
	}
}

func (m *model) serviceOf(c *Call, ch *channel, r *cel.Record) {
	switch {
	case equalFold(r.App, "VoiceMail"):
		if c.Voicemail == "" {
			c.Voicemail = mailbox(r.AppData)
			m.because("voicemail", "the application VoiceMail ran", []*cel.Record{r})
		}
	case conferenceApp(r.App):
		if c.Conference == "" && (ch == m.caller || ch.transferee || ch == m.starter) {
			c.Conference = firstArgument(r.AppData)
			m.because("conference", "the application "+r.App+" ran", []*cel.Record{r})
		}
	case equalFold(r.App, "MixMonitor"), equalFold(r.App, "Monitor"):
		if file := recordingOf(r); file != "" && !slices.Contains(c.Recordings, file) {
			c.Recordings = append(c.Recordings, file)
			m.because("recordings", "the application "+r.App+" ran", []*cel.Record{r})
		}
	case ch == m.caller && c.Voicemail == "" && r.App == "":
		c.Voicemail = freePBXMailbox(r)
	}
	if ch == m.caller && r.Context == "macro-vm" && !m.voicemail {
		// FreePBX goes there for voicemail alone; which box, no row tells.
		m.voicemail = true
		m.because("voicemail", "the dial plan reached macro-vm", []*cel.Record{r})
	}
}

// conferenceApps put a channel into a room.
var conferenceApps = []string{"ConfBridge", "MeetMe"}

func conferenceApp(app string) bool {
	return slices.ContainsFunc(conferenceApps, func(known string) bool { return len(known) == len(app) && equalFold(known, app) })
}

// mailbox is the box in the arguments of VoiceMail (app_voicemail.c):
// box[@context][&box…][,options]; old dial plans write options before a number.
func mailbox(arguments string) string {
	box, _, _ := strings.Cut(firstArgument(arguments), "&")
	box, _, _ = strings.Cut(box, "@")
	if box == "" {
		return arguments
	}
	if number := strings.TrimLeft(box, "subg"); number != "" && digitsOf(number) == number {
		return number
	}
	return box
}

// freePBXMailbox reads the extens by which FreePBX leads to a box: vmu1003,
// vmb1003, vms1003, vmi1003.
func freePBXMailbox(r *cel.Record) string {
	if len(r.Exten) > 3 && strings.HasPrefix(r.Exten, "vm") && strings.IndexByte("ubsi", r.Exten[2]) >= 0 {
		return digitsOf(r.Exten)
	}
	return ""
}

// recordingOf is the file that MixMonitor or Monitor writes, as it was given:
// MixMonitor(file.ext,…), Monitor(ext,file,…).
func recordingOf(r *cel.Record) string {
	first, rest, _ := strings.Cut(r.AppData, ",")
	if equalFold(r.App, "MixMonitor") {
		return first
	}
	file, _, _ := strings.Cut(rest, ",")
	if file == "" {
		return ""
	}
	if first == "" {
		first = "wav"
	}
	return file + "." + first
}
