package bitrix24

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"ringback/internal/crm"
)

// maxAnswer is the most that is read of an answer, in bytes: 50 rows of
// statistics have some 50 kB.
const maxAnswer = 4 << 20

// client sends requests to one portal.
type client struct {
	http   *http.Client
	who    authority
	now    func() time.Time
	store  crm.Store
	limits *limits
	moved  moves
}

// authority lets the client in.
type authority interface {
	// credential is the address before the method's name, and the token that
	// goes into the body, "" if none does.
	credential(ctx context.Context) (base, token string, err error)
	// renew gets a new token in place of one that was refused. An authority that
	// cannot says so.
	renew(ctx context.Context, refused string) (bool, error)
	// secrets are what no text for people may hold.
	secrets() []string
	// user is the user as whom requests are made, 0 when it is not known.
	user(ctx context.Context) int64
}

// request is a call of one method.
type request struct {
	method string
	params map[string]any
	past   bool
	// inside are the methods that a batch calls.
	inside []string
	// more is how many requests follow at once that nobody else lets through.
	more int
	// follows says that what went before would have to be asked again if this were
	// kept back: it uses the room that is left for others.
	follows bool
}

// call sends a request and returns the answer, or a *crm.Error; a refusal by
// the portal is beneath it as a *refusal.
func (c *client) call(ctx context.Context, r request) (*envelope, error) {
	admitted, err := c.limits.admit(r)
	if err != nil {
		return nil, err
	}
	var answer *envelope
	defer func() { c.limits.settle(ctx, admitted, answer) }()
	for renewed := false; ; renewed = true {
		base, token, err := c.who.credential(ctx)
		if err != nil {
			return nil, err
		}
		answer, err = c.send(ctx, base, token, r)
		said, ok := errors.AsType[*refusal](err)
		if !ok || renewed || !said.token() {
			return answer, err
		}
		if can, renewal := c.who.renew(ctx, token); renewal != nil {
			return nil, renewal
		} else if !can {
			return nil, err
		}
		c.limits.repeated()
	}
}

// send posts a request, and again to where the portal says that it has moved.
func (c *client) send(ctx context.Context, base, token string, r request) (*envelope, error) {
	params := make(map[string]any, len(r.params)+1)
	maps.Copy(params, r.params)
	if token != "" {
		params["auth"] = token
	}
	body, err := json.Marshal(params)
	if err != nil {
		return nil, &crm.Error{Class: crm.Refused, Reason: "the request cannot be written as JSON", Err: err}
	}
	address, err := c.moved.current(ctx, c.store, base)
	if err != nil {
		return nil, c.failure(err)
	}
	for range 3 {
		answer, location, err := c.post(ctx, address+r.method, body, r)
		if location == "" || err != nil {
			return answer, err
		}
		if address, err = c.moved.follow(ctx, c.store, address, location, r.method); err != nil {
			return nil, c.failure(err)
		}
		c.limits.repeated()
	}
	return nil, &crm.Error{Class: crm.Blocked, Reason: "the portal sends requests from one address to the next", Hint: "give its present address in url"}
}

// post sends one HTTP request; location is where to it was redirected.
func (c *client) post(ctx context.Context, address string, body []byte, r request) (answer *envelope, location string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, "", &crm.Error{Class: crm.Blocked, Reason: "the portal's address cannot be used", Hint: "check url or webhook"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, "", c.failure(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, resp.Header.Get("Location"), redirected(resp)
	}
	answer, err = c.read(resp, r)
	return answer, "", err
}

// redirected sees that a redirection says where to.
func redirected(resp *http.Response) error {
	if resp.Header.Get("Location") == "" {
		return &crm.Error{Class: crm.Unavailable, Reason: fmt.Sprintf("the portal answered %d without an address", resp.StatusCode)}
	}
	return nil
}

// read reads an answer.
func (c *client) read(resp *http.Response, r request) (*envelope, error) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, &crm.Error{Class: crm.Uncertain, Reason: "the answer was cut off", Err: c.veiled(bare(err))}
	}
	if len(b) > maxAnswer {
		return nil, &crm.Error{Class: crm.Uncertain, Reason: fmt.Sprintf("the answer is longer than %d MB", maxAnswer>>20)}
	}
	answer := &envelope{}
	if err := json.Unmarshal(b, answer); err != nil {
		return nil, unreadable(resp.StatusCode)
	}
	code, failed := answer.code()
	if !failed && resp.StatusCode < 300 && answer.Result != nil {
		return answer, nil
	}
	if !failed {
		return nil, unreadable(resp.StatusCode)
	}
	return answer, c.refused(resp.StatusCode, code, answer.Description, r.method)
}

// refused makes an error of what the portal said.
func (c *client) refused(status int, code, description, method string) error {
	said := &refusal{status: status, code: code, description: c.clean(description)}
	e := said.treat(method)
	if e.Class == crm.Throttled {
		e.Until, e.Budget = c.limits.refused(said, method)
	}
	return e
}

// clean takes secrets and line breaks out of a text that came from outside, and
// shortens it.
func (c *client) clean(text string) string {
	for _, secret := range c.who.secrets() {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	const longest = 200
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}
