package expect

import "time"

// since1970 is an RFC 3339 time in seconds since 1970; 0 for anything else.
func since1970(v any) float64 {
	s, ok := v.(string)
	if !ok {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}
