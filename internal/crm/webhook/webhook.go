package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ringback/internal/call"
	"ringback/internal/crm"
	"ringback/internal/crm/policy"
)

// atOnce is how many requests may be under way: a receiver is often a small
// program.
const atOnce = 16

// Settings are what a webhook target is configured by.
type Settings struct {
	// URL is where requests go.
	URL *url.URL
	// Secret signs them; "" leaves them unsigned.
	Secret string
	// Rules say which calls are sent; only their lists count.
	Rules policy.Rules
	// Transport carries requests; nil means one of the target's own.
	Transport http.RoundTripper
	// AnswerTime is how long an answer may take; 0 means 30 s.
	AnswerTime time.Duration
}

// Target is a receiver.
type Target struct {
	address *url.URL
	secret  []byte
	rules   policy.Rules
	client  *http.Client
	now     func() time.Time
}

// New makes a Target.
func New(settings Settings, services crm.Services) (*Target, error) {
	if settings.URL == nil || settings.URL.Host == "" {
		return nil, errors.New("a webhook needs the address that requests go to")
	}
	if settings.AnswerTime == 0 {
		settings.AnswerTime = 30 * time.Second
	}
	if services.Now == nil {
		services.Now = time.Now
	}
	if settings.Transport == nil {
		settings.Transport = transport()
	}
	return &Target{
		address: settings.URL, secret: []byte(settings.Secret), rules: settings.Rules, now: services.Now,
		client: &http.Client{
			Transport: settings.Transport, Timeout: settings.AnswerTime,
			// A redirect would carry calls to a place that nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func transport() http.RoundTripper {
	t, _ := http.DefaultTransport.(*http.Transport)
	t = t.Clone()
	t.MaxIdleConnsPerHost, t.MaxConnsPerHost = atOnce, atOnce
	t.TLSHandshakeTimeout = 10 * time.Second
	t.ResponseHeaderTimeout = 30 * time.Second
	return t
}

// Capabilities implements crm.Target: a receiver takes every revision of a call,
// and cannot be asked.
func (t *Target) Capabilities() crm.Capabilities { return crm.Capabilities{Update: true} }

// AtOnce implements crm.AtOnce.
func (t *Target) AtOnce() int { return atOnce }

// Parcels implements crm.Target: every call that the lists do not leave out, as a
// whole.
func (t *Target) Parcels(c *call.Call, past bool) ([]crm.Parcel, string) {
	if _, skipped := t.rules.Whole(c); skipped != "" {
		return nil, skipped
	}
	return []crm.Parcel{{Key: crm.KeyOf(c, 0), Past: past, Call: c}}, ""
}

// memo is the revision that the receiver has.
type memo struct {
	Revision int64 `json:"revision"`
}

// Next implements crm.Target: one request for each revision. As it has an
// Idempotency-Key, it may be repeated.
func (t *Target) Next(p *crm.Parcel, m crm.Memo) crm.Step {
	var has memo
	if len(m) > 0 && json.Unmarshal(m, &has) == nil && has.Revision >= p.Revision {
		return crm.Step{}
	}
	return crm.Step{Name: "post", Repeatable: true}
}

// Afresh implements crm.Afresh: the same revision is sent again, with the same
// Idempotency-Key.
func (t *Target) Afresh(crm.Memo) crm.Memo { return nil }

// Do implements crm.Target.
func (t *Target) Do(ctx context.Context, p *crm.Parcel, _ crm.Step, _ crm.Memo) (crm.Memo, error) {
	request, err := t.request(ctx, p)
	if err != nil {
		return nil, &crm.Error{Class: crm.Refused, Reason: "the request cannot be made", Err: err}
	}
	response, err := t.client.Do(request)
	if err != nil {
		return nil, t.unsent(err)
	}
	defer response.Body.Close()
	if err := t.judge(response); err != nil {
		return nil, err
	}
	return crm.Memo(`{"revision":` + strconv.FormatInt(p.Revision, 10) + `}`), nil
}

// Look implements crm.Target; it is never asked, as every step may be repeated.
func (t *Target) Look(context.Context, *crm.Parcel, crm.Step, crm.Memo) (crm.Memo, bool, error) {
	return nil, false, &crm.Error{Class: crm.Uncertain, Reason: "a receiver cannot be asked what it has"}
}
