package balance

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Mirror says of which calls a target in that role gets a copy. Nobody waits
// for it, and its answers are thrown away. A zero field takes its default.
type Mirror struct {
	Percent     int           // of the calls; default 100
	Methods     []string      // default GET and HEAD, which change nothing
	MaxBody     int64         // bytes; default 64 KiB. Calls with more are not copied
	MaxInFlight int           // copies on their way at once; one more is dropped; default 16
	Timeout     time.Duration // of a copy; default 10s
	// Credentials are sent too. Otherwise Authorization, Cookie and the fields
	// in Options.Hidden are left out.
	Credentials bool
	Remove      []string // fields that are left out besides
}

func (m Mirror) withDefaults() Mirror {
	fill(&m.Percent, 100)
	fill(&m.MaxInFlight, 16)
	fill(&m.Timeout, 10*time.Second)
	if m.MaxBody <= 0 {
		m.MaxBody = 64 << 10
	}
	if len(m.Methods) == 0 {
		m.Methods = []string{"GET", "HEAD"}
	}
	return m
}

// mirror sends copies.
type mirror struct {
	node    *Node
	o       Mirror
	remove  []string
	sent    atomic.Uint64
	dropped atomic.Uint64
	copies  sync.Pool // of *copied

	mu   sync.Mutex
	busy int  // guarded by mu; copies on their way
	over bool // guarded by mu
	work sync.WaitGroup
	ctx  context.Context
	end  context.CancelFunc
}

func newMirror(n *Node, o Mirror, hidden []string) *mirror {
	m := &mirror{node: n, o: o.withDefaults()}
	m.remove = slices.Clone(o.Remove)
	if !o.Credentials {
		m.remove = append(append(m.remove, "Authorization", "Cookie"), hidden...)
	}
	m.copies.New = func() any { return new(copied) }
	m.ctx, m.end = context.WithCancel(context.Background())
	return m
}

// close ends what is on its way.
func (m *mirror) close() {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	m.end()
	m.work.Wait()
}

// offer copies x and sends the copy, or does not.
func (m *mirror) offer(x *gate.Exchange) {
	switch {
	case !slices.Contains(m.o.Methods, string(x.Method)):
		return
	case streams(x):
		return
	case m.o.Percent < 100 && rand.IntN(100) >= m.o.Percent:
		return
	case int64(len(x.OutBody)) > m.o.MaxBody || !m.begin():
		m.dropped.Add(1)
		return
	}
	m.sent.Add(1)
	c := m.copies.Get().(*copied)
	c.take(x, m.remove)
	go m.send(c)
}

// begin takes one of the places.
func (m *mirror) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over || m.busy >= m.o.MaxInFlight {
		return false
	}
	m.busy++
	m.work.Add(1)
	return true
}

func (m *mirror) finish() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy--
	m.work.Done()
}

// maxMirrored bounds what is read of an answer, so that its connection can be
// kept.
const maxMirrored = 256 << 10

func (m *mirror) send(c *copied) {
	defer m.finish()
	defer m.survive()
	ctx, cancel := context.WithTimeout(m.ctx, m.o.Timeout)
	defer cancel()
	m.node.sent.Add(1)
	c.x.Context = ctx
	if err := m.node.target.Send(ctx, &c.x); err != nil {
		if judge(&c.x, err) == badly {
			m.node.failed.Add(1)
		}
	}
	discard(&c.x.Answer, maxMirrored)
	if cap(c.bytes) <= maxKept {
		m.copies.Put(c)
	}
}

// survive keeps a mistake of the program in the way to the mirror from ending
// it.
func (m *mirror) survive() {
	if p := recover(); p != nil {
		m.node.o.Log.Error("a copy for the mirror failed", "upstream", m.node.o.Name, "panic", gate.Fault(p), "stack", string(debug.Stack()))
	}
}

// maxKept bounds the bytes that a copy keeps for the next one.
const maxKept = 64 << 10

// copied is a request with bytes of its own.
type copied struct {
	x     gate.Exchange
	bytes []byte
}

// Mark is the field by which a target knows a copy.
const Mark = "X-Gatehouse-Mirror"

var (
	markName  = []byte(Mark)
	markValue = []byte("1")
)

// take copies what is sent of x. Nothing of the copy is a view of x.
func (c *copied) take(x *gate.Exchange, remove []string) {
	fields, out, hops := c.x.Fields[:0], c.x.OutFields[:0], c.x.Hops[:0]
	c.bytes = slices.Grow(c.bytes[:0], size(x))
	c.x = gate.Exchange{
		Version: x.Version, Secure: x.Secure, Peer: x.Peer, Client: x.Client, ClientSecure: x.ClientSecure,
		API: x.API, Received: x.Received, // the operation has no say in a copy
		Intake: gate.Intake{Mode: gate.Buffer, MaxBytes: int64(len(x.OutBody))}, BodyLength: int64(len(x.OutBody)),
		Method: c.bring(x.Method), Target: c.bring(x.Target), Path: c.bring(x.Path), Host: c.bring(x.Host),
		ClientHost: c.bring(x.ClientHost), OutTarget: c.bring(x.OutTarget), OutBody: c.bring(x.OutBody),
		Hops: append(hops, x.Hops...), Fields: c.bringFields(fields, x.Fields, remove),
		OutFields: append(c.bringFields(out, x.OutFields, remove), gate.Field{Name: markName, Value: markValue}),
		Answer:    gate.Answer{Fields: c.x.Answer.Fields[:0], Trailers: c.x.Answer.Trailers[:0]},
	}
	c.x.Body = c.x.OutBody
}

// size is what a copy of x needs at most.
func size(x *gate.Exchange) int {
	n := len(x.Method) + len(x.Target) + len(x.Path) + len(x.Host) + len(x.ClientHost) + len(x.OutTarget) + len(x.OutBody)
	for _, list := range [...][]gate.Field{x.Fields, x.OutFields} {
		for i := range list {
			n += len(list[i].Name) + len(list[i].Value)
		}
	}
	return n
}

func (c *copied) bring(b []byte) []byte {
	if b == nil {
		return nil
	}
	at := len(c.bytes)
	c.bytes = append(c.bytes, b...)
	return c.bytes[at:len(c.bytes):len(c.bytes)]
}

func (c *copied) bringFields(to, from []gate.Field, remove []string) []gate.Field {
	for i := range from {
		if f := &from[i]; !f.Gone && !named(f.Name, remove) && !gate.EqualFold(f.Name, Mark) {
			to = append(to, gate.Field{Name: c.bring(f.Name), Value: c.bring(f.Value)})
		}
	}
	return to
}

// named reports whether a field is one of those, or what programs take for
// one.
func named(name []byte, list []string) bool {
	return slices.ContainsFunc(list, func(n string) bool { return gate.EqualFold(name, n) || gate.Twin(name, n) })
}
