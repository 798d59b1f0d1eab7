package signals

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// TestRepeated: a logout token counts once, an event once, and one that was not
// accepted may come again.
func TestRepeated(t *testing.T) {
	r := receiver(t)
	raw, event := sign(t, logout, logoutClaims()), sign(t, eventType, eventClaims(revoked))
	for range 2 {
		if _, why := r.Logout(t.Context(), raw, now); why != nil {
			t.Fatal(why)
		}
	}
	n, _ := r.Logout(t.Context(), raw, now)
	r.Accept(n, now)
	if _, why := r.Logout(t.Context(), raw, now); why != repeated {
		t.Errorf("again: %v", why)
	}
	n, why := r.Events(t.Context(), event, now) // the same jti, of another kind
	if why != nil || n.Repeated {
		t.Fatal(n, why)
	}
	r.Accept(n, now)
	if n, why := r.Events(t.Context(), event, now); why != nil || !n.Repeated || len(n.Revocations) != 0 {
		t.Errorf("again: %+v %v", n, why)
	}
}

// TestMemoryIsBounded: when nothing more can be remembered a logout is put off,
// and what has lapsed makes room.
func TestMemoryIsBounded(t *testing.T) {
	r := receiver(t)
	for i := range maxRemembered + 10 {
		r.logouts.keep("m"+strconv.Itoa(i), now.Unix()+60, now.Unix())
	}
	if n := len(r.logouts.until); n != maxRemembered {
		t.Fatalf("%d are remembered", n)
	}
	raw := sign(t, logout, with(logoutClaims(), object{"exp": now.Unix() + 600}))
	if _, why := r.Logout(t.Context(), raw, now); why == nil || why.Code != Unavailable || why.Retry < 1 {
		t.Errorf("without room: %v", why)
	}
	if _, why := r.Logout(t.Context(), raw, now.Add(2*time.Minute)); why != nil {
		t.Errorf("when they have lapsed: %v", why)
	}
}

// TestKeysOfSignals: where the key cannot be had the token is to be sent again,
// and is refused where the key is known to be none.
func TestKeysOfSignals(t *testing.T) {
	_, set := pair()
	strange, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := jose.PublicSet("other", "", strange.Public())
	if err != nil {
		t.Fatal(err)
	}
	another, err := jose.PublicSet("another", "", strange.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		keys source
		want Code
	}{
		"there":         {source{set: set}, ""},
		"newer":         {source{set: other, newer: set}, ""},
		"newest":        {source{set: other, between: another, newer: set}, ""},
		"first":         {source{newer: set}, ""},
		"none":          {source{}, Unavailable},
		"other":         {source{set: other}, InvalidKey},
		"other-failing": {source{set: other, failing: true}, Unavailable},
	} {
		_, why := receiver(t, func(o *Options) { o.Keys = &row.keys }).Logout(t.Context(), sign(t, logout, logoutClaims()), now)
		got := Code("")
		if why != nil {
			got = why.Code
		}
		if got != row.want || got == Unavailable && why.Retry != 7 {
			t.Errorf("%s: %v, want %q", name, why, row.want)
		}
	}
	if _, err := New(Options{Audience: []string{"x"}}); err == nil {
		t.Error("a receiver of nobody")
	}
}
