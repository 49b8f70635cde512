package bitrixsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// attach takes a recording in one of three ways: as text, from an address, or
// by telling where to send it.
func (p *Portal) attach(c *caller, q params) (answer, *failure) {
	name, from, content := q.text("FILENAME"), q.text("RECORD_URL"), q.text("FILE_CONTENT")
	if name == "" && from == "" {
		return answer{}, p.core("Required parameters are not set. Request should contain or URL or FILENAME parameter")
	}
	if name == "" {
		name = path.Base(from)
	}
	call := p.finished(q.text("CALL_ID"))
	if call == nil {
		return answer{}, p.core("Call is not found in the statistic table. Looks like it is not finished yet.")
	}
	if ext := strings.ToLower(path.Ext(name)); ext != ".wav" && ext != ".mp3" {
		return answer{}, p.core("Wrong file extension. Only wav and mp3 are allowed")
	}
	switch {
	case from != "":
		b, status := fetch(from)
		if status != http.StatusOK {
			return answer{}, p.core(fmt.Sprintf("Server returns HTTP error code %d", status))
		}
		return answer{result: map[string]any{"FILE_ID": p.keep(call, name, b)}}, nil
	case q["FILE_CONTENT"] != nil:
		if content == "" {
			return answer{}, p.core("File content is empty.")
		}
		b, err := base64.StdEncoding.DecodeString(content)
		if err != nil {
			return answer{}, p.core("File content is not properly encoded. Base64 encoding is expected.")
		}
		return answer{result: map[string]any{"FILE_ID": p.keep(call, name, b)}}, nil
	}
	token := "telephony|" + base64.StdEncoding.EncodeToString([]byte(call.CallID+"|"+name))
	auth := c.token
	if c.webhook {
		auth, _ = p.issue(c.user)
	}
	address := c.scheme + "://" + c.host + "/rest/upload.json?auth=" + url.QueryEscape(auth) + "&token=" + url.QueryEscape(token)
	return answer{result: map[string]any{"uploadUrl": address, "fieldName": "file"}}, nil
}

// finished is a call that is in the statistics by now.
func (p *Portal) finished(callID string) *Call {
	call := p.find(callID)
	if call == nil || !p.listed(call) {
		return nil
	}
	return call
}

func (p *Portal) listed(c *Call) bool {
	return c.ID > 0 && p.now().Sub(c.finished) >= p.opts.StatisticsLag
}

// keep puts a recording in the place of an earlier one.
func (p *Portal) keep(call *Call, name string, b []byte) int {
	sum := sha256.Sum256(b)
	p.nextFile++
	call.File, call.FileName, call.FileSHA256 = p.nextFile, name, hex.EncodeToString(sum[:])
	p.files[call.CallID]++
	return call.File
}

// fetch gets a file as the portal does: one attempt.
func fetch(address string) ([]byte, int) {
	c := &http.Client{Timeout: 30 * time.Second}
	resp, err := c.Get(address) //nolint:noctx // the client's time-out bounds it
	if err != nil {
		return nil, http.StatusBadGateway
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, http.StatusBadGateway
	}
	return b, resp.StatusCode
}

// serveUpload takes a file at the address that attach gave.
func (p *Portal) serveUpload(r *http.Request, f Fault) (int, any) {
	query := r.URL.Query()
	if bad := p.admit(r); bad != nil {
		p.count(bad)
		return bad.status, envelopeOf(bad)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	token := p.access[query.Get("auth")]
	if token != nil && f == Expire {
		token.expires = p.now()
	}
	if token == nil || !p.now().Before(token.expires) {
		return 401, envelopeOf(fail(401, "expired_token", "The access token provided has expired"))
	}
	kind, text, _ := strings.Cut(query.Get("token"), "|")
	plain, err := base64.StdEncoding.DecodeString(text)
	callID, name, ok := strings.Cut(string(plain), "|")
	call := p.finished(callID)
	if err != nil || !ok || kind != "telephony" || call == nil {
		return 400, envelopeOf(p.core("Wrong token"))
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return 400, envelopeOf(p.core("File is not found in the request"))
	}
	defer file.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, file); err != nil || b.Len() == 0 {
		return 400, envelopeOf(p.core("File content is empty."))
	}
	return 200, map[string]any{"result": map[string]any{"FILE_ID": p.keep(call, name, b.Bytes())}, "time": p.plainTime(p.now())}
}
