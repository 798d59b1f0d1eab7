package serve

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// verifyingAPI is an API that fetches the gate's public keys where they are
// published, and believes nobody whose token they do not verify. It answers who
// calls, and keeps the id of the key.
type verifyingAPI struct {
	t    *testing.T
	keys atomic.Value // where they are
	id   atomic.Value
}

func (a *verifyingAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := jwt.ParseSigned(r.Header.Get("X-Caller-Token"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		a.t.Error(err)
		return
	}
	a.id.Store(token.Headers[0].KeyID)
	var set jose.JSONWebKeySet
	answer, err := http.Get(a.keys.Load().(string))
	if err != nil {
		a.t.Error(err)
		return
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil || answer.Header.Get("Content-Type") != "application/jwk-set+json" || !strings.Contains(answer.Header.Get("Cache-Control"), "max-age=300") {
		a.t.Error(err, answer.Status, answer.Header)
		return
	}
	found := set.Key(token.Headers[0].KeyID)
	if len(found) != 1 || !found[0].IsPublic() || found[0].Algorithm != "ES256" || found[0].Use != "sig" {
		a.t.Errorf("the key %s is not published once, as a public one", token.Headers[0].KeyID)
		return
	}
	var c jwt.Claims
	if err := token.Claims(found[0].Key, &c); err != nil {
		a.t.Error(err)
		return
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Issuer: "gatehouse", AnyAudience: jwt.Audience{"shop"}, Time: time.Now()}, time.Second); err != nil {
		a.t.Error(err)
	}
	io.WriteString(w, c.Subject)
}

// TestOwnKeySignsWhoCalls has an API verify by what the gate publishes, before
// and after the key was rotated.
func TestOwnKeySignsWhoCalls(t *testing.T) {
	api := &verifyingAPI{t: t}
	server := httptest.NewServer(api)
	defer server.Close()
	text := strings.Replace(one("keyed.yaml", server.URL), "contract: keyed.yaml", "contract: keyed.yaml\n    caller: {token: {audience: shop}}", 1) +
		administered + "locks: {disabled: true}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:planted}\"}}\n"
	h := openHouse(t, text, func(c *Config) {
		before := &house{t: t, dir: filepath.Dir(c.File)}
		before.write("pepper", pepperOfTests)
		before.write("keyed.yaml", keyed)
	})
	defer h.Stop()
	api.keys.Store(h.AdminURL() + "/v1/caller-keys")
	key, _ := keyIn(t, h.reader.keeper.Store, func(*store.Key) {})
	becomes(t, h.URL()+"/orders", key, "200")
	who := func() string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", h.URL()+"/orders", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", key)
		r.Header.Set("X-Caller-Token", "forged")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 {
			t.Fatal(answer.Status, string(body), h.log.String())
		}
		return string(body)
	}
	if who() == "" {
		t.Error("nobody is told")
	}
	first := api.id.Load()
	if _, problems := RotateKeys(t.Context(), filepath.Join(h.dir, "gatehouse.yaml"), []string{"tokens"}); problems.Err() != nil {
		t.Fatal(problems)
	}
	h.reload("test", false)
	if who(); api.id.Load() != first {
		t.Error("a key signs that nobody could know yet")
	}
	set, err := callerSet(h.reader.custody.keys)()
	if err != nil || strings.Count(string(set), `"kid"`) != 2 || strings.Contains(string(set), `"d"`) {
		t.Errorf("%s %v", set, err)
	}
	if own := h.reader.custody.keys; own.Signing(time.Now().Add(keys.Lead)).ID == own.Signing(time.Now()).ID {
		t.Error("the new key never signs")
	}
}
