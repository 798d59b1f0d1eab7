package openapi_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
)

func TestLargeDocuments(t *testing.T) {
	for _, name := range []string{"stripe.json", "github.json"} {
		t.Run(name, func(t *testing.T) {
			c, problems := openapi.Load("/work/shared/testdata/openapi/" + name)
			n := 0
			for _, p := range problems {
				if p.Severity == 0 && n < 30 {n++
					t.Log(p)
				}
			}
			t.Log(len(problems), len(c.Operations), len(c.Schemes), c.Secured)
			if err := problems.Err(); err != nil {
				t.Error("has errors")
			}
		})
	}
}
