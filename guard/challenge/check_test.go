package challenge

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// FuzzProof: a proof is taken apart in one way, and what is not signed is not
// taken.
func FuzzProof(f *testing.F) {
	f.Add([]byte("1.zzzzzzz.0.AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA.0"))
	f.Add([]byte("1.-1.8.x.y.5"))
	f.Add([]byte("......"))
	g := New(NewState(), Options{API: "a", Operation: "b", Bits: 8, Valid: time.Minute})
	f.Fuzz(func(t *testing.T, b []byte) {
		x := &gate.Exchange{Received: time.Unix(0, 0)}
		if got := g.check(x, b); got == good || got == wrong || got == used {
			t.Errorf("%q: %v", b, got)
		}
		if p, ok := parse(b); ok && (len(p.signed) > len(b) || string(p.signed) != string(b[:len(p.signed)])) {
			t.Errorf("%q: %q", b, p.signed)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	g := New(NewState(), Options{API: "Shop", Operation: "logIn", Bits: 8, MaxBits: 8, Valid: time.Minute})
	x := &gate.Exchange{Received: time.Now(), Client: netip.MustParseAddr("192.0.2.1")}
	puzzle := g.puzzle(x)
	proof := puzzle
	for i := 0; ; i++ {
		if proof = strconv.AppendInt(append(puzzle[:len(puzzle):len(puzzle)], '.'), int64(i), 10); zeros(sha256.Sum256(proof)) >= 8 {
			break
		}
	}
	if got := g.check(x, proof); got != good {
		b.Fatal(got)
	}
	b.Run("used", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if g.check(x, proof) != used {
				b.Fatal("it is taken twice")
			}
		}
	})
	b.Run("foreign", func(b *testing.B) {
		proof[30]++
		for b.Loop() {
			g.check(x, proof)
		}
	})
	b.Run("asked", func(b *testing.B) {
		for b.Loop() {
			g.puzzle(x)
		}
	})
}
