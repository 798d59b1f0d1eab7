package signals

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

// FuzzEvents looks for claims of a signed token that are accepted and take back
// what the issuer did not name.
func FuzzEvents(f *testing.F) {
	signer, _ := pair()
	add := func(claims object) {
		text, err := json.Marshal(claims)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	add(eventClaims(revoked, risc+"account-disabled"))
	add(with(eventClaims(revoked), object{"sub_id": object{"format": "complex", "session": object{"format": "opaque", "id": "s"}}}))
	add(logoutClaims())
	add(with(eventClaims(revoked), object{"events": nil}))
	add(with(logoutClaims(), object{"nonce": "n"}))
	f.Fuzz(func(t *testing.T, claims []byte) {
		r := receiver(t, func(o *Options) { o.Untyped = true })
		for _, typ := range []string{eventType, logout} {
			raw, err := signer.Sign(typ, claims)
			if err != nil {
				return
			}
			hear := r.Events
			if typ == logout {
				hear = r.Logout
			}
			n, why := hear(t.Context(), []byte(raw), now)
			if (n == nil) == (why == nil) {
				t.Fatalf("%v and %v", n, why)
			}
			if n == nil {
				continue
			}
			if len(n.Revocations) > maxEvents {
				t.Errorf("%d revocations", len(n.Revocations))
			}
			for _, v := range n.Revocations {
				if v.Issuer != issuer || v.Value == "" || len(v.Value) > maxName || v.At.After(now.Add(time.Minute)) ||
					!slices.Contains([]store.RevocationKind{store.RevokedSession, store.RevokedSubject, store.RevokedToken}, v.Kind) {
					t.Errorf("%+v", v)
				}
			}
		}
	})
}
