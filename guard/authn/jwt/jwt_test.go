package jwt

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestPrincipal(t *testing.T) {
	i := newIssuer("a", 1)
	v := verifier(t, ringOf(i.set(t)), func(o *Options) {
		o.Claims = Claims{Roles: "realm_access.roles", Tenant: "org.id", Attributes: []string{"country", "org.size", "none"}}
	})
	p, code := ask(v, i.token(object{
		"scope": "read write read", "realm_access": object{"roles": []any{"editor", "admin", 7, "editor", ""}}, "org": object{"id": "acme", "size": 12},
		"acr": "gold", "amr": []any{"pwd", "otp"}, "auth_time": 1_799_999_000, "sid": "s1", "country": "at", "nbf": 1_799_999_990,
	}), 0)
	if code != 0 {
		t.Fatal(code)
	}
	want := &gate.Principal{
		ID: "https://id.example.com|alice", Credential: "staff", Kind: gate.Person, Issuer: "https://id.example.com", Subject: "alice", Client: "web", Tenant: "acme",
		Session: "s1", Serial: "1", Scopes: []string{"read", "write"}, Roles: []string{"admin", "editor"}, Skew: 30 * time.Second, Issued: time.Unix(1_799_999_990, 0),
		Expires: time.Unix(1_800_000_630, 0), AuthTime: time.Unix(1_799_999_000, 0), ACR: "gold", AMR: []string{"pwd", "otp"},
		Attributes: object{"country": "at", "org.size": int64(12)},
	}
	if !reflect.DeepEqual(p, want) { // both without rights in the words of a plan
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	if again, _ := ask(v, i.token(object{"jti": "2"}), 0); again == p {
		t.Error("two tokens are one")
	}
}

// TestClaims are the forms in which issuers write what they mean, and forms
// that mean nothing.
func TestClaims(t *testing.T) {
	i := newIssuer("a", 1)
	v := verifier(t, ringOf(i.set(t)), nil)
	for name, row := range map[string]struct {
		changes object
		ok      func(p *gate.Principal) bool
	}{
		"scp-list":           {object{"scp": []any{"b", "a"}}, func(p *gate.Principal) bool { return fmt.Sprint(p.Scopes) == "[a b]" }},
		"scp-text":           {object{"scp": "b a"}, func(p *gate.Principal) bool { return fmt.Sprint(p.Scopes) == "[a b]" }},
		"scope-before-scp":   {object{"scope": "a", "scp": "b"}, func(p *gate.Principal) bool { return fmt.Sprint(p.Scopes) == "[a]" }},
		"scope-number":       {object{"scope": 7}, func(p *gate.Principal) bool { return p.Scopes == nil }},
		"scope-object":       {object{"scope": object{"a": true}}, func(p *gate.Principal) bool { return p.Scopes == nil }},
		"roles-text":         {object{"roles": "admin"}, func(p *gate.Principal) bool { return fmt.Sprint(p.Roles) == "[admin]" }},
		"roles-object":       {object{"roles": object{"admin": true}}, func(p *gate.Principal) bool { return p.Roles == nil }},
		"auth-time-text":     {object{"auth_time": "1799999000"}, func(p *gate.Principal) bool { return p.AuthTime.IsZero() }},
		"auth-time-negative": {object{"auth_time": -1}, func(p *gate.Principal) bool { return p.AuthTime.IsZero() }},
		"acr-list":           {object{"acr": []any{"gold"}}, func(p *gate.Principal) bool { return p.ACR == "" }},
		"program":            {object{"sub": "web"}, func(p *gate.Principal) bool { return p.Kind == gate.Program }},
		"person":             {nil, func(p *gate.Principal) bool { return p.Kind == gate.Person }},
		"workload-spiffe":    {object{"sub": "spiffe://prod/a"}, func(p *gate.Principal) bool { return p.Kind == gate.Workload }},
		"workload":           {object{"sub": "system:serviceaccount:shop:web"}, func(p *gate.Principal) bool { return p.Kind == gate.Workload }},
		"azp-is-not-asked":   {object{"azp": "other"}, func(p *gate.Principal) bool { return p.Client == "web" }},
	} {
		t.Run(name, func(t *testing.T) {
			if p, code := ask(v, i.token(row.changes), 0); p == nil || !row.ok(p) {
				t.Errorf("%+v, %v", p, code)
			}
		})
	}
}

// TestRefusals are tokens with the code that clients see; each is asked twice,
// the second time when it may be remembered.
func TestRefusals(t *testing.T) {
	i, other := newIssuer("a", 1), newIssuer("a", 2)
	v := verifier(t, ringOf(i.set(t)), nil)
	good := i.token(nil)
	hash := strings.Repeat("A", 43)
	for name, row := range map[string]struct {
		token string
		later time.Duration
		want  gate.Code
	}{
		"good":                 {good, 0, 0},
		"expired":              {good, time.Hour, gate.CredentialExpired},
		"expired-in-the-skew":  {good, 629 * time.Second, 0},
		"expired-at-its-end":   {good, 630 * time.Second, gate.CredentialExpired},
		"not-yet":              {good, -time.Hour, gate.CredentialInvalid},
		"forged":               {other.token(nil), 0, gate.CredentialInvalid},
		"for-others":           {i.token(object{"aud": "bank"}), 0, gate.CredentialInvalid},
		"changed":              {good[:len(good)-8] + "AAAAAAAA", 0, gate.CredentialInvalid},
		"cut":                  {good[:len(good)-1], 0, gate.CredentialInvalid},
		"longer":               {good + "A", 0, gate.CredentialInvalid},
		"empty":                {"", 0, gate.CredentialInvalid},
		"junk":                 {"a.b.c", 0, gate.CredentialInvalid},
		"key-not-known":        {newIssuer("b", 1).token(nil), 0, gate.CredentialInvalid},
		"bound-to-nothing":     {i.token(object{"cnf": object{}}), 0, gate.ProofInvalid},
		"bound-to-junk":        {i.token(object{"cnf": "x"}), 0, gate.ProofInvalid},
		"bound-to-what":        {i.token(object{"cnf": object{"jwk": object{}}}), 0, gate.ProofInvalid},
		"bound-to-a-number":    {i.token(object{"cnf": object{"jkt": 7}}), 0, gate.ProofInvalid},
		"bound-to-key":         {i.token(object{"cnf": object{"jkt": hash}}), 0, gate.ProofInvalid},
		"bound-to-certificate": {i.token(object{"cnf": object{"x5t#S256": hash}}), 0, gate.CredentialInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			for n := range 2 {
				if _, code := ask(v, row.token, row.later); code != row.want {
					t.Errorf("time %d: %v, want %v", n+1, code, row.want)
				}
			}
		})
	}
}

