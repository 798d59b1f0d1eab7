package authn_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn"
)

var (
	bearer  = &contract.Scheme{Name: "token", Type: contract.HTTPAuth, Auth: "bearer"}
	basic   = &contract.Scheme{Name: "password", Type: contract.HTTPAuth, Auth: "basic"}
	digest  = &contract.Scheme{Name: "digest", Type: contract.HTTPAuth, Auth: "digest"}
	key     = &contract.Scheme{Name: "key", Type: contract.APIKey, In: contract.Header, Param: "X-API-Key"}
	session = &contract.Scheme{Name: "session", Type: contract.APIKey, In: contract.Cookie, Param: "sid"}
	oauth   = &contract.Scheme{Name: "oauth", Type: contract.OAuth2}
	mtls    = &contract.Scheme{Name: "cert", Type: contract.MutualTLS}
	odd     = &contract.Scheme{Name: "odd"}
)

// operation needs one of the alternatives.
func operation(alternatives ...contract.Requirement) *contract.Operation {
	return &contract.Operation{Method: "GET", Path: "/", Security: alternatives, SecurityFrom: contract.SecurityOperation}
}

func need(schemes ...*contract.Scheme) (r contract.Requirement) {
	for _, s := range schemes {
		r = append(r, contract.SchemeUse{Scheme: s, Scopes: []string{"read", "write"}})
	}
	return r
}

// exchange has fields written as "Name: value".
func exchange(fields ...string) *gate.Exchange {
	x := new(gate.Exchange)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return x
}

