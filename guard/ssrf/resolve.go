package ssrf

import (
	"context"
	"errors"
	"hash/maphash"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// ResolverOptions are what a Resolver is made of.
type ResolverOptions struct {
	// Lookup returns the addresses of a host; by default it asks as the system
	// is set up. It may be called from several goroutines at once.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Keep is how long an answer is good; default 30s.
	Keep time.Duration
}

// Resolver finds the addresses of names, for many exchanges and plans. It
// remembers what it found in bounded memory without locks, asks for a name
// once at a time, and for at most maxAsked names at once.
type Resolver struct {
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	keep   time.Duration
	seed   maphash.Seed
	asked  chan struct{} // of those that are asked for
	known  [slots]atomic.Pointer[found]
}

const (
	slots     = 1 << 12 // names that are remembered
	maxAsked  = 64
	asks      = 5 * time.Second // for how long a name is asked for, also when nobody waits any more
	keepNone  = 5 * time.Second // a name that nobody knows may be there soon
	keepFail  = time.Second
	maxOfName = 64 // addresses; a name with more has none that is trusted
)

// found is what is known of one name.
type found struct {
	host  string
	until time.Time     // meaningful when done is closed
	done  chan struct{} // closed when the rest is there
	addrs []netip.Addr
	bad   issue
}

// NewResolver returns a Resolver.
func NewResolver(o ResolverOptions) *Resolver {
	r := &Resolver{lookup: o.Lookup, keep: o.Keep, seed: maphash.MakeSeed(), asked: make(chan struct{}, maxAsked)}
	if r.lookup == nil {
		r.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			// The dot at the end keeps search domains out (RFC 1535): the API may have others.
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host+".")
		}
	}
	if r.keep <= 0 {
		r.keep = 30 * time.Second
	}
	return r
}

// resolve returns the addresses of host, which is in small letters, and waits
// for them at most so long.
func (r *Resolver) resolve(ctx context.Context, host []byte, wait time.Duration) ([]netip.Addr, issue) {
	at := &r.known[maphash.Bytes(r.seed, host)%slots]
	f := at.Load()
	if f == nil || f.host != string(host) || f.over() {
		if f = r.ask(at, f, string(host)); f == nil {
			return nil, unresolved
		}
	}
	select {
	case <-f.done:
		return f.addrs, f.bad
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-f.done:
		return f.addrs, f.bad
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, unresolved
}

// over reports whether f was found so long ago that it is to be asked anew.
func (f *found) over() bool {
	select {
	case <-f.done:
		return time.Now().After(f.until)
	default:
		return false
	}
}

// ask begins to ask for host in place of what was known; nil when too many are
// asked for.
func (r *Resolver) ask(at *atomic.Pointer[found], before *found, host string) *found {
	select {
	case r.asked <- struct{}{}:
	default:
		return nil
	}
	f := &found{host: host, done: make(chan struct{})}
	if !at.CompareAndSwap(before, f) {
		if other := at.Load(); other != nil && other.host == host { // somebody else asks
			<-r.asked
			return other
		}
	}
	go r.answer(f)
	return f
}

// answer asks for f and ends.
func (r *Resolver) answer(f *found) {
	defer func() { close(f.done); <-r.asked }()
	ctx, cancel := context.WithTimeout(context.Background(), asks)
	defer cancel()
	addrs, err := r.lookup(ctx, f.host)
	keep := r.keep
	var failed *net.DNSError
	switch {
	case errors.As(err, &failed) && failed.IsNotFound, err == nil && len(addrs) == 0:
		f.bad, keep = absent, keepNone
	case err != nil:
		f.bad, keep = unresolved, keepFail
	case len(addrs) > maxOfName:
		f.bad = internalHost
	default:
		for i := range addrs {
			addrs[i] = addrs[i].Unmap()
		}
		f.addrs = addrs
	}
	f.until = time.Now().Add(keep)
}
