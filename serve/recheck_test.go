package serve

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/guard/authn/basic"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

const longContract = `openapi: 3.1.0
info: {title: A, version: 1.0.0}
components:
  securitySchemes:
    hmac: {type: http, scheme: HMAC-SHA256}
    signed: {type: http, scheme: Signature}
    legacy: {type: http, scheme: basic}
    partner: {type: mutualTLS}
paths:
  /hmac: {get: {security: [{hmac: []}], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /signed: {get: {security: [{signed: []}], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /legacy: {get: {operationId: legacy, security: [{legacy: []}], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
  /partner: {get: {security: [{partner: []}], responses: {"200": {description: OK, content: {text/plain: {}}}}}}
`

// endlessAPI answers without an end, a little at a time.
func endlessAPI(t *testing.T) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for tick := time.NewTicker(time.Millisecond); ; {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// longHouse serves longContract with callers called acme, and others beside them.
type longHouse struct {
	*house
	api    string
	client *guest
	secret string
	key    ed25519.PrivateKey
}

func newLongHouse(t *testing.T) *longHouse {
	t.Helper()
	a, other := testdata.NewAuthority(t, "clients"), testdata.NewAuthority(t, "others")
	l := &longHouse{api: endlessAPI(t), secret: rand.Text() + rand.Text()}
	hash, err := basic.NewHash([]byte(planted))
	if err != nil {
		t.Fatal(err)
	}
	var public ed25519.PublicKey
	public, l.key, _ = ed25519.GenerateKey(rand.Reader)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	l.house = openHouse(t, l.settings("", ""), func(c *Config) {
		c.recheck = time.Nanosecond
		before := &house{t: t, dir: filepath.Dir(c.File)}
		cert, key := a.Server(5, "api.test")
		for name, text := range map[string]string{
			"a.yaml": longContract, "tls.pem": string(cert), "tls.key": string(key), "ca.pem": string(a.PEM), "other.pem": string(other.PEM),
			"secret": l.secret, "secret-2": rand.Text() + rand.Text(), "users": "ann:" + hash + "\nbob:" + hash + "\n", "users-2": "bob:" + hash + "\n",
			"key.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		} {
			before.write(name, text)
		}
	})
	t.Cleanup(func() { l.Stop() })
	l.client = l.guest("api.test", a.Client(77, time.Now().Add(time.Hour)))
	l.client.Timeout = 0 // the answers have no end
	return l
}

// settings are those of the house, with a change.
func (l *longHouse) settings(before, after string) string {
	text := fmt.Sprintf(`version: 1
listeners:
  - address: 127.0.0.1:0
    tls: {certificate: tls.pem, key: tls.key, client_certificates: [{authorities: ca.pem, optional: true}]}
apis:
  - {contract: a.yaml, upstreams: [{url: %q}]}
record: {events: none}
credentials:
  - {name: hmac, hmac: {keys: [{id: acme, secret: "${file:secret}"}, {id: shop, secret: "${file:secret-2}"}]}}
  - {name: signed, signature: {keys: [{id: acme, file: key.pem}, {id: shop, file: key.pem}]}}
  - {name: legacy, basic: {users: users, operations: [legacy]}}
  - {name: partner, certificate: {identity: subject, authorities: ca.pem}}
`, l.api)
	if !strings.Contains(text, before) {
		l.t.Fatalf("there is no %q", before)
	}
	return strings.Replace(text, before, after, 1)
}

// fields are the credential of a call to a path.
func (l *longHouse) fields(path string) map[string]string {
	b64 := base64.StdEncoding.EncodeToString
	now, nonce, empty := time.Now().Unix(), rand.Text(), sha256.Sum256(nil)
	switch path {
	case "/hmac":
		mac := hmac.New(sha256.New, []byte(l.secret))
		fmt.Fprintf(mac, "HMAC-SHA256\n%d\n%s\nGET\n%s/hmac\n%s", now, nonce, l.URL(), empty[:])
		return map[string]string{"Authorization": fmt.Sprintf(`HMAC-SHA256 keyId="acme", timestamp=%d, nonce="%s", digest="%s", signature="%s"`, now, nonce, b64(empty[:]), b64(mac.Sum(nil)))}
	case "/signed":
		input := fmt.Sprintf(`("@method" "@target-uri");created=%d;keyid="acme";nonce="%s"`, now, nonce)
		base := fmt.Sprintf("\"@method\": GET\n\"@target-uri\": %s/signed\n\"@signature-params\": %s", l.URL(), input)
		return map[string]string{"Signature-Input": "s=" + input, "Signature": "s=:" + b64(ed25519.Sign(l.key, []byte(base))) + ":"}
	case "/legacy":
		return map[string]string{"Authorization": "Basic " + b64([]byte("ann:"+planted))}
	}
	return nil
}

// TestLongCallsAfterReloads ends calls whose caller a reload takes away, and no
// others.
func TestLongCallsAfterReloads(t *testing.T) {
	for path, change := range map[string]struct{ before, after string }{
		"/hmac":    {`{id: acme, secret: "${file:secret}"}, `, ""},
		"/signed":  {"{id: acme, file: key.pem}, ", ""},
		"/legacy":  {"users: users,", "users: users-2,"},
		"/partner": {"subject, authorities: ca.pem", "subject, authorities: other.pem"},
	} {
		t.Run(path[1:], func(t *testing.T) {
			l := newLongHouse(t)
			r, err := http.NewRequest("GET", l.URL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range l.fields(path) {
				r.Header.Set(name, value)
			}
			answer, err := l.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			some := func(n int64) error { _, err := io.CopyN(io.Discard, answer.Body, n); return err }
			if err := some(3); answer.StatusCode != 200 || err != nil {
				t.Fatal(answer.Status, err, l.log.String())
			}
			l.write("gatehouse.yaml", l.settings(`{id: shop, secret: "${file:secret-2}"}`, `{id: more, secret: "${file:secret-2}"}`))
			l.reload("another caller", false)
			l.said("another caller")
			if err := some(50); err != nil {
				t.Fatalf("ended by a reload that takes nothing from it: %v\n%s", err, l.log.String())
			}
			l.write("gatehouse.yaml", l.settings(change.before, change.after))
			l.reload("gone", false)
			l.said("because=gone")
			if err := some(10_000); err == nil {
				t.Error("goes on without its caller")
			}
		})
	}
}
