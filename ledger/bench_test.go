package ledger

import (
	"context"
	"testing"
)

// BenchmarkDurable is what an entry of 512 bytes costs when many goroutines make
// one durable each, on a real folder.
func BenchmarkDurable(b *testing.B) {
	l, err := Open(Options{Dir: b.TempDir(), Origin: origin, Keys: newRing(b), MaxBytes: 256 << 20})
	must(b, err)
	b.SetParallelism(256)
	text := make([]byte, 512)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			ticket, err := l.Reserve(len(text) + Overhead)
			must(b, err)
			must(b, ticket.Durable(context.Background(), text))
			ticket.Release()
		}
	})
	must(b, l.Close())
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkReserve is what a request pays before it is forwarded.
func BenchmarkReserve(b *testing.B) {
	l, err := Open(Options{Files: newDisk(), Origin: origin, Keys: newRing(b)})
	must(b, err)
	defer l.Close()
	b.ReportAllocs()
	for b.Loop() {
		ticket, err := l.Reserve(2048)
		must(b, err)
		ticket.Release()
	}
}
