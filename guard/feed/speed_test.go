package feed

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// million is a table of n random networks.
func million(n int) *table {
	r := rand.New(rand.NewPCG(3, 4))
	b := &builder{}
	for range n * 5 / 6 {
		a := netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
		b.prefix(netip.PrefixFrom(a, 32), 1)
	}
	for range n / 6 {
		b.prefix(netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20 | byte(r.Uint32()&15), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}), 56), 1)
	}
	return b.build()
}

func BenchmarkFind(b *testing.B) {
	const entries = 3_000_000
	t := million(entries)
	r := rand.New(rand.NewPCG(5, 6))
	var four, six [4096]netip.Addr
	for i := range four {
		four[i] = netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
		six[i] = netip.AddrFrom16([16]byte{0x20 | byte(r.Uint32()&15), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
	}
	n, size := t.size()
	for _, row := range []struct {
		name string
		list *[4096]netip.Addr
	}{{"ipv4", &four}, {"ipv6", &six}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				t.find(row.list[i%len(row.list)])
				i++
			}
			b.ReportMetric(float64(size)/float64(n), "bytes/entry")
		})
	}
}
