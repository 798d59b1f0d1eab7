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

// many is a verifier asked about 100,000 live tokens of 600 bytes, of which few
// are shown often and many seldom (Zipf). The bytes of a token have just been
// read, as from a connection. What a token costs that is not remembered, the
// verification of a signature, is left out: they do not have one.
type many struct {
	v      *Verifier
	x      *gate.Exchange
	tokens [][]byte
	shown  []uint32
	fresh  func(raw []byte) *entry
	buffer [batch][]byte
}

const live, batch = 100_000, 32

// newMany makes one with room for some of the tokens.
func newMany(t testing.TB, room int) *many {
	i := newIssuer("a", 1)
	set := i.set(t)
	sample := i.token(object{"x": string(make([]byte, 60))})
	m := &many{v: verifier(t, ringOf(set), func(o *Options) { o.Capacity = room }), x: exchange(), tokens: make([][]byte, live), shown: make([]uint32, 1<<20)}
	for n := range m.tokens {
		m.tokens[n] = fmt.Appendf(nil, "%s%06d", sample[:len(sample)-6], n)
	}
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, live-1)
	for n := range m.shown {
		m.shown[n] = uint32(zipf.Uint64())
	}
	judged, _ := m.v.judge.Verify([]byte(sample), set, received.Unix())
	m.fresh = func(raw []byte) *entry {
		e := &entry{raw: append([]byte(nil), raw...), until: judged.Expires, principal: gate.Principal{ID: "a"},
			token: jose.Token{Key: judged.Key, Audience: judged.Audience, Expires: judged.Expires}}
		e.set.Store(set)
		return e
	}
	for n, token := range m.shown {
		m.remember(m.tokens[token], received.Unix()-int64(len(m.shown)-n)/1000)
	}
	runtime.GC()
	return m
}

// remember has a token remembered if it is not: the tokens differ in their
// signatures, which are not what is measured.
func (m *many) remember(raw []byte, now int64) {
	e, hash := m.v.seen.find(raw, now)
	if e == nil {
		e = m.fresh(raw)
		e.hash = hash
		m.v.seen.keep(e, now)
	}
}

// ask shows the n-th batch of tokens and returns how long that took, and how
// many were not remembered.
func (m *many) ask(n int) (took time.Duration, missed int) {
	for at := range m.buffer {
		m.buffer[at] = append(m.buffer[at][:0], m.tokens[m.shown[(n*batch+at)&(1<<20-1)]]...)
	}
	begin := time.Now()
	for _, raw := range m.buffer {
		if p, _ := m.v.Verify(m.x, use, raw); p == nil {
			missed++
			m.remember(raw, received.Unix())
		}
	}
	return time.Since(begin), missed
}

// BenchmarkSeen has room for all tokens and for half of them. %missed are those
// that are not remembered.
func BenchmarkSeen(b *testing.B) {
	for name, room := range map[string]int{"all": live, "half": live / 2} {
		b.Run(name, func(b *testing.B) {
			m := newMany(b, room)
			b.ReportAllocs()
			var spent time.Duration
			n, missed := 0, 0
			for b.Loop() {
				if n%batch == 0 {
					took, more := m.ask(n / batch)
					spent, missed = spent+took, missed+more
				}
				n++
			}
			asked := float64((n + batch - 1) / batch * batch)
			b.ReportMetric(float64(spent.Nanoseconds())/asked, "ns/op")
			b.ReportMetric(float64(missed)/asked*100, "%missed")
		})
	}
}
