// Package lock counts credentials that were not valid, by the network that they
// came from, by the subject that they name and by themselves, and says who must
// wait. It is what guard/authn knows as gate.Locks; package serve makes one for
// the whole program. It imports gate for its words, and knows nothing of what a
// credential is: it keeps hashes by a key that no one else has.
//
// What is locked out is the guess, not its victim. A credential that was valid
// from a network before is let through there while the network is locked. A
// subject under attack is closed only to networks that have failed for it
// themselves: whoever comes from elsewhere with the right credential gets in,
// and an attacker with many addresses has one guess by each of them.
package lock

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/count"
)

// Options say when somebody is locked out, and for how long. The zero value of
// each is its default.
type Options struct {
	Failures        int           // of one credential or subject within Window; default 10
	NetworkFailures int           // of one network within Window; default 50
	Window          time.Duration // default a minute
	First           time.Duration // the first lock; each further failure doubles it; default a second
	Longest         time.Duration // default 15 minutes
}

// Sizes of a table: some 4 MiB, whatever clients do.
const (
	sets     = 8192
	remember = 1 << 16
)

// Table is the counters. Nothing is ever allocated for a client.
type Table struct {
	failures, network count.Limits
	counts            *count.Table
	known             []atomic.Uint64 // of credentials that were valid, with their networks
}

// New returns an empty table.
func New(o Options) *Table {
	set(&o.Failures, 10)
	set(&o.NetworkFailures, 50)
	set(&o.Window, time.Minute)
	set(&o.First, time.Second)
	set(&o.Longest, 15*time.Minute)
	l := count.Limits{Most: o.Failures, Window: o.Window, First: o.First, Longest: o.Longest}
	t := &Table{failures: l, network: l, counts: count.New(sets), known: make([]atomic.Uint64, remember)}
	t.network.Most = o.NetworkFailures
	return t
}

func set[T int | time.Duration](at *T, otherwise T) {
	if *at <= 0 {
		*at = otherwise
	}
}

var _ gate.Locks = (*Table)(nil)

// Active implements gate.Locks.
func (t *Table) Active(now time.Time) bool { return t.counts.Active(now) }

// Locked implements gate.Locks. It takes no lock of its own.
func (t *Table) Locked(a gate.Attempt, now time.Time) time.Duration {
	network, at := count.Network(a.Client), now.UnixNano()
	end := int64(0)
	if len(a.Credential) > 0 {
		end = t.until(t.counts.Key('c', a.Scheme, netip.Prefix{}, a.Credential))
		if h := t.counts.Key('k', a.Scheme, network, a.Credential); end <= at && t.known[h%remember].Load() == h {
			return 0
		}
	}
	end = max(end, t.until(t.counts.Key('n', "", network, nil)))
	if len(a.Subject) > 0 {
		if pair, counted := t.counts.Until(t.counts.Key('p', a.Scheme, network, a.Subject)); counted {
			end = max(end, pair, t.until(t.counts.Key('s', a.Scheme, netip.Prefix{}, a.Subject)))
		}
	}
	return max(0, time.Duration(end-at))
}

// Failed implements gate.Locks.
func (t *Table) Failed(a gate.Attempt, what gate.Failure, now time.Time) {
	network := count.Network(a.Client)
	if what&gate.OfCredential != 0 && len(a.Credential) > 0 {
		t.counts.Bump(t.counts.Key('c', a.Scheme, netip.Prefix{}, a.Credential), &t.failures, now)
		h := t.counts.Key('k', a.Scheme, network, a.Credential)
		t.known[h%remember].CompareAndSwap(h, 0)
	}
	if what&gate.OfCaller == 0 {
		return
	}
	t.counts.Bump(t.counts.Key('n', "", network, nil), &t.network, now)
	if len(a.Subject) > 0 {
		t.counts.Bump(t.counts.Key('p', a.Scheme, network, a.Subject), &t.failures, now)
		t.counts.Bump(t.counts.Key('s', a.Scheme, netip.Prefix{}, a.Subject), &t.failures, now)
	}
}

// Succeeded implements gate.Locks. It forgives nothing of the network: with one
// good account an attacker could guess at others for ever.
func (t *Table) Succeeded(a gate.Attempt, _ time.Time) {
	network := count.Network(a.Client)
	if len(a.Credential) > 0 {
		h := t.counts.Key('k', a.Scheme, network, a.Credential)
		t.known[h%remember].Store(h)
		t.counts.Forgive(t.counts.Key('c', a.Scheme, netip.Prefix{}, a.Credential))
	}
	if len(a.Subject) > 0 {
		t.counts.Forgive(t.counts.Key('p', a.Scheme, network, a.Subject))
		t.counts.Ease(t.counts.Key('s', a.Scheme, netip.Prefix{}, a.Subject))
	}
}

// Count is how many locks there were.
func (t *Table) Count() uint64 { return t.counts.Locks() }

func (t *Table) until(key uint64) int64 {
	end, _ := t.counts.Until(key)
	return end
}