func TestPresence(t *testing.T) {
	verified := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}, VerifiedChains: [][]*x509.Certificate{{{}}}}
	unverified := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	tests := []struct {
		name   string
		op     *contract.Operation
		fields []string
		tls    *tls.ConnectionState
		want   gate.Verdict
	}{
		{"bearer", operation(need(bearer)), []string{"Authorization: Bearer abc.DEF-1_2~3+4/5=="}, nil, gate.Allow},
		{"bearer-in-any-case", operation(need(bearer)), []string{"authorization: bEARER  t"}, nil, gate.Allow},
		{"nothing", operation(need(bearer)), nil, nil, gate.Deny},
		{"bearer-without-token", operation(need(bearer)), []string{"Authorization: Bearer"}, nil, gate.Deny},
		{"bearer-with-space-only", operation(need(bearer)), []string{"Authorization: Bearer  "}, nil, gate.Deny},
		{"bearer-of-equals-signs", operation(need(bearer)), []string{"Authorization: Bearer =="}, nil, gate.Deny},
		{"bearer-two-tokens", operation(need(bearer)), []string{"Authorization: Bearer a b"}, nil, gate.Deny},
		{"bearer-after-tab", operation(need(bearer)), []string{"Authorization: Bearer\ta"}, nil, gate.Deny},
		{"bearer-glued", operation(need(bearer)), []string{"Authorization: BearerX a"}, nil, gate.Deny},
		{"digest-glued", operation(need(digest)), []string{"Authorization: DigestX a"}, nil, gate.Deny},
		{"digest-after-tab", operation(need(digest)), []string{"Authorization: Digest\ta"}, nil, gate.Deny},
		{"digest-with-space-only", operation(need(digest)), []string{"Authorization: Digest  "}, nil, gate.Deny},
		{"bearer-with-comma", operation(need(bearer)), []string{"Authorization: Bearer a,b"}, nil, gate.Deny},
		{"bearer-with-parameter", operation(need(bearer)), []string{"Authorization: Bearer a=b"}, nil, gate.Deny},
		{"bearer-not-ascii", operation(need(bearer)), []string{"Authorization: Bearer \xff"}, nil, gate.Deny},
		{"bearer-twice", operation(need(bearer)), []string{"Authorization: Bearer a", "Authorization: Bearer b"}, nil, gate.Deny},
		{"other-scheme", operation(need(bearer)), []string{"Authorization: Basic YTpi"}, nil, gate.Deny},
		{"oauth-is-bearer", operation(need(oauth)), []string{"Authorization: Bearer a"}, nil, gate.Allow},
		{"basic", operation(need(basic)), []string{"Authorization: Basic YTpi"}, nil, gate.Allow},
		{"digest-with-parameters", operation(need(digest)), []string{`Authorization: Digest username="a", uri="/"`}, nil, gate.Allow},
		{"key", operation(need(key)), []string{"x-api-key: k"}, nil, gate.Allow},
		{"key-empty", operation(need(key)), []string{"X-API-Key: "}, nil, gate.Deny},
		{"key-twice", operation(need(key)), []string{"X-API-Key: a", "X-API-Key: a"}, nil, gate.Deny},
		{"key-with-underscore", operation(need(key)), []string{"X_API_Key: a"}, nil, gate.Deny},
		{"cookie", operation(need(session)), []string{"Cookie: a=b; sid=1"}, nil, gate.Allow},
		{"cookie-in-second-field", operation(need(session)), []string{"Cookie: a=b", "Cookie: sid=1"}, nil, gate.Deny},
		{"cookie-after-tab", operation(need(session)), []string{"Cookie: a=b;\tsid=1"}, nil, gate.Deny},
		{"cookie-in-quotes", operation(need(session)), []string{`Cookie: a="b; sid=1; c=d"`}, nil, gate.Deny},
		{"cookie-of-quotes", operation(need(session)), []string{`Cookie: sid="1"`}, nil, gate.Deny},
		{"cookie-beside-quoted", operation(need(session)), []string{`Cookie: a="b c"; sid=1`}, nil, gate.Allow},
		{"cookie-beside-its-fold", operation(need(session)), []string{"Cookie: sid=1; sid[a]=2"}, nil, gate.Deny},
		{"cookie-beside-comma", operation(need(session)), []string{"Cookie: a=1,sid=2; sid=1"}, nil, gate.Deny},
		{"cookie-after-no-break-space", operation(need(session)), []string{"Cookie: sid=1; \xc2\xa0sid=2"}, nil, gate.Deny},
		{"cookies-beyond-count", operation(need(session)), []string{"Cookie: sid=1" + strings.Repeat("; a=b", 256)}, nil, gate.Deny},
		{"cookie-empty", operation(need(session)), []string{"Cookie: sid="}, nil, gate.Deny},
		{"cookie-in-other-case", operation(need(session)), []string{"Cookie: SID=1"}, nil, gate.Deny},
		{"cookie-as-value", operation(need(session)), []string{"Cookie: a=sid=1"}, nil, gate.Deny},
		{"cookie-twice", operation(need(session)), []string{"Cookie: sid=1; sid=2"}, nil, gate.Deny},
		{"cookie-as-suffix", operation(need(session)), []string{"Cookie: xsid=1"}, nil, gate.Deny},
		{"certificate", operation(need(mtls)), nil, verified, gate.Allow},
		{"certificate-not-verified", operation(need(mtls)), nil, unverified, gate.Deny},
		{"certificate-without-tls", operation(need(mtls)), nil, nil, gate.Deny},
		{"and-one-missing", operation(need(bearer, key)), []string{"X-API-Key: k"}, nil, gate.Deny},
		{"and-both", operation(need(bearer, key)), []string{"X-API-Key: k", "Authorization: Bearer t"}, nil, gate.Allow},
		{"or-second", operation(need(bearer), need(key)), []string{"X-API-Key: k"}, nil, gate.Allow},
		{"or-parts-of-both", operation(need(bearer, session), need(key, mtls)), []string{"X-API-Key: k", "Authorization: Bearer t"}, nil, gate.Deny},
		{"unknown-scheme", operation(need(odd)), []string{"Authorization: Bearer t"}, verified, gate.Deny},
		{"unknown-scheme-beside-another", operation(need(odd, key)), []string{"X-API-Key: k"}, nil, gate.Deny},
		{"nothing-said", &contract.Operation{}, []string{"Authorization: Bearer t"}, nil, gate.Deny},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			guard, _ := authn.New(test.op, authn.Options{Realm: "shop"})
			if guard == nil {
				t.Fatal("no guard")
			}
			x := exchange(test.fields...)
			x.TLS = test.tls
			if got := guard.Head(x); got != test.want {
				t.Errorf("verdict %d, want %d", got, test.want)
			}
			if refused := x.Refusal.Code == gate.CredentialMissing || x.Refusal.Code == gate.CredentialInvalid; refused != (test.want == gate.Deny) {
				t.Errorf("code %s", x.Refusal.Code)
			}
		})
	}
}

func TestRemovedFieldsDoNotCount(t *testing.T) {
	guard, _ := authn.New(operation(need(session), need(key)), authn.Options{Realm: "shop"})
	x := exchange("X-API-Key: k", "Cookie: sid=1")
	x.Fields[0].Gone, x.Fields[1].Gone = true, true
	if guard.Head(x) != gate.Deny {
		t.Error("a field that is not forwarded counts as a credential")
	}
}

func TestTwinsOfKeysAreRemoved(t *testing.T) {
	guard, _ := authn.New(operation(need(key)), authn.Options{Realm: "shop"})
	x := exchange("X-API-Key: k", "X_API_Key: other", "x-api_key: other", "X-API-Keys: x", "XXAPIXKey: x")
	if guard.Head(x) != gate.Allow {
		t.Error("denied")
	}
	for i, gone := range []bool{false, true, true, false, false} {
		if x.Fields[i].Gone != gone {
			t.Errorf("%s: gone is %v", x.Fields[i].Name, x.Fields[i].Gone)
		}
	}
}

