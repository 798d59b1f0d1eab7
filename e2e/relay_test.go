package e2e

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// call is what a relay saw of one request: enough to say that two requests
// are the same.
type call struct {
	Method, Target, Media string
	Body                  string // its SHA-256, and its length in front
}

func (c call) String() string {
	return strings.Join([]string{c.Method, c.Target, c.Media, c.Body}, " ")
}

// relay passes requests on unchanged and remembers them. One stands before
// each program, so that a test knows what reached it.
type relay struct {
	server *httptest.Server
	mu     sync.Mutex
	calls  []call // guarded by mu
}

// newRelay starts a relay in front of the server at target, as
// "http://127.0.0.1:9000".
func newRelay(t *testing.T, target string) *relay {
	t.Helper()
	r := unstartedRelay(t, target)
	r.server.Start()
	t.Cleanup(r.server.Close)
	return r
}

// newTLSRelay is newRelay for clients that speak TLS and HTTP/2.
func newTLSRelay(t *testing.T, target string) *relay {
	t.Helper()
	r := unstartedRelay(t, target)
	r.server.EnableHTTP2 = true
	r.server.StartTLS()
	t.Cleanup(r.server.Close)
	return r
}

func unstartedRelay(t *testing.T, target string) *relay {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // loopback, a certificate of this test
	t.Cleanup(transport.CloseIdleConnections)
	forward := &httputil.ReverseProxy{Transport: transport, Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Host = p.In.Host
	}}
	r.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		r.remember(req, body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(w, req)
	}))
	return r
}

func (r *relay) remember(req *http.Request, body []byte) {
	media := req.Header.Get("Content-Type")
	if kind, params, err := mime.ParseMediaType(media); err == nil && params["boundary"] != "" {
		// The boundary is drawn by lot, and stripe-go's order of parts as well:
		// both are taken out before two bodies are compared.
		parts := bytes.Split(body, []byte(params["boundary"]))
		slices.SortFunc(parts, bytes.Compare)
		body, media = bytes.Join(parts, nil), kind
	}
	c := call{req.Method, req.RequestURI, media, fmt.Sprintf("%d:%x", len(body), sha256.Sum256(body))}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// address is where the relay listens.
func (r *relay) address() string { return r.server.Listener.Addr().String() }

// seen returns the requests since the last call, in an order of their own.
func (r *relay) seen() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	slices.SortFunc(calls, func(a, b call) int { return cmp.Compare(a.String(), b.String()) })
	return calls
}

// sameCalls demands that what came out of the gate is what went in.
func sameCalls(t *testing.T, in, out []call) {
	t.Helper()
	if len(in) == 0 {
		t.Fatal("the client made no call")
	}
	if !slices.Equal(in, out) {
		t.Errorf("%d calls were made and %d reached the program", len(in), len(out))
		for _, c := range in {
			if !slices.Contains(out, c) {
				t.Errorf("made, but did not arrive as it was: %v", c)
			}
		}
		for _, c := range out {
			if !slices.Contains(in, c) {
				t.Errorf("arrived, but was not made: %v", c)
			}
		}
	}
}
