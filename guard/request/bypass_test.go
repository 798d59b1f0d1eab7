package request

import (
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
