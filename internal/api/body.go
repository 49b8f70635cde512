package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody is the largest body of a request, in bytes.
const maxBody = 1 << 20

// body is what came with a request besides its query.
type body struct {
	content []byte
	isJSON  bool
}

// readBody reads a body of parameters. The type is looked at before the first
// byte is read.
func readBody(r *http.Request) (body, *Problem) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		if r.Method != http.MethodPost {
			return body{}, nil
		}
		return body{}, refuseType(r, false)
	}
	if r.ContentLength > maxBody {
		return body{}, tooLarge()
	}
	if r.Method == http.MethodPost {
		if refusal := refuseType(r, true); refusal != nil {
			return body{}, refusal
		}
	}
	content, err := io.ReadAll(r.Body)
	switch _, large := errors.AsType[*http.MaxBytesError](err); {
	case large:
		return body{}, tooLarge()
	case err != nil:
		return body{}, &Problem{Status: http.StatusBadRequest, Detail: "the body did not arrive whole; send the request again"}
	case len(content) > 0 && r.Method != http.MethodPost:
		return body{}, &Problem{Status: http.StatusBadRequest, Detail: "a " + r.Method +
			" request takes its parameters in the query, but a body came: put them there, or send them with POST"}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return body{content, kind == "application/json"}, nil
}

func tooLarge() *Problem {
	return &Problem{
		Status: http.StatusRequestEntityTooLarge,
		Detail: "the body is larger than 1 MiB; split the ids over several requests, or ask for a period",
	}
}

// refuseType refuses what is neither JSON nor a form; a request without a body
// need not say what it would be.
func refuseType(r *http.Request, needed bool) *Problem {
	const known = "send application/json or application/x-www-form-urlencoded"
	unsupported := func(detail string) *Problem {
		return &Problem{Status: http.StatusUnsupportedMediaType, Detail: detail + "; " + known}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return unsupported("the body is encoded, which is not understood here: send it plain")
	}
	given := r.Header.Get("Content-Type")
	if given == "" {
		if needed {
			return unsupported("the body has no Content-Type")
		}
		return nil
	}
	kind, attributes, err := mime.ParseMediaType(given)
	if err != nil {
		return unsupported("the Content-Type cannot be read")
	}
	if kind != "application/json" && kind != "application/x-www-form-urlencoded" {
		return unsupported("a body of type " + shorten(kind) + " is not understood here")
	}
	if charset := attributes["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return unsupported("the charset " + shorten(charset) + " is not understood here: send UTF-8")
	}
	return nil
}

// readJSON reads one JSON object of parameters, token by token: a number stays
// as it was written, so that -0 keeps its sign, and a key that comes twice is
// noticed.
func (p *parameters) readJSON(content []byte) *Problem {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		return badJSON("is not text in UTF-8")
	}
	if err := checkSyntax(content); err != nil {
		return badJSON(err.Error())
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return badJSON(`is no object such as {"id":"1234567890.1"}`)
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return badJSON("has a key that is no text")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return badJSON("is nested too deeply")
		}
		if seen[name] {
			p.refuse(name, "", "is given twice in the JSON body; give it once")
			continue
		}
		seen[name] = true
		p.addJSON(name, value)
	}
	return nil
}

func badJSON(fault string) *Problem {
	return &Problem{Status: http.StatusBadRequest, Detail: "the JSON body " + fault}
}

// checkSyntax says where content stops being JSON.
func checkSyntax(content []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(content, &whole)
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("cannot be read: %w, at byte %d", bad, bad.Offset)
	}
	return err
}

// addJSON takes the value of one key: a text, a number, true or false, or an
// array of these.
func (p *parameters) addJSON(name string, value json.RawMessage) {
	if !slices.Contains(p.known, name) {
		p.mark(name)
		return
	}
	if value[0] != '[' {
		if a, fault := scalar(value); fault != "" {
			p.refuse(name, "", fault)
			p.mark(name)
		} else {
			p.given[name] = append(p.given[name], a)
		}
		return
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		p.refuse(name, "", "cannot be read")
	}
	p.mark(name)
	for _, item := range items {
		a, fault := scalar(item)
		if fault != "" {
			p.refuse(name, "", "holds an item that "+fault)
			return
		}
		a.listed = true
		p.given[name] = append(p.given[name], a)
	}
}

// mark notes that the parameter was given, though nothing of it can be used.
func (p *parameters) mark(name string) {
	if !p.has(name) {
		p.given[name] = nil
	}
}

// scalar reads a single JSON value, or says in words what it is instead.
func scalar(value json.RawMessage) (a argument, fault string) {
	switch value[0] {
	case '"':
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return argument{}, "cannot be read"
		}
		return argument{text: text}, ""
	case 't', 'f':
		return argument{text: string(value), form: asBoolean}, ""
	case 'n':
		return argument{}, "is null; leave it out instead"
	case '{':
		return argument{}, "is an object; it takes a text or a number"
	case '[':
		return argument{}, "is an array; it takes a text or a number"
	default:
		return argument{text: string(value), form: asNumber}, ""
	}
}
