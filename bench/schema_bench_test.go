package bench

import (
	"strconv"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// BenchmarkSchema reads the same order with every reader, side by side.
func BenchmarkSchema(b *testing.B) {
	for _, kib := range []int{1, 16} {
		data := testdata.Order(kib << 10)
		for _, r := range orderReaders(b) {
			b.Run("size="+strconv.Itoa(kib)+"KiB/reader="+r.name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					if !r.read(data) {
						b.Fatal("refused")
					}
				}
			})
		}
	}
}
