package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"ringback/internal/crm"
)

// The headers of a request beyond those of HTTP.
const (
	KeyHeader       = "Idempotency-Key"
	SignatureHeader = "Ringback-Signature"
)

// request is the POST for one revision of a call.
func (t *Target) request(ctx context.Context, p *crm.Parcel) (*http.Request, error) {
	body := Body(p)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// The program decides when a request is repeated, not the connection.
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Ringback")
	request.Header.Set(KeyHeader, Key(p))
	if len(t.secret) > 0 {
		request.Header.Set(SignatureHeader, Sign(t.secret, t.now(), body))
	}
	return request, nil
}

// Body is what is sent of a parcel.
func Body(p *crm.Parcel) []byte {
	mode := "live"
	if p.Past {
		mode = "past"
	}
	b := []byte(`{"mode":"` + mode + `","pbx":`)
	b = append(b, quoted(p.Call.PBX)...)
	b = append(b, `,"revision":`...)
	b = strconv.AppendInt(b, p.Revision, 10)
	b = append(b, `,"call":`...)
	b = p.Call.AppendJSON(b)
	return append(b, '}')
}

// Key is the Idempotency-Key of a parcel: the same for every repetition, another
// for every revision.
func Key(p *crm.Parcel) string {
	return header(crm.KeyOf(p.Call, p.Part)) + "-" + strconv.FormatInt(p.Revision, 10)
}

// Sign is the Ringback-Signature of a body at a moment.
func Sign(secret []byte, at time.Time, body []byte) string {
	unix := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(unix + "."))
	mac.Write(body)
	return "t=" + unix + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
