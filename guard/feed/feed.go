// Package feed is the guard that turns addresses away by lists of others, such
// as known attackers, and by country, before anybody is asked for a credential.
// Lists are read from files and from servers, again and again, into tables that
// hold millions of networks; the country of an address comes from a database in
// the format of MaxMind. The root package builds one Guard for each operation;
// sources outlive plans. It knows nothing of configuration files.
package feed

import (
	"errors"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Feed is one list and what is done with those who stand in it.
type Feed struct {
	Source  *Source
	Observe bool           // calls pass, and are reported
	Except  []netip.Prefix // who is never turned away by it
	Open    bool           // while nothing was read, calls pass
}

// Geo says which countries may call.
type Geo struct {
	Source *Source // of the kind Countries
	Allow  []string
	Deny   []string
	Except []netip.Prefix // who may call whatever its country
	// Unknown lets addresses call of which nobody knows the country, such as
	// private ones. Without it they call only where there is no Allow.
	Unknown bool
	Open    bool // while nothing was read, calls pass
}

// Guard judges the address of who calls. It is immutable; many goroutines may
// use it at once.
type Guard struct {
	feeds []Feed
	geo   *geo
}

type geo struct {
	Geo
	allow, deny []bool // by number; nil for none
}

var _ gate.HeadGuard = (*Guard)(nil)

// New returns a guard; nil where it has nothing to judge.
func New(feeds []Feed, where *Geo) *Guard {
	g := &Guard{feeds: feeds}
	if where != nil && where.Source != nil {
		g.geo = &geo{Geo: *where, allow: set(where.Allow), deny: set(where.Deny)}
	}
	if len(g.feeds) == 0 && g.geo == nil {
		return nil
	}
	return g
}

func set(list []string) []bool {
	if len(list) == 0 {
		return nil
	}
	t := make([]bool, len(codes))
	for _, code := range list {
		t[number(code)] = true
	}
	t[0] = false
	return t
}

// Head judges who made the request, as far as trusted proxies tell.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	who := x.Client
	if !who.IsValid() {
		who = x.Peer.Addr()
	}
	who = who.Unmap().WithZone("")
	if !who.IsValid() { // a Unix socket, whose other end has no address
		return gate.Allow
	}
	for i := range g.feeds {
		if v := g.feeds[i].judge(x, who); v != gate.Allow {
			return v
		}
	}
	if g.geo != nil {
		return g.geo.judge(x, who)
	}
	return gate.Allow
}

var (
	listed  = gate.Refusal{Code: gate.AddressRefused}
	foreign = gate.Refusal{Code: gate.CountryRefused}
	unread  = gate.Refusal{Code: gate.FeedUnavailable, Retry: 10, Cause: errors.New("a feed was not read, or too long ago")}
)

func (f *Feed) judge(x *gate.Exchange, who netip.Addr) gate.Verdict {
	t := f.Source.current()
	r := listed
	switch {
	case t != nil:
		if _, in := t.find(who); !in || within(f.Except, who) {
			return gate.Allow
		}
	case within(f.Except, who):
		return gate.Allow
	default:
		r = unread
	}
	if f.Observe || t == nil && f.Open {
		x.Report(r)
		return gate.Allow
	}
	return x.Deny(r)
}

func (g *geo) judge(x *gate.Exchange, who netip.Addr) gate.Verdict {
	t := g.Source.current()
	n, known := t.find(who)
	x.Country, x.CountryUnread = codes[n], t == nil && !g.Open
	switch {
	case g.allow == nil && g.deny == nil, within(g.Except, who):
		return gate.Allow
	case t == nil && g.Open:
		x.Report(unread)
		return gate.Allow
	case t == nil:
		return x.Deny(unread)
	case !known && (g.Unknown || g.allow == nil):
		return gate.Allow
	case !known, g.deny != nil && g.deny[n], g.allow != nil && !g.allow[n]:
		return x.Deny(foreign)
	}
	return gate.Allow
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for i := range list {
		if list[i].Contains(a) {
			return true
		}
	}
	return false
}
