package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Behaviour says what a phone does with an incoming call.
type Behaviour struct {
	Ring   time.Duration // how long to wait before answering or rejecting
	Action string        // "answer", "ring" (never answer), "reject", "redirect", "media" (sound before any answer)
	Code   int           // for reject
	To     string        // for redirect
	Talk   time.Duration // >0: the phone hangs up itself after that long
}

type UA struct {
	name, user, disp, host string
	port                   int
	pbx                    *net.UDPAddr
	conn                   *net.UDPConn
	truth                  *Truth
	mu                     sync.Mutex
	calls                  map[string]*Call
	pend                   map[string]chan *msg
	beh                    Behaviour
	in                     chan *Call // every incoming call
	mute                   bool       // sends no sound
}

func NewUA(t *Truth, name, user, disp, host string, port int, pbx string) *UA {
	pa, _ := net.ResolveUDPAddr("udp", pbx)
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host), Port: port})
	if err != nil {
		panic(err)
	}
	u := &UA{
		name: name, user: user, disp: disp, host: host, port: port, pbx: pa, conn: c, truth: t,
		calls: map[string]*Call{}, pend: map[string]chan *msg{}, in: make(chan *Call, 100), beh: Behaviour{Action: "ring"},
	}
	go u.loop()
	return u
}

// Mute has the telephone send no sound in its next calls.
func (u *UA) Mute(mute bool) {
	u.mu.Lock()
	u.mute = mute
	u.mu.Unlock()
}

func (u *UA) Set(b Behaviour) {
	u.mu.Lock()
	u.beh = b
	for len(u.in) > 0 {
		<-u.in
	}
	u.mu.Unlock()
}

func (u *UA) send(m *msg) { u.conn.WriteToUDP(m.bytes(), u.pbx) }

func (u *UA) contact() string { return fmt.Sprintf("<sip:%s@%s:%d>", u.user, u.host, u.port) }
func (u *UA) via() string {
	return fmt.Sprintf("SIP/2.0/UDP %s:%d;branch=z9hG4bK%s;rport", u.host, u.port, rnd())
}

func (u *UA) loop() {
	buf := make([]byte, 65536)
	for {
		n, _, err := u.conn.ReadFromUDP(buf)
		if err != nil {
			return
		}
		m := parseMsg(buf[:n])
		if m == nil {
			continue
		}
		if os.Getenv("SIPTRACE") != "" {
			fmt.Fprintf(os.Stderr, "%s <- %s  %s %s\n", u.name, m.start, m.get("CSeq"), m.get("Call-ID"))
		}
		if m.isReq() {
			u.request(m)
		} else {
			u.response(m)
		}
	}
}

func (u *UA) find(m *msg) *Call { u.mu.Lock(); defer u.mu.Unlock(); return u.calls[m.get("Call-ID")] }

func (u *UA) response(m *msg) {
	c := u.find(m)
	if c == nil {
		return
	}
	u.mu.Lock()
	ch := u.pend[c.id+"|"+m.get("CSeq")]
	u.mu.Unlock()
	if ch != nil {
		select {
		case ch <- m:
		default:
		}
		return
	}
	if !c.out || m.get("CSeq") != "1 INVITE" {
		return
	}
	code := m.code()
	c.mu.Lock()
	first := c.code < 200
	c.code = code
	c.mu.Unlock()
	switch {
	case code == 180 || code == 183:
		if !c.isRinging {
			c.log("hears ringing", strconv.Itoa(code))
		}
		// A transfer may name a call that still rings (RFC 3891 early-only).
		if t := m.get("To"); tagOf(t) != "" {
			c.rtag, c.rhdr = tagOf(t), t
		}
		c.setRinging()
	case code >= 200 && code < 300:
		c.rtag = tagOf(m.get("To"))
		c.rhdr = m.get("To")
		if t := m.get("Contact"); t != "" {
			c.target = uriOf(t)
		}
		u.send(c.req("ACK", nil, ""))
		if first {
			c.log("is connected", "200")
			c.media(m.body)
			c.setRinging()
			c.setUp()
		}
	case code >= 300:
		a := &msg{start: "ACK " + uriOf(c.inv.get("To")) + " SIP/2.0", h: []hdr{{"Via", c.inv.get("Via")}, {"Max-Forwards", "70"}, {"From", c.lhdr}, {"To", m.get("To")}, {"Call-ID", c.id}, {"CSeq", "1 ACK"}}}
		u.send(a)
		if first {
			c.log("call failed", m.start[8:])
			c.setEnded("remote")
		}
	}
}

