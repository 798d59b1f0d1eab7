// Package fake has services for tests that speak the HTTP APIs of those that
// keep keys and secrets, and hold who asks to them: tokens, signatures, what
// sealed text is bound to. Only tests import it; it knows nothing of the clients.
package fake

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Vault is a server with the engines transit, at transit/, and key-value
// version 2, at secret/, and with logins by AppRole and Kubernetes.
type Vault struct {
	*httptest.Server
	mu       sync.Mutex
	secrets  map[string]map[string]any // by path below secret/data/
	keys     map[string][]cipher.AEAD  // of transit, by name, the oldest first
	tokens   map[string]bool
	logins   int
	asked    []string
	instead  http.Handler // answers in place of the server; nil for nobody
	leases   int          // seconds that tokens live
	SecretID string
	JWT      string
}

// RootToken is one that is always valid.
const RootToken = "hvs.planted-root-token"

// NewVault starts a server, which ends with the test.
func NewVault(t testing.TB) *Vault {
	v := &Vault{secrets: map[string]map[string]any{}, keys: map[string][]cipher.AEAD{}, tokens: map[string]bool{RootToken: true},
		leases: 3600, SecretID: "planted-secret-id", JWT: "planted.pod.jwt"}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

// Put writes a secret, as in Put("shop", map[string]any{"token": "x"}).
func (v *Vault) Put(path string, fields map[string]any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets[path] = fields
}

// RotateKey makes a new version of a key of transit.
func (v *Vault) RotateKey(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys[name] = append(v.keys[name], newCipher(fmt.Sprint(name, len(v.keys[name]))))
}

// Revoke takes all tokens back that logins gave out.
func (v *Vault) Revoke() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens = map[string]bool{RootToken: true}
}

// Instead has h answer; nil for the server itself.
func (v *Vault) Instead(h http.Handler) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.instead = h
}

// Logins is how many tokens were given out, and Asked the calls.
func (v *Vault) Logins() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.logins
}

// Asked are the calls so far, as "GET /v1/secret/data/shop".
func (v *Vault) Asked() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.asked)
}

func newCipher(name string) cipher.AEAD {
	key := make([]byte, 32)
	copy(key, "a key of tests: "+name)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	c, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return c
}

// ServeHTTP implements http.Handler.
func (v *Vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	instead := v.instead
	v.asked = append(v.asked, r.Method+" "+r.URL.Path)
	v.mu.Unlock()
	if instead != nil {
		instead.ServeHTTP(w, r)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var in map[string]string
	if r.Method == http.MethodPost && json.NewDecoder(r.Body).Decode(&in) != nil {
		refuse(w, http.StatusBadRequest, "bad json")
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	switch {
	case r.Header.Get("X-Vault-Request") != "true":
		refuse(w, http.StatusBadRequest, "no X-Vault-Request")
	case path == "auth/approle/login":
		v.login(w, in["role_id"] == "gate" && in["secret_id"] == v.SecretID)
	case path == "auth/kubernetes/login":
		v.login(w, in["role"] == "gate" && in["jwt"] == v.JWT)
	case !v.tokens[r.Header.Get("X-Vault-Token")]:
		refuse(w, http.StatusForbidden, "permission denied: "+r.Header.Get("X-Vault-Token"))
	case strings.HasPrefix(path, "secret/data/") && r.Method == http.MethodGet:
		fields, ok := v.secrets[strings.TrimPrefix(path, "secret/data/")]
		if !ok {
			refuse(w, http.StatusNotFound)
			return
		}
		answer(w, map[string]any{"data": map[string]any{"data": fields, "metadata": map[string]any{"version": 1}}})
	case strings.HasPrefix(path, "transit/"):
		verb, key, _ := strings.Cut(strings.TrimPrefix(path, "transit/"), "/")
		v.transit(w, verb, v.keys[key], in)
	default:
		refuse(w, http.StatusNotFound, "no handler for route")
	}
}

func (v *Vault) login(w http.ResponseWriter, ok bool) {
	if !ok {
		refuse(w, http.StatusBadRequest, "invalid role or secret ID")
		return
	}
	v.logins++
	token := fmt.Sprint("hvs.planted-token-", v.logins)
	v.tokens[token] = true
	answer(w, map[string]any{"auth": map[string]any{"client_token": token, "lease_duration": v.leases}})
}

func (v *Vault) transit(w http.ResponseWriter, verb string, keys []cipher.AEAD, in map[string]string) {
	ad, err := base64.StdEncoding.DecodeString(in["associated_data"])
	switch {
	case len(keys) == 0:
		refuse(w, http.StatusBadRequest, "encryption key not found")
	case err != nil:
		refuse(w, http.StatusBadRequest, "associated data")
	case verb == "encrypt":
		plain, err := base64.StdEncoding.DecodeString(in["plaintext"])
		if err != nil {
			refuse(w, http.StatusBadRequest, "plaintext")
			return
		}
		n := len(keys)
		answer(w, map[string]any{"data": map[string]any{"ciphertext": fmt.Sprintf("vault:v%d:%s", n, base64.StdEncoding.EncodeToString(keys[n-1].Seal(nil, nil, plain, ad))), "key_version": n}})
	case verb == "decrypt":
		var version int
		rest := strings.SplitN(in["ciphertext"], ":", 3)
		if len(rest) != 3 {
			refuse(w, http.StatusBadRequest, "invalid ciphertext")
			return
		}
		fmt.Sscanf(rest[1], "v%d", &version)
		text, err := base64.StdEncoding.DecodeString(rest[2])
		if err != nil || version < 1 || version > len(keys) {
			refuse(w, http.StatusBadRequest, "invalid ciphertext")
			return
		}
		plain, err := keys[version-1].Open(nil, nil, text, ad)
		if err != nil {
			refuse(w, http.StatusBadRequest, "cipher: message authentication failed")
			return
		}
		answer(w, map[string]any{"data": map[string]any{"plaintext": base64.StdEncoding.EncodeToString(plain)}})
	default:
		refuse(w, http.StatusNotFound)
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, errs ...string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": errs})
}
