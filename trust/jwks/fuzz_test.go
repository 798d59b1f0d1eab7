package jwks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// FuzzMetadata looks for metadata of another issuer that leads to keys, and for
// headers that have keys stay for longer than they may.
func FuzzMetadata(f *testing.F) {
	var text, control atomic.Pointer[string]
	set := setOf(f, "a")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
			fmt.Fprint(w, *text.Load())
			return
		}
		w.Header().Set("Cache-Control", *control.Load())
		fmt.Fprint(w, set)
	}))
	f.Cleanup(server.Close)
	client, err := newClient(nil)
	if err != nil {
		f.Fatal(err)
	}
	good := `{"issuer":"ISSUER","jwks_uri":"ISSUER/keys"}`
	f.Add(good, "max-age=60")
	f.Add(strings.Replace(good, "/keys", "/../keys", 1), `public, max-age="9999999999"`)
	f.Add(`{"issuer":"ISSUER","issuer":"x","jwks_uri":"ISSUER/keys"}`, "no-store")
	f.Add(`{"issuer":"ISSUER","jwks_uri":"file:///etc/passwd"}`, "max-age=-1")
	f.Fuzz(func(t *testing.T, metadata, cached string) {
		metadata = strings.ReplaceAll(metadata, "ISSUER", server.URL)
		text.Store(&metadata)
		control.Store(&cached)
		found, err := client.discover(t.Context(), server.URL)
		var says struct{ Issuer string }
		if err == nil && (found.set == nil || json.Unmarshal([]byte(metadata), &says) != nil || says.Issuer != server.URL) {
			t.Errorf("%q leads to keys", metadata)
		}
		if got := freshness(http.Header{"Cache-Control": {cached}}); got < minRefresh || got > max(maxRefresh, defaultRefresh) {
			t.Errorf("%q is fresh for %v", cached, got)
		}
	})
}
