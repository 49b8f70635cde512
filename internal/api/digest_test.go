package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/icholy/digest"

	"ringback/internal/digestauth"
)

// digestHouse is a server behind real digest authentication, for the accounts
// admin and anna, both with the password "secret".
func digestHouse(t *testing.T) (*house, *httptest.Server) {
	t.Helper()
	credential := func(name, role string) digestauth.Credential {
		sum := sha256.Sum256([]byte(name + ":ringback:secret"))
		return digestauth.Credential{Account: digestauth.Account{Name: name, Role: role}, SHA256: hex.EncodeToString(sum[:])}
	}
	auth, err := digestauth.New(digestauth.Config{
		Realm:       "ringback",
		Credentials: []digestauth.Credential{credential("admin", "admin"), credential("anna", "viewer")},
		Refuse:      RefuseLogin,
	})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *Config) {
		c.LogIn = auth.Wrap
		c.Account = func(ctx context.Context) Account {
			account, _ := digestauth.AccountFrom(ctx)
			return Account{Name: account.Name, Admin: account.Role == "admin"}
		}
	})
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	return h, server
}

func post(t *testing.T, url, name, password string) (int, string, http.Header) {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: &digest.Transport{Username: name, Password: password, Transport: transport}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"id":["1.1"]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), answer.Header
}

func TestAnAdministratorStartsARunByDigest(t *testing.T) {
	h, server := digestHouse(t)
	status, body, _ := post(t, server.URL+"/pbx/read_call?dry_run=1", "admin", "secret")
	if status != 202 || !strings.Contains(body, `"requested_by":"admin"`) || len(h.runs.started) != 1 {
		t.Errorf("answered %d %s", status, body)
	}
}

func TestAViewerStartsNothingByDigest(t *testing.T) {
	h, server := digestHouse(t)
	if status, body, _ := post(t, server.URL+"/pbx/read_call", "anna", "secret"); status != 403 || len(h.runs.started) > 0 {
		t.Errorf("answered %d %s", status, body)
	}
}

func TestRefusedLogInsAreProblems(t *testing.T) {
	h, server := digestHouse(t)
	for n := 1; ; n++ {
		status, body, header := post(t, server.URL+"/pbx/read_call", "admin", "wrong")
		if header.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, `"errors":[]`) {
			t.Fatalf("log-in %d: answered %d %s", n, status, body)
		}
		if status == 429 && n > 3 && header.Get("Retry-After") != "" {
			break
		}
		if status != 401 || header.Get("WWW-Authenticate") == "" || n > 20 {
			t.Fatalf("log-in %d: answered %d %s", n, status, body)
		}
	}
	if len(h.runs.started) > 0 {
		t.Error("a run was started")
	}
}
