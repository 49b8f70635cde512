package bitrixsim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// binding is a handler of an event.
type binding struct{ event, handler string }

// known are the events that can be bound.
var known = map[string]bool{
	"ONAPPINSTALL": true, "ONAPPUNINSTALL": true, "ONEXTERNALCALLSTART": true, "ONEXTERNALCALLBACKSTART": true,
	"ONVOXIMPLANTCALLINIT": true, "ONVOXIMPLANTCALLSTART": true, "ONVOXIMPLANTCALLEND": true,
}

func (p *Portal) bind(_ *caller, q params) (answer, *failure) {
	event := strings.ToUpper(q.text("event"))
	if !known[event] {
		return answer{}, fail(400, "ERROR_EVENT_NOT_FOUND", "Event not found")
	}
	p.bound = append(p.bound, binding{event, q.text("handler")})
	return answer{result: true}, nil
}

// Emit posts an event to all who bound it, so many times: events may come
// twice, and are not repeated when nobody answers.
func (p *Portal) Emit(ctx context.Context, c *http.Client, event string, data url.Values, times int) error {
	p.mu.Lock()
	bound := append([]binding(nil), p.bound...)
	p.mu.Unlock()
	form := url.Values{"event": {event}, "auth[application_token]": {applicationToken}, "auth[member_id]": {memberID}}
	maps.Copy(form, data)
	for _, b := range bound {
		for range times {
			if b.event != event {
				continue
			}
			if _, err := post(ctx, c, b.handler, form); err != nil {
				return err
			}
		}
	}
	return nil
}

// Installation is the event of a user's installing the application; portal is
// the host that it names.
func (p *Portal) Installation(user int64, portal string) url.Values {
	access, refresh := p.Grant(user)
	return url.Values{
		"event": {"ONAPPINSTALL"}, "auth[access_token]": {access}, "auth[refresh_token]": {refresh}, "auth[expires_in]": {"3600"},
		"auth[client_endpoint]": {"https://" + portal + "/rest/"}, "auth[member_id]": {memberID}, "auth[application_token]": {applicationToken},
	}
}

// Install posts the event of an installation to a handler, and returns its
// status.
func (p *Portal) Install(ctx context.Context, c *http.Client, handler, portal string, user int64) (int, error) {
	return post(ctx, c, handler, p.Installation(user, portal))
}

func post(ctx context.Context, c *http.Client, address string, form url.Values) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, fmt.Errorf("make the event's request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.Do(r)
	if err != nil {
		return 0, fmt.Errorf("post the event: %w", err)
	}
	return resp.StatusCode, resp.Body.Close()
}
