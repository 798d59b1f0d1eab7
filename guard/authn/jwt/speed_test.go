package jwt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

func TestSeenTokenCosts(t *testing.T) {
	i := newIssuer("a", 1)
	v := verifier(t, ringOf(i.set(t)), nil)
	token, x := []byte(i.token(nil)), exchange()
	if n := testing.AllocsPerRun(100, func() {
		if p, r := v.Verify(x, use, token); p == nil {
			t.Error(r)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSeen asks about 100,000 live tokens of 600 bytes, of which few are
// shown often and many seldom (Zipf), with room for all and for half of them.
// The bytes of a token have just been read, as from a connection. %missed are
// those that are not remembered; what they cost, the verification of a
// signature, is left out: they do not have one.
func BenchmarkSeen(b *testing.B) {
	const live, batch = 100_000, 32
	i := newIssuer("a", 1)
	set := i.set(b)
	sample := i.token(object{"x": string(make([]byte, 60))})
	tokens := make([][]byte, live)
	for n := range tokens {
		tokens[n] = fmt.Appendf(nil, "%s%06d", sample[:len(sample)-6], n)
	}
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, live-1)
	shown := make([]uint32, 1<<20)
	for n := range shown {
		shown[n] = uint32(zipf.Uint64())
	}
	for name, capacity := range map[string]int{"all": live, "half": live / 2} {
		b.Run(name, func(b *testing.B) {
			v := verifier(b, ringOf(set), func(o *Options) { o.Capacity = capacity })
			x, now := exchange(), received.Unix()
			judged, _ := v.judge.Verify([]byte(sample), set, now)
			// has remembers a token if it was not: the tokens differ in their
			// signatures, which are not what is measured.
			has := func(raw []byte, now int64) bool {
				e, hash := v.seen.find(raw, now)
				if e != nil {
					return true
				}
				e = &entry{raw: append([]byte(nil), raw...), hash: hash, until: judged.Expires, principal: gate.Principal{ID: "a"},
					token: jose.Token{Key: judged.Key, Audience: judged.Audience, Expires: judged.Expires}}
				e.set.Store(set)
				v.seen.keep(e, now)
				return false
			}
			for n, token := range shown {
				has(tokens[token], now-int64(len(shown)-n)/1000)
			}
			runtime.GC()
			b.ReportAllocs()
			var buffer [batch][]byte
			var spent time.Duration
			n, asked, missed := 0, 0, 0
			for b.Loop() {
				if n%batch == 0 {
					for at := range buffer {
						raw := tokens[shown[(n+at)&(1<<20-1)]]
						asked++
						buffer[at] = append(buffer[at][:0], raw...)
					}
					begin := time.Now()
					for _, raw := range buffer {
						if p, _ := v.Verify(x, use, raw); p == nil {
							missed++
							has(raw, now)
						}
					}
					spent += time.Since(begin)
				}
				n++
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(asked), "ns/op")
			b.ReportMetric(float64(missed)/float64(asked)*100, "%missed")
		})
	}
}
