// Package webhooktest is a receiver of webhooks for tests and for the
// demonstration: it checks what it gets as docs/webhook.md tells receivers to, and
// counts the effects.
package webhooktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Receiver is an http.Handler. Its zero value takes unsigned requests and does
// not honour keys.
type Receiver struct {
	// Secret is what requests must be signed with; "" means that they must not be.
	Secret string
	// Idempotent: a request whose key was seen has no effect and is answered 409.
	Idempotent bool
	// Now gives the present; nil means time.Now.
	Now func() time.Time

	mu      sync.Mutex
	effects map[string]int
	order   []Effect
	wrong   []string
}

// Effect is one request that was taken.
type Effect struct {
	Key      string
	Mode     string
	PBX      string
	Revision int64
	CallID   string
	From     string
	Call     json.RawMessage
}

// ServeHTTP takes one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
	if err != nil {
		return // the client has gone
	}
	effect, err := r.check(request, body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.wrong = append(r.wrong, err.Error())
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.Idempotent && r.effects[effect.Key] > 0 {
		http.Error(w, "this one is here", http.StatusConflict)
		return
	}
	if r.effects == nil {
		r.effects = map[string]int{}
	}
	r.effects[effect.Key]++
	r.order = append(r.order, effect)
	w.WriteHeader(http.StatusNoContent)
}

func (r *Receiver) check(request *http.Request, body []byte) (Effect, error) {
	if request.Method != http.MethodPost || request.Header.Get("Content-Type") != "application/json" {
		return Effect{}, fmt.Errorf("a %s of %s", request.Method, request.Header.Get("Content-Type"))
	}
	if err := r.verify(request.Header.Get("Ringback-Signature"), body); err != nil {
		return Effect{}, err
	}
	var sent struct {
		Mode, PBX string
		Revision  int64
		Call      json.RawMessage
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return Effect{}, fmt.Errorf("the body: %w", err)
	}
	var c struct {
		ID   string
		From struct{ Number string }
	}
	if err := json.Unmarshal(sent.Call, &c); err != nil {
		return Effect{}, fmt.Errorf("the call: %w", err)
	}
	key := request.Header.Get("Idempotency-Key")
	if want := fmt.Sprintf("%s-%s-%d", sent.PBX, c.ID, sent.Revision); key != want {
		return Effect{}, fmt.Errorf("the key is %q, not %q", key, want)
	}
	return Effect{key, sent.Mode, sent.PBX, sent.Revision, c.ID, c.From.Number, sent.Call}, nil
}

// verify checks a signature as receivers should: made with the secret, and not
// longer than five minutes ago.
func (r *Receiver) verify(signature string, body []byte) error {
	if r.Secret == "" {
		if signature != "" {
			return fmt.Errorf("there is a signature, %q", signature)
		}
		return nil
	}
	t, v1, ok := strings.Cut(strings.TrimPrefix(signature, "t="), ",v1=")
	unix, err := strconv.ParseInt(t, 10, 64)
	if !ok || err != nil {
		return fmt.Errorf("the signature is %q", signature)
	}
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	const tolerance = 5 * time.Minute
	if age := now().Sub(time.Unix(unix, 0)); age.Abs() > tolerance {
		return fmt.Errorf("the signature is %s old", age)
	}
	mac := hmac.New(sha256.New, []byte(r.Secret))
	fmt.Fprintf(mac, "%s.", t)
	mac.Write(body)
	if got, err := hex.DecodeString(v1); err != nil || !hmac.Equal(got, mac.Sum(nil)) {
		return fmt.Errorf("the signature %q was not made with the secret", signature)
	}
	return nil
}

// Effects counts the effects of each key.
func (r *Receiver) Effects() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.effects)
}

// Order is every effect as it came.
func (r *Receiver) Order() []Effect {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.order)
}

// Wrong is what was wrong with requests, in words.
func (r *Receiver) Wrong() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.wrong)
}
