package openapi_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// Two large documents in use are read in full, without an error.
func TestLargeDocuments(t *testing.T) {
	for _, row := range []struct {
		name                string
		operations, schemes int
		secured             bool
	}{
		{"stripe.json", 594, 2, true},
		{"github.json", 1223, 0, false},
	} {
		t.Run(row.name[:6], func(t *testing.T) {
			c, problems := openapi.Load(filepath.Join(testdata.Path(t, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), row.name))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			if len(c.Operations) != row.operations || len(c.Schemes) != row.schemes || c.Secured != row.secured {
				t.Errorf("%d operations, %d schemes, secured %v; want %+v", len(c.Operations), len(c.Schemes), c.Secured, row)
			}
			if more := openapi.Security(c); len(more) > 0 {
				t.Error(more)
			}
			t.Logf("%d operations, %d warnings", len(c.Operations), len(problems))
		})
	}
}
