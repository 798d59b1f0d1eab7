package introspection_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/introspection"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	ours "github.com/gatehouse-api/gatehouse/trust/jose"
)

// authorization is a server that knows a client by the public half of its key,
// with a library that is not ours.
type authorization struct {
	key      crypto.PublicKey
	id       string
	by       jose.SignatureAlgorithm
	audience string

	mu   sync.Mutex
	seen map[string]bool // ids of assertions
	why  string          // the last one was not taken
}

func (a *authorization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.why = a.judge(r); a.why != "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"active":true,"sub":"alice"}`)
}

// judge is RFC 7523 section 3.
func (a *authorization) judge(r *http.Request) string {
	form := r.FormValue
	if form("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form("token") == "" || form("client_secret") != "" || r.Header.Get("Authorization") != "" {
		return "the form"
	}
	token, err := jwt.ParseSigned(form("client_assertion"), []jose.SignatureAlgorithm{a.by})
	if err != nil {
		return err.Error()
	}
	if token.Headers[0].KeyID != a.id {
		return "the key is called " + token.Headers[0].KeyID
	}
	var c jwt.Claims
	var raw struct {
		Audience json.RawMessage `json:"aud"`
	}
	if err := token.Claims(a.key, &c, &raw); err != nil {
		return err.Error()
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Issuer: "gate", Subject: "gate", AnyAudience: jwt.Audience{a.audience}, Time: time.Now()}, 0); err != nil {
		return err.Error()
	}
	switch life := c.Expiry.Time().Sub(c.IssuedAt.Time()); {
	case string(raw.Audience) != `"`+a.audience+`"`:
		return "the audience is no text"
	case life <= 0 || life > 2*time.Minute:
		return "it is good for " + life.String()
	case len(c.ID) < 20 || a.seen[c.ID]:
		return "the id was seen before, or can be guessed"
	}
	a.seen[c.ID] = true
	return ""
}

// keyOf is the PEM of a private key.
func keyOf(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// TestPrivateKey has the gate say who it is by its key, to whom the key is known.
func TestPrivateKey(t *testing.T) {
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	big, _ := rsa.GenerateKey(rand.Reader, 2048)
	print, _ := (&jose.JSONWebKey{Key: ec.Public()}).Thumbprint(crypto.SHA256)
	jwk, _ := json.Marshal(jose.JSONWebKey{Key: big, KeyID: "from-jwk", Algorithm: "RS256"})
	for _, row := range []struct {
		name     string
		text     []byte
		id, by   string
		server   *authorization
		audience string
		want     gate.Code
	}{
		{"pem", keyOf(t, ec), "2027", "", &authorization{key: ec.Public(), id: "2027", by: jose.ES256}, issuer, gate.Undecided},
		{"without-a-name", keyOf(t, ec), "", "", &authorization{key: ec.Public(), id: base64.RawURLEncoding.EncodeToString(print), by: jose.ES256}, issuer, gate.Undecided},
		{"jwk", jwk, "", "", &authorization{key: big.Public(), id: "from-jwk", by: jose.RS256}, issuer, gate.Undecided},
		{"another-algorithm", jwk, "", "PS256", &authorization{key: big.Public(), id: "from-jwk", by: jose.PS256}, issuer, gate.Undecided},
		{"for-the-endpoint", keyOf(t, ec), "k", "", &authorization{key: ec.Public(), id: "k", by: jose.ES256, audience: "https://id.example.com/introspect"}, "https://id.example.com/introspect", gate.Undecided},
		{"for-somebody-else", keyOf(t, ec), "k", "", &authorization{key: ec.Public(), id: "k", by: jose.ES256, audience: "https://id.example.com/introspect"}, issuer, gate.CredentialUnverified},
		{"another-key", keyOf(t, other), "k", "", &authorization{key: ec.Public(), id: "k", by: jose.ES256}, issuer, gate.CredentialUnverified},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.server.seen = map[string]bool{}; row.server.audience == "" {
				row.server.audience = issuer
			}
			s := httptest.NewServer(row.server)
			defer s.Close()
			key, err := introspection.ReadClientKey(row.text, row.id, row.by)
			if err != nil {
				t.Fatal(err)
			}
			v := verifier(t, s.URL, func(o *introspection.Options) {
				o.ClientSecret, o.ClientKey, o.ClientAudience = "", key, row.audience
			})
			for range 2 { // each question has an assertion of its own
				if p, c := verify(v, now); c != row.want || (p == nil) != (row.want != gate.Undecided) {
					t.Errorf("%s: %s", c, row.server.why)
				}
			}
		})
	}
}

// TestCertificateOfTheGate has the gate say who it is by the certificate of TLS
// (tls_client_auth, RFC 8705 section 2.1).
func TestCertificateOfTheGate(t *testing.T) {
	a := testdata.NewAuthority(t, "clients")
	own := a.Client(7, time.Now().Add(time.Hour))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chains := r.TLS.VerifiedChains
		if len(chains) == 0 || chains[0][0].SerialNumber.Int64() != 7 || r.FormValue("client_id") != "gate" || r.FormValue("client_assertion") != "" || r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"active":true,"sub":"alice"}`)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(a.Cert)
	s.TLS = &tls.Config{ClientCAs: pool, ClientAuth: tls.VerifyClientCertIfGiven}
	s.StartTLS()
	defer s.Close()
	for name, row := range map[string]struct {
		certificates []tls.Certificate
		want         gate.Code
	}{"with-it": {[]tls.Certificate{own}, gate.Undecided}, "without": {nil, gate.CredentialUnverified}} {
		trusted := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		trusted.Certificates = row.certificates
		v := verifier(t, s.URL, func(o *introspection.Options) { o.ClientSecret, o.TLS = "", trusted })
		if _, c := verify(v, now); c != row.want {
			t.Errorf("%s: %s", name, c)
		}
	}
}

// TestClientsThatAreNone are mistakes of the settings. What is said of a key
// holds nothing of it.
func TestClientsThatAreNone(t *testing.T) {
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	for name, row := range map[string]struct{ text, by string }{
		"nothing": {"", ""}, "public": {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})), ""}, "a-password": {"zqx7-planted", ""},
		"none": {string(keyOf(t, ec)), "none"}, "of-another-kind": {string(keyOf(t, ec)), "RS256"}, "of-another-curve": {string(keyOf(t, ec)), "ES384"},
	} {
		if s, err := introspection.ReadClientKey([]byte(row.text), "", row.by); s != nil || err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", name, err)
		}
	}
	key, err := introspection.ReadClientKey(keyOf(t, ec), "", "")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := ours.NewSigner("k", "HS256", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*introspection.Options){
		"secret-and-key": func(o *introspection.Options) { o.ClientSecret = "s" },
		"no-name":        func(o *introspection.Options) { o.ClientID = "" },
		"for-nobody":     func(o *introspection.Options) { o.ClientAudience = "" },
		"symmetric":      func(o *introspection.Options) { o.ClientKey = secret },
	} {
		o := introspection.Options{Name: "opaque", URL: "https://id.example.com", ClientID: "gate", ClientKey: key, ClientAudience: issuer, Issuer: issuer, Binder: binder(t)}
		change(&o)
		if v, err := introspection.New(t.Context(), o); v != nil || err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
