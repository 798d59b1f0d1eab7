package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/trust"
)

const lines = "{\"id\":\"1\"}\n{\"id\":\"2\"}\n"

// server is one over TLS that answers as it is told and keeps the last request.
type server struct {
	*httptest.Server
	status int
	after  string
	got    *http.Request
	body   string
}

func newServer(t *testing.T) *server {
	s := &server{status: 204}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.got, s.body = r, string(b)
		if s.after != "" {
			w.Header().Set("Retry-After", s.after)
		}
		if s.status == 307 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(s.status)
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s
}

func (s *server) options() Options {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return Options{URL: s.URL + "/hook?token=planted", Secret: trust.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))),
		TLS: &tls.Config{RootCAs: pool}, Fields: map[string]trust.Secret{"Authorization": trust.NewSecret("Bearer planted")}}
}

// TestDeliver signs what a server can check with what it was given alone.
func TestDeliver(t *testing.T) {
	for _, form := range []Form{Array, Lines} {
		t.Run([]string{"array", "lines"}[form], func(t *testing.T) {
			s := newServer(t)
			o := s.options()
			o.Form = form
			to := New(o)
			defer to.Close()
			if err := to.Deliver(context.Background(), []byte(lines), 2); err != nil {
				t.Fatal(err)
			}
			var list []map[string]string
			if form == Array {
				if err := json.Unmarshal([]byte(s.body), &list); err != nil || len(list) != 2 || list[1]["id"] != "2" {
					t.Error(s.body, err)
				}
			} else if s.body != lines {
				t.Errorf("%q", s.body)
			}
			h := s.got.Header
			if h.Get("Authorization") != "Bearer planted" || !strings.HasPrefix(h.Get("Webhook-Id"), "msg_") {
				t.Error(h)
			}
			if want := Sign([]byte("0123456789abcdef0123456789abcdef"), h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), []byte(s.body)); h.Get("Webhook-Signature") != want {
				t.Error(h)
			}
			before := h.Get("Webhook-Id")
			if err := to.Deliver(context.Background(), []byte(lines), 2); err != nil || s.got.Header.Get("Webhook-Id") != before {
				t.Error("the same lines have another id: ", err)
			}
		})
	}
}

// TestSignature is the example of the specification, standardwebhooks.com.
func TestSignature(t *testing.T) {
	key := Key(trust.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	got := Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

// TestAnswers says which lines wait, which are laid aside, and for how long.
func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		name    string
		status  int
		after   string
		fails   bool
		refused bool
		wait    time.Duration
	}{
		{"taken", 200, "", false, false, 0},
		{"accepted", 202, "", false, false, 0},
		{"redirect", 307, "", true, false, 0},
		{"malformed", 400, "", true, true, 0},
		{"too-large", 413, "", true, true, 0},
		{"wrong-credential", 401, "", true, false, 0},
		{"wrong-path", 404, "", true, false, 0},
		{"too-many", 429, "17", true, false, 17 * time.Second},
		{"down", 503, "nonsense", true, false, 0},
		{"broken", 500, "", true, false, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(t)
			s.status, s.after = row.status, row.after
			to := New(s.options())
			defer to.Close()
			err := to.Deliver(context.Background(), []byte(lines), 2)
			if (err != nil) != row.fails {
				t.Fatal(err)
			}
			var f *sink.Failure
			if row.fails && (!errors.As(err, &f) || f.Refused != row.refused || f.After != row.wait) {
				t.Errorf("%+v", f)
			}
			if s.got.URL.Path != "/hook" {
				t.Error("it went to ", s.got.URL.Path)
			}
		})
	}
}

// TestUnreachable says why, without the URL and without secrets, and trusts no
// certificate that nobody vouches for.
func TestUnreachable(t *testing.T) {
	s := newServer(t)
	o := s.options()
	o.TLS = nil
	err := New(o).Deliver(context.Background(), []byte(lines), 2)
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "planted") {
		t.Error(err)
	}
	o = s.options()
	s.Close()
	err = New(o).Deliver(context.Background(), []byte(lines), 2)
	if err == nil || strings.Contains(err.Error(), "planted") {
		t.Error(err)
	}
}

// TestRetryAfter reads seconds and dates.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "5.5": 0, "Mon, 03 Feb 2031 04:05:36 GMT": 30 * time.Second, "Mon, 03 Feb 2030 04:05:36 GMT": 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
