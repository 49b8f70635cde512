package main

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

type Call struct {
	ua                       *UA
	id                       string
	out                      bool
	ltag, rtag, lhdr, rhdr   string
	target                   string
	cseq                     int
	inv                      *msg // the INVITE
	last                     []byte
	mu                       sync.Mutex
	code                     int
	ringing, up, ended       chan struct{}
	isRinging, isUp, isEnded bool
	notify                   chan string
	rtp                      *net.UDPConn
	byWho                    string
	from                     string    // the caller's number, of a call that this telephone made
	startAt                  time.Time // when it was dialled
	upAt, endAt              time.Time
	sdpVer                   int
}

func (c *Call) log(ev, d string) { c.ua.truth.Add(c.ua.name, ev, d, c.id) }
func (c *Call) setRinging() {
	c.mu.Lock()
	if !c.isRinging {
		c.isRinging = true
		close(c.ringing)
	}
	c.mu.Unlock()
}

func (c *Call) setUp() {
	c.mu.Lock()
	if !c.isUp {
		c.isUp = true
		c.upAt = time.Now()
		close(c.up)
	}
	c.mu.Unlock()
}

func (c *Call) setEnded(who string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isEnded {
		return
	}
	c.isEnded = true
	c.endAt = time.Now()
	c.byWho = who
	close(c.ended)
	if c.rtp != nil {
		c.rtp.Close()
	}
}

// times are when the call was connected and when it ended; zero if it was not.
func (c *Call) times() (up, end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.upAt, c.endAt
}

func (c *Call) upTime() time.Time  { up, _ := c.times(); return up }
func (c *Call) endTime() time.Time { _, end := c.times(); return end }

// HangUpAll ends every call that a scenario left behind.
func (u *UA) HangUpAll() {
	u.mu.Lock()
	all := slices.Collect(maps.Values(u.calls))
	u.mu.Unlock()
	for _, c := range all {
		c.mu.Lock()
		ended, up := c.isEnded, c.isUp
		c.mu.Unlock()
		switch {
		case ended:
		case up:
			c.Bye()
		case c.out:
			c.Cancel()
		}
	}
}

func (u *UA) newCall(id string, out bool) *Call {
	c := &Call{ua: u, id: id, out: out, ltag: rnd(), ringing: make(chan struct{}), up: make(chan struct{}), ended: make(chan struct{}), notify: make(chan string, 50), cseq: 1}
	c.rtp, _ = net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(u.host)})
	u.mu.Lock()
	u.calls[id] = c
	u.mu.Unlock()
	return c
}

const allow = "INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, INFO, UPDATE, OPTIONS"

// Invite calls number on the PBX.
func (u *UA) Invite(number string) *Call {
	header := fmt.Sprintf("<sip:%s@%s>", u.user, u.host)
	if u.disp != "" {
		header = `"` + u.disp + `" ` + header
	}
	return u.InviteFrom(number, u.user, header)
}

// InviteAs calls number for the caller from, as a provider does.
func (u *UA) InviteAs(from, number string) *Call {
	return u.InviteFrom(number, from, fmt.Sprintf("<sip:%s@%s>", from, u.host))
}

// InviteFrom calls number with a From header as it is given; from is the
// caller's number in it.
func (u *UA) InviteFrom(number, from, header string) *Call {
	c := u.newCall(rnd()+rnd()+"@rig", true)
	c.from, c.startAt = from, time.Now()
	c.lhdr = header + ";tag=" + c.ltag
	c.target = fmt.Sprintf("sip:%s@%s", number, u.pbx)
	c.rhdr = "<" + c.target + ">"
	c.inv = &msg{start: "INVITE " + c.target + " SIP/2.0", h: []hdr{
		{"Via", u.via()},
		{"Max-Forwards", "70"},
		{"From", c.lhdr},
		{"To", c.rhdr},
		{"Call-ID", c.id},
		{"CSeq", "1 INVITE"},
		{"Contact", u.contact()},
		{"Allow", allow},
		{"Content-Type", "application/sdp"},
	}, body: c.sdp("sendrecv")}
	c.log("dials", number+" (caller id "+from+")")
	u.send(c.inv)
	go func() { // UDP retransmission until something comes back
		for _, d := range []time.Duration{500, 1000, 2000} {
			time.Sleep(d * time.Millisecond)
			c.mu.Lock()
			x := c.code
			c.mu.Unlock()
			if x != 0 {
				return
			}
			u.send(c.inv)
		}
	}()
	return c
}

