package jwt

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// TestRecheck ends long calls of tokens whose key is withdrawn, remembered or
// not, wherever the token stood.
func TestRecheck(t *testing.T) {
	a, b := newIssuer("a", 1), newIssuer("b", 2)
	token := tokenOfNow(a)
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
				x.Received = time.Now()
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

// tokenOfNow is one that is good by the clock of this machine.
func tokenOfNow(i *issuer) string {
	now := time.Now().Unix()
	return i.token(object{"iat": now - 10, "exp": now + 600, "roles": []string{"clerk"}, "groups": []string{"admin"}})
}

// TestRecheckByAnotherVerifier asks the one that a reload has put in the place of
// the one before.
func TestRecheckByAnotherVerifier(t *testing.T) {
	a := newIssuer("a", 1)
	token := tokenOfNow(a)
	field := gate.Use{Place: gate.InAuthorization, Name: "Authorization"}
	cookie := gate.Use{Place: gate.InCookie, Name: "t"}
	judge := func(r jose.Rules) func(*Options) {
		return func(o *Options) {
			var err error
			if o.Judge, err = jose.New(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := exchange()
	x.Received = time.Now()
	x.Fields = []gate.Field{{Name: []byte("Authorization"), Value: []byte("Bearer " + token)}}
	was, r := verifier(t, ringOf(a.set(t)), nil).Verify(x, &field, []byte(token))
	if r != nil {
		t.Fatal(r.Cause)
	}
	another := jose.Rules{Issuer: "https://other.example.com", Audience: []string{"shop"}}
	for name, row := range map[string]struct {
		use    gate.Use
		change func(*Options)
		want   gate.Code
	}{
		"the-same":                 {field, nil, gate.Undecided},
		"the-same-in-a-cookie":     {cookie, nil, gate.Undecided},
		"another-issuer":           {field, judge(another), gate.CredentialInvalid},
		"another-issuer-by-cookie": {cookie, judge(another), gate.CredentialInvalid},
		"another-entry-by-cookie":  {cookie, func(o *Options) { o.Name = "partners" }, gate.CredentialInvalid},
		"another-audience":         {field, judge(jose.Rules{Issuer: "https://id.example.com", Audience: []string{"post"}}), gate.CredentialInvalid},
		"of-the-api":               {gate.Use{Place: gate.InAuthorization, Name: "Authorization", Audience: []string{"post"}}, nil, gate.CredentialInvalid},
		"other-roles":              {field, func(o *Options) { o.Claims.Roles = "groups" }, gate.CredentialInvalid},
		"without-keys":             {field, func(o *Options) { o.Keys = ringOf(nil) }, gate.CredentialUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			got := gate.Undecided
			if r := verifier(t, ringOf(a.set(t)), row.change).Recheck(x, &row.use, was); r != nil {
				got = r.Code
			}
			if got != row.want {
				t.Error(got)
			}
		})
	}
}
