package celgen

import (
	"fmt"
	"slices"
	"strconv"
)

// kinds are the calls there are, with how many in a hundred.
var kinds = []struct {
	share int
	play  func(*script)
}{
	{29, (*script).incomingAnswered},
	{12, (*script).incomingMissed},
	{21, (*script).outgoingAnswered},
	{8, (*script).outgoingUnanswered},
	{9, (*script).internalAnswered},
	{4, (*script).internalMissed},
	{8, (*script).queue},
	{6, (*script).groupAnswered},
	{3, (*script).groupMissed},
}

// call writes one call that begins at an instant.
func (g *generator) call(start int64) {
	n := g.rand.IntN(100)
	for _, k := range kinds {
		if n -= k.share; n < 0 {
			k.play(&script{g: g, now: start})
			return
		}
	}
}

const (
	companyNumber = "74950000000"
	dialFlags     = "HhTtKkrIb(func-apply-sipheaders^s^1)"
	callCancelled = 127
	callCleared   = 16
	callBusy      = 17
	pickedUp      = 26
)

var names = []string{"Alice Adams", "Bob Brown", "Carol Clark", "Dan O'Neil", "Иван Петров", "Мария Кузнецова", "Zoë Straße", "Smith, John"}

func (s *script) extension() string { return strconv.Itoa(1001 + s.g.rand.IntN(extensions)) }

// other is an extension that is none of those.
func (s *script) other(not ...string) string {
	for {
		e := s.extension()
		if !slices.Contains(not, e) {
			return e
		}
	}
}

// number is one of some thousand outside numbers, so that clients call again.
func (s *script) number() string { return fmt.Sprintf("7916%07d", 1000000+s.g.rand.IntN(5000)*97) }

func (s *script) channelName(endpoint string) string {
	s.g.serial++
	return fmt.Sprintf("PJSIP/%s-%08x", endpoint, s.g.serial-1)
}

// trunkIn is an outside caller's channel.
func (s *script) trunkIn() *channel {
	number := s.number()
	c := s.create(channel{name: s.channelName("trunk-provider"), cidNum: number, exten: fmt.Sprintf("7495000000%d", 1+s.g.rand.IntN(8)), context: "from-trunk"})
	c.cidDNID = c.exten
	c.cidName, c.cidANI = number, number
	s.pass(1, 4)
	return c
}

// caller is the channel of one of ours who dials.
func (s *script) caller(ext, dialled string) *channel {
	c := s.create(channel{name: s.channelName(ext), cidName: nameOf(ext), cidNum: ext, exten: dialled, context: "from-internal"})
	c.cidANI, c.cidDNID = ext, dialled
	s.pass(1, 4)
	return c
}

func nameOf(ext string) string { return names[int(ext[len(ext)-1]-'0')%len(names)] }

// ring is the channel of one of ours that rings.
func (s *script) ring(ext, exten string) *channel {
	c := s.create(channel{name: s.channelName(ext), cidName: nameOf(ext), cidNum: ext, exten: "s", context: "from-internal"})
	c.exten, c.cidANI, c.app, c.data = exten, ext, "AppDial", "(Outgoing Line)"
	s.tick()
	return c
}

// dialling puts a channel into Dial.
func (c *channel) dialling(context, to string) {
	c.exten, c.context, c.app, c.data = "s", context, "Dial", to+",300,"+dialFlags
}

// idle is a channel on its way out.
func (c *channel) idle() { c.app, c.data = "", "" }

// connected answers and bridges b with a, and ends both.
func (s *script) connected(a, b *channel) {
	s.answer(b)
	s.answer(a)
	b.exten = ""
	s.talk(b, a, 15, 240)
	ended := a.name
	if s.g.rand.IntN(2) == 0 {
		ended = b.name
	}
	s.hangup(b, callCleared, ended, "")
	s.tick()
	a.idle()
	s.hangup(a, callCleared, ended, "ANSWER")
	s.over(a)
}

// unanswered ends both after ringing.
func (s *script) unanswered(a, b *channel, cause int, status string) {
	s.hangup(b, cause, "", "")
	s.tick()
	a.idle()
	s.hangup(a, cause, a.name, status)
	s.over(a)
}

func (s *script) incomingAnswered() {
	a, ext := s.trunkIn(), s.extension()
	b := s.ring(ext, "s")
	a.dialling("macro-dial-one", "PJSIP/"+ext)
	s.pass(2000, 15000)
	s.connected(a, b)
}

func (s *script) incomingMissed() {
	a, ext := s.trunkIn(), s.extension()
	b := s.ring(ext, "s")
	a.dialling("macro-dial-one", "PJSIP/"+ext)
	s.pass(4000, 40000)
	s.unanswered(a, b, callCancelled, "CANCEL")
}

// outgoing dials out; the dial plan shows the company's number outside.
func (s *script) outgoing() (a, b *channel) {
	number := s.number()
	a = s.caller(s.extension(), "8"+number[1:])
	a.cidName, a.cidNum = "", companyNumber
	b = s.create(channel{name: s.channelName("trunk-provider"), exten: "s", context: "from-trunk"})
	b.cidNum, b.app, b.data = "s", "AppDial", "(Outgoing Line)"
	a.dialling("macro-dialout-trunk", "PJSIP/"+number+"@trunk-provider")
	return a, b
}

func (s *script) outgoingAnswered() {
	a, b := s.outgoing()
	s.pass(3000, 20000)
	s.connected(a, b)
}

func (s *script) outgoingUnanswered() {
	a, b := s.outgoing()
	s.pass(1500, 30000)
	if s.g.rand.IntN(2) == 0 {
		s.unanswered(a, b, callBusy, "BUSY")
		return
	}
	s.unanswered(a, b, callCancelled, "CANCEL")
}

func (s *script) internal() (a, b *channel) {
	from := s.extension()
	to := s.other(from)
	a = s.caller(from, to)
	b = s.ring(to, "s")
	a.dialling("macro-dial-one", "PJSIP/"+to)
	return a, b
}

func (s *script) internalAnswered() {
	a, b := s.internal()
	s.pass(2000, 12000)
	s.connected(a, b)
}

func (s *script) internalMissed() {
	a, b := s.internal()
	s.pass(4000, 30000)
	s.unanswered(a, b, callCancelled, "CANCEL")
}
