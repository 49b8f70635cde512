package celgen

import "fmt"

// group lets three telephones ring at once.
func (s *script) group() (a *channel, ringing []*channel) {
	a = s.trunkIn()
	var members []string
	for range 3 {
		members = append(members, s.other(members...))
	}
	for _, m := range members {
		ringing = append(ringing, s.ring(m, "500"))
	}
	a.exten, a.context, a.app = "500", "ext-group", "Dial"
	a.data = fmt.Sprintf("PJSIP/%s&PJSIP/%s&PJSIP/%s,20,%s", members[0], members[1], members[2], dialFlags)
	return a, ringing
}

func (s *script) groupAnswered() {
	a, ringing := s.group()
	s.pass(2000, 15000)
	i := s.g.rand.IntN(len(ringing))
	b := ringing[i]
	s.answer(b)
	for j, c := range ringing {
		if j != i {
			s.hangup(c, pickedUp, "", "")
			s.tick()
		}
	}
	s.connectedInGroup(a, b)
}

// connectedInGroup is connected for a telephone that has answered already.
func (s *script) connectedInGroup(a, b *channel) {
	s.answer(a)
	b.exten = ""
	s.talk(b, a, 15, 240)
	s.hangup(b, callCleared, a.name, "")
	s.tick()
	a.idle()
	a.exten, a.context = "s", "macro-hangupcall"
	s.hangup(a, callCleared, a.name, "ANSWER")
	s.over(a)
}

func (s *script) groupMissed() {
	a, ringing := s.group()
	s.pass(6000, 20000)
	for _, c := range ringing {
		s.hangup(c, callCancelled, "", "")
		s.tick()
	}
	a.idle()
	a.exten, a.context = "s", "macro-hangupcall"
	s.hangup(a, callCancelled, a.name, "CANCEL")
	s.over(a)
}

// queue lets agents ring in turn, through Local channels, until one answers.
func (s *script) queue() {
	a := s.trunkIn()
	a.exten, a.context, a.app = "600", "ext-queues", "Answer"
	s.answer(a)
	a.app, a.data = "Queue", "600,tR,,,300"
	var tried []string
	for range s.g.rand.IntN(2) {
		agent := s.other(tried...)
		tried = append(tried, agent)
		m := s.member(agent)
		s.pass(8000, 15000)
		m.giveUp(s)
		s.pass(500, 5000)
	}
	m := s.member(s.other(tried...))
	s.pass(2000, 10000)
	m.connect(s, a)
}

// member is an agent's ringing telephone and the Local pair to it.
type member struct{ near, far, phone *channel }

func (s *script) member(agent string) member {
	s.g.localSerial++
	name := fmt.Sprintf("Local/%s@from-queue-%08x", agent, s.g.localSerial-1)
	var m member
	m.near = s.create(channel{name: name + ";1", exten: agent, context: "from-queue"})
	m.far = s.create(channel{name: name + ";2", exten: agent, context: "from-queue"})
	m.near.app, m.near.data = "AppQueue", "(Outgoing Line)"
	s.pass(1, 4)
	m.phone = s.ring(agent, "s")
	m.far.dialling("macro-dial-one", "PJSIP/"+agent)
	return m
}

func (m member) giveUp(s *script) {
	s.hangup(m.near, 0, "", "")
	s.tick()
	m.far.idle()
	s.hangup(m.far, 0, "", "CANCEL")
	s.tick()
	s.hangup(m.phone, callCleared, "", "")
}

func (m member) connect(s *script, a *channel) {
	s.answer(m.phone)
	s.answer(m.far)
	inner, outer := s.bridge(), s.bridge()
	m.phone.exten = ""
	s.enter(m.phone, nil, inner)
	s.answer(m.near)
	s.enter(m.far, m.phone, inner)
	s.enter(m.near, nil, outer)
	s.enter(a, m.near, outer)
	s.pass(20_000, 300_000)
	s.leave(a, m.near, outer)
	a.idle()
	a.exten, a.context = "s", "macro-hangupcall"
	s.hangup(a, callCleared, a.name, "ANSWER")
	s.tick()
	s.leave(m.near, nil, outer)
	s.hangup(m.near, callCleared, a.name, "")
	s.tick()
	s.leave(m.far, nil, inner)
	m.far.idle()
	s.hangup(m.far, callCleared, "", "ANSWER")
	s.tick()
	s.leave(m.phone, nil, inner)
	s.hangup(m.phone, callCleared, "", "")
	s.over(m.phone)
}
