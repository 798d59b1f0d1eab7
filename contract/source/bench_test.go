package source_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// BenchmarkParse holds the reader against encoding/json, which decodes the
// same file into any.
func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"stripe", "github"} {
		data, err := os.ReadFile(filepath.Join(testdata.Path(b, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), name+".json"))
		if err != nil {
			b.Fatal(err)
		}
		text := string(data)
		b.Run("document="+name+"/reader=source", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if f, _ := source.ParseString(name, text); f.Root == nil {
					b.Fatal("not read")
				}
			}
		})
		b.Run("document="+name+"/reader=encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
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
