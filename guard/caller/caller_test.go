package caller_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/caller"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func alice() *gate.Principal {
	return &gate.Principal{ID: "https://id.example|alice", Subject: "alice", Issuer: "https://id.example", Client: "app", Credential: "staff",
		Kind: gate.Person, Scopes: []string{"read", "write"}, Roles: []string{"clerk of sales", "x"}}
}

func exchange(p *gate.Principal, fields ...string) *gate.Exchange {
	x := &gate.Exchange{Principal: p, Received: noon}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return x
}

func out(x *gate.Exchange) string {
	var list []string
	for _, f := range x.OutFields {
		list = append(list, string(f.Name)+": "+string(f.Value))
	}
	return strings.Join(list, "\n")
}

var all = caller.Options{ID: "X-Caller", Subject: "X-User", Scopes: "X-Scopes", Roles: "X-Roles", Tenant: "X-Tenant"}

func TestFields(t *testing.T) {
	evil := alice()
	evil.Subject = "al\r\nX-Admin: 1,é%"
	rows := []struct {
		name string
		p    *gate.Principal
		want string
	}{
		{"known", alice(), "X-Caller: https://id.example|alice\nX-User: alice\nX-Scopes: read write\nX-Roles: clerk%20of%20sales x"},
		{"nobody", nil, ""},
		{"what-no-field-may-hold", evil, "X-Caller: https://id.example|alice\nX-User: al%0D%0AX-Admin:%201%2C%C3%A9%25\nX-Scopes: read write\nX-Roles: clerk%20of%20sales x"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			x := exchange(r.p)
			if caller.New(all).Head(x) != gate.Allow || out(x) != r.want {
				t.Errorf("told\n%s\nwant\n%s", out(x), r.want)
			}
		})
	}
}

func TestWhatClientsSendIsRemoved(t *testing.T) {
	o := all
	o.Certificate = true
	for _, p := range []*gate.Principal{nil, alice()} {
		x := exchange(p, "x-user: root", "X_User: root", "X.USER: root", "X-TENANT: t", "Client-Cert: :AAAA:", "client_cert_chain: :AAAA:", "X-Other: stays", "X-User-Name: stays")
		caller.New(o).Head(x)
		for _, f := range x.Fields {
			if f.Gone == (string(f.Value) == "stays") {
				t.Errorf("%s: gone is %v", f.Name, f.Gone)
			}
		}
	}
}

func TestCertificate(t *testing.T) {
	c := caller.New(caller.Options{Certificate: true})
	leaf := &x509.Certificate{Raw: []byte{0xfb, 0xff}}
	x := exchange(nil)
	x.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}
	if c.Head(x); out(x) != "" {
		t.Error("one that nobody verified is told: ", out(x))
	}
	x.TLS.VerifiedChains = [][]*x509.Certificate{{leaf}}
	if c.Head(x); out(x) != "Client-Cert: :+/8=:" {
		t.Error(out(x))
	}
	x.OutFields, x.Client = nil, netip.MustParseAddr("198.51.100.1")
	if c.Head(x); out(x) != "" {
		t.Error("the certificate of a proxy is told as the client's: ", out(x))
	}
}

// TestToken has tokens verified by another's code.
func TestToken(t *testing.T) {
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	if _, err := caller.NewToken("X", "gate", "shop", p384); err == nil {
		t.Error("a key of another curve is taken")
	}
	for name, key := range map[jose.SignatureAlgorithm]crypto.Signer{jose.ES256: p256, jose.EdDSA: ed} {
		t.Run(string(name), func(t *testing.T) {
			token, err := caller.NewToken("X-Caller-Token", "gate", "shop", key)
			if err != nil {
				t.Fatal(err)
			}
			c := caller.New(caller.Options{Token: token})
			p := alice()
			p.Expires = noon.Add(20 * time.Second)
			x := exchange(p, "X-Caller-Token: forged")
			if c.Head(x) != gate.Allow || len(x.OutFields) != 1 || !x.Fields[0].Gone {
				t.Fatal(out(x))
			}
			parsed, err := jose.ParseSignedCompact(string(x.OutFields[0].Value), []jose.SignatureAlgorithm{name})
			if err != nil {
				t.Fatal(err)
			}
			text, err := parsed.Verify(key.Public())
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if got["iss"] != "gate" || got["aud"] != "shop" || got["sub"] != "alice" || got["exp"] != float64(p.Expires.Unix()) || got["scope"] != "read write" {
				t.Errorf("says %v", got)
			}
			print, _ := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
			if parsed.Signatures[0].Header.KeyID != base64.RawURLEncoding.EncodeToString(print) {
				t.Errorf("kid is %s", parsed.Signatures[0].Header.KeyID)
			}
			again := exchange(p)
			if c.Head(again); out(again) != out(x) {
				t.Error("signed twice")
			}
			later := exchange(p)
			later.Received = noon.Add(31 * time.Second)
			if c.Head(later); out(later) == out(x) {
				t.Error("not signed anew")
			}
			if n := testing.AllocsPerRun(100, func() {
				again.OutFields = again.OutFields[:0]
				c.Head(again)
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkCaller(b *testing.B) {
	c := caller.New(all)
	x := exchange(alice(), "Host: a", "Accept: b", "User-Agent: c", "Authorization: d")
	for b.Loop() {
		x.OutFields = x.OutFields[:0]
		c.Head(x)
	}
}

// TestRotatedToken follows the key that signs, which is published with the id
// that tokens name.
func TestRotatedToken(t *testing.T) {
	first, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	second, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	var now *ecdsa.PrivateKey
	c := caller.New(caller.Options{Token: caller.NewRotatedToken("X-Caller-Token", "gate", "shop", func(at time.Time) *ecdsa.PrivateKey {
		if at.Before(noon) {
			t.Errorf("asked for %v", at)
		}
		return now
	})})
	text, err := caller.Set(first.Public(), second.Public())
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) != 2 {
		t.Fatal(err, string(text))
	}
	p := alice()
	for i, row := range []struct {
		key   *ecdsa.PrivateKey
		after time.Duration
		want  *ecdsa.PrivateKey
	}{{first, 0, first}, {second, caller.Lifetime/2 - 1, first}, {second, caller.Lifetime / 2, second}, {first, 2 * caller.Lifetime, first}} {
		now = row.key
		x := exchange(p)
		x.Received = noon.Add(row.after)
		if c.Head(x) != gate.Allow {
			t.Fatal(x.Refusal.Cause)
		}
		parsed, err := jose.ParseSignedCompact(string(x.OutFields[0].Value), []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		known := set.Key(parsed.Signatures[0].Header.KeyID)
		if len(known) != 1 || !row.want.PublicKey.Equal(known[0].Key) {
			t.Fatalf("%d: the key is not the one that signs", i)
		}
		if _, err := parsed.Verify(known[0]); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	now = nil
	x := exchange(alice())
	if c.Head(x) != gate.Deny || x.Refusal.Code != gate.Internal || len(x.OutFields) != 0 {
		t.Error("a call passes without the token that tells who calls")
	}
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if _, err := caller.Set(first.Public(), p384.Public()); err == nil {
		t.Error("a key of another curve is published")
	}
}
