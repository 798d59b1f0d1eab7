// Package csrf is the guard that keeps pages of other sites from making calls
// with the cookies of their visitors: a browser sends a cookie whoever made it
// call, and says in Sec-Fetch-Site and Origin who did. The root package builds
// one Guard for each operation whose calls change something and may carry a
// credential in a cookie; no other guard imports it. It knows nothing of
// net/http, of configuration files or of what a credential is worth.
package csrf

import (
	"bytes"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/cookie"
)

// Options are what a Guard is made of.
type Options struct {
	// Cookies are the names of those that are credentials. Calls without any of
	// them pass, unless Always is set.
	Cookies []string
	Always  bool
	// Silent refuses calls that say nothing of where they come from. Browsers
	// always say it with calls that may change something; programs do not.
	Silent bool
	// Shared lets pages pass that the API's policy for other origins permits:
	// where it permits them cookies.
	Shared bool
}

// Guard judges where calls come from. It is immutable; many goroutines may use
// it at once.
type Guard struct{ o Options }

var _ gate.HeadGuard = (*Guard)(nil)

// New returns the guard of an operation with a method; nil where it has nothing
// to judge.
func New(method string, o Options) *Guard {
	if gate.Safe(method) || len(o.Cookies) == 0 && !o.Always {
		return nil
	}
	o.Cookies = slices.Clone(o.Cookies)
	return &Guard{o}
}

// Head refuses what a page of another site has a browser do.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if !g.o.Always && !g.carries(x) {
		return gate.Allow
	}
	origin, origins := x.Field("Origin")
	site, sites := x.Field("Sec-Fetch-Site")
	switch {
	case origins > 1 || sites > 1:
		return x.Deny(refused) // of browsers, none sends two
	case origins == 1 && g.o.Shared && x.API.Origin != nil && x.API.Origin.Permits(origin):
		return gate.Allow
	case sites == 1: // Fetch Metadata Request Headers, section 2.4; pages cannot write it
		if string(site) == "same-origin" || string(site) == "none" {
			return gate.Allow
		}
		return x.Deny(refused)
	case origins == 1:
		if same(x, origin) {
			return gate.Allow
		}
		return x.Deny(refused)
	case g.o.Silent:
		return x.Deny(silent)
	}
	return gate.Allow
}

var (
	refused = gate.Refusal{Code: gate.CrossSite, In: "header", Detail: "must come from a page of the API's own origin, or of one that it permits"}
	silent  = gate.Refusal{Code: gate.CrossSite, In: "header", Detail: "must say where it comes from, in Sec-Fetch-Site or Origin"}
)

// carries reports whether a call has one of the cookies. What cannot be split
// may hold any.
func (g *Guard) carries(x *gate.Exchange) bool {
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || !gate.EqualFold(f.Name, "Cookie") {
			continue
		}
		for at := 0; at < len(f.Value); {
			pair, next, ok := cookie.Next(f.Value, at)
			if !ok || next <= at {
				return true
			}
			at = next
			for _, name := range g.o.Cookies {
				if string(pair.Name(f.Value)) == name || cookie.Folds(pair.Name(f.Value), name) {
					return true
				}
			}
		}
	}
	return false
}

// same reports whether an origin is that of the call (RFC 6454 section 5): its
// host and port. A page without TLS is none of an API that was asked over TLS;
// the other way round a proxy may not have said so.
func same(x *gate.Exchange, origin []byte) bool {
	scheme, host, ok := bytes.Cut(origin, []byte("://"))
	https := string(scheme) == "https"
	if !ok || !https && (string(scheme) != "http" || x.ClientSecure) {
		return false
	}
	own := x.ClientHost
	if own == nil {
		own = x.Host
	}
	return len(host) > 0 && bytes.EqualFold(plain(host, https), plain(own, https))
}

// plain leaves the usual port of a scheme out.
func plain(host []byte, https bool) []byte {
	if https {
		return bytes.TrimSuffix(host, []byte(":443"))
	}
	return bytes.TrimSuffix(host, []byte(":80"))
}
