package bitrix24

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// webhook is an incoming webhook: https://<portal>/rest/<user>/<code>/.
type webhook struct {
	base string
	code string
	id   int64
}

func newWebhook(address string) (*webhook, error) {
	wrong := errors.New("an incoming webhook's address looks like https://example.bitrix24.ru/rest/1/code/")
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, wrong // the error would show the address
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 3 || parts[len(parts)-3] != "rest" {
		return nil, wrong
	}
	id, err := strconv.ParseInt(parts[len(parts)-2], 10, 64)
	if err != nil || id < 1 {
		return nil, wrong
	}
	u.Path, u.RawQuery, u.Fragment = "/"+strings.Join(parts, "/")+"/", "", ""
	return &webhook{base: u.String(), code: parts[len(parts)-1], id: id}, nil
}

func (w *webhook) credential(context.Context) (base, token string, err error) { return w.base, "", nil }
func (w *webhook) renew(context.Context, string) (bool, error)                { return false, nil }
func (w *webhook) secrets() []string                                          { return []string{w.code} }
func (w *webhook) user(context.Context) int64                                 { return w.id }
