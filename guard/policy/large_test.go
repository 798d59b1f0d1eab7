package policy

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestLarge checks two hundred rules against a contract of over a thousand
// operations.
func TestLarge(t *testing.T) {
	file := filepath.Join(testdata.Path(t, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), "github.json")
	c, problems := openapi.Load(file)
	if c == nil {
		t.Fatal(problems)
	}
	defer c.Files.Close()
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "permit(principal in Role::\"role%d\", action == Action::%q, resource) when { context.time.hour > 3 };\n", i, c.Operations[i*7].Name())
		fmt.Fprintf(&b, "permit(principal in Role::\"role%d\", action in Action::\"class:read\", resource) when { principal.claims has level && principal.claims.level > %d };\n", i, i)
	}
	begin := time.Now()
	s, problems := NewSet(API{Name: "GitHub", Contract: c, Schemas: schema.NewCompiler(schema.Options{Dialect: c.Dialect}), Callers: NewCallers(more, claims),
		Open: func(*contract.Operation) Open { return Known }}, File{"rules.cedar", []byte(b.String())})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	readable(t, s)
	t.Logf("%d operations, %d rules: %v", len(s.operations), len(s.rules), time.Since(begin))
}
