package balance

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// NodeOptions say how a target is watched. A zero field takes its default.
type NodeOptions struct {
	Name     string // its URL, for the log and for statistics
	Outliers Outliers
	Breaker  Breaker
	Health   *Health      // nil: it is not asked
	Log      *slog.Logger // hears when a target is left out and when it is back; nil drops it
}

// Outliers say when a target that fails is left out while others serve.
type Outliers struct {
	Off               bool
	Failures          int           // in a row; default 5
	FailurePercent    int           // of at least 20 calls in the window; default 50
	Window            time.Duration // default 10s
	EjectFor          time.Duration // the first time; then twice as long, three times, ...; default 10s
	MaxEjectedPercent int           // of the targets, but one of two at least; default 50
}

// Breaker says when a target that does not answer is called no more, whatever
// the others do.
type Breaker struct {
	Off      bool
	Failures int           // in a row; default 10
	OpenFor  time.Duration // until it is tried again; default 5s
	Trials   int           // calls that must go well then, and how many try at once; default 2
}

func (o NodeOptions) withDefaults() NodeOptions {
	fill(&o.Outliers.Failures, 5)
	fill(&o.Outliers.FailurePercent, 50)
	fill(&o.Outliers.Window, 10*time.Second)
	fill(&o.Outliers.EjectFor, 10*time.Second)
	fill(&o.Outliers.MaxEjectedPercent, 50)
	fill(&o.Breaker.Failures, 10)
	fill(&o.Breaker.OpenFor, 5*time.Second)
	fill(&o.Breaker.Trials, 2)
	if o.Health != nil {
		h := o.Health.withDefaults()
		o.Health = &h
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func fill[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Node is a target and what is known of it. It outlives balancers: several may
// use it, one after the other or at once.
type Node struct {
	target Target
	o      NodeOptions

	sent, failed atomic.Uint64
	row          atomic.Int32  // failures in a row
	broken       atomic.Int32  // failures in a row to answer at all
	phase        atomic.Uint32 // a phase
	sick         atomic.Bool   // so its health checks say
	trials       atomic.Int32  // calls that try it out now

	mu    sync.Mutex
	until int64  // guarded by mu; when it may be tried out
	times int    // guarded by mu; how often it was ejected without a long time of peace
	back  int64  // guarded by mu; when it came back
	good  int    // guarded by mu; trials that went well
	spell window // guarded by mu
	last  string // guarded by mu; what the last failure was

	checks checks
}

// window is a stretch of time in which failures are held against calls. It
// begins with a failure.
type window struct {
	begins       int64
	sent, failed uint64 // before
}

// changes counts what happens to nodes, so that a balancer knows with one read
// whether what it remembers of its own still holds. It is one for all, since
// that is rare and the answer is only to look again.
var changes atomic.Uint64

// NewNode returns a node that serves. Its health is not asked before Start.
func NewNode(t Target, o NodeOptions) *Node {
	return &Node{target: t, o: o.withDefaults()}
}

// Close ends the health checks.
func (n *Node) Close() { n.checks.stop() }

// pick is a node that was chosen for one call.
type pick struct {
	node  *Node
	stint stint
}

// stint says in which role a node takes a call.
type stint uint8

const (
	regular   stint = iota
	trial           // to find out whether it is back
	desperate       // it is ejected, and so is every other
)

// leave gives a pick back that is not used.
func (p pick) leave() {
	if p.stint == trial {
		p.node.trials.Add(-1)
	}
}

// send sends x to the node and notes how that went.
func (p pick) send(ctx context.Context, x *gate.Exchange, g *group) error {
	n := p.node
	defer p.leave()
	n.sent.Add(1)
	err := n.target.Send(ctx, x)
	switch judge(x, err) {
	case well:
		if n.row.Load() != 0 {
			n.row.Store(0)
			n.broken.Store(0)
		}
		if p.stint != regular {
			n.recover(nanos(time.Now()))
		}
	case poorly:
		n.broken.Store(0)
		n.fail(nanos(time.Now()), p.stint, g, failure(x, err))
	case badly:
		n.broken.Add(1)
		n.fail(nanos(time.Now()), p.stint, g, failure(x, err))
	}
	return err
}

// outcome is what a call says of the target.
type outcome uint8

const (
	nothing outcome = iota // it was not the target's doing
	well
	poorly // it answered that it cannot serve
	badly  // it did not answer
)

func judge(x *gate.Exchange, err error) outcome {
	if err == nil {
		switch x.Answer.Status {
		case 502, 503, 504: // RFC 9110 section 15.6
			return poorly
		}
		return well
	}
	switch code(err) {
	case gate.UpstreamUnreachable, gate.UpstreamTimeout, gate.UpstreamBroken:
		return badly
	}
	return nothing
}

// code is the refusal that an error of a target becomes.
func code(err error) gate.Code {
	if u := (*gate.Unavailable)(nil); errors.As(err, &u) {
		return u.Code
	}
	return gate.UpstreamBroken
}
