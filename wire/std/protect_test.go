package std_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// answerOf makes one request of next behind the gate, over a server.
func answerOf(t *testing.T, s *httptest.Server, method, target, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Client().Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

// TestProtectedHandlersLikeAnyOther compares what clients get of a handler
// with what they get of it in front of the gate.
func TestProtectedHandlersLikeAnyOther(t *testing.T) {
	rows := []struct {
		name string
		next http.HandlerFunc
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) {}},
		{"guessed-type", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html><p>hello") }},
		{"no-type", func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil; io.WriteString(w, "a") }},
		{"stated-length", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			io.WriteString(w, "abc")
		}},
		{"length-alone", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "3")
			if r.Method != "HEAD" {
				io.WriteString(w, "abc")
			}
		}},
		{"several-values", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2")
			w.WriteHeader(201)
		}},
		{"not-modified", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Etag", `"1"`); w.WriteHeader(304) }},
		{"no-content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		}},
		{"error", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) }},
	}
	for _, row := range rows {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(row.name+"-"+method, func(t *testing.T) {
				_, s, _ := protect(t, row.next)
				bare := httptest.NewServer(row.next)
				t.Cleanup(bare.Close)
				got, want := described(t, s, method), described(t, bare, method)
				if got != want {
					t.Errorf("behind the gate:\n%s\nalone:\n%s", got, want)
				}
			})
		}
	}
}

// described writes an answer down.
func described(t *testing.T, s *httptest.Server, method string) string {
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, body, err := answerOf(t, s, method, "/get", "")
	if err != nil {
		t.Fatal(err)
	}
	res.Header.Del("Date")
	return fmt.Sprintln(res.StatusCode, res.ContentLength, res.Header, res.TransferEncoding, body)
}

// TestProtectRefusesWhatIsNoAnswer: what net/http would panic on, and what
// would change the framing, is an answer 502 and not a whole one.
func TestProtectRefusesWhatIsNoAnswer(t *testing.T) {
	for name, next := range map[string]http.HandlerFunc{
		"switches":            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(101) },
		"status-zero":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(0) },
		"status-99":           func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(99) },
		"status-negative":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(-200) },
		"length-in-lower":     func(w http.ResponseWriter, _ *http.Request) { w.Header()["content-length"] = []string{"x"} },
		"name-no-token":       func(w http.ResponseWriter, _ *http.Request) { w.Header()["A b"] = []string{"x"} },
		"name-with-line-end":  func(w http.ResponseWriter, _ *http.Request) { w.Header()["A\r\nB"] = []string{"x"} },
		"goroutine-ended":     func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); runtime.Goexit() },
		"panic-after-writing": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); panic("planted") },
		"panic-with-nil":      func(http.ResponseWriter, *http.Request) { panic(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			h, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Set-Cookie", "session=planted")
				next(w, r)
			})
			res, body, err := answerOf(t, s, "GET", "/get", "")
			if err != nil || res.StatusCode != 502 || !strings.Contains(body, "upstream-broken") || strings.Contains(body, "half") || res.Header["Set-Cookie"] != nil {
				t.Errorf("got %v %q %v", res, body, err)
			}
			if e := h.Event(0); e.Outcome != gate.Failed || e.Code != gate.UpstreamBroken {
				t.Errorf("event %v %v", e.Outcome, e.Code)
			}
		})
	}
}

// TestProtectDropsFraming: fields of one hop, in any spelling, and trailers do
// not reach the client.
func TestProtectDropsFraming(t *testing.T) {
	_, s, _ := protect(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"transfer-encoding", "CONNECTION", "Trailer", "upgrade", "keep-alive"} {
			w.Header()[name] = []string{"x-planted"}
		}
		w.Header().Set(http.TrailerPrefix+"X-Late", "planted")
		io.WriteString(w, "body")
		w.Header().Set("X-Planted", "planted")
		w.(http.Flusher).Flush()
	})
	res, body, err := answerOf(t, s, "GET", "/get", "")
	if err != nil || body != "body" || len(res.Trailer) > 0 || strings.Contains(fmt.Sprint(res.Header), "planted") {
		t.Errorf("got %v %q %v", res, body, err)
	}
}

