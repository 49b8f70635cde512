package bitrix24

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// envelope is every answer of the REST interface.
type envelope struct {
	Result      json.RawMessage `json:"result"`
	Error       json.RawMessage `json:"error"`
	Description string          `json:"error_description"`
	Time        timing          `json:"time"`
	Next        int             `json:"next"`
}

// code is the code of an error, "" too where the portal has an empty one, and
// whether there is an error.
func (e *envelope) code() (string, bool) {
	if e.Error == nil || bytes.Equal(e.Error, []byte("null")) {
		return "", false
	}
	var code string
	if json.Unmarshal(e.Error, &code) != nil {
		code = "error"
	}
	return code, true
}

// timing is what an answer says of the time that its method worked. On a
// portal of one's own, and inside batches, parts may be missing.
type timing struct {
	Start     float64  `json:"start"`
	Finish    float64  `json:"finish"`
	Operating *float64 `json:"operating"`
	ResetAt   float64  `json:"operating_reset_at"`
}

func moment(unix float64) time.Time { return time.UnixMicro(int64(unix * 1e6)) }

// batchResult is what the result of a batch holds. PHP writes an empty map as
// an empty list.
type batchResult struct {
	Results mapping[json.RawMessage] `json:"result"`
	Errors  mapping[struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}] `json:"result_error"`
	Times mapping[timing] `json:"result_time"`
}

// mapping is a map that PHP writes as [] when it is empty.
type mapping[V any] map[string]V

func (m *mapping[V]) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		*m = nil
		return nil
	}
	return json.Unmarshal(b, (*map[string]V)(m))
}

// number is a number that may be written as text, null or false.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "" || text == "null" || text == "false" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%.20q is no number", text)
	}
	*n = number(v)
	return nil
}
