// Package overload is the guard that keeps the gate and the APIs behind it
// useful when more is asked of them than they can do. It bounds how many calls
// are at work at once by what their times tell: for each API (Limit), and for the
// gate as a whole (Gate), where the times are those that goroutines wait for a
// processor, and the memory in use counts as well. What there is no room for is
// refused early, the less important first, and no client gets more than its
// share while others want theirs.
//
// The root package builds two steps for each operation: Door, before anything
// costly, and Way, when the caller is known and again just before the API is
// called. State outlives plans: package serve makes one Gate, runs its Watch, and
// asks it for the Limit of each API. It imports gate for its words, and knows
// nothing of configuration files, connections or other guards.
//
// A call is at work with an API from when it is sent until its answer begins, and
// with the gate from when its head was read until then. What follows, the body of
// the answer, a stream of events or a tunnel, may take hours and counts as no
// work and no delay; nor does a body that is forwarded while a client sends it.
package overload

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Class is how important a call is. The zero class is refused first.
type Class uint8

// The classes.
const (
	Low Class = iota
	Normal
	High
	Critical
	classes // how many there are
)

var classNames = [...]string{"low", "normal", "high", "critical"}

func (c Class) String() string { return classNames[c%classes] }

// Classes iterates over every class, the first to be refused first.
func Classes(yield func(Class) bool) {
	for c := range classes {
		if !yield(c) {
			return
		}
	}
}

// Options say when there is too much to do. A zero field takes its default.
type Options struct {
	MinInFlight int           // calls that each API gets whatever their times say; default 20
	MaxInFlight int           // calls at work with one API, and with the gate, at most; default 16384, at most MostInFlight
	Slowdown    int           // percent of the usual time of calls at which an API has too much to do; default 200
	Wait        time.Duration // that a call waits for room at most; default 100ms
	Delay       time.Duration // that goroutines wait for a processor at which the gate has too much to do; default 20ms
	MemoryHigh  int           // percent of Memory from which calls are refused; default 85
	MemoryLow   int           // percent of Memory below which they no longer are; default 75
	Memory      int64         // bytes that the program may have; 0 asks the system
}

// MostInFlight is what MaxInFlight can be: the calls of each class are counted in
// 16 bits.
const MostInFlight = 60_000

func (o Options) withDefaults() Options {
	fill(&o.MinInFlight, 20)
	fill(&o.MaxInFlight, 16384)
	fill(&o.Slowdown, 200)
	fill(&o.Wait, 100*time.Millisecond)
	fill(&o.Delay, 20*time.Millisecond)
	fill(&o.MemoryHigh, 85)
	fill(&o.MemoryLow, 75)
	o.MaxInFlight = min(o.MaxInFlight, MostInFlight)
	o.MinInFlight = min(o.MinInFlight, o.MaxInFlight)
	o.MemoryLow = min(o.MemoryLow, o.MemoryHigh)
	return o
}

func fill[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Gate is the state of the whole program. Many goroutines use it at once.
type Gate struct {
	pool
	options atomic.Pointer[Options]
	squeeze atomic.Uint32 // classes below it find no room, for want of memory
	memory  atomic.Int64  // bytes in use, as last measured
	bound   atomic.Int64  // bytes that the program may have; 0 when nobody knows
	delay   atomic.Int64  // as last measured

	mu     sync.Mutex
	limits map[string]*Limit // guarded by mu
}

// New returns a gate that has nothing to do.
func New(o Options) *Gate {
	g := &Gate{limits: map[string]*Limit{}}
	g.clients.seed()
	g.Set(o)
	g.limit.Store(uint32(g.options.Load().MaxInFlight))
	return g
}

// Set changes the options, also those of all limits.
func (g *Gate) Set(o Options) {
	o = o.withDefaults()
	g.options.Store(&o)
	g.limit.Store(uint32(min(int(g.limit.Load()), o.MaxInFlight)))
}

// Limit returns what is known of an API under a key that tells it from others.
func (g *Gate) Limit(key string) *Limit {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.limits[key]
	if l == nil {
		l = newLimit(&g.options)
		g.limits[key] = l
	}
	return l
}

// Keep forgets all limits but those of some keys. What is at work with the others
// ends by itself.
func (g *Gate) Keep(keys map[string]bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key := range g.limits {
		if !keys[key] {
			delete(g.limits, key)
		}
	}
}

// Reasons of refusals, for the operator alone.
const (
	reasonLimit  = "limit"  // as many calls as there is room for are at work
	reasonShare  = "share"  // the client has its share of them
	reasonMemory = "memory" // the program has no memory for more
)

// retry is after how many seconds a refused client may come again: not all at
// once (RFC 9110 section 10.2.3 leaves the time to the server).
func retry() int { return 1 + rand.IntN(4) }
