package portal_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ringback/internal/config"
	"ringback/internal/demo/portal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEverySimulatedCRMIsATargetAndShowsWhatItHolds(t *testing.T) {
	for _, kind := range portal.Kinds {
		t.Run(kind, func(t *testing.T) {
			p, err := portal.Open(t.Context(), kind)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}()
			c, err := config.Parse("demo.toml", []byte("[[pbx]]\nname = \"demo\"\ncel = \"csv:///cel.csv\"\n"+p.Configuration), os.LookupEnv, os.ReadFile)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(c.Targets[0].Type); got != kind {
				t.Errorf("the target is of type %s", got)
			}
			if page := get(t, p.Page); !strings.Contains(page, "0 calls") {
				t.Errorf("the page says %s", page)
			}
		})
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnUnknownCRMIsRefused(t *testing.T) {
	if _, err := portal.Open(t.Context(), "siebel"); err == nil || !strings.Contains(err.Error(), "bitrix24, kommo") {
		t.Fatal(err)
	}
}
