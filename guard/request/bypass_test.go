package request

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestBypassingFields are removed unless they are declared.
func TestBypassingFields(t *testing.T) {
	h, _ := build(t, Options{})
	for _, row := range []struct {
		name, field string
		gone        bool
	}{
		{"method-override", "X-HTTP-Method-Override", true},
		{"method-override-lower-case", "x-http-method-override", true},
		{"method-override-underscores", "X_HTTP_Method_Override", true},
		{"rewrite-url", "X-Rewrite-URL", true},
		{"forwarded", "Forwarded", true},
		{"forwarded-for-underscore", "X-Forwarded_For", true},
		{"own-field", "X-Gatehouse-Identity", true},
		{"own-field-underscores", "x_gatehouse_identity", true},
		{"proxy", "Proxy", true},
		{"declared", "X-Forwarded-Host", false},
		{"declared-underscores", "X_Forwarded_Host", true},
		{"declared-harmless-underscore", "X_Tenant", true},
		{"other", "X-Other", false},
		{"other-underscore", "X_Other", false},
		{"content-type-underscore", "Content_Type", true},
		{"content-type-other-mark", "content.TYPE", true},
		{"content-encoding-underscore", "content_encoding", true},
		{"content-length-underscore", "Content_Length", true},
		{"transfer-encoding-underscore", "Transfer_Encoding", true},
		{"proxy-authorization-underscore", "Proxy_Authorization", true},
		{"judged-itself", "Transfer-Encoding", false},
		{"without-a-dash", "Authorization", false},
		{"empty", "", false},
		{"long", strings.Repeat("X-", 100), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, pet+"\nX-Tenant: acme\n"+row.field+": v")
			if walk(x, g) != gate.Allow {
				t.Fatalf("refused: %+v", x.Refusal)
			}
			if f := x.Fields[len(x.Fields)-1]; f.Gone != row.gone {
				t.Errorf("%s: gone %v, want %v", row.field, f.Gone, row.gone)
			}
		})
	}
}

// removed are the names that must never leave the table, written out: each has
// a server or a framework behind it that obeys the field.
const removed = `
	X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Method X-Original-URL X-Original-URI X-Rewrite-URL X-Rewrite-URI X-Original-Path
	X-Override-URL X-Host X-Original-Host X-Forwarded-Server Forwarded X-Forwarded-For X-Forwarded-By X-Forwarded-Host X-Forwarded-Port
	X-Forwarded-Proto X-Forwarded-Protocol X-Forwarded-Scheme X-Forwarded-Ssl X-Forwarded-Prefix X-Forwarded-Path X-Forwarded-Uri
	X-Forwarded-Method X-Forwarded X-Real-IP X-Client-IP X-Cluster-Client-IP X-Originating-IP X-Remote-IP X-Remote-Addr Client-IP
	True-Client-IP CF-Connecting-IP Fastly-Client-IP X-Url-Scheme Front-End-Https X-SSL-Client-Cert X-SSL-Client-Verify X-SSL-Client-S-DN
	SSL-Client-Cert X-Forwarded-Client-Cert Client-Cert Client-Cert-Chain X-Remote-User X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups
	X-Forwarded-Preferred-Username Remote-User Proxy
	X-Envoy-Original-Path CF-Connecting-IPv6 Fly-Client-IP DO-Connecting-IP X-Azure-ClientIP X-Azure-SocketIP
	X-Envoy-External-Address SSL-Client-Verify X-ARR-ClientCert X-Amzn-Mtls-Clientcert X-Auth-Request-User X-Auth-Request-Email
	X-Auth-Request-Groups X-Auth-Request-Preferred-Username X-WebAuth-User X-MS-Client-Principal X-MS-Client-Principal-Id
	X-MS-Client-Principal-Name X-Middleware-Subrequest X-Sendfile-Type X-Accel-Mapping
	X-Original-Method X-HTTP-DestinationURL X-Matched-Path X-Invoke-Path X-HTTP-Host-Override X-Custom-IP-Authorization
	X-Original-Forwarded-For X-Original-Remote-Addr X-ProxyUser-IP X-Original-Proto X-Authenticated-UserId X-Consumer-Id
	X-Consumer-Custom-Id X-Consumer-Username X-Anonymous-Consumer CF-Access-Authenticated-User-Email X-Goog-Authenticated-User-Email
	X-Goog-Authenticated-User-Id X-Amzn-Oidc-Identity
	X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info X-Forwarded-Access-Token X-Forwarded-Roles X-Forwarded-a
	X-Gatehouse-a x-gatehouse-identity X-Gatehouse-API
`

// byPrefix are those of removed that no row names.
const byPrefix = `x-gatehouse- x-forwarded-
`

// kept only lose their twins.
const kept = `
	Content-Type Content-Encoding Content-Length Content-Range Transfer-Encoding Proxy-Authorization Proxy-Authenticate Proxy-Connection
	Keep-Alive
	X-Gatehouse X-Gatehouse- X-Forwarded- X-Request-Id
`

// TestBypassingNames holds what the table says.
func TestBypassingNames(t *testing.T) {
	for _, n := range strings.Fields(removed) {
		for _, name := range []string{n, strings.ToLower(n), strings.ToUpper(n), strings.ReplaceAll(n, "-", "_"), strings.ReplaceAll(n, "-", ".")} {
			if !bypasses([]byte(name)) {
				t.Errorf("%s is not removed", name)
			}
		}
	}
	for _, n := range strings.Fields(kept) {
		if bypasses([]byte(n)) {
			t.Errorf("%s is removed", n)
		}
	}
	n := 0
	for _, name := range strings.Fields(strings.ToLower(removed)) {
		if !slices.ContainsFunc(strings.Fields(byPrefix), func(p string) bool { return strings.HasPrefix(name, p) }) {
			n++
		}
	}
	if n != len(bypassing) {
		t.Errorf("the table has %d names, the test %d: write the new ones here as well", len(bypassing), n)
	}
}

// TestBypassTable keeps the table within its bounds.
func TestBypassTable(t *testing.T) {
	seen := map[string]bool{}
	check := func(n string, itself bool) {
		folded := strings.ToLower(n)
		twin := strings.ReplaceAll(n, "-", "_")
		if seen[folded] || len(n) >= maxBypass || bypasses([]byte(n)) != itself || !bypasses([]byte(twin)) {
			t.Errorf("%s stands twice, is too long or is not found", n)
		}
		seen[folded] = true
	}
	for _, n := range bypassing {
		check(n, true)
	}
	for _, n := range judged {
		check(n, false)
	}
}

// TestBypassPrefixes holds the letter by which bypasses looks for prefixes.
func TestBypassPrefixes(t *testing.T) {
	for _, p := range bypassPrefixes {
		if p[0] != 'X' {
			t.Errorf("%s does not begin with X", p)
		}
	}
}