func (c *Call) req(method string, extra []hdr, body string) *msg {
	c.mu.Lock()
	if method != "ACK" && method != "CANCEL" {
		c.cseq++
	}
	n := c.cseq
	c.mu.Unlock()
	h := []hdr{{"Via", c.ua.via()}, {"Max-Forwards", "70"}, {"From", c.lhdr}, {"To", c.rhdr}, {"Call-ID", c.id}, {"CSeq", fmt.Sprintf("%d %s", n, method)}, {"Contact", c.ua.contact()}}
	return &msg{start: method + " " + c.target + " SIP/2.0", h: append(h, extra...), body: body}
}

// do sends an in-dialog request and waits for its final response.
func (c *Call) do(method string, extra []hdr, body string) int {
	m := c.req(method, extra, body)
	key := c.id + "|" + m.get("CSeq")
	ch := make(chan *msg, 4)
	c.ua.mu.Lock()
	c.ua.pend[key] = ch
	c.ua.mu.Unlock()
	defer func() { c.ua.mu.Lock(); delete(c.ua.pend, key); c.ua.mu.Unlock() }()
	for range 4 {
		c.ua.send(m)
		t := time.After(700 * time.Millisecond)
	wait:
		for {
			select {
			case r := <-ch:
				if r.code() < 200 {
					t = time.After(3 * time.Second)
					continue
				}
				if method == "INVITE" && r.code() < 300 {
					a := c.req("ACK", nil, "")
					for i := range a.h {
						if a.h[i].k == "CSeq" {
							a.h[i].v = strings.Fields(m.get("CSeq"))[0] + " ACK"
						}
					}
					c.ua.send(a)
				}
				return r.code()
			case <-t:
				break wait
			}
		}
	}
	return 0
}

func (c *Call) Bye() {
	select {
	case <-c.ended:
		return
	default:
	}
	c.log("hangs up", "BYE sent")
	c.setEnded("self")
	c.do("BYE", nil, "")
}

func (c *Call) Cancel() {
	c.log("gives up", "CANCEL sent")
	m := &msg{start: "CANCEL " + c.target + " SIP/2.0"}
	for _, x := range c.inv.h {
		switch x.k {
		case "Via", "Max-Forwards", "From", "To", "Call-ID":
			m.h = append(m.h, x)
		case "CSeq":
			m.h = append(m.h, hdr{"CSeq", "1 CANCEL"})
		}
	}
	c.ua.send(m)
	select {
	case <-c.ended:
	case <-time.After(3 * time.Second):
		c.setEnded("self")
	}
}

// DTMF by SIP INFO, one digit at a time.
func (c *Call) DTMF(digits string) {
	c.log("presses", digits)
	for _, d := range digits {
		c.do("INFO", []hdr{{"Content-Type", "application/dtmf-relay"}}, fmt.Sprintf("Signal=%c\r\nDuration=100\r\n", d))
		time.Sleep(150 * time.Millisecond)
	}
}
func (c *Call) Hold()   { c.log("hold", ""); c.reinvite("sendonly") }
func (c *Call) Unhold() { c.log("unhold", ""); c.reinvite("sendrecv") }
func (c *Call) reinvite(dir string) {
	c.do("INVITE", []hdr{{"Content-Type", "application/sdp"}, {"Allow", allow}}, c.sdp(dir))
}

func (c *Call) WaitUp(d time.Duration) bool { return waitc(c.up, c.ended, d) }
func (c *Call) WaitRinging(d time.Duration) bool {
	return waitc(c.ringing, c.ended, d)
}

func (c *Call) WaitEnd(d time.Duration) bool {
	select {
	case <-c.ended:
		return true
	case <-time.After(d):
		return false
	}
}

func waitc(ok, bad chan struct{}, d time.Duration) bool {
	select {
	case <-ok:
		return true
	case <-bad:
		return false
	case <-time.After(d):
		return false
	}
}

func (c *Call) Answer() {
	c.mu.Lock()
	if c.isEnded || c.code >= 200 {
		c.mu.Unlock()
		return
	}
	c.code = 200
	c.mu.Unlock()
	c.log("answers", "200 sent")
	b := c.ua.respond(c, c.inv, 200, "OK", c.sdp("sendrecv"))
	c.mu.Lock()
	c.last = b
	c.mu.Unlock()
	c.media(c.inv.body)
	c.WaitUp(3 * time.Second)
}

func (c *Call) Reject(code int) {
	reason := map[int]string{486: "Busy Here", 503: "Service Unavailable", 404: "Not Found", 603: "Decline", 480: "Temporarily Unavailable"}[code]
	c.mu.Lock()
	if c.isEnded || c.code >= 200 {
		c.mu.Unlock()
		return
	}
	c.code = code
	c.mu.Unlock()
	c.log("rejects", fmt.Sprintf("%d %s", code, reason))
	b := c.ua.respond(c, c.inv, code, reason, "")
	c.mu.Lock()
	c.last = b
	c.mu.Unlock()
	c.setEnded("self")
}
