package binding_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

func jsonOf(t testing.TB, v any) string { return text(t, v) }

func (s *signer) compactWith(e *base64.Encoding, header, claims string) string {
	input := e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(claims))
	return input + "." + e.EncodeToString(s.sign([]byte(input)))
}

func der(t testing.TB, s *signer, input string) []byte {
	sum := sha256.Sum256([]byte(input))
	sig, err := ecdsa.SignASN1(rand.Reader, s.key.(*ecdsa.PrivateKey), sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func replaceSignature(proof string, by *signer) string {
	i := strings.LastIndexByte(proof, '.')
	return proof[:i+1] + b64(by.sign([]byte(proof[:i])))
}

// TestNonce walks through what a client does that is asked for a nonce.
func TestNonce(t *testing.T) {
	s := es256(t)
	o := binding.Options{Nonce: true, NonceKey: []byte("the key of all nodes")}
	b, second := binder(t, o), binder(t, o)
	given := func(b *binding.Binder, nonce any, at time.Time) (gate.Code, string) {
		x := exchange("Authorization", "DPoP "+token, "DPoP", s.proof(nil, set{"nonce": nonce, "iat": at.Unix()}))
		x.Received = at
		c := code(b.Check(x, []byte(token), &gate.Principal{KeyHash: s.hash}))
		if len(x.AddFields) == 0 {
			return c, ""
		}
		if len(x.AddFields) > 1 || string(x.AddFields[0].Name) != "DPoP-Nonce" {
			t.Errorf("fields %v", x.AddFields)
		}
		return c, string(x.AddFields[0].Value)
	}
	c, nonce := given(b, nil, now)
	if c != gate.ProofNonce || len(nonce) < 22 {
		t.Fatalf("%s %q", c, nonce)
	}
	for _, row := range []struct {
		name  string
		by    *binding.Binder
		nonce any
		after time.Duration
		want  gate.Code
		fresh bool // another nonce is given
	}{
		{"given", b, nonce, 0, gate.Undecided, false},
		{"by-another-node", second, nonce, 0, gate.Undecided, false},
		{"of-the-window-before", b, nonce, 2 * time.Minute, gate.Undecided, true},
		{"too-old", b, nonce, 4 * time.Minute, gate.ProofNonce, true},
		{"of-the-future", b, nonce, -2 * time.Minute, gate.ProofNonce, true},
		{"by-a-node-with-another-key", binder(t, binding.Options{Nonce: true}), nonce, 0, gate.ProofNonce, true},
		{"made-up", b, strings.Repeat("A", len(nonce)), 0, gate.ProofNonce, true},
		{"empty", b, "", 0, gate.ProofNonce, true},
		{"number", b, 1, 0, gate.ProofInvalid, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, fresh := given(row.by, row.nonce, now.Add(row.after))
			if c != row.want || (fresh != "") != row.fresh {
				t.Errorf("%s %q", c, fresh)
			}
			if row.fresh && row.want == gate.Undecided && fresh == nonce {
				t.Error("the old nonce was given again")
			}
		})
	}
	x := exchange("Authorization", "DPoP "+token)
	if got := code(b.Check(x, []byte(token), &gate.Principal{KeyHash: s.hash})); got != gate.ProofInvalid || len(x.AddFields) != 1 {
		t.Errorf("without a proof: %s %v", got, x.AddFields)
	}
	if b.Check(x, []byte(token), &gate.Principal{KeyHash: s.hash}); len(x.AddFields) != 1 {
		t.Error("the nonce is given twice")
	}
}

func TestCertificate(t *testing.T) {
	ca := testdata.NewAuthority(t, "ca")
	own, other := ca.Client(2, time.Now().Add(time.Hour)), ca.Client(3, time.Now().Add(time.Hour))
	s := es256(t)
	b := binder(t, binding.Options{})
	hash := binding.Thumbprint(own.Leaf)
	with := func(c *x509.Certificate, fields ...string) *gate.Exchange {
		x := exchange(append(fields, "Authorization", "Bearer "+token)...)
		x.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{c, ca.Cert}}
		return x
	}
	proxied := with(own.Leaf)
	proxied.Client = netip.MustParseAddr("198.51.100.1")
	hops := with(own.Leaf)
	hops.Hops = append(hops.Hops, netip.MustParseAddr("10.0.0.1"))
	plain := exchange("Authorization", "Bearer "+token)
	named := exchange("Authorization", "Bearer "+token, "Client-Cert", ":"+base64.StdEncoding.EncodeToString(own.Leaf.Raw)+":")
	both := exchange("Authorization", "DPoP "+token, "DPoP", s.proof(nil, nil))
	both.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{own.Leaf}}
	for _, row := range []struct {
		name string
		x    *gate.Exchange
		who  *gate.Principal
		want gate.Code
	}{
		{"own", with(own.Leaf), &gate.Principal{CertificateHash: hash}, gate.Undecided},
		{"own-again", with(own.Leaf), &gate.Principal{CertificateHash: hash}, gate.Undecided},
		{"stolen", with(other.Leaf), &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"of-the-authority", with(ca.Cert), &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"without-certificate", plain, &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"empty-list", &gate.Exchange{TLS: &tls.ConnectionState{}}, &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"in-a-field", named, &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"of-a-proxy", proxied, &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"of-a-proxy-among-others", hops, &gate.Principal{CertificateHash: hash}, gate.CredentialInvalid},
		{"certificate-and-key", both, &gate.Principal{CertificateHash: hash, KeyHash: s.hash}, gate.Undecided},
		{"certificate-without-proof", with(own.Leaf), &gate.Principal{CertificateHash: hash, KeyHash: s.hash}, gate.ProofInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := code(b.Check(row.x, []byte(token), row.who)); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
	x := with(own.Leaf)
	if n := testing.AllocsPerRun(100, func() { b.Check(x, []byte(token), &gate.Principal{CertificateHash: hash}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRequired(t *testing.T) {
	b := binder(t, binding.Options{Required: true})
	if got := code(b.Check(exchange("Authorization", "Bearer "+token), []byte(token), &gate.Principal{})); got != gate.ProofInvalid {
		t.Errorf("a token bound to nothing: %s", got)
	}
}

func TestUnknownAlgorithm(t *testing.T) {
	for _, name := range []string{"HS256", "none", "es256", ""} {
		if b, err := binding.New(binding.Options{Algorithms: []string{name}}); b != nil || err == nil {
			t.Errorf("%q may sign proofs", name)
		}
	}
}

func TestReadConfirmation(t *testing.T) {
	hash := ath("")
	for _, row := range []struct {
		name, raw, certificate, key string
		ok                          bool
	}{
		{"certificate", `{"x5t#S256":"` + hash + `"}`, hash, "", true},
		{"key", `{"jkt":"` + hash + `"}`, "", hash, true},
		{"both", `{"jkt":"` + hash + `","x5t#S256":"` + hash + `"}`, hash, hash, true},
		{"unknown-beside", `{"jkt":"` + hash + `","kid":"1"}`, "", hash, true},
		{"unknown", `{"jwk":{}}`, "", "", false},
		{"empty", `{}`, "", "", false},
		{"null", `null`, "", "", false},
		{"text", `"` + hash + `"`, "", "", false},
		{"list", `[]`, "", "", false},
		{"null-key", `{"jkt":null}`, "", "", false},
		{"empty-key", `{"jkt":""}`, "", "", false},
		{"short", `{"jkt":"abc"}`, "", "", false},
		{"padded", `{"jkt":"` + hash + `="}`, "", "", false},
		{"other-spelling", `{"jkt":"` + hash[:42] + "V" + `"}`, "", "", false},
		{"number", `{"jkt":1}`, "", "", false},
		{"twice", `{"jkt":"` + hash + `","jkt":"` + hash + `"}`, "", "", false},
		{"one-broken", `{"jkt":"` + hash + `","x5t#S256":""}`, "", "", false},
		{"broken", `{"jkt"`, "", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p gate.Principal
			err := binding.ReadConfirmation([]byte(row.raw), &p)
			if (err == nil) != row.ok || row.ok && (p.CertificateHash != row.certificate || p.KeyHash != row.key) {
				t.Errorf("%v %q %q", err, p.CertificateHash, p.KeyHash)
			}
		})
	}
	if err := binding.ReadConfirmation(nil, nil); err != nil {
		t.Error("a token without cnf: ", err)
	}
}

func FuzzProof(f *testing.F) {
	s := es256(f)
	f.Add(s.proof(nil, nil))
	f.Add(s.compact(`{}`, `{}`))
	f.Add("a.b.c")
	f.Add(s.proof(set{"jwk": set{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "alg": "PS256"}, nil))
	b := binder(f, binding.Options{Nonce: true})
	f.Fuzz(func(t *testing.T, proof string) {
		x := exchange("Authorization", "DPoP "+token, "DPoP", proof)
		if r := b.Check(x, []byte(token), &gate.Principal{KeyHash: s.hash}); r == nil {
			t.Error("a proof without nonce passed")
		}
	})
}

func FuzzConfirmation(f *testing.F) {
	f.Add([]byte(`{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p gate.Principal
		if binding.ReadConfirmation(raw, &p) == nil && p.CertificateHash == "" && p.KeyHash == "" && raw != nil {
			t.Errorf("%q binds to nothing", raw)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s := es256(b)
	ca := testdata.NewAuthority(b, "ca")
	own := ca.Client(2, time.Now().Add(time.Hour))
	binder := binder(b, binding.Options{})
	b.Run("certificate", func(b *testing.B) {
		x := exchange("Authorization", "Bearer "+token)
		x.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{own.Leaf}}
		p := &gate.Principal{CertificateHash: binding.Thumbprint(own.Leaf)}
		b.ReportAllocs()
		for b.Loop() {
			binder.Check(x, []byte(token), p)
		}
	})
	b.Run("replayed-proof", func(b *testing.B) {
		x := exchange("Authorization", "DPoP "+token, "DPoP", s.proof(nil, nil))
		p := &gate.Principal{KeyHash: s.hash}
		b.ReportAllocs()
		for b.Loop() {
			binder.Check(x, []byte(token), p)
		}
	})
}
