package bitrix24

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
)

// Install answers the portal when an administrator installs the local
// application, or takes it away; it is mounted at POST /targets/<name>/install.
// Anybody can send such a request, so nothing in it is believed: tokens are kept
// only when the token server gives new ones for them, with our client secret
// and for our portal.
func (t *Target) Install() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t.oauth == nil {
			http.Error(w, "this target uses a webhook, there is nothing to install", http.StatusNotFound)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the form cannot be read", http.StatusBadRequest)
			return
		}
		switch event := r.PostForm.Get("event"); event {
		case "ONAPPINSTALL":
			t.oauth.install(w, r)
		case "ONAPPUNINSTALL":
			t.oauth.uninstall(w, r)
		default:
			http.Error(w, "no such event is expected here", http.StatusBadRequest)
		}
	})
}

func (o *oauth) install(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	if !o.fromOurPortal(form) {
		http.Error(w, "the application was installed in another portal than the configured one", http.StatusForbidden)
		return
	}
	if err := o.take(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer o.release()
	if err := o.load(r.Context()); err != nil {
		http.Error(w, "the tokens cannot be saved now; install again", http.StatusServiceUnavailable)
		return
	}
	got, err := o.exchange(r.Context(), form.Get("auth[refresh_token]"))
	if err != nil {
		http.Error(w, "the tokens are not accepted: "+err.Error(), http.StatusForbidden)
		return
	}
	endpoint, err := url.Parse(got.Endpoint)
	if err != nil || !o.isOurs(endpoint, got.Member) {
		http.Error(w, "the tokens are for another portal than the configured one", http.StatusForbidden)
		return
	}
	got.Application = form.Get("auth[application_token]")
	if err := o.save(r.Context(), got); err != nil {
		http.Error(w, "the tokens cannot be saved now; install again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// fromOurPortal says that the event names our portal.
func (o *oauth) fromOurPortal(form url.Values) bool {
	endpoint, err := url.Parse(form.Get("auth[client_endpoint]"))
	return err == nil && o.isOurs(endpoint, form.Get("auth[member_id]"))
}

// isOurs knows our portal by its address, or by its id where it has been
// renamed.
func (o *oauth) isOurs(endpoint *url.URL, member string) bool {
	t, _ := o.ready()
	return strings.EqualFold(endpoint.Host, o.portal.Host) || t.Member != "" && t.Member == member
}

// uninstall forgets the tokens, if the event brings our application_token.
func (o *oauth) uninstall(w http.ResponseWriter, r *http.Request) {
	if err := o.take(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer o.release()
	if err := o.load(r.Context()); err != nil {
		http.Error(w, "the tokens cannot be read now", http.StatusServiceUnavailable)
		return
	}
	brought := r.PostForm.Get("auth[application_token]")
	if o.held.Application == "" || subtle.ConstantTimeCompare([]byte(brought), []byte(o.held.Application)) != 1 {
		http.Error(w, "the application_token is not ours", http.StatusForbidden)
		return
	}
	if err := o.save(r.Context(), tokens{Member: o.held.Member}); err != nil {
		http.Error(w, "the tokens cannot be forgotten now", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}
