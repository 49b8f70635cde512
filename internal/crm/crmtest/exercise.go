package crmtest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"ringback/internal/faultnet"
)

// Exercise runs the suite.
func Exercise(t *testing.T, open func(t *testing.T) Subject) {
	requests := undisturbed(t, open)
	for name, fault := range answers() {
		t.Run(name, func(t *testing.T) {
			for n := range requests {
				t.Run(fmt.Sprintf("request %d", n), func(t *testing.T) { answered(t, open(t), n, fault) })
			}
		})
	}
	for name, err := range losses() {
		t.Run(name, func(t *testing.T) {
			for n := range requests {
				t.Run(fmt.Sprintf("request %d", n), func(t *testing.T) { unsent(t, open(t), n, err) })
			}
		})
	}
	for name, kind := range map[string]faultnet.Kind{"the program is cut off before the effect": faultnet.LoseBefore, "the program is cut off after the effect": faultnet.LoseAfter} {
		t.Run(name, func(t *testing.T) {
			for n := range requests {
				t.Run(fmt.Sprintf("request %d", n), func(t *testing.T) { cutOff(t, open(t), n, kind) })
			}
		})
	}
	t.Run("many calls while every fourth request fails somehow", func(t *testing.T) { stormy(t, open(t)) })
}

// undisturbed delivers one call without faults, and counts the requests it takes.
func undisturbed(t *testing.T, open func(t *testing.T) Subject) (requests int64) {
	t.Helper()
	t.Run("without faults", func(t *testing.T) {
		r := build(t, open(t))
		r.start()
		r.add(1)
		r.settle()
		r.stop(time.Minute)
		r.check(false)
		requests = r.requests.Load()
	})
	if requests == 0 {
		t.Fatal("a call is delivered without a request")
	}
	return requests
}

// answers are faults that a server, or what stands before it, makes.
func answers() map[string]faultnet.Fault {
	html := "<html><body>Service temporarily unavailable</body></html>"
	page := map[string]string{"Content-Type": "text/html"}
	return map[string]faultnet.Fault{
		"a reply is lost before the effect":        {Kind: faultnet.LoseBefore},
		"a reply is lost after the effect":         {Kind: faultnet.LoseAfter},
		"a reply is cut off":                       {Kind: faultnet.CutOff},
		"429 with Retry-After":                     {Kind: faultnet.Answer, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}},
		"429 without Retry-After":                  {Kind: faultnet.Answer, Status: http.StatusTooManyRequests},
		"500":                                      {Kind: faultnet.Answer, Status: http.StatusInternalServerError},
		"500 after the effect":                     {Kind: faultnet.AnswerAfter, Status: http.StatusInternalServerError},
		"502 with a page of HTML":                  {Kind: faultnet.Answer, Status: http.StatusBadGateway, Header: page, Body: html},
		"502 with a page of HTML after the effect": {Kind: faultnet.AnswerAfter, Status: http.StatusBadGateway, Header: page, Body: html},
		"503 with Retry-After":                     {Kind: faultnet.Answer, Status: http.StatusServiceUnavailable, Header: map[string]string{"Retry-After": "1"}},
		"a slow reply":                             {Kind: faultnet.Slow, Delay: 300 * time.Millisecond},
	}
}

// losses are faults of the way to the server.
func losses() map[string]error {
	certificate := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	return map[string]error{
		"the name cannot be looked up": &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "crm.example.com", IsNotFound: true}},
		"the certificate is wrong":     certificate,
		"nothing listens there":        &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
	}
}

// doubles says that a fault may double a call at a receiver that offers nothing
// against it.
func doubles(kind faultnet.Kind) bool {
	return kind == faultnet.LoseAfter || kind == faultnet.CutOff || kind == faultnet.AnswerAfter
}

func answered(t *testing.T, subject Subject, n int64, fault faultnet.Fault) {
	r := build(t, subject)
	r.fault = faultnet.Nth(n, fault)
	r.start()
	r.add(1)
	r.settle()
	r.stop(time.Minute)
	r.check(subject.Repeats && doubles(fault.Kind))
}

func unsent(t *testing.T, subject Subject, n int64, err error) {
	r := build(t, subject)
	r.lost = func(at int64) error {
		if at == n {
			return err
		}
		return nil
	}
	r.start()
	r.add(1)
	r.settle()
	r.stop(time.Minute)
	r.check(false)
}

// cutOff ends the program while the nth request is under way, and starts it again.
func cutOff(t *testing.T, subject Subject, n int64, kind faultnet.Kind) {
	r := build(t, subject)
	reached, over := make(chan struct{}), make(chan struct{})
	simulator := r.Simulator
	held := faultnet.Wrap(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if kind == faultnet.LoseAfter {
			simulator.ServeHTTP(w, request)
		}
		close(reached)
		<-over
	}), func(int64, *http.Request) faultnet.Fault { return faultnet.Fault{Kind: faultnet.LoseAfter} })
	server := newServer(t, r, n, held)
	r.address = server
	r.start()
	r.add(1)
	<-reached
	r.stop(time.Millisecond)
	close(over)
	r.start()
	r.settle()
	r.stop(time.Minute)
	r.check(subject.Repeats && kind == faultnet.LoseAfter)
}

// stormy delivers many calls while requests fail, each in another way.
func stormy(t *testing.T, subject Subject) {
	r := build(t, subject)
	var faults []faultnet.Fault
	for _, fault := range answers() {
		faults = append(faults, fault)
	}
	r.fault = func(n int64, _ *http.Request) faultnet.Fault {
		if n%4 != 3 {
			return faultnet.Fault{}
		}
		return faults[int(n/4)%len(faults)]
	}
	r.start()
	r.add(20)
	r.settle()
	r.stop(time.Minute)
	r.check(subject.Repeats)
}
