// Package stage sets up a gate for tests of engines and upstreams: a few
// operations whose guards allow everything, and an API in observe mode, so
// that any other target reaches the upstream as a stream. Tests below wire
// import it, nothing else does.
package stage

import (
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
)

// MaxBody bounds the bodies of the operations, in bytes.
const MaxBody = 32 << 20

// House is a gate with its events.
type House struct {
	Gate *gate.Gate
	API  *gate.API

	mu     sync.Mutex
	events []gate.Event // guarded by mu
	more   *sync.Cond
}

// operations are what the house describes; other calls are unrouted.
var operations = []struct {
	method, path string
	mode         gate.IntakeMode
}{
	{"GET", "/get", gate.NoBody},
	{"POST", "/buffer", gate.Buffer},
	{"POST", "/stream", gate.Stream},
	{"GET", "/private", gate.NoBody},
	{"GET", "/socket", gate.NoBody},    // clients may switch to websocket
	{"POST", "/trailers", gate.Stream}, // trailer fields pass
}

// New returns a house in front of up.
func New(t testing.TB, up gate.Upstream) *House {
	t.Helper()
	h := &House{}
	h.more = sync.NewCond(&h.mu)
	h.Gate = gate.New(gate.Options{Sink: h, Poison: true})
	h.API = &gate.API{Name: "stage", Mode: gate.Observe, Upstream: up}
	h.API.Unrouted = &gate.Operation{API: h.API, Mode: gate.Observe,
		Steps: []gate.Step{{Name: "allow", Head: allow(gate.Stream)}}}
	if err := h.API.Unrouted.Compile(); err != nil {
		t.Fatal(err)
	}
	p := &gate.Plan{APIs: []*gate.API{h.API}}
	var entries []route.Entry
	for i, o := range operations {
		op := &gate.Operation{Name: o.path, Method: o.method, Template: o.path, API: h.API,
			Steps: []gate.Step{{Name: "allow", Head: allow(o.mode)}}}
		switch o.path {
		case "/private":
			op.Steps[0].Head = deny{}
		case "/socket":
			op.Upgrades = []string{"websocket"}
		case "/trailers":
			op.Trailers = true
		}
		if err := op.Compile(); err != nil {
			t.Fatal(err)
		}
		p.Operations = append(p.Operations, op)
		entries = append(entries, route.Entry{Template: o.path, Method: o.method, Number: i})
	}
	routes, problems := route.Build(entries)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	p.Routes = routes
	h.Gate.Swap(p)
	return h
}

// allow lets every head pass and takes the body in its mode.
type allow gate.IntakeMode

// Head implements gate.HeadGuard.
func (a allow) Head(x *gate.Exchange) gate.Verdict {
	x.Intake = gate.Intake{Mode: gate.IntakeMode(a), MaxBytes: MaxBody}
	return gate.Allow
}

type deny struct{}

// Head implements gate.HeadGuard.
func (deny) Head(x *gate.Exchange) gate.Verdict {
	return x.Deny(gate.Refusal{Code: gate.CredentialMissing})
}

// Record implements gate.Sink.
func (h *House) Record(e *gate.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := *e
	kept.Would = nil
	h.events = append(h.events, kept)
	h.more.Broadcast()
}

// Event waits for the n-th event, from 0, and returns it.
func (h *House) Event(n int) gate.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.events) <= n {
		h.more.Wait()
	}
	return h.events[n]
}

// Events returns how many events there are.
func (h *House) Events() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.events)
}
