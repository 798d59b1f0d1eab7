package serve

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/store"
)

// heardHouse opens a gate with a ledger, of whose disk as much stays free as is
// said, which hears an issuer; and a form that ends a session of the issuer.
func heardHouse(t *testing.T, free string) (h *house, logout string) {
	t.Helper()
	signer, set := issuer(t)
	api, _ := upstreamOf(t)
	file := strings.Replace(one("tokened.yaml", api), "record: {events: none}", "record: {events: calls.jsonl, ledger: {name: test.example/gate-1, keep_free: "+free+"}}\ntrust: {keys_file: gate.keys, key: {passphrase: \"${file:passphrase}\"}}", 1) + heard
	h = openHouse(t, file, func(c *Config) {
		for name, text := range map[string]string{"pepper": pepperOfTests, "tokened.yaml": tokened, "keys.json": string(set), "passphrase": "a passphrase of many words, for tests alone"} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.File), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{"iss": "https://id.example", "aud": "gatehouse", "iat": now, "exp": now + 600, "jti": "l1", "sid": "s1",
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signer.Sign("logout+jwt", claims)
	if err != nil {
		t.Fatal(err)
	}
	return h, url.Values{"logout_token": {raw}}.Encode()
}

// says posts what somebody says to the gate without any credential.
func (h *house) says(t *testing.T, path, media, body string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(h.AdminURL()+path, media, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

const formOfLogout = "application/x-www-form-urlencoded"

// TestLedgerOfSignals: what an issuer takes back is on record, and nobody makes the
// ledger longer by saying what no issuer has signed: that is an event alone.
func TestLedgerOfSignals(t *testing.T) {
	h, logout := heardHouse(t, "16MiB")
	for range 20 {
		if got, _ := h.says(t, "/v1/signals/tokens/logout", formOfLogout, "logout_token=a.b.c"); got != 400 {
			t.Fatal(got)
		}
		if got, _ := h.says(t, "/v1/signals/tokens/events", "application/secevent+jwt", "a.b.c"); got != 400 {
			t.Fatal(got)
		}
		if got, _ := h.says(t, "/v1/signals/nobody/logout", formOfLogout, logout); got != 404 {
			t.Fatal(got)
		}
	}
	eventually(t, func() bool { got, _ := h.says(t, "/v1/signals/tokens/logout", formOfLogout, logout); return got == 200 })
	h.says(t, "/v1/signals/tokens/logout", formOfLogout, logout) // again
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	if list := h.entries(t, h.Program); len(list) != 0 {
		t.Errorf("on record are %d calls of anybody: %q", len(list), list)
	}
	var by []string
	for _, e := range h.changes(t, h.Program) {
		if e.Act == gate.Revoked {
			by = append(by, e.By)
		}
	}
	if !slices.Equal(by, []string{"issuer of tokens"}) {
		t.Errorf("taken back by %q", by)
	}
	if n := strings.Count(h.text("calls.jsonl"), `"path":"/v1/signals/{credential}/`); n < 61 {
		t.Errorf("%d events of what was said", n)
	}
}

// TestSignalsWithoutRoom: what an issuer takes back is not taken back where it
// cannot be on record, and the issuer says it again.
func TestSignalsWithoutRoom(t *testing.T) {
	h, logout := heardHouse(t, "1024GiB")
	eventually(t, func() bool {
		got, text := h.says(t, "/v1/signals/tokens/logout", formOfLogout, logout)
		return got == 503 && strings.Contains(text, "must be on record")
	})
	if got, _ := h.says(t, "/v1/signals/tokens/logout", formOfLogout, "logout_token=a.b.c"); got != 400 {
		t.Error(got)
	}
	if err := h.reader.keeper.Revocations(t.Context(), 0, func(store.Revocation) error { t.Error("it was taken back"); return nil }); err != nil {
		t.Error(err)
	}
}
