package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// tried are the lines of a client: the name of what it tried, and what came of
// it. Each row must be among them, and nothing else.
func tried(t *testing.T, out string, rows map[string]string) {
	t.Helper()
	got := map[string]string{}
	for line := range strings.Lines(out) {
		name, words, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if _, twice := got[name]; twice || rows[name] == "" {
			t.Errorf("the client tries what no row names once: %s", line)
		}
		got[name] = words
	}
	for name, want := range rows {
		t.Run(name, func(t *testing.T) {
			if got[name] != want {
				t.Errorf("got %q, want %q", got[name], want)
			}
		})
	}
}

// TestGoClient has go-oidc and golang.org/x/oauth2 get tokens from oidc-provider
// and call through the gate.
func TestGoClient(t *testing.T) {
	client, i := buildOIDC(t), newIdentity(t, installNode(t))
	i.up(t, "a")
	gate, _, calls := guarded(t, i)
	out, err := run(t, ".", nil, client, "calls", i.issuer, gate)
	if err != nil {
		t.Fatal(err)
	}
	tried(t, out, map[string]string{
		"nobody":                         "401 Bearer DPoP",
		"program":                        "200 robot",
		"program-with-scope":             "200 robot",
		"program-without-scope":          `403 Bearer insufficient_scope scope="orders:write" DPoP insufficient_scope scope="orders:write"`,
		"other-audience":                 "401 Bearer invalid_token DPoP invalid_token",
		"broken-signature":               "401 Bearer invalid_token DPoP invalid_token",
		"go-oidc-takes-program":          "true",
		"go-oidc-takes-other-audience":   "false",
		"go-oidc-takes-broken-signature": "false",
		"id-token":                       "of alice, nonce true, binds the token true",
		"person":                         "200 alice",
		"person-without-scope":           `403 Bearer insufficient_scope scope="orders:write" DPoP insufficient_scope scope="orders:write"`,
		"id-token-for-access":            "401 Bearer invalid_token DPoP invalid_token",
		"expired":                        "401 Bearer invalid_token DPoP invalid_token",
		"refreshed":                      "200 bob",
	})
	if calls.Load() < 4 {
		t.Errorf("only %d calls reached the API", calls.Load())
	}
}

// TestNodeClient has openid-client get tokens from oidc-provider and call
// through the gate: plain ones, such that are bound to a key, with the gate's
// nonces, stronger logins, and opaque ones.
func TestNodeClient(t *testing.T) {
	node := installNode(t)
	i := newIdentity(t, node)
	i.up(t, "a")
	gate, _, _ := guarded(t, i)
	out, err := run(t, node, nil, "node", "client.js", i.issuer, gate)
	if err != nil {
		t.Fatal(err)
	}
	tried(t, out, map[string]string{
		"program":  "200 robot",
		"person":   "200 alice",
		"id-token": "of alice",
		// Without the nonce at first; with it the client tries again by itself.
		"bound-program":       "200 robot after 401",
		"bound-program-again": "200 robot",
		"token-type":          "dpop",
		"bound-person":        "200 alice after 401",
		"proof-replayed":      "401 proof-invalid",
		"proof-missing":       "401 proof-invalid",
		"bound-as-bearer":     "401 dpop invalid_dpop_proof",
		"stolen":              "401 dpop invalid_dpop_proof after 401",
		"not-bound":           "401 dpop invalid_dpop_proof",
		"bound-elsewhere":     "401 bearer invalid_token dpop invalid_token",
		"step-up": "401 bearer insufficient_user_authentication acr_values=gold max_age=600" +
			" dpop insufficient_user_authentication acr_values=gold max_age=600",
		"stepped-up":           "200 alice",
		"opaque":               "200 robot",
		"opaque-unknown":       "401 bearer invalid_token dpop invalid_token",
		"provider-says-active": "false",
		"opaque-revoked":       "401 bearer invalid_token dpop invalid_token",
		"revoked-in-time":      "true",
	})
}

var adminListens = regexp.MustCompile(`admin +(http://127\.0\.0\.1:\d+)`)

// TestProviderTellsOfLogouts has a user log out at oidc-provider, which tells
// the gate of it (OpenID Connect Back-Channel Logout): tokens of that session
// are void, and of no other.
func TestProviderTellsOfLogouts(t *testing.T) {
	client, i := buildOIDC(t), newIdentity(t, installNode(t))
	i.up(t, "a")
	gate, p, _ := guarded(t, i, `"], clock_skew: 1s}`, `"], clock_skew: 1s, signals: {audience: [web]}}`,
		"locks:", "store: {}\nadmin: {address: '127.0.0.1:0', pepper: '${file:pepper.txt}', first_credential: first.txt}\nlocks:")
	admin, provider := p.await(t, adminListens), *i.front.Load()
	var told atomic.Int64
	i.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/heard" {
			provider.ServeHTTP(w, r)
			return
		}
		res, err := http.Post(admin+"/v1/signals/login/logout", r.Header.Get("Content-Type"), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		told.Add(1)
		if w.WriteHeader(res.StatusCode); res.StatusCode != http.StatusOK {
			body, _ := io.ReadAll(res.Body)
			t.Errorf("the gate answers the provider with %d %s", res.StatusCode, body)
		}
	})
	out, err := run(t, ".", nil, client, "logout", i.issuer, gate)
	if err != nil {
		t.Fatal(err)
	}
	tried(t, out, map[string]string{
		"logged-in":                 "200 alice",
		"logged-in-elsewhere":       "200 alice",
		"logged-out":                "401 Bearer invalid_token DPoP invalid_token",
		"still-logged-in-elsewhere": "200 alice",
		"logged-in-again":           "200 alice",
	})
	if n := told.Load(); n != 1 {
		t.Errorf("the provider told %d times, want once", n)
	}
}

// TestCertificateBoundTokens has oidc-provider bind tokens to the certificate of
// their client (RFC 8705), of which the gate then asks for the same.
func TestCertificateBoundTokens(t *testing.T) {
	i := newIdentity(t, installNode(t))
	i.up(t, "a")
	partners, end := testdata.NewAuthority(t, "partners"), time.Now().Add(time.Hour)
	authority := filepath.Join(t.TempDir(), "partners.pem")
	writeFile(t, authority, string(partners.PEM))
	cert, key := certificate(t)
	gate, _, calls := guarded(t, i, `"127.0.0.1:0"}`, fmt.Sprintf(`"127.0.0.1:0", tls: {certificate: %s, key: %s, client_certificates: [{authorities: %s, optional: true}]}}`, cert, key, authority),
		"nonce: always", "nonce: never") // demands of bound tokens nothing of DPoP
	gate = strings.Replace(gate, "http:", "https:", 1)
	own, other := partners.Client(2, end), partners.Client(3, end)
	bound, loose := i.tokenOf(t, "partner", "bound", own.Certificate[0]), i.token(t, "bound")
	for _, row := range []struct {
		name   string
		shown  []tls.Certificate
		token  string
		status int
	}{
		{"own-certificate", []tls.Certificate{own}, bound, 200},
		{"other-certificate", []tls.Certificate{other}, bound, 401},
		{"no-certificate", nil, bound, 401},
		{"token-that-is-not-bound", []tls.Certificate{own}, loose, 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			calls.Store(0)
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: row.shown}}}
			defer client.CloseIdleConnections()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gate+"/bound/orders", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+row.token)
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != row.status || (calls.Load() == 1) != (row.status == 200) {
				t.Errorf("status %d with %d calls of the API, want %d\n%s", res.StatusCode, calls.Load(), row.status, res.Header.Values("WWW-Authenticate"))
			}
		})
	}
}
