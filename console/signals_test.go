package console

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/jose"
	"github.com/gatehouse-api/gatehouse/trust/jwks"
	"github.com/gatehouse-api/gatehouse/trust/signals"
)

// spokenOperations are those that are judged by their own tokens.
var spokenOperations = []string{"POST /v1/signals/tokens/logout", "POST /v1/signals/tokens/events"}

const (
	logoutForm = "application/x-www-form-urlencoded"
	eventForm  = "application/secevent+jwt"
)

// TestSignalsAreAnswered: an issuer is told what its standard says, by the gate
// or behind it.
func TestSignalsAreAnswered(t *testing.T) {
	s, err := store.Open(store.Settings{SQLite: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner("k", "", key)
	if err != nil {
		t.Fatal(err)
	}
	set, err := jose.PublicSet("k", "", key.Public())
	if err != nil {
		t.Fatal(err)
	}
	hear := func(set *jose.Set) *signals.Receiver {
		r, err := signals.New(signals.Options{Issuer: "https://id.example", Audience: []string{"gatehouse"}, Lifetime: time.Hour, Keys: jwks.Fixed(set)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	h, err := Guard(Options{Store: s, Now: time.Now, Signals: map[string]*signals.Receiver{"tokens": hear(set), "down": hear(nil)}}, someone("admin"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	token := func(typ string, change func(map[string]any)) string {
		now := time.Now().Unix()
		claims := map[string]any{"iss": "https://id.example", "aud": "gatehouse", "iat": now, "jti": rand.Text(), "exp": now + 60, "sid": "s1",
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		if typ == "secevent+jwt" {
			claims["events"] = map[string]any{"https://schemas.openid.net/secevent/caep/event-type/session-revoked": map[string]any{}}
			claims["sub_id"] = map[string]any{"format": "opaque", "id": "alice"}
		}
		if change != nil {
			change(claims)
		}
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := signer.Sign(typ, text)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	form := func(token string) string { return url.Values{"logout_token": {token}, "state": {"x"}}.Encode() }
	call := func(path, media, body string) (*httptest.ResponseRecorder, map[string]string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		members := map[string]string{}
		if w.Header().Get("Content-Type") == "application/json" {
			if err := json.Unmarshal(bytes.TrimSpace(w.Body.Bytes()), &members); err != nil {
				t.Fatalf("%s: %s", path, w.Body)
			}
		}
		return w, members
	}
	const logout, events = "/v1/signals/tokens/logout", "/v1/signals/tokens/events"
	other := func(c map[string]any) { c["aud"] = "other" }
	once, event := form(token("logout+jwt", nil)), token("secevent+jwt", nil)
	for _, row := range []struct {
		name, path, media, body string
		status                  int
		member, code            string
	}{
		{"logout", logout, logoutForm, once, 200, "", ""},
		{"logout-again", logout, logoutForm, once, 400, "error", "invalid_request"},
		{"logout-of-another-audience", logout, logoutForm, form(token("logout+jwt", other)), 400, "error", "invalid_request"},
		{"logout-without-keys", "/v1/signals/down/logout", logoutForm, form(token("logout+jwt", nil)), 503, "error", "temporarily_unavailable"},
		{"logout-of-nobody", "/v1/signals/none/logout", logoutForm, once, 404, "error", "invalid_request"},
		{"logout-twice-in-one-form", logout, logoutForm, once + "&" + once, 400, "", ""},
		{"logout-without-token", logout, logoutForm, "a=b", 400, "", ""},
		{"logout-as-json", logout, "application/json", `{}`, 415, "", ""},
		{"logout-too-large", logout, logoutForm, form(strings.Repeat("a", 20<<10)), 400, "", ""},
		{"event", events, eventForm, event, 202, "", ""},
		{"event-again", events, eventForm, event, 202, "", ""},
		{"event-of-another-audience", events, eventForm, token("secevent+jwt", other), 400, "err", "invalid_audience"},
		{"event-of-another-issuer", events, eventForm, token("secevent+jwt", func(c map[string]any) { c["iss"] = "x" }), 400, "err", "invalid_issuer"},
		{"event-that-is-a-logout", events, eventForm, token("logout+jwt", nil), 400, "err", "invalid_request"},
		{"event-with-a-strange-signature", events, eventForm, event[:len(event)-8] + "AAAAAAAA", 400, "err", "authentication_failed"},
		{"event-without-keys", "/v1/signals/down/events", eventForm, event, 503, "err", "unavailable"},
		{"event-as-text", events, "text/plain", event, 415, "", ""},
	} {
		w, members := call(row.path, row.media, row.body)
		if w.Code != row.status || row.code != "" && members[row.member] != row.code {
			t.Errorf("%s: %d %s, want %d %s", row.name, w.Code, w.Body, row.status, row.code)
		}
		if row.code != "" && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept", row.name)
		}
		if (w.Code == 503) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", row.name, w.Header().Get("Retry-After"))
		}
	}
	var kept []string
	if err := s.Revocations(t.Context(), 0, func(r store.Revocation) error {
		kept = append(kept, string(r.Kind)+" "+r.Value)
		return nil
	}); err != nil || strings.Join(kept, ", ") != "session s1, subject alice" {
		t.Errorf("%v %v", kept, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	late := form(token("logout+jwt", nil))
	for range 2 { // what could not be kept was not accepted
		if w, _ := call(logout, logoutForm, late); w.Code != 503 {
			t.Errorf("without a store: %d %s", w.Code, w.Body)
		}
	}
}
