package config_test

import (
	"strings"
	"testing"

	"ringback/internal/config"
)

// leaky holds a secret in every place that can have one; "Zq7Wx9Kp4" stands in
// no other.
const leaky = `[server]
link_key = "Zq7Wx9Kp4-Zq7Wx9Kp4"
public_url = "https://pbx.example.com"
user = [{ name = "a", password = "Zq7Wx9Kp4", role = "admin" }, { name = "b", role = "admin", password = 'Zq7Wx9Kp4' }]
[state]
url = "postgres://ringback:Zq7Wx9Kp4@db.example.com/ringback?sslmode=require"
[[pbx]]
name = "main"
cel = "mysql://ringback:Zq7Wx9Kp4@127.0.0.1:3306/asteriskcdrdb?table=cel"
[[target]]
name = "one"
type = "webhook"
url = "https://hooks.example.com/calls?key=Zq7Wx9Kp4"
secret = """Zq7Wx9Kp4"""
[[target]]
name = "two"
type = "bitrix24"
webhook = "https://example.bitrix24.ru/rest/1/Zq7Wx9Kp4/"
[[target]]
name = "three"
type = "bitrix24"
url = "https://example.bitrix24.ru"
client_id = "local.1"
client_secret = "Zq7Wx9Kp4"
refresh_token = "Zq7Wx9Kp4"
`

func TestNoSlipOfThePenShowsASecret(t *testing.T) {
	if _, err := config.Parse("leaky.toml", []byte(leaky), lookupEnv, readFile); err != nil {
		t.Fatal(err)
	}
	for i := range leaky {
		for _, put := range []string{"", " ", "\n", `"`, "=", "[", "#", `\`, "@", "/"} {
			for _, text := range []string{leaky[:i] + put + leaky[i+1:], leaky[:i] + put + leaky[i:]} {
				_, err := config.Parse("leaky.toml", []byte(text), lookupEnv, readFile)
				if err == nil {
					continue
				}
				for _, part := range []string{"Zq7W", "Wx9K", "9Kp4"} {
					if strings.Contains(err.Error(), part) {
						t.Fatalf("%q in place of %q at %d of\n%s\nshows\n%s", put, leaky[i], i, text[max(0, i-40):min(len(text), i+40)], err)
					}
				}
			}
		}
	}
}
