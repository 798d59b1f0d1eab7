package e2e

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

var providerListens = regexp.MustCompile(`provider listens on (127\.0\.0\.1:\d+)`)

// identity is panva's oidc-provider behind an address that stays when it is
// down, is started again, or something else answers in its place.
type identity struct {
	issuer  string
	roots   []byte // PEM of the certificate of its address; nil without TLS
	node    string // the folder with the program
	keys    string // the folder that keeps its keys
	front   atomic.Pointer[http.Handler]
	running *process
}

// newIdentity gives a provider an address, where nothing answers yet.
func newIdentity(t *testing.T, node string) *identity {
	t.Helper()
	i, front := unstartedIdentity(t, node)
	front.Start()
	i.issuer = front.URL
	return i
}

// newTLSIdentity is newIdentity for an address of https.
func newTLSIdentity(t *testing.T, node string) *identity {
	t.Helper()
	i, front := unstartedIdentity(t, node)
	front.StartTLS()
	i.issuer, i.roots = front.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	return i
}

func unstartedIdentity(t *testing.T, node string) (*identity, *httptest.Server) {
	t.Helper()
	i := &identity{node: node, keys: t.TempDir()}
	i.down()
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*i.front.Load()).ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	return i, front
}

// answers has h answer in the place of the provider.
func (i *identity) answers(h http.HandlerFunc) {
	handler := http.Handler(h)
	i.front.Store(&handler)
}

// down has nothing answer: connections break off.
func (i *identity) down() {
	i.answers(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// up starts the provider with keys, of which the first signs; what ran before
// ends first.
func (i *identity) up(t *testing.T, keys ...string) {
	t.Helper()
	if i.running != nil {
		i.down()
		i.running.stop(t)
	}
	cmd := exec.Command("node", append([]string{filepath.Join(i.node, "provider.js"), i.issuer, i.keys}, keys...)...)
	i.running = beginCommand(t, cmd)
	at := i.running.await(t, providerListens)
	forward := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(&url.URL{Scheme: "http", Host: at})
		p.Out.Host = p.In.Host // of which the provider makes its addresses
		p.SetXForwarded()
	}}
	i.answers(forward.ServeHTTP)
}

// token asks the provider for a token of a program for an API.
func (i *identity) token(t *testing.T, api string) string {
	t.Helper()
	return i.tokenOf(t, "robot", api, nil)
}

// tokenOf asks for a token of a client, which shows its certificate by way of
// what ends TLS for the provider; nil for none.
func (i *identity) tokenOf(t *testing.T, client, api string, certificate []byte) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}, "resource": {"https://api.example.com/" + api}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(client, client+"s-secret")
	if certificate != nil {
		r.Header.Set("Client-Cert", ":"+base64.StdEncoding.EncodeToString(certificate)+":")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("the provider gives no token, but status %d: %v", res.StatusCode, err)
	}
	return answer.Token
}

// installNode installs, once for all tests, what oidc/node/package-lock.json
// pins beside a copy of the provider and the client and returns the folder.
func installNode(t *testing.T) string {
	t.Helper()
	testdata.Program(t, "node", "nodejs")
	testdata.Program(t, "npm", "npm")
	folder := filepath.Join(workshop, "oidc-node")
	if _, err := os.Stat(folder); err != nil {
		installPackages(t, "oidc/node", folder)
	}
	return folder
}

// buildOIDC builds the client of e2e/oidc and returns its path.
func buildOIDC(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("go", "-C", "oidc", "mod", "download").CombinedOutput(); err != nil {
		testdata.Lack(t, "the modules that e2e/oidc/go.mod names cannot be had: %v\n%s", err, out)
	}
	client := filepath.Join(workshop, "oidc")
	if out, err := exec.Command("go", "-C", "oidc", "build", "-o", client, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return client
}

// oidcContract is an API whose operations want tokens of three kinds.
const oidcContract = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
components:
  securitySchemes:
    login: {type: openIdConnect, openIdConnectUrl: $ISSUER/.well-known/openid-configuration}
    bound: {type: openIdConnect, openIdConnectUrl: $ISSUER/.well-known/openid-configuration}
    opaque: {type: openIdConnect, openIdConnectUrl: $ISSUER/.well-known/openid-configuration}
  responses:
    done: {description: done, headers: {X-Saw: {schema: {type: string}}}, content: {application/json: {schema: {type: object, additionalProperties: false}}}}
paths:
  /orders:
    get: {operationId: listOrders, security: [{login: ["orders:read"]}], responses: {'200': {$ref: '#/components/responses/done'}}}
    post: {operationId: addOrder, security: [{login: ["orders:write"]}], responses: {'200': {$ref: '#/components/responses/done'}}}
  /payments:
    post: {operationId: pay, security: [{login: ["orders:write"]}], responses: {'200': {$ref: '#/components/responses/done'}}}
  /bound/orders:
    get: {operationId: listBound, security: [{bound: ["orders:read"]}], responses: {'200': {$ref: '#/components/responses/done'}}}
  /opaque/orders:
    get: {operationId: listOpaque, security: [{opaque: ["orders:read"]}], responses: {'200': {$ref: '#/components/responses/done'}}}
`

// oidcConfig counts no failures: the clients fail on purpose, from one address.
const oidcConfig = `version: 1
listeners: [{address: "127.0.0.1:0"}]
apis:
  - contract: openapi.yaml
    upstreams: [{url: $API}]
    caller: {fields: {subject: X-User}}
    operations: {pay: {step_up: {acr: [gold], max_age: 10m}}}
credentials:
  - name: login
    jwt: {issuer: $ISSUER, audience: ["https://api.example.com/orders"], clock_skew: 1s}
  - name: bound
    jwt: {issuer: $ISSUER, audience: ["https://api.example.com/bound"], binding: {required: true, nonce: always}}
  - name: opaque
    introspection:
      url: $ISSUER/token/introspection
      issuer: $ISSUER
      audience: ["https://api.example.com/opaque"]
      client_id: gatehouse
      client_secret: ${file:secret.txt}
      cache: 2s
      timeout: 1s
locks: {disabled: true}
`

// guarded starts the gate in front of an API that says in X-Saw who calls, and
// returns the gate's address and how often the API was called. changes are
// replacements in oidcConfig.
func guarded(t *testing.T, i *identity, changes ...string) (gate string, p *process, calls *atomic.Int64) {
	t.Helper()
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	calls = new(atomic.Int64)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Saw", r.Header.Get("X-User"))
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(api.Close)
	dir, words := t.TempDir(), strings.NewReplacer("$ISSUER", i.issuer, "$API", api.URL)
	writeFile(t, filepath.Join(dir, "openapi.yaml"), words.Replace(oidcContract))
	writeFile(t, filepath.Join(dir, "secret.txt"), "gatehouses-secret")
	writeFile(t, filepath.Join(dir, "pepper.txt"), strings.Repeat("pepper", 8))
	config := filepath.Join(dir, "gatehouse.yaml")
	writeFile(t, config, words.Replace(strings.NewReplacer(changes...).Replace(oidcConfig)))
	address, p := launch(t, gateListens, program, "serve", "--config", config)
	return "http://" + address, p, calls
}
