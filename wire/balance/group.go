package balance

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// group is the nodes among which one call may choose.
type group struct {
	members []Member
	spare   *group // takes the calls that find nobody here; nil when none does
	live    atomic.Pointer[roster]
	making  sync.Mutex // of a roster
	judging sync.Mutex // of a node that fails; before the node's own
}

// roster is what is known of a group. It is immutable, and made anew when a
// node changes or a time comes.
type roster struct {
	as     uint64   // of changes
	ends   int64    // when a node may be tried
	usable []Member // of which calls choose
	last   bool     // these are ejected, and every other is left out as well
	trials []tryout // nodes whose time has come
}

type tryout struct {
	node *Node
	risk int64 // from here on any call may try it
}

// now returns what is known at a time.
func (g *group) now(now int64) *roster {
	if r := g.live.Load(); r != nil && r.as == changes.Load() && now < r.ends {
		return r
	}
	return g.look(now)
}

func (g *group) look(now int64) *roster {
	g.making.Lock()
	defer g.making.Unlock()
	r := &roster{as: changes.Load(), ends: never}
	var ejected []Member
	for _, m := range g.members {
		s := m.Node.standing()
		if s.usable {
			r.usable = append(r.usable, m)
		}
		if s.ejected {
			ejected = append(ejected, m)
		}
		switch {
		case s.tryFrom > now:
			r.ends = min(r.ends, s.tryFrom)
		case !s.usable:
			r.trials = append(r.trials, tryout{m.Node, s.riskFrom})
		}
	}
	if len(r.usable) == 0 && g.spare == nil {
		r.usable, r.last = ejected, len(ejected) > 0
	}
	g.live.Store(r)
	return r
}

// maxTries bounds the targets that one call tries.
const maxTries = 5

// tried are the nodes that a call has tried.
type tried struct {
	list [maxTries]*Node
	n    int
}

func (t *tried) add(n *Node) {
	t.list[t.n] = n
	t.n++
}

func (t *tried) has(n *Node) bool {
	for i := range t.n {
		if t.list[i] == n {
			return true
		}
	}
	return false
}

// pick chooses a node that was not tried. A call that is safe to repeat, or
// any when there is nothing else to choose, also tries out nodes whose time
// has come.
func (g *group) pick(now int64, before *tried, safe bool) pick {
	r := g.now(now)
	alone := len(r.usable) == 0 && g.spare == nil
	if len(r.trials) > 0 && (before.n == 0 || alone) {
		for i := range r.trials {
			t := &r.trials[i]
			if (safe || alone || now >= t.risk) && !before.has(t.node) && t.node.tryOut() {
				return pick{t.node, trial}
			}
		}
	}
	n := r.choose(before)
	if n != nil && r.last {
		return pick{n, desperate}
	}
	return pick{n, regular}
}

// choose takes two nodes at random, by their weights, and of these the one
// that has less to do for its weight. When both are idle the weights alone
// decide.
func (r *roster) choose(before *tried) *Node {
	if len(r.usable) == 1 && before.n == 0 {
		return r.usable[0].Node
	}
	total := 0
	for i := range r.usable {
		if m := &r.usable[i]; before.n == 0 || !before.has(m.Node) {
			total += m.Weight
		}
	}
	if total == 0 {
		return nil
	}
	a := r.draw(before, nil, rand.IntN(total))
	if total == a.Weight {
		return a.Node
	}
	b := r.draw(before, a.Node, rand.IntN(total-a.Weight))
	if b.Node.target.InFlight()*int64(a.Weight) < a.Node.target.InFlight()*int64(b.Weight) {
		return b.Node
	}
	return a.Node
}

// draw returns the node at which at weights are used up. at is less than the
// weights of all that may be drawn, of which there is one at least.
func (r *roster) draw(before *tried, but *Node, at int) (m *Member) {
	for i := range r.usable {
		next := &r.usable[i]
		if next.Node == but || before.n > 0 && before.has(next.Node) {
			continue
		}
		if m, at = next, at-next.Weight; at < 0 {
			break
		}
	}
	return m
}

// mayEject reports whether n may be left out: not more of the group than
// percent, one at least, and only while another serves. A group that has a
// spare may be left out whole. It is called under judging.
func (g *group) mayEject(n *Node, percent int) bool {
	if g.spare != nil {
		return g.spare.serves(nil)
	}
	out := 0
	for i := range g.members {
		if phase(g.members[i].Node.phase.Load()) == ejected {
			out++
		}
	}
	return g.serves(n) && out < max(1, len(g.members)*percent/100)
}

// serves reports whether a node takes calls, but for one.
func (g *group) serves(but *Node) bool {
	return slices.ContainsFunc(g.members, func(m Member) bool {
		return m.Node != but && phase(m.Node.phase.Load()) == serving && !m.Node.sick.Load()
	})
}

// wait is after how many seconds it makes sense to ask again.
func (g *group) wait(now int64) int {
	r := g.now(now)
	if len(r.trials) > 0 || r.ends == never {
		return 1
	}
	return 1 + int(time.Duration(r.ends-now)/time.Second)
}
