package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// said is what the gate answers to a call with a token.
type said struct {
	status int
	code   string // of the problem; "" where there is none
}

var (
	passed     = said{http.StatusOK, ""}
	unverified = said{http.StatusServiceUnavailable, "credential-unverified"}
	invalid    = said{http.StatusUnauthorized, "credential-invalid"}
)

// present calls with a token. A 503 must say when to try again and ask for no
// other credential; a 401 must ask for one.
func present(t *testing.T, address, token string) said {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	begin := time.Now()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the gate took %v for an answer", took)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var problem struct{ Code string }
	_ = json.Unmarshal(body, &problem)
	retry, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	challenges := len(res.Header.Values("WWW-Authenticate"))
	switch res.StatusCode {
	case http.StatusServiceUnavailable:
		if retry < 1 || retry > 60 || challenges > 0 {
			t.Errorf("a 503 says Retry-After: %s and %d challenges", res.Header.Get("Retry-After"), challenges)
		}
	case http.StatusUnauthorized:
		if challenges == 0 {
			t.Error("a 401 has no challenge")
		}
	}
	return said{res.StatusCode, problem.Code}
}

// demand calls with a token, which must be answered so.
func demand(t *testing.T, address, token string, want said) {
	t.Helper()
	if got := present(t, address, token); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// until calls with a token until it is answered so, at most 40 seconds. Before,
// nothing but what meanwhile has may be answered.
func until(t *testing.T, address, token string, want said, meanwhile ...said) {
	t.Helper()
	end := time.After(40 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		got := present(t, address, token)
		switch {
		case got == want:
			return
		case !slices.Contains(meanwhile, got):
			t.Fatalf("got %+v on the way to %+v", got, want)
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("it stays %+v, want %+v", got, want)
		}
	}
}

// TestProviderIsDown is a provider that is down when the gate starts, comes up,
// and goes down again.
func TestProviderIsDown(t *testing.T) {
	i := newIdentity(t, installNode(t))
	i.up(t, "a")
	first := i.token(t, "orders")
	i.down()
	gate, p, calls := guarded(t, i)
	demand(t, gate+"/orders", first, unverified)
	demand(t, gate+"/opaque/orders", "opaque", unverified)
	demand(t, gate+"/orders", "", said{http.StatusUnauthorized, "credential-missing"})
	p.await(t, regexp.MustCompile(`(the keys of a credential cannot be fetched: its tokens cannot be verified)`))
	if n := calls.Load(); n > 0 {
		t.Fatalf("%d calls passed while nobody could be asked", n)
	}

	i.up(t, "a") // it was started anew: nobody touches the gate
	until(t, gate+"/orders", first, passed, unverified)
	p.await(t, regexp.MustCompile(`(the keys of a credential are there)`))
	second, opaque := i.token(t, "orders"), i.token(t, "opaque")
	until(t, gate+"/opaque/orders", opaque, passed, unverified)

	i.down()
	demand(t, gate+"/orders", first, passed)
	demand(t, gate+"/orders", second, passed) // which the gate has not seen before
	until(t, gate+"/opaque/orders", opaque, unverified, passed)
	demand(t, gate+"/opaque/orders", "another", unverified)
	i.up(t, "a") // which has forgotten its opaque tokens
	until(t, gate+"/opaque/orders", i.token(t, "opaque"), passed, unverified)
	until(t, gate+"/opaque/orders", opaque, invalid, unverified)
}

// TestProviderRotatesKeys has the provider sign with a key that the gate does
// not know yet, lie about its keys meanwhile, keep the old one, and withdraw it.
func TestProviderRotatesKeys(t *testing.T) {
	i := newIdentity(t, installNode(t))
	i.up(t, "a")
	gate, p, _ := guarded(t, i)
	orders := gate + "/orders"
	old := i.token(t, "orders")
	until(t, orders, old, passed, unverified)

	i.up(t, "b", "a")
	next := i.token(t, "orders")
	truth, ended := i.front.Load(), make(chan struct{})
	i.answers(func(http.ResponseWriter, *http.Request) { <-ended }) // slow
	demand(t, orders, next, unverified)
	demand(t, orders, old, passed)
	i.answers(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys": [`)) })
	close(ended)
	p.await(t, regexp.MustCompile(`(the keys of a credential cannot be fetched again: the last good ones stay)`))
	demand(t, orders, old, passed)
	i.front.Store(truth)
	until(t, orders, next, passed, unverified)
	demand(t, orders, old, passed)

	i.up(t, "c")
	last := i.token(t, "orders")
	until(t, orders, last, passed, unverified)
	// The names of these keys may be owed a fetch; they are never taken again.
	until(t, orders, old, invalid, unverified)
	until(t, orders, next, invalid, unverified)
}

// TestProviderLies has something answer in the place of the provider when the
// gate starts: whatever it says, tokens wait, and the log says why.
func TestProviderLies(t *testing.T) {
	i := newIdentity(t, installNode(t))
	i.up(t, "a")
	token, opaque := i.token(t, "orders"), i.token(t, "opaque")
	truth := *i.front.Load()
	metadata := func(issuer, keys string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/.well-known/") {
				_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer, "jwks_uri": keys})
				return
			}
			truth.ServeHTTP(w, r)
		}
	}
	instead := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/.well-known/") {
				truth.ServeHTTP(w, r)
				return
			}
			answer(w, r)
		}
	}
	says := func(text string) http.HandlerFunc {
		return instead(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, text)
		})
	}
	ended := make(chan struct{})
	defer close(ended)
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		log    string // in the log of the gate; "" where it takes too long to wait for
	}{
		"other-issuer": {metadata("https://id.example.com", i.issuer+"/jwks"), "is of another issuer"},
		"keys-by-http": {metadata(i.issuer, "http://id.example.com/jwks"), "keys are fetched by https"},
		"garbage":      {says(`<html>`), "no JSON object"},
		"no-keys":      {says(`{"keys": []}`), "no key"},
		"oversized":    {says(`{"keys": [], "x": "` + strings.Repeat("a", 1<<20) + `"}`), "more than 512 KiB"},
		"secret-key":   {says(`{"keys": [{"kty": "oct", "kid": "a", "k": "` + strings.Repeat("A", 43) + `"}]}`), "no key"},
		"error":        {instead(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), "status 500"},
		"redirect": {instead(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}), "redirects"},
		"slow": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-ended:
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			i.answers(row.answer)
			gate, p, calls := guarded(t, i)
			demand(t, gate+"/orders", token, unverified)
			if row.log != "" {
				p.await(t, regexp.MustCompile("(its tokens cannot be verified.*"+row.log+")"))
			}
			demand(t, gate+"/orders", token, unverified)
			if name != "other-issuer" && name != "keys-by-http" { // where introspection is the provider's
				demand(t, gate+"/opaque/orders", opaque, unverified)
			}
			if n := calls.Load(); n > 0 {
				t.Errorf("%d calls passed", n)
			}
		})
	}
}

// TestOtherProvider has a second provider sign with the same keys: its tokens
// are as good as nobody's.
func TestOtherProvider(t *testing.T) {
	node := installNode(t)
	ours, other := newIdentity(t, node), newIdentity(t, node)
	ours.up(t, "a")
	if err := os.CopyFS(other.keys, os.DirFS(ours.keys)); err != nil {
		t.Fatal(err)
	}
	other.up(t, "a")
	gate, _, calls := guarded(t, ours)
	until(t, gate+"/orders", ours.token(t, "orders"), passed, unverified)
	demand(t, gate+"/orders", other.token(t, "orders"), invalid)
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls passed, want 1", n)
	}
}
