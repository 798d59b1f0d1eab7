package jwt

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestRecheck ends long calls of tokens whose key is withdrawn, remembered or
// not, wherever the token stood.
func TestRecheck(t *testing.T) {
	a, b := newIssuer("a", 1), newIssuer("b", 2)
	token := a.token(nil)
	for name, row := range map[string]struct {
		use   gate.Use
		field gate.Field
		found bool
	}{
		"authorization": {gate.Use{Place: gate.InAuthorization, Name: "Authorization"}, gate.Field{Name: []byte("authorization"), Value: []byte("Bearer  " + token)}, true},
		"dropped":       {gate.Use{Place: gate.InAuthorization, Name: "Authorization"}, gate.Field{Name: []byte("Authorization"), Value: []byte("DPoP " + token), Gone: true}, true},
		"header":        {gate.Use{Place: gate.InHeader, Name: "X-Token"}, gate.Field{Name: []byte("X-Token"), Value: []byte(token)}, true},
		"cookie":        {gate.Use{Place: gate.InCookie, Name: "t"}, gate.Field{Name: []byte("Cookie"), Value: []byte("t=" + token)}, false},
	} {
		for memory, capacity := range map[string]int{"remembered": 0, "forgotten": -1} {
			t.Run(name+"-"+memory, func(t *testing.T) {
				keys := ringOf(a.set(t))
				v := verifier(t, keys, func(o *Options) { o.Capacity, o.Binding = capacity, nil })
				x := exchange()
				x.Fields = []gate.Field{row.field}
				p, r := v.Verify(x, &row.use, []byte(token))
				if r != nil {
					t.Fatal(r)
				}
				if r := v.Recheck(x, &row.use, p); r != nil {
					t.Error("a good one:", r.Cause)
				}
				keys.set.Store(b.set(t))
				if r := v.Recheck(x, &row.use, p); (r != nil) != row.found {
					t.Errorf("a withdrawn one: %v", r)
				}
				keys.set.Store(nil)
				if r := v.Recheck(x, &row.use, p); row.found && (r == nil || r.Code != gate.CredentialUnverified) {
					t.Errorf("without keys: %v", r)
				}
			})
		}
	}
}
