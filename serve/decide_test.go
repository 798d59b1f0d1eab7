package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
)

// TestDecideInFile: the lines that are to be added can be added.
func TestDecideInFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"pepper.txt": pepperOfTests, "users.txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []contract.Scheme{
		{Name: "partnerKey", Type: contract.APIKey}, {Name: "no", Type: contract.APIKey}, {Name: "a: b", Type: contract.APIKey},
		{Name: "tls", Type: contract.MutualTLS}, {Name: "login", Type: contract.HTTPAuth, Auth: "basic"}, {Name: "login", Type: contract.HTTPAuth, Auth: "bearer"},
		{Name: "oauth", Type: contract.OAuth2}, {Name: "id", Type: contract.OpenIDConnect, URL: "https://login.example.com/x/.well-known/openid-configuration"},
		{Name: "id", Type: contract.OpenIDConnect, URL: "https://evil}\n/.well-known/openid-configuration"},
	} {
		hint := decideInFile(&s)
		lines, rest, ok := strings.Cut(strings.TrimPrefix(hint, "add "), "; or say authentication: upstream for this API")
		if !ok || strings.Contains(rest, ";") || len(hint) > 200 {
			t.Errorf("%q", hint)
		}
		lines = strings.ReplaceAll(strings.ReplaceAll(lines, " and store", "\nstore"), "[...]", "[listOrders]")
		file := filepath.Join(dir, "gatehouse.yaml")
		text := "version: 1\nlisteners: [{address: 127.0.0.1:0}]\napis: [{contract: a.yaml, upstreams: [{url: http://127.0.0.1:1}]}]\n" + lines + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, problems := config.Load(file)
		if c == nil || problems.Err() != nil {
			t.Errorf("%s: %v\n%s", s.Name, problems, text)
			continue
		}
		if got := c.Credentials[0].Name; got != s.Name {
			t.Errorf("%q is named %q", s.Name, got)
		}
		if s.URL == "https://login.example.com/x/.well-known/openid-configuration" && c.Credentials[0].JWT.Issuer != "https://login.example.com/x" {
			t.Errorf("%s", hint)
		}
	}
}
