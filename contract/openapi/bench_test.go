package openapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// BenchmarkLoad reads large documents from their files into contracts, beside
// encoding/json, which decodes the same bytes into any.
func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"stripe", "github"} {
		path := filepath.Join(testdata.Path(b, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), name+".json")
		b.Run("document="+name+"/reader=openapi", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c, problems := openapi.Load(path); c == nil || problems.Err() != nil {
					b.Fatal("not read")
				}
			}
		})
		b.Run("document="+name+"/reader=encoding-json", func(b *testing.B) {
			data, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(data, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
