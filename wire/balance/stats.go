package balance

import "sync/atomic"

// counts are those of a balancer.
type counts struct{ retries, exhausted, unavailable atomic.Uint64 }

// Stats is what a balancer has counted since it was made, and how its members
// are.
type Stats struct {
	Retries     uint64 // calls that were sent again
	Exhausted   uint64 // calls that were not, for lack of budget
	Unavailable uint64 // calls that found no target
	Mirrored    uint64 // copies that were sent
	Dropped     uint64 // copies that were not: too many were on their way, or the body is too large
	Members     []MemberStats
}

// MemberStats is one member's part.
type MemberStats struct {
	Name         string
	Role         Role
	Health       Condition
	Sent, Failed uint64
	InFlight     int64
}

// Condition is how a target is.
type Condition uint8

// The conditions.
const (
	Serving Condition = iota
	Ejected           // it fails, and is left out while others serve
	Open              // it does not answer, and is left out
	Sick              // its health check fails
)

var conditionNames = [...]string{"serving", "ejected", "open", "unhealthy"}

func (c Condition) String() string { return conditionNames[c] }

// Stats may be called at any time.
func (b *Balancer) Stats() Stats {
	s := Stats{Retries: b.counts.retries.Load(), Exhausted: b.counts.exhausted.Load(), Unavailable: b.counts.unavailable.Load()}
	for _, g := range [...]*group{&b.live, &b.canary} {
		for _, m := range g.members {
			s.Members = append(s.Members, m.Node.stats(m.Role))
		}
	}
	if b.mirror != nil {
		s.Mirrored, s.Dropped = b.mirror.sent.Load(), b.mirror.dropped.Load()
		s.Members = append(s.Members, b.mirror.node.stats(MirrorRole))
	}
	return s
}

func (n *Node) stats(r Role) MemberStats {
	s := MemberStats{Name: n.o.Name, Role: r, Sent: n.sent.Load(), Failed: n.failed.Load(), InFlight: n.target.InFlight()}
	switch p := phase(n.phase.Load()); {
	case n.sick.Load():
		s.Health = Sick
	case p == ejected:
		s.Health = Ejected
	case p == open:
		s.Health = Open
	}
	return s
}