func TestPublicNeedsNoGuard(t *testing.T) {
	for name, op := range map[string]*contract.Operation{"empty-list": operation(), "empty-entry": operation(need(bearer), contract.Requirement{})} {
		t.Run(name, func(t *testing.T) {
			if guard, problems := authn.New(op, authn.Options{Realm: "shop"}); guard != nil || problems != nil {
				t.Errorf("guard %v, problems %v", guard, problems)
			}
		})
	}
}

func TestChallenges(t *testing.T) {
	tests := []struct {
		name, realm string
		op          *contract.Operation
		want        string // values of WWW-Authenticate, one a line
		detail, in  string
	}{
		{"bearer", `a "shop" é`, operation(need(bearer)), `Bearer realm="a shop ", scope="read write"`, "must carry a bearer token in Authorization", "header"},
		{"basic", "shop", operation(need(basic)), `Basic realm="shop", charset="UTF-8"`, "must carry a user name and password in Authorization", "header"},
		{"key-or-cookie-and-certificate", "shop", operation(need(key), need(session, mtls)),
			"ApiKey realm=\"shop\", in=\"header\", name=\"X-API-Key\"\nApiKey realm=\"shop\", in=\"cookie\", name=\"sid\"\nClientCertificate realm=\"shop\"",
			"must carry an API key in the header X-API-Key, or an API key in the cookie sid and a client certificate", ""},
		{"each-once", "shop", operation(need(bearer), need(oauth)), `Bearer realm="shop", scope="read write"`,
			"must carry a bearer token in Authorization", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			guard, problems := authn.New(test.op, authn.Options{Realm: test.realm})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			x := exchange()
			guard.Head(x)
			var values []string
			for _, f := range x.Reply.Fields {
				if string(f.Name) != "WWW-Authenticate" {
					t.Errorf("field %s", f.Name)
				}
				values = append(values, string(f.Value))
			}
			if got := strings.Join(values, "\n"); got != test.want {
				t.Errorf("challenges\n%s\nwant\n%s", got, test.want)
			}
			if x.Refusal.Detail != test.detail || x.Refusal.In != test.in {
				t.Errorf("refusal %+v", x.Refusal)
			}
		})
	}
}

func TestUnknownSchemeIsAProblem(t *testing.T) {
	if _, problems := authn.New(operation(need(odd)), authn.Options{Realm: "shop"}); problems.Err() == nil {
		t.Error("no problem")
	}
}

func TestNoAllocation(t *testing.T) {
	guard, _ := authn.New(operation(need(bearer, session), need(key)), authn.Options{Realm: "shop"})
	allowed, denied := exchange("Authorization: Bearer t", "Cookie: a=b; sid=1"), exchange("Authorization: Bearer t")
	n := testing.AllocsPerRun(100, func() {
		guard.Head(allowed)
		denied.Reply.Fields = denied.Reply.Fields[:0]
		guard.Head(denied)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzMisplaced looks for credentials in any query, and finds a key wherever it
// stands.
func FuzzMisplaced(f *testing.F) {
	const key = "ghk_live_k7Q2_0123456789abcdefghijklmnopqrstuv_a1B2"
	f.Add("a=1&b=", "&c")
	f.Add("eyJ.eyJ.", "x")
	guard, _ := authn.New(operation(), options())
	f.Fuzz(func(t *testing.T, before, after string) {
		x := exchange()
		x.Query = []byte(before + after)
		guard.Head(x)
		x.Query = []byte(before + "&" + key + "&" + after)
		if guard.Head(x) != gate.Deny || x.Refusal.Code != gate.CredentialMisplaced {
			t.Errorf("%q passes", x.Query)
		}
	})
}

func FuzzPresence(f *testing.F) {
	f.Add("Bearer t", "sid=1; a")
	f.Add("basic ==", ";;=;sid")
	guard, _ := authn.New(operation(need(bearer, session)), authn.Options{Realm: "shop"})
	f.Fuzz(func(t *testing.T, auth, cookies string) {
		x := exchange("Authorization: "+auth, "Cookie: "+cookies)
		if guard.Head(x) == gate.Allow && (!strings.EqualFold(auth[:7], "bearer ") || !strings.Contains(cookies, "sid=")) {
			t.Errorf("%q %q allowed", auth, cookies)
		}
	})
}

func BenchmarkPresence(b *testing.B) {
	guard, _ := authn.New(operation(need(bearer), need(key)), authn.Options{Realm: "shop"})
	for name, x := range map[string]*gate.Exchange{"allowed": exchange("Accept: */*", "X-API-Key: k"), "refused": exchange("Accept: */*")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Reply.Fields = x.Reply.Fields[:0]
				guard.Head(x)
			}
		})
	}
}
