package source_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"stripe.json", "github.json"} {
		data, err := os.ReadFile("/work/shared/testdata/openapi/" + name)
		if err != nil {
			b.Skip(err)
		}
		b.Run(name+"/source", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				source.Parse(name, data)
			}
		})
		b.Run(name+"/json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v any
				json.Unmarshal(data, &v)
			}
		})
	}
}