// TestProtectResponseController: what can be done is done, what cannot is said.
func TestProtectResponseController(t *testing.T) {
	_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_, _, hijack := rc.Hijack()
		var later []error
		for _, err := range []error{hijack, rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{})} {
			if !errors.Is(err, http.ErrNotSupported) {
				later = append(later, fmt.Errorf("not refused: %v", err))
			}
		}
		later = append(later, rc.EnableFullDuplex(), rc.Flush())
		fmt.Fprint(w, errors.Join(later...))
	})
	if _, body, err := answerOf(t, s, "GET", "/get", ""); err != nil || body != "<nil>" {
		t.Errorf("%q %v", body, err)
	}
}

// plain hides everything but the three methods, as many handlers in front do.
type plain struct{ w http.ResponseWriter }

func (p plain) Header() http.Header         { return p.w.Header() }
func (p plain) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p plain) WriteHeader(status int)      { p.w.WriteHeader(status) }

// TestProtectBehindOthers stands behind handlers that wrap the writer, bound the
// body or have set fields before.
func TestProtectBehindOthers(t *testing.T) {
	leak.Check(t)
	h := stage.New(t, nil)
	long := strings.Repeat("0123456789", 10_000)
	gated := std.Protect(h.Gate, std.Limits{}, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, long)
	}))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Outer", "kept")
		for _, name := range []string{"Content-Length", "Content-Encoding", "Transfer-Encoding"} {
			w.Header().Set(name, "5")
		}
		w.Header().Set("Content-Type", "application/json")
		gated.ServeHTTP(plain{w}, r)
	}))
	t.Cleanup(s.Close)
	res, body, err := answerOf(t, s, "GET", "/get", "")
	if err != nil || body != long || res.Header.Get("X-Outer") != "kept" || fmt.Sprint(res.Header["Content-Type"]) != "[text/plain]" || res.Header["Content-Encoding"] != nil {
		t.Errorf("got %v, %d bytes, %v", res, len(body), err)
	}
	res, body, err = answerOf(t, s, "GET", "/private", "")
	if err != nil || res.StatusCode != 401 || !strings.Contains(body, "credential-missing") || fmt.Sprint(res.Header["Content-Type"]) != "[application/problem+json]" {
		t.Errorf("got %v %q %v", res, body, err)
	}
	for _, target := range []string{"/buffer", "/stream"} {
		bounded := httptest.NewServer(http.MaxBytesHandler(gated, 4))
		t.Cleanup(bounded.Close)
		if res, body, err := answerOf(t, bounded, "POST", target, "hello"); err != nil || res.StatusCode != 413 || !strings.Contains(body, "body-too-large") {
			t.Errorf("%s: got %v %q %v", target, res, body, err)
		}
	}
}

// TestProtectKeepsRemoteAddr: one without a port, as handlers in front of it
// leave it that look for the client, is an address all the same.
func TestProtectKeepsRemoteAddr(t *testing.T) {
	h := stage.New(t, nil)
	for n, row := range []struct{ remote, network string }{
		{"203.0.113.7:4711", "203.0.113.0/24"}, {"203.0.113.7", "203.0.113.0/24"}, {"2001:db8::7", "2001:db8::/48"}, {"@", "invalid Prefix"}, {"", "invalid Prefix"},
	} {
		seen := "nothing"
		r := httptest.NewRequest("GET", "/get", nil)
		r.RemoteAddr = row.remote
		std.Protect(h.Gate, std.Limits{}, nil, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
		if got := h.Event(n).Client; seen != row.remote || got.String() != row.network {
			t.Errorf("%q: the handler saw %q, the event has %v", row.remote, seen, got)
		}
	}
}
