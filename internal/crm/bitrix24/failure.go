package bitrix24

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"ringback/internal/crm"
)

// failure is the outcome of a request that got no answer. Only where the
// connection never came about is it sure that nothing was done.
func (c *client) failure(err error) error {
	if done, ok := errors.AsType[*crm.Error](err); ok {
		return done
	}
	err = c.veiled(bare(err))
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &crm.Error{
			Class: crm.Unavailable, Err: err, Reason: "the portal's certificate is not valid: " + c.clean(err.Error()),
			Hint: "check the address, and the date and the certificates of this machine",
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return &crm.Error{
			Class: crm.Unavailable, Err: err, Reason: "the portal's name is not known: " + c.clean(err.Error()),
			Hint: "check url, and the name servers of this machine",
		}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return &crm.Error{
			Class: crm.Unavailable, Err: err, Reason: "the portal cannot be reached: " + c.clean(err.Error()),
			Hint: "check the network, the firewall and the proxy of this machine",
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return &crm.Error{Class: crm.Uncertain, Err: err, Reason: fmt.Sprintf("no answer within %.0f seconds", answerTime.Seconds())}
	}
	return &crm.Error{Class: crm.Uncertain, Err: err, Reason: "the connection broke before the answer: " + c.clean(err.Error())}
}

// veiled is the error itself, or only its text where it holds a secret: a
// proxy may quote the address.
func (c *client) veiled(err error) error {
	text := err.Error()
	for _, secret := range c.who.secrets() {
		if secret != "" && strings.Contains(text, secret) {
			return errors.New(c.clean(text))
		}
	}
	return err
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

// bare takes the address off an error of package net/http: tokens stand in it.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// unreadable is the outcome of an answer that the portal did not write: of a
// gateway before it, of another server.
func unreadable(status int) error {
	reason := fmt.Sprintf("the answer (HTTP %d) is none of Bitrix24", status)
	switch {
	case status == 429 || status == 408:
		return &crm.Error{Class: crm.Throttled, Reason: reason, Budget: requests}
	case status >= 400 && status < 500:
		return &crm.Error{Class: crm.Blocked, Reason: reason, Hint: "check url or webhook: is a portal there, and does nothing between refuse this machine?"}
	}
	return &crm.Error{Class: crm.Uncertain, Reason: reason}
}
