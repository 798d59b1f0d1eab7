package ask

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// TestNoRedirect follows none, not even to the same service.
func TestNoRedirect(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusPermanentRedirect)
	}))
	defer s.Close()
	c, err := New("it", s.URL, nil, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.JSON(t.Context(), Call{Method: http.MethodPost, Path: "/a", Header: http.Header{"X-Vault-Token": {"planted"}}, Body: []byte("planted")}, &struct{}{})
	if err == nil || !strings.Contains(err.Error(), "it answers 308 (redirects are not followed") || asked != 1 {
		t.Error(err, asked)
	}
}

// TestSlow ends an answer that trickles.
func TestSlow(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "{")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer s.Close()
	c, err := New("it", s.URL, nil, 50*time.Millisecond, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.JSON(t.Context(), Call{Method: http.MethodGet, Path: "/"}, &struct{}{}); !wrap.Down(err) || !strings.Contains(err.Error(), "in time") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e *wrap.Error
	if _, _, err := c.Do(ctx, Call{Method: http.MethodGet, Path: "/"}); !errors.As(err, &e) {
		t.Error(err)
	}
}

// TestCodes shows words that are codes and nothing else.
func TestCodes(t *testing.T) {
	for body, want := range map[string]string{
		`{"__type":"com.amazonaws.kms#NotFoundException"}`:              "NotFoundException",
		`{"__type":"AccessDenied","message":"planted"}`:                 "AccessDenied",
		`{"Error":{"Code":"InvalidIdentityToken","Message":"planted"}}`: "InvalidIdentityToken",
		`{"error":{"status":"PERMISSION_DENIED","message":"planted"}}`:  "PERMISSION_DENIED",
		`{"error":{"code":403,"status":"PERMISSION_DENIED"}}`:           "PERMISSION_DENIED",
		`{"error":"invalid_grant"}`:                                     "invalid_grant",
		`{"__type":"planted words"}`:                                    "",
		`{"__type":"hvs.planted-token"}`:                                "",
		`{"error":"` + strings.Repeat("x", 100) + `"}`:                  "",
		`{"errors":["planted"]}`:                                        "",
		`[1]`:                                                           "",
		`planted`:                                                       "",
		``:                                                              "",
	} {
		if got := codeOf([]byte(body)); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
}

func FuzzCodeOf(f *testing.F) {
	f.Add([]byte(`{"__type":"a#b","error":{"status":"x"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if code := codeOf(b); code != "" && !codeForm.MatchString(code) {
			t.Fatal(code)
		}
	})
}
