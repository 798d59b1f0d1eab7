package gatehouse_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/guard/authn/jwt"
	"github.com/gatehouse-api/gatehouse/guard/authn/lock"
	"github.com/gatehouse-api/gatehouse/trust/jose"
	"github.com/gatehouse-api/gatehouse/trust/jwks"
	"github.com/gatehouse-api/gatehouse/trust/revocation"
)

const scoped = `{"openapi":"3.1.0","info":{"title":"Orders","version":"1"},"paths":{"/shops/{shop}/orders":{"get":{"operationId":"listOrders",
	"security":[{"login":["read"]}],
	"parameters":[{"name":"shop","in":"path","required":true,"schema":{"type":"integer","format":"int64"}},
		{"name":"limit","in":"query","schema":{"type":"integer","maximum":100}},
		{"name":"X-Request-Id","in":"header","required":true,"schema":{"type":"string","format":"uuid"}}],
	"responses":{"201":{"description":"ok"}}}}},
	"components":{"securitySchemes":{"login":{"type":"oauth2","flows":{"clientCredentials":{"tokenUrl":"https://id.example/token","scopes":{"read":"r"}}}}}}}`

// headOf returns a function that sends one call with a token, which was seen
// before, through all that judges a head: route, credentials, revocations,
// locks, scopes, parameters, and what the API is told of its caller.
func headOf(t testing.TB, scope string) (*still, func() int) {
	t.Helper()
	key := []byte("a secret of at least thirty-two bytes")
	now := time.Now()
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"at+jwt"}`)) + "." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil,
		`{"iss":"https://id.example","aud":"shop","sub":"alice","client_id":"app","jti":"1","iat":%d,"exp":%d,"scope":%q,"x":%q}`, now.Unix(), now.Unix()+3600, scope, strings.Repeat("x", 300)))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	token := text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))

	set, err := jose.SecretSet("", key)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := jose.New(jose.Rules{Issuer: "https://id.example", Audience: []string{"shop"}, Algorithms: []jose.Algorithm{"HS256"}, MaxLifetime: 2 * time.Hour, MaxBytes: 8 << 10})
	if err != nil {
		t.Fatal(err)
	}
	bound, err := binding.New(binding.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file, problems := source.ParseString("api.json", scoped)
	c, more := openapi.Read(source.NewSet(file), file)
	if err := append(problems, more...).Err(); err != nil {
		t.Fatal(err)
	}
	s := &still{}
	p, problems := gatehouse.Compile(gatehouse.API{
		Contract: c, Upstream: s, Revocations: revocation.New(0), Locks: lock.New(lock.Options{}),
		Verifiers: map[string]gate.Verifier{"login": jwt.New(jwt.Options{Name: "staff", Judge: judge, Keys: jwks.Fixed(set), Binding: bound})},
		Options:   gatehouse.Options{Caller: &config.Caller{Fields: config.CallerFields{Subject: "X-User"}}},
	})
	if p == nil {
		t.Fatal(problems)
	}
	g := gate.New(gate.Options{})
	g.Swap(p)
	method, target, host := []byte("GET"), []byte("/shops/4711/orders?limit=20"), []byte("shop.example")
	peer := netip.MustParseAddrPort("203.0.113.77:5000")
	fields := []gate.Field{
		{Name: []byte("Host"), Value: host},
		{Name: []byte("User-Agent"), Value: []byte("orders/1.0")},
		{Name: []byte("Accept"), Value: []byte("application/json")},
		{Name: []byte("Authorization"), Value: []byte("Bearer " + token)},
		{Name: []byte("X-Request-Id"), Value: []byte("2f1b8a52-6f0e-4d8b-9c6d-0a6b7c1f5e11")},
	}
	return s, func() int {
		x := g.Acquire()
		x.Method, x.Target, x.Host, x.Peer, x.Version, x.Received = method, target, host, peer, "HTTP/1.1", time.Now()
		x.Fields = append(x.Fields, fields...)
		g.Serve(x, s)
		g.Release(x)
		return s.status
	}
}

func TestHeadAllocatesNothing(t *testing.T) {
	_, run := headOf(t, "read write")
	for range 1000 {
		if status := run(); status != 201 {
			t.Fatalf("status %d", status)
		}
	}
	if n := testing.AllocsPerRun(500, func() { run() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if _, run := headOf(t, "write"); run() != 403 {
		t.Error("without the scope: not refused")
	}
}

// BenchmarkSeenToken is the whole head phase of a call whose token was seen
// before.
func BenchmarkSeenToken(b *testing.B) {
	s, run := headOf(b, "read write")
	run()
	b.ReportAllocs()
	s.head = 0
	for b.Loop() {
		run()
	}
	s.reportHead(b)
}
