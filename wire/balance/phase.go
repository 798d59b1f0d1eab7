package balance

import (
	"fmt"
	"math"
	"time"
)

// phase says whether a node takes calls, as far as they tell.
type phase uint32

const (
	serving phase = iota
	ejected       // left out while others serve
	open          // called no more, until it is tried
)

// maxEjection bounds the time that a node is left out.
const maxEjection = 5 * time.Minute

// leastCalls is how many calls a share of failures needs to count.
const leastCalls = 20

// fail takes a failure to account; what says for the log which. Of a node that
// is left out, only calls that were sent to it since count: what was on its way
// before is no news.
func (n *Node) fail(now int64, s stint, g *group, what string) {
	n.failed.Add(1)
	row := int(n.row.Add(1))
	g.judging.Lock() // nodes are ejected one after the other, so that their number is known
	defer g.judging.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.good, n.last = 0, what
	breaks := !n.o.Breaker.Off && int(n.broken.Load()) >= n.o.Breaker.Failures
	switch p := phase(n.phase.Load()); {
	case p == serving && breaks, p == ejected && breaks && s == desperate:
		n.open(now, fmt.Sprintf("it did not answer %d calls in a row", n.broken.Load()))
	case p == open && s == trial:
		n.open(now, "it did not answer when it was tried again")
	case p == ejected && s == trial:
		n.eject(now, "it failed when it was tried again")
	case p == serving && !n.o.Outliers.Off && g.mayEject(n, n.o.Outliers.MaxEjectedPercent):
		if share := n.share(now); row >= n.o.Outliers.Failures {
			n.eject(now, fmt.Sprintf("%d calls in a row failed", row))
		} else if share >= n.o.Outliers.FailurePercent {
			n.eject(now, fmt.Sprintf("%d of 100 calls failed", share))
		}
	case p == serving:
		n.share(now)
	}
}

// share is how many of 100 calls in the window failed, 0 when there were too
// few. It begins a new window when the last one is over.
func (n *Node) share(now int64) int {
	sent, failed := n.sent.Load(), n.failed.Load()
	if w := &n.spell; w.begins == 0 || now-w.begins > int64(n.o.Outliers.Window) {
		*w = window{begins: now, sent: sent - 1, failed: failed - 1}
	}
	calls := sent - n.spell.sent
	if calls < leastCalls {
		return 0
	}
	return int(100 * (failed - n.spell.failed) / calls)
}

// eject leaves the node out, longer each time.
func (n *Node) eject(now int64, why string) {
	if now-n.back > int64(maxEjection) {
		n.times = 0
	}
	n.times++
	n.leave(now, ejected, min(time.Duration(n.times)*n.o.Outliers.EjectFor, maxEjection), why)
}

func (n *Node) open(now int64, why string) { n.leave(now, open, n.o.Breaker.OpenFor, why) }

func (n *Node) leave(now int64, p phase, d time.Duration, why string) {
	first := phase(n.phase.Load()) != p || p == ejected
	n.until = now + int64(d)
	n.phase.Store(uint32(p))
	changes.Add(1)
	if !first {
		return // it would be said every few seconds
	}
	n.o.Log.Warn("an address of an API is left out", "upstream", n.o.Name, "because", why, "for", d.String(), "the last because", n.last)
}

// recover takes to account that a call which was sent in spite of the phase
// went well.
func (n *Node) recover(now int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := phase(n.phase.Load())
	n.good++
	if p == serving || p == open && n.good < n.o.Breaker.Trials {
		return
	}
	n.phase.Store(uint32(serving))
	n.back, n.good, n.spell = now, 0, window{}
	changes.Add(1)
	n.o.Log.Info("an address of an API is used again", "upstream", n.o.Name)
}

// standing is what a node is good for at one moment.
type standing struct {
	usable   bool  // it takes calls
	ejected  bool  // it takes calls when there is no other
	tryFrom  int64 // it may be tried out from here on with what can be repeated,
	riskFrom int64 // and from here on with any call; never for nodes that take calls
}

const never = math.MaxInt64

func (n *Node) standing() standing {
	s := standing{tryFrom: never, riskFrom: never}
	if n.sick.Load() {
		return s
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch phase(n.phase.Load()) {
	case serving:
		s.usable = true
		return s
	case ejected:
		s.ejected = true
	}
	s.tryFrom, s.riskFrom = n.until, n.until+int64(n.o.Outliers.EjectFor)
	return s
}

// tryOut takes one of the calls that may try a node at once.
func (n *Node) tryOut() bool {
	if n.trials.Add(1) <= int32(n.o.Breaker.Trials) {
		return true
	}
	n.trials.Add(-1)
	return false
}
