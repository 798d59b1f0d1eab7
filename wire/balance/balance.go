// Package balance sends exchanges to several addresses at which one API runs:
// it chooses the less loaded of two, leaves out those that fail, tries again
// elsewhere what is safe to repeat, gives some calls to a canary and copies of
// some to a mirror. It stands between the gate and the upstreams, which are
// targets to it.
//
// Package serve imports it. It knows the words of gate and nothing of
// connections, engines, contracts or guards.
package balance

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Target is one address at which the API runs, and the way to it. Many
// goroutines use it at once.
//
// When Send fails with UpstreamUnreachable or Overloaded, nothing was sent that
// must not be sent twice, and nothing of x.Incoming was read. Whatever the
// error, the answer is given back, and x may be sent again as far as its body
// allows.
type Target interface {
	gate.Upstream
	// InFlight is how many exchanges are with the target now.
	InFlight() int64
}

// Options say how the calls of one API are spread. The zero value of each part
// takes its defaults.
type Options struct {
	Members []Member
	Retries Retries
	Canary  Canary
	Mirror  Mirror
	// Hidden are the names of fields in which the API takes credentials,
	// besides Authorization and Cookie.
	Hidden []string
}

// Member is a node with its part among the others.
type Member struct {
	Node   *Node
	Weight int // its share of calls beside others; 1 when 0
	Role   Role
}

// Role is what a node is there for.
type Role uint8

// The roles. A balancer has a live member at least, and one mirror at most.
const (
	Live       Role = iota
	CanaryRole      // takes some of the calls
	MirrorRole      // takes copies of some calls
)

var roleNames = [...]string{"live", "canary", "mirror"}

func (r Role) String() string { return roleNames[r] }

// Balancer sends the exchanges of one API to its members. Many goroutines may
// use it at once.
type Balancer struct {
	live, canary group
	several      bool // targets that take calls
	retries      Retries
	budget       budget
	split        Canary
	mirror       *mirror // nil when there is none
	counts       counts
}

var _ gate.Upstream = (*Balancer)(nil)

// New returns a balancer. It does not own the nodes: they are closed by who
// made them, after the balancer.
func New(o Options) (*Balancer, error) {
	b := &Balancer{retries: o.Retries.withDefaults(), split: o.Canary}
	b.budget.init(b.retries.BudgetPercent)
	for _, m := range o.Members {
		m.Weight = max(m.Weight, 1)
		switch {
		case m.Role == Live:
			b.live.members = append(b.live.members, m)
		case m.Role == CanaryRole:
			b.canary.members = append(b.canary.members, m)
		case b.mirror != nil:
			return nil, errors.New("balance: there is more than one mirror")
		default:
			b.mirror = newMirror(m.Node, o.Mirror, o.Hidden)
		}
	}
	if len(b.live.members) == 0 {
		return nil, errors.New("balance: there is no live target")
	}
	b.canary.spare = &b.live
	b.several = len(b.live.members)+len(b.canary.members) > 1
	return b, nil
}

// Send implements gate.Upstream.
func (b *Balancer) Send(ctx context.Context, x *gate.Exchange) error {
	began := x.Sent
	if began.IsZero() {
		began = time.Now()
	}
	if b.mirror != nil {
		b.mirror.offer(x)
	}
	b.budget.earn()
	return b.send(ctx, x, nanos(began))
}

// send tries one target after the other, as long as that is safe and bounded.
func (b *Balancer) send(ctx context.Context, x *gate.Exchange, began int64) error {
	g, now := b.groupOf(x), began
	safe := b.retries.Tries > 1 && repeatable(x)
	var before tried
	var failure error // of the last try
	var price price   // of the next one
	for {
		p := g.pick(now, &before, safe)
		if p.node == nil && g.spare != nil {
			g = g.spare
			continue
		}
		if p.node == nil {
			return b.nobody(g, now, failure)
		}
		if failure != nil && !b.afford(p, price) {
			return failure
		}
		if x.Tries = before.n + 1; b.several {
			x.SentTo = p.node.o.Name
		}
		err := p.send(ctx, x, g)
		if err == nil {
			return nil
		}
		before.add(p.node)
		now = nanos(time.Now())
		if price = b.price(ctx, x, err, before.n, now-began, safe); price == refused {
			return err
		}
		failure = err
		x.Answer = gate.Answer{Fields: x.Answer.Fields[:0], Trailers: x.Answer.Trailers[:0]}
	}
}

// nobody is what to say when there is no target to choose: why the last one
// failed, or that none was tried.
func (b *Balancer) nobody(g *group, now int64, failure error) error {
	if failure != nil {
		return failure
	}
	b.counts.unavailable.Add(1)
	return &gate.Unavailable{Code: gate.UpstreamUnavailable, Retry: g.wait(now), Cause: errNobody}
}

var errNobody = errors.New("every address of the API is left out, since it failed")

// Close ends the copies that are on their way to the mirror and waits for
// that. Exchanges in flight end by themselves.
func (b *Balancer) Close() {
	if b.mirror != nil {
		b.mirror.close()
	}
}

// start is what times are counted from.
var start = time.Now()

func nanos(t time.Time) int64 { return int64(t.Sub(start)) }