func (u *UA) request(m *msg) {
	c := u.find(m)
	switch m.method() {
	case "INVITE":
		if c == nil {
			u.incoming(m)
			return
		}
		if tagOf(m.get("To")) == "" { // retransmission of the first INVITE
			c.mu.Lock()
			b := c.last
			c.mu.Unlock()
			u.conn.WriteToUDP(b, u.pbx)
			return
		}
		c.mu.Lock()
		if t := m.get("Contact"); t != "" {
			c.target = uriOf(t)
		}
		c.mu.Unlock()
		dir := "sendrecv"
		if strings.Contains(m.body, "a=sendonly") {
			dir = "recvonly"
		}
		u.respond(c, m, 200, "OK", c.sdp(dir))
	case "ACK":
		if c != nil && !c.isUp && !c.isEnded && c.code == 200 {
			c.setUp()
		}
	case "BYE":
		u.respond(c, m, 200, "OK", "")
		if c != nil && !c.isEnded {
			c.log("is hung up on", "BYE received; "+m.get("Reason"))
			c.setEnded("remote")
		}
	case "CANCEL":
		u.respond(c, m, 200, "OK", "")
		if c != nil && !c.isUp && c.code < 200 {
			c.mu.Lock()
			c.code = 487
			c.mu.Unlock()
			u.respond(c, c.inv, 487, "Request Terminated", "")
			c.log("stops ringing", "CANCEL received; "+m.get("Reason"))
			c.setEnded("remote")
		}
	case "NOTIFY":
		u.respond(c, m, 200, "OK", "")
		if c != nil && strings.HasPrefix(m.body, "SIP/2.0") {
			select {
			case c.notify <- strings.TrimSpace(strings.SplitN(m.body, "\r\n", 2)[0]):
			default:
			}
		}
	default:
		u.respond(c, m, 200, "OK", "")
	}
}

func (u *UA) incoming(m *msg) {
	c := u.newCall(m.get("Call-ID"), false)
	c.inv = m
	c.rtag = tagOf(m.get("From"))
	c.rhdr = m.get("From")
	c.lhdr = m.get("To") + ";tag=" + c.ltag
	c.target = uriOf(m.get("Contact"))
	u.mu.Lock()
	b := u.beh
	u.mu.Unlock()
	u.respond(c, m, 100, "Trying", "")
	called, _, _ := strings.Cut(strings.TrimPrefix(strings.Fields(m.start)[1], "sip:"), "@")
	c.log("rings", "from "+m.get("From")[:strings.Index(m.get("From")+";tag=", ";tag=")]+" to "+called)
	if b.Action == "media" {
		c.last = u.respond(c, m, 183, "Session Progress", c.sdp("sendrecv"))
		c.media(m.body)
	} else {
		c.last = u.respond(c, m, 180, "Ringing", "")
	}
	u.in <- c
	go func() {
		if b.Action == "ring" || b.Action == "media" {
			return
		}
		select {
		case <-c.ended:
			return
		case <-time.After(b.Ring):
		}
		switch b.Action {
		case "answer":
			c.Answer()
			if b.Talk > 0 {
				select {
				case <-c.ended:
				case <-time.After(b.Talk):
					c.Bye()
				}
			}
		case "reject":
			c.Reject(b.Code)
		case "redirect":
			c.mu.Lock()
			c.code = 302
			c.mu.Unlock()
			c.log("redirects", "302 to "+b.To)
			c.last = u.respond(c, m, 302, "Moved Temporarily", "", hdr{"Contact", "<sip:" + b.To + "@" + u.pbx.String() + ">"})
			c.setEnded("self")
		}
	}()
}

func (u *UA) respond(c *Call, m *msg, code int, reason, body string, extra ...hdr) []byte {
	r := &msg{start: fmt.Sprintf("SIP/2.0 %d %s", code, reason), body: body}
	for _, v := range m.all("Via") {
		r.h = append(r.h, hdr{"Via", v})
	}
	for _, v := range m.all("Record-Route") {
		r.h = append(r.h, hdr{"Record-Route", v})
	}
	to := m.get("To")
	if c != nil && tagOf(to) == "" && code > 100 {
		to += ";tag=" + c.ltag
	}
	r.h = append(r.h, hdr{"From", m.get("From")}, hdr{"To", to}, hdr{"Call-ID", m.get("Call-ID")}, hdr{"CSeq", m.get("CSeq")}, hdr{"Allow", allow})
	if code/100 != 3 { // a redirect names its own Contact
		r.h = append(r.h, hdr{"Contact", u.contact()})
	}
	if body != "" {
		r.h = append(r.h, hdr{"Content-Type", "application/sdp"})
	}
	r.h = append(r.h, extra...)
	b := r.bytes()
	u.conn.WriteToUDP(b, u.pbx)
	return b
}
