package jwks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// setOf writes a JWK Set of one key.
func setOf(t testing.TB, id string) string {
	t.Helper()
	key, size := newKey(t), make([]byte, 32)
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","kid":"%s","use":"sig","x":"%s","y":"%s"}]}`, id, b64(key.X.FillBytes(size)), b64(key.Y.FillBytes(size)))
}

// once fetches by o one time.
func once(t *testing.T, o Options) (fetched, error) {
	t.Helper()
	fetch, _, err := o.fetcher()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return fetch(ctx)
}

func pemOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// TestLyingServers are answers that give no keys, each with why.
func TestLyingServers(t *testing.T) {
	good := setOf(t, "a")
	for name, row := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		why    string
	}{
		"not-found":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, "status 404"},
		"failing":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); fmt.Fprint(w, good) }, "status 500"},
		"no-content": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "status 204"},
		"redirect":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "redirects"},
		"redirect-out": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusTemporaryRedirect)
		}, "redirects"},
		"html":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "no JSON object"},
		"empty":   {func(http.ResponseWriter, *http.Request) {}, "no JSON object"},
		"no-keys": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) }, "no key"},
		"twice":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[],`+good[1:]) }, "strict JSON"},
		"secret": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":[{"kty":"oct","k":"`+strings.Repeat("A", 43)+`"}]}`)
		}, "no key"},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, good[:len(good)-1]+`,"x":"`)
			for range 1 << 10 {
				fmt.Fprint(w, strings.Repeat("a", 1<<10))
			}
		}, "more than 512 KiB"},
		"compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte{0x1f, 0x8b, 8, 0})
		}, "no JSON object"},
		"breaks-off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, good[:20])
		}, "breaks off"},
		"fields": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("a", 128<<10))
			fmt.Fprint(w, good)
		}, "headers exceeded"},
		"other-issuer": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"https://evil.example","jwks_uri":"http://%s/keys"}`, r.Host)
		}, "of another issuer"},
		"issuer-with-slash": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":"http://%s/","jwks_uri":"http://%s/keys"}`, r.Host, r.Host)
		}, "of another issuer"},
		"issuer-list": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"issuer":["http://%s"]}`, r.Host)
		}, "of another issuer"},
		"keys-by-http":   {metadata(`"http://id.example.com/keys"`), "https"},
		"keys-by-file":   {metadata(`"file:///etc/passwd"`), "no address"},
		"keys-nowhere":   {metadata(`null`), "no address"},
		"keys-with-user": {metadata(`"https://user:pw@id.example.com/"`), "no user"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(row.answer))
			defer server.Close()
			o := Options{URL: server.URL}
			if strings.HasPrefix(name, "issuer") || strings.HasPrefix(name, "keys") || name == "other-issuer" {
				o = Options{Issuer: server.URL}
			}
			got, err := once(t, o)
			if err == nil || got.set != nil || !strings.Contains(err.Error(), row.why) {
				t.Errorf("%v, want %q", err, row.why)
			}
		})
	}
}

func metadata(where string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":"http://%s","jwks_uri":%s}`, r.Host, where)
	}
}

// TestServers are answers that give keys, over TLS and by discovery.
func TestServers(t *testing.T) {
	good := setOf(t, "a")
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("asks with %v", r.Header)
		}
		w.Header().Set("Cache-Control", "public, max-age=600")
		fmt.Fprint(w, good)
	})
	mux.HandleFunc("/tenant/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":"https://%s/tenant/","jwks_uri":"https://%s/keys","other":[1]}`, r.Host, r.Host)
	})
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	for name, o := range map[string]Options{
		"address":   {URL: server.URL + "/keys", Roots: pemOf(server)},
		"discovery": {Issuer: server.URL + "/tenant/", Roots: pemOf(server)},
	} {
		got, err := once(t, o)
		if err != nil || len(got.set.Keys()) != 1 || got.fresh != 10*time.Minute {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := once(t, Options{URL: server.URL + "/keys"}); err == nil {
		t.Error("a server is trusted that no authority vouches for")
	}
	other := httptest.NewTLSServer(mux) // on another port, the same certificate
	other.Close()
	if _, err := once(t, Options{URL: other.URL + "/keys", Roots: pemOf(server)}); err == nil {
		t.Error("a server that is down gives keys")
	}
}

// TestProxyOfTheEnvironment is not asked.
func TestProxyOfTheEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c, err := newClient(nil)
	if err != nil || c.http.Transport.(*http.Transport).Proxy != nil {
		t.Error("a proxy is asked", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, good := range []string{"https://id.example.com", "https://id.example.com/a?b=c", "http://127.0.0.1:8080/keys", "http://[::1]/", "http://localhost:1"} {
		if _, err := Address(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "id.example.com", "http://id.example.com", "http://127.0.0.1.evil.example/", "http://localhost.evil.example", "ftp://a", "file:///etc/passwd", "https://", "https://u@a", "https://u:p@a", "https://a/#b", "mailto:a", "http://10.0.0.1", "http://0.0.0.0", "https://a\x00b"} {
		if _, err := Address(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := onlyLoopback("tcp", "10.0.0.1:80", nil); err == nil {
		t.Error("a name of this machine that leads elsewhere is followed")
	}
	if err := onlyLoopback("tcp", "[::ffff:127.0.0.1]:80", nil); err != nil {
		t.Error(err)
	}
}

func TestFreshness(t *testing.T) {
	for line, want := range map[string]time.Duration{
		"": defaultRefresh, "max-age=0": minRefresh, "max-age=120": 2 * time.Minute, "max-age=99999999": maxRefresh, "max-age=-1": defaultRefresh,
		"max-age=x": defaultRefresh, "no-store": minRefresh, "public, MAX-AGE=\"300\"": 5 * time.Minute, "max-age=99999999999999999999": defaultRefresh, "max-age": defaultRefresh,
	} {
		if got := freshness(http.Header{"Cache-Control": {line}}); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := newKey(t)
	der, _ := x509.MarshalPKIXPublicKey(&key.PublicKey)
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	private, _ := x509.MarshalPKCS8PrivateKey(key)
	secret := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	for name, text := range map[string]string{"set": setOf(t, "a"), "pem": public, "both": secret + public} {
		if got, err := once(t, Options{File: write(name, text)}); err != nil || len(got.set.Keys()) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "private": secret, "broken": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "large": strings.Repeat(" ", jose.MaxSetBytes+1)} {
		if got, err := once(t, Options{File: write(name, text)}); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, path := range []string{folder, filepath.Join(folder, "none")} {
		if _, err := once(t, Options{File: path}); err == nil {
			t.Errorf("%s is read", path)
		}
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"nothing": {}, "two": {URL: "https://a", File: "b"}, "http": {URL: "http://id.example.com"}, "issuer": {Issuer: "id"}, "roots": {URL: "https://a", Roots: []byte("x")},
	} {
		if s, err := New(o); err == nil {
			s.Close()
			t.Errorf("%s is taken", name)
		}
	}
}
