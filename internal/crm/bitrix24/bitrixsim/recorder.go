package bitrixsim

import (
	"bytes"
	"io"
	"net/http"
)

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// serve reports that the handler dropped the connection.
func (r *recorder) serve(h http.Handler, in *http.Request) (dropped bool) {
	defer func() {
		if e := recover(); e != nil {
			if e != http.ErrAbortHandler { //nolint:errorlint // net/http compares it in the same way
				panic(e) //nolint:forbidigo // a fault of the simulator itself
			}
			dropped = true
		}
	}()
	h.ServeHTTP(r, in)
	return false
}

func (r *recorder) response(in *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(r.status), StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body.Bytes())), ContentLength: int64(r.body.Len()), Request: in,
	}
}
