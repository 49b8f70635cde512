package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"syscall"
	"time"

	"ringback/internal/crm"
)

// mostAnswer is how much of an answer is read, in bytes: beyond, its connection is
// not used again.
const mostAnswer = 64 << 10

// judge says what an answer means; nil is delivered. It reads the answer.
func (t *Target) judge(r *http.Response) error {
	// The status tells all; what follows is for people, and may be cut off.
	body, _ := io.ReadAll(io.LimitReader(r.Body, mostAnswer))
	said := fmt.Sprintf("%s answered %d", t.address.Host, r.StatusCode)
	if text := excerpt(body); text != "" {
		said += ": " + text
	}
	switch code := r.StatusCode; {
	case code >= 200 && code < 300, code == http.StatusConflict:
		return nil
	case code == http.StatusTooManyRequests:
		return &crm.Error{Class: crm.Throttled, Reason: said, Until: t.retryAfter(r)}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusServiceUnavailable:
		return &crm.Error{Class: crm.Unavailable, Reason: said, Until: t.retryAfter(r)}
	case code >= 500:
		// It may have taken the call before it failed.
		return &crm.Error{Class: crm.Uncertain, Reason: said, Until: t.retryAfter(r)}
	case code >= 300 && code < 400:
		hint := "redirects are not followed: set url to where calls should go"
		if to, err := r.Location(); err == nil {
			hint += ", perhaps a page of " + to.Host
		}
		return &crm.Error{Class: crm.Refused, Reason: said, Hint: hint}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &crm.Error{Class: crm.Refused, Reason: said, Hint: "see that the receiver knows the target's secret"}
	}
	return &crm.Error{Class: crm.Refused, Reason: said}
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds or a date; zero
// when there is none. A day is the most that is believed.
func (t *Target) retryAfter(r *http.Response) time.Time {
	text := r.Header.Get("Retry-After")
	now := t.now()
	var until time.Time
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		until = now.Add(time.Duration(seconds) * time.Second)
	} else if date, err := http.ParseTime(text); err == nil {
		until = date
	}
	const most = 24 * time.Hour
	if until.After(now.Add(most)) {
		return now.Add(most)
	}
	return until
}

// unsent says what a request means that got no answer. The URL is not shown: its
// path may be a secret.
func (t *Target) unsent(err error) error {
	if told, ok := errors.AsType[*url.Error](err); ok {
		err = told.Err
	}
	host := t.address.Host
	failure := &crm.Error{Class: crm.Unavailable, Err: err, Reason: fmt.Sprintf("%s cannot be reached: %v", host, err)}
	if hint, untrusted := certificate(err); untrusted {
		failure.Class, failure.Hint = crm.Blocked, hint
		failure.Reason = fmt.Sprintf("%s cannot be trusted: %v", host, err)
		return failure
	}
	if _, dns := errors.AsType[*net.DNSError](err); dns {
		failure.Hint = "see that the name in url is right and that this machine can look names up"
		return failure
	}
	if dialled, ok := errors.AsType[*net.OpError](err); ok && dialled.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) {
		failure.Hint = "see that the receiver runs and that no firewall stands between"
		return failure
	}
	if _, plain := errors.AsType[tls.RecordHeaderError](err); plain || errors.Is(err, http.ErrSchemeMismatch) {
		failure.Hint = "the receiver does not speak TLS there: see that the port in url is right"
		return failure
	}
	failure.Class, failure.Reason = crm.Uncertain, fmt.Sprintf("the answer of %s was lost: %v", host, err)
	if errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err) {
		failure.Reason = host + " did not answer in time"
	}
	return failure
}

// certificate says what to do about a certificate that does not hold.
func certificate(err error) (hint string, untrusted bool) {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is signed by nobody whom this machine trusts: add the authority to the machine's, or use a public one", true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another name: use the name that it is for in url", true
	}
	if wrong, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if wrong.Reason == x509.Expired {
			return "its certificate is out of date, or this machine's clock is wrong", true
		}
		return "its certificate is not valid", true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return "its certificate does not hold", ok
}
