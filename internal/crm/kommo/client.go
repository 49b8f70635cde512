package kommo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"ringback/internal/crm"
)

const (
	userAgent = "Ringback"
	// maxAnswer is the most that is read of an answer, in bytes: 250 entries of
	// a page with all their fields are below it.
	maxAnswer = 8 << 20
	// timeout is how long one request may take; the CRM's gateway gives up
	// after a minute.
	timeout = 75 * time.Second
)

// request is one request to the API.
type request struct {
	method string
	path   string
	query  url.Values
	// body is sent as JSON; nil is none.
	body any
	// effect says that the request changes something at the CRM, so that a lost
	// answer leaves open whether it did.
	effect bool
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// client sends requests to one account.
type client struct {
	base   *url.URL
	http   *http.Client
	tokens *tokens
	now    func() time.Time
	// refusals counts answers of 429 one after another.
	refusals atomic.Int32
}

// send sends a request with a token and decodes the answer into out, if there
// is one. A renewed token uses up the request that was paid for: the error
// says that it may be sent again.
func (c *client) send(ctx context.Context, r *request, out any) error {
	token, err := c.tokens.bearer(ctx)
	if err != nil {
		return err
	}
	a, err := c.roundTrip(ctx, r, token)
	if err != nil {
		return err
	}
	if a.status == http.StatusUnauthorized {
		return c.tokens.refused(token)
	}
	c.tokens.accepted(token)
	if a.status != http.StatusTooManyRequests {
		c.refusals.Store(0)
	}
	if err := c.classify(r, a); err != nil {
		return err
	}
	return decode(r, a, out)
}

func decode(r *request, a *answer, out any) error {
	if out == nil || a.status == http.StatusNoContent || len(bytes.TrimSpace(a.body)) == 0 && !r.effect {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return outcome(r, fmt.Sprintf("%s answered %d with what is no JSON (%s)", r.path, a.status, contentType(a)), err)
	}
	return nil
}

// roundTrip sends a request and reads the answer, whatever its status.
func (c *client) roundTrip(ctx context.Context, r *request, token string) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// Once the request has begun to be written, it may have had its effect.
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { written.Store(true) },
	})
	request, err := c.build(ctx, r, token)
	if err != nil {
		return nil, &crm.Error{Class: crm.Refused, Reason: "the request cannot be made", Err: err}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.broken(r, written.Load(), err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d MiB", maxAnswer>>20)
	}
	// A refusal is told by its status; its text may be cut off.
	if err != nil && response.StatusCode < http.StatusBadRequest {
		return nil, c.broken(r, true, err)
	}
	return &answer{response.StatusCode, response.Header, body}, nil
}

func (c *client) build(ctx context.Context, r *request, token string) (*http.Request, error) {
	address := c.base.JoinPath(r.path)
	address.RawQuery = r.query.Encode()
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if r.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// broken is the error of a request without an answer.
func (c *client) broken(r *request, written bool, err error) error {
	// An *url.Error repeats the address, and with it a client's number.
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	reason := fmt.Sprintf("no answer from %s: %v", c.base.Host, err)
	if !written {
		return &crm.Error{
			Class: crm.Unavailable, Reason: fmt.Sprintf("%s cannot be reached: %v", c.base.Host, err),
			Hint: "see whether this machine reaches the Internet and the address is right", Err: err,
		}
	}
	return outcome(r, reason, err)
}

// outcome is an error after which a request with an effect may have had it; a
// question is simply asked again.
func outcome(r *request, reason string, err error) error {
	class := crm.Unavailable
	if r.effect {
		class = crm.Uncertain
	}
	return &crm.Error{Class: class, Reason: reason, Err: err}
}

// stay keeps redirects from carrying the token elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// authorise asks for a pair of tokens; a 400 or 401 is left to the caller.
func (c *client) authorise(ctx context.Context, body any) (*answer, error) {
	r := &request{method: http.MethodPost, path: "oauth2/access_token", body: body}
	a, err := c.roundTrip(ctx, r, "")
	if err != nil || a.status == http.StatusBadRequest || a.status == http.StatusUnauthorized {
		return a, err
	}
	return a, c.classify(r, a)
}