// TestBoundWithoutBinding refuses what nobody can check.
func TestBoundWithoutBinding(t *testing.T) {
	i := newIssuer("a", 1)
	v := verifier(t, ringOf(i.set(t)), func(o *Options) { o.Binding = nil })
	for _, member := range []string{"jkt", "x5t#S256"} {
		token := i.token(object{"cnf": object{member: strings.Repeat("A", 43)}})
		for range 2 {
			if _, code := ask(v, token, 0); code != gate.ProofInvalid {
				t.Errorf("%s: %v", member, code)
			}
		}
	}
	if list := v.AuthSchemes(use); len(list) != 1 || list[0].Name != "Bearer" {
		t.Errorf("%+v", list)
	}
	if both := verifier(t, ringOf(i.set(t)), nil).AuthSchemes(use); len(both) != 2 || both[1].Name != "DPoP" {
		t.Errorf("%+v", both)
	}
}

// TestAudienceOfAPIs asks two APIs about one token.
func TestAudienceOfAPIs(t *testing.T) {
	i := newIssuer("a", 1)
	v := verifier(t, ringOf(i.set(t)), nil)
	token := []byte(i.token(object{"aud": []any{"bank", "post"}}))
	for range 2 {
		for name, want := range map[string]bool{"bank": true, "shop": false, "post": true, "": false} {
			u := *use
			if name != "" {
				u.Audience = []string{name}
			}
			if p, _ := v.Verify(exchange(), &u, token); (p != nil) != want {
				t.Errorf("%q: %v", name, p)
			}
		}
	}
}

