package cli

import (
	"net/url"
	"testing"

	"pgregory.net/rapid"

	"ringback/internal/config"
)

func TestTheCurlLineAsksForWhatTheFlagsAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching("[ -~]{1,20}").Draw(t, "value")
		written := parameter("start_date", value)
		read, err := url.ParseQuery(written)
		if err != nil {
			t.Fatal(err)
		}
		if got := read.Get("start_date"); got != value {
			t.Fatalf("%q was written as %q and read as %q", value, written, got)
		}
	})
}

func TestAnAddressToListenOnBecomesOneToConnectTo(t *testing.T) {
	for listen, want := range map[config.Listen]string{
		"127.0.0.1:8077": "127.0.0.1:8077", ":8077": "localhost:8077", "0.0.0.0:8077": "localhost:8077",
		"[::]:8077": "localhost:8077", "pbx.example.com:80": "pbx.example.com:80",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("%s is reached at %s, want %s", listen, got, want)
		}
	}
}
