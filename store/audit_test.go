package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

// audit: what somebody changed is written down with the change, and only then.
func audit(t *testing.T, s *store.Store) {
	by := store.By(t.Context(), "k1")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.AddKey(t.Context(), key("nobody")))
	must(s.AddKey(by, key("a")))
	if err := s.AddKey(by, key("a")); !errors.Is(err, store.ErrConflict) {
		t.Fatal(err)
	}
	must(s.ReplaceKey(by, "a", now, key("b")))
	must(s.RevokeKey(store.By(t.Context(), "k2"), "b", now))
	must(s.Revoke(by, store.Revocation{Kind: store.RevokedSubject, Value: "alice@example.com", At: now}))
	must(s.UseKeys(by, []store.Use{{ID: "a", At: now}}))

	list := func(before int64, most int) (out []string, last int64) {
		must(s.Changes(t.Context(), before, most, func(c store.Change) error {
			if c.At.Before(time.Now().Add(-time.Hour)) {
				t.Errorf("at %s", c.At)
			}
			out, last = append(out, c.By+" "+c.Operation+" "+c.On), c.Number
			return nil
		}))
		return out, last
	}
	first, last := list(0, 3)
	rest, _ := list(last, 10)
	want := []string{"k1 revoke subject", "k2 revoke key b", "k1 replace key a", "k1 add key a"}
	got := append(first, rest...)
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}
