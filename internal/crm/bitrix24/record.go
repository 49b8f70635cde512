package bitrix24

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"ringback/internal/crm"
)

// statisticsLag is how long after finish the portal may not yet find a call to
// attach a recording to.
const statisticsLag = time.Hour

// record attaches the recording. A second one takes the place of the first, so
// this can be repeated.
func (t *Target) record(ctx context.Context, p *crm.Parcel, m memo) (memo, error) {
	rec, err := t.services.Recordings.Of(ctx, p.Call)
	if err != nil {
		return m, withoutRecording(err)
	}
	kind := strings.ToLower(path.Ext(rec.Name))
	switch {
	case kind != ".wav" && kind != ".mp3":
		return m, &crm.Error{Class: crm.Refused, Reason: fmt.Sprintf("the recording is a %s file", kind), Hint: "Bitrix24 takes .wav and .mp3 only"}
	case rec.Size == 0:
		return m, &crm.Error{Class: crm.Refused, Reason: "the recording is empty"}
	}
	name := strings.Map(plain, p.Key) + kind
	answer, err := t.client.call(ctx, request{method: methodAttach, past: p.Past, more: 1, params: map[string]any{"CALL_ID": m.CallID, "FILENAME": name}})
	if err != nil {
		return m, t.unattached(err, m)
	}
	var where struct {
		URL   string `json:"uploadUrl"`
		Field string `json:"fieldName"`
	}
	if err := json.Unmarshal(answer.Result, &where); err != nil || where.URL == "" {
		return m, &crm.Error{Class: crm.Uncertain, Reason: "the portal gave no address to send the recording to", Err: err}
	}
	if where.Field == "" {
		where.Field = "file"
	}
	m.File, err = t.client.upload(ctx, where.URL, where.Field, name, rec)
	return m, err
}

// plain keeps what may stand in a file's name anywhere.
func plain(c rune) rune {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' {
		return c
	}
	return '_'
}

func withoutRecording(err error) error {
	if later, ok := errors.AsType[*crm.NotYetError](err); ok {
		return later
	}
	if errors.Is(err, crm.ErrNoRecording) {
		return &crm.Error{Class: crm.Refused, Reason: "the recording is not there", Hint: "check directory in [pbx.recordings]", Err: err}
	}
	return &crm.Error{Class: crm.Unavailable, Reason: "the recording cannot be read: " + err.Error(), Err: err}
}

// unattached is the outcome of asking where to send a recording: a call that
// was finished a moment ago may not be in the statistics yet.
func (t *Target) unattached(err error, m memo) error {
	e, ok := asError(harmless(err))
	said, refused := errors.AsType[*refusal](err)
	if !ok || !refused || !said.says("statistic table") {
		return err
	}
	if t.services.Now().Sub(time.Unix(m.Finished, 0)) >= statisticsLag {
		e.Class, e.Hint = crm.Refused, "the call was deleted in the portal"
		return e
	}
	e.Class, e.Until = crm.Unavailable, t.services.Now().Add(time.Minute)
	return e
}

// upload sends a file to an address that the portal gave, which holds a token.
func (c *client) upload(ctx context.Context, address, field, name string, rec *crm.Recording) (int64, error) {
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return 0, &crm.Error{Class: crm.Uncertain, Reason: "the address to send the recording to cannot be used"}
	}
	file, err := rec.Open()
	if err != nil {
		return 0, &crm.Error{Class: crm.Unavailable, Reason: "the recording cannot be opened: " + err.Error(), Err: err}
	}
	defer file.Close()
	var frame bytes.Buffer
	form := multipart.NewWriter(&frame)
	if _, err := form.CreateFormFile(field, name); err != nil {
		return 0, &crm.Error{Class: crm.Refused, Reason: "the recording cannot be put into a form", Err: err}
	}
	head := bytes.Clone(frame.Bytes())
	frame.Reset()
	if err := form.Close(); err != nil {
		return 0, &crm.Error{Class: crm.Refused, Reason: "the recording cannot be put into a form", Err: err}
	}
	body := io.MultiReader(bytes.NewReader(head), io.LimitReader(file, rec.Size), bytes.NewReader(frame.Bytes()))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return 0, &crm.Error{Class: crm.Uncertain, Reason: "the address to send the recording to cannot be used"}
	}
	req.ContentLength = int64(len(head)) + rec.Size + int64(frame.Len())
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, c.failure(err)
	}
	defer resp.Body.Close()
	answer, err := c.read(resp, request{method: methodAttach})
	if err != nil {
		return 0, expired(err)
	}
	var got struct {
		File number `json:"FILE_ID"`
	}
	if err := json.Unmarshal(answer.Result, &got); err != nil || got.File == 0 {
		return 0, &crm.Error{Class: crm.Uncertain, Reason: "the portal took the recording and gave no FILE_ID", Err: err}
	}
	return int64(got.File), nil
}

// expired makes an address whose token has expired a reason to ask for another
// one, not to install the application again.
func expired(err error) error {
	said, ok := errors.AsType[*refusal](err)
	if e, is := asError(err); ok && is && said.token() {
		e.Class, e.Hint = crm.Unavailable, ""
	}
	return err
}
