package serve

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHTTP2 calls listeners with clients that speak everything, and one that
// begins with HTTP/2 where there is no TLS, and changes what is spoken while
// the gate serves.
func TestHTTP2(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("Via")) }))
	t.Cleanup(api.Close)
	cert, key, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := func(secure, plain string) string {
		return fmt.Sprintf("version: 1\nlisteners:\n  - {address: 127.0.0.1:0, tls: {certificate: '%s/cert.pem', key: '%[1]s/key.pem'}%s}\n  - {address: 127.0.0.1:0%s}\n"+
			"apis: [{contract: a.yaml, upstreams: [{url: '%s'}]}]\nrecord: {events: none}\n", dir, secure, plain, api.URL)
	}
	h := openHouse(t, text("", ""))
	defer h.Stop()
	for _, row := range []struct {
		secure, plain string // of the listeners
		spoken        string // under TLS, and what the API hears of it
		known         bool   // a client that begins with HTTP/2 is served
	}{
		{"", "", "HTTP/2.0 2", false},
		{", http2: none", ", http2: none", "HTTP/1.1 1.1", false},
		{", http2: tls", ", http2: plain", "HTTP/2.0 2", true},
	} {
		h.write("gatehouse.yaml", text(row.secure, row.plain))
		h.reload("a test", true)
		if got := spoken(h.doors[0].URL(), (*http.Protocols).SetHTTP1, (*http.Protocols).SetHTTP2); !strings.HasPrefix(got, row.spoken+" ") {
			t.Errorf("%q: %q, want %s", row.secure, got, row.spoken)
		}
		if got := spoken(h.doors[1].URL(), (*http.Protocols).SetHTTP1); !strings.HasPrefix(got, "HTTP/1.1 1.1 ") {
			t.Errorf("%q: %q", row.plain, got)
		}
		if got := spoken(h.doors[1].URL(), (*http.Protocols).SetUnencryptedHTTP2); strings.HasPrefix(got, "HTTP/2.0 2 ") != row.known {
			t.Errorf("%q: %q by prior knowledge", row.plain, got)
		}
	}
}

// spoken makes a call with a client that has the protocols, and returns which
// was spoken and the body of the answer, or the error.
func spoken(url string, protocols ...func(*http.Protocols, bool)) string {
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Protocols: new(http.Protocols)}
	for _, set := range protocols {
		set(tr.Protocols, true)
	}
	defer tr.CloseIdleConnections()
	res, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get(url + "/a")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return res.Proto + " " + string(b)
}