// TestKeys is what becomes of tokens when keys come and go.
func TestKeys(t *testing.T) {
	a, b := newIssuer("a", 1), newIssuer("b", 2)
	keys := ringOf(nil)
	v := verifier(t, keys, nil)
	token := a.token(nil)
	x := exchange()
	if p, r := v.Verify(x, use, []byte(token)); p != nil || r.Code != gate.CredentialUnverified || r.Retry != 7 {
		t.Errorf("without keys: %v, %+v", p, r)
	}
	keys.newer.Store(a.set(t))
	first, code := ask(v, token, 0)
	if code != 0 || keys.asked.Load() != 2 {
		t.Errorf("%v, asked %d times", code, keys.asked.Load())
	}
	if again, _ := ask(v, token, 0); again != first {
		t.Error("it is not remembered")
	}
	t.Run("rotation-that-keeps-the-key", func(t *testing.T) {
		// As jwks does: the key that stays is the same one.
		keys.set.Store(a.set(t).Adopt(keys.set.Load()))
		if again, _ := ask(v, token, 0); again != first {
			t.Error("it is verified again")
		}
	})
	t.Run("key-gone", func(t *testing.T) {
		keys.set.Store(b.set(t))
		keys.newer.Store(nil)
		if _, code := ask(v, token, 0); code != gate.CredentialInvalid {
			t.Errorf("a token of a withdrawn key: %v", code)
		}
	})
	t.Run("unknown-key-while-failing", func(t *testing.T) {
		keys.failing.Store(true)
		if _, code := ask(v, token, 0); code != gate.CredentialUnverified {
			t.Error(code)
		}
		if _, code := ask(v, b.token(nil), 0); code != 0 {
			t.Errorf("a token of a known key: %v", code)
		}
		if _, code := ask(v, newIssuer("b", 3).token(nil), 0); code != gate.CredentialInvalid {
			t.Errorf("a forged one: %v", code)
		}
	})
	t.Run("unknown-key-and-a-fetch-is-owed", func(t *testing.T) {
		keys.failing.Store(false)
		keys.wait.Store(int64(2500 * time.Millisecond))
		defer keys.wait.Store(0)
		p, r := v.Verify(exchange(), use, []byte(token))
		if p != nil || r.Code != gate.CredentialUnverified || r.Retry != 3 || keys.id.Load() != "a" {
			t.Errorf("%v %+v, asked for %v", p, r, keys.id.Load())
		}
		if _, code := ask(v, newIssuer("b", 3).token(nil), 0); code != gate.CredentialInvalid {
			t.Errorf("a forged one of a known key: %v", code)
		}
	})
	t.Run("keys-gone", func(t *testing.T) {
		keys.set.Store(nil)
		if _, code := ask(v, b.token(nil), 0); code != gate.CredentialUnverified {
			t.Error(code)
		}
	})
	t.Run("remembered-and-keys-gone", func(t *testing.T) {
		keys.set.Store(b.set(t))
		token := b.token(nil)
		ask(v, token, 0)
		keys.set.Store(nil)
		if _, code := ask(v, token, 0); code != gate.CredentialUnverified {
			t.Error(code)
		}
	})
}

// TestCacheIsBounded fills a small table from many goroutines.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(256)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for n := range 2000 {
				raw := fmt.Sprintf("token %d %d", g, n)
				_, hash := c.find([]byte(raw), 1)
				c.keep(&entry{raw: []byte(raw), hash: hash, until: 100}, 1)
				if e, _ := c.find([]byte(raw), 1); e != nil && string(e.raw) != raw {
					t.Errorf("%q for %q", e.raw, raw)
				}
			}
		})
	}
	all.Wait()
	held := 0
	for i := range c.sets {
		for w := range c.sets[i].entries {
			if c.sets[i].entries[w].Load() != nil {
				held++
			}
		}
	}
	if held < 256 || held > 256+256/4+ways {
		t.Errorf("%d tokens", held)
	}
}

// TestVictims are who makes room: the same token, what has expired, what was
// not used for longest.
func TestVictims(t *testing.T) {
	c := newCache(1) // one set
	put := func(name string, until, now int64) {
		_, hash := c.find([]byte(name), now)
		c.keep(&entry{raw: []byte(name), hash: hash, until: until}, now)
	}
	has := func(name string, now int64) bool { e, _ := c.find([]byte(name), now); return e != nil }
	for i := range ways {
		put(fmt.Sprint("t", i), 100, int64(10+i))
	}
	put("t5", 100, 30)
	if !has("t0", 10) || !has("t15", 25) {
		t.Error("the same token takes the place of another")
	}
	has("t0", 40)
	put("new", 1000, 41)
	if has("t1", 42) || !has("t0", 42) || !has("new", 42) {
		t.Error("another went than the one not used for longest")
	}
	put("late", 1000, 101) // all but new have expired
	if !has("new", 102) || !has("late", 102) {
		t.Error("one went that had not expired")
	}
}

func TestSame(t *testing.T) {
	for _, n := range []int{0, 1, 7, 31, 32, 33, 64, 95, 700} {
		a := bytes.Repeat([]byte("x"), n)
		if !same(a, bytes.Clone(a)) || same(a, append(bytes.Clone(a), 'x')) {
			t.Errorf("length %d", n)
		}
		for i := range n {
			b := bytes.Clone(a)
			b[i] ^= 0x80
			if same(a, b) {
				t.Errorf("a difference at %d of %d is not seen", i, n)
			}
		}
	}
}
