package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

type (
	hdr struct{ k, v string }
	msg struct {
		start string
		h     []hdr
		body  string
	}
)

func (m *msg) get(k string) string {
	for _, x := range m.h {
		if strings.EqualFold(x.k, k) {
			return x.v
		}
	}
	return ""
}

func (m *msg) all(k string) (r []string) {
	for _, x := range m.h {
		if strings.EqualFold(x.k, k) {
			r = append(r, x.v)
		}
	}
	return
}
func (m *msg) isReq() bool    { return !strings.HasPrefix(m.start, "SIP/2.0 ") }
func (m *msg) method() string { return strings.SplitN(m.start, " ", 2)[0] }
func (m *msg) code() int {
	f := strings.Fields(m.start)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

func (m *msg) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(m.start + "\r\n")
	for _, x := range m.h {
		b.WriteString(x.k + ": " + x.v + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(m.body), m.body)
	return b.Bytes()
}

func parseMsg(p []byte) *msg {
	head, body, ok := strings.Cut(string(p), "\r\n\r\n")
	if !ok {
		return nil
	}
	ls := strings.Split(head, "\r\n")
	m := &msg{start: ls[0], body: body}
	short := map[string]string{"i": "Call-ID", "f": "From", "t": "To", "v": "Via", "m": "Contact", "l": "Content-Length", "c": "Content-Type", "r": "Refer-To", "b": "Referred-By", "s": "Subject", "k": "Supported", "o": "Event"}
	for _, l := range ls[1:] {
		if k, v, ok := strings.Cut(l, ":"); ok {
			k = strings.TrimSpace(k)
			if f, ok := short[strings.ToLower(k)]; ok {
				k = f
			}
			if !strings.EqualFold(k, "Content-Length") {
				m.h = append(m.h, hdr{k, strings.TrimSpace(v)})
			}
		}
	}
	return m
}

func tagOf(v string) string {
	if _, after, ok := strings.Cut(v, ";tag="); ok {
		return strings.SplitN(after, ";", 2)[0]
	}
	return ""
}

func uriOf(v string) string {
	if i := strings.Index(v, "<"); i >= 0 {
		if j := strings.Index(v[i:], ">"); j >= 0 {
			return v[i+1 : i+j]
		}
	}
	return strings.SplitN(v, ";", 2)[0]
}

func userOf(v string) string {
	u := strings.TrimPrefix(uriOf(v), "sip:")
	if before, _, ok := strings.Cut(u, "@"); ok {
		return before
	}
	return ""
}
func rnd() string { return strconv.FormatInt(rand.Int63(), 36) }
