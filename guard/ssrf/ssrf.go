// Package ssrf is the guard that keeps callers from having the API fetch what
// they cannot reach themselves: a value that is a URL or a host, by its schema,
// its name or its looks, must lead to public addresses, and must be written so
// that every program reads the same host in it. The root package builds one
// Rules for each API and one Guard for each operation; no other guard imports
// it. It reads no body itself: the one pass over a body says where the values
// stand. It asks DNS by a Resolver that outlives plans, and knows nothing of
// net/http or of configuration files.
package ssrf

import (
	"bytes"
	"errors"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/cookie"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// class is what a value is meant to be. A higher one wins.
type class uint8

const (
	none      class = iota // no text, or text that can be no URL
	words                  // text under a name that speaks of none: a URL by its looks alone
	text                   // text whose name is still to be read
	tree                   // anything, with texts in it
	host                   // a host, with or without a port
	reference              // a URL, or a path from where it stands (RFC 3986 section 4.1)
	address                // a URL; what has no scheme is a host
)

// Guard judges the values of one operation. It is immutable; many goroutines
// may use it at once.
type Guard struct {
	told       *told
	op         int // its number
	schemes    []string
	ports      []int
	resolver   *Resolver // nil judges names by themselves
	wait       time.Duration
	open       bool // what cannot be resolved passes, and is reported
	typed      bool // looks do not count
	parameters []parameter
	body       bool // it may hold URLs
}

// parameter is one declared value outside of the body.
type parameter struct {
	in    string
	codec style.Codec
	class class
	allow *Allowed
}

var (
	_ gate.HeadGuard = (*Guard)(nil)
	_ gate.BodyGuard = (*Guard)(nil)
)

// Head judges path, query, header fields and cookies.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	s := open()
	defer s.close()
	if v := g.query(x, s); v != gate.Allow {
		return v
	}
	for i := range g.parameters {
		p := &g.parameters[i]
		switch p.in {
		case "path":
			for j := range x.Match.Values {
				if m := &x.Match.Values[j]; m.Name == p.codec.Name {
					if v := g.raw(x, s, p, m.Raw, style.Percent); v != gate.Allow {
						return v
					}
				}
			}
		case "header":
			for j := range x.Fields {
				if f := &x.Fields[j]; !f.Gone && gate.EqualFold(f.Name, p.codec.Name) {
					if v := g.raw(x, s, p, f.Value, style.Literal); v != gate.Allow {
						return v
					}
				}
			}
		case "cookie":
			if v := g.cookie(x, s, p); v != gate.Allow {
				return v
			}
		}
	}
	return gate.Allow
}

func (g *Guard) cookie(x *gate.Exchange, s *scratch, p *parameter) gate.Verdict {
	for j := range x.Fields {
		f := &x.Fields[j]
		if f.Gone || !gate.EqualFold(f.Name, "Cookie") {
			continue
		}
		for at := 0; at < len(f.Value); {
			pair, next, ok := cookie.Next(f.Value, at)
			if !ok || next <= at {
				return g.unreadable(x, p)
			}
			if at = next; string(pair.Name(f.Value)) == p.codec.Name {
				if v := g.raw(x, s, p, pair.Value(f.Value), style.Literal); v != gate.Allow {
					return v
				}
			}
		}
	}
	return gate.Allow
}

// query judges every pair of the query, declared or not.
func (g *Guard) query(x *gate.Exchange, s *scratch) gate.Verdict {
	for rest := x.Query; len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, and)
		rawName, raw, _ := bytes.Cut(pair, equals)
		name, bad := s.Decode(rawName, style.Plus)
		if bad != style.Fine {
			return g.deny(x, form, "query", "")
		}
		p := g.declared("query", bytes.TrimSuffix(name, brackets))
		if p == nil {
			s.free.class = max(words, named(name))
			p = &s.free
		}
		if v := g.raw(x, s, p, raw, style.Plus); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

var (
	and      = []byte{'&'}
	equals   = []byte{'='}
	brackets = []byte("[]")
)

func (g *Guard) declared(in string, name []byte) *parameter {
	for i := range g.parameters {
		if p := &g.parameters[i]; p.in == in && string(name) == p.codec.Name {
			return p
		}
	}
	return nil
}

// raw judges one value as it is written in its place.
func (g *Guard) raw(x *gate.Exchange, s *scratch, p *parameter, raw []byte, how style.Escapes) gate.Verdict {
	if !p.codec.List && !p.codec.Object && !p.codec.JSON {
		value, bad := s.Decode(raw, how)
		if bad != style.Fine {
			return g.unreadable(x, p)
		}
		return g.value(x, s, p.class, p.allow, value, p.in, p.codec.Name)
	}
	s.JSON = s.JSON[:0]
	if bad := s.Value(&p.codec, raw, how); bad != style.Fine {
		return g.unreadable(x, p)
	}
	v := gate.Allow
	s.strings(s.JSON, func(name, value []byte, _ int) bool {
		v = g.value(x, s, max(p.class, named(name)), p.allow, value, p.in, p.codec.Name)
		return v == gate.Allow
	})
	return v
}

// unreadable is what becomes of a value that is not written as the contract
// says: other guards refuse it, and one that may be a URL is refused here.
func (g *Guard) unreadable(x *gate.Exchange, p *parameter) gate.Verdict {
	if p.class <= tree {
		return gate.Allow
	}
	return g.deny(x, form, p.in, p.codec.Name)
}

// Body judges the values of the body that the pass over it has tagged.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	if x.BodyJSON == nil || !g.body {
		return gate.Allow
	}
	s := open()
	defer s.close()
	spans := x.Schema.Spans
	for i := 0; i < len(spans); {
		at, c, allow, best := spans[i], none, (*Allowed)(nil), byNothing
		for ; i < len(spans) && spans[i].Start == at.Start && spans[i].End == at.End; i++ { // one value, by several schemas
			is, own, by := g.told.says(spans[i].Tag, g.op)
			if c = max(c, is); by > best {
				allow, best = own, by
			}
		}
		if c == none {
			continue
		}
		if v := g.span(x, s, at, c, allow); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

// span judges one value of the body.
func (g *Guard) span(x *gate.Exchange, s *scratch, at schema.Span, c class, allow *Allowed) gate.Verdict {
	json := x.BodyJSON[at.Start:at.End]
	if len(json) >= 2 && json[0] == '"' {
		value := plainly(&s.value, json[1:len(json)-1])
		if c <= tree {
			if c > words {
				c = max(words, named(s.nameOf(x.BodyJSON, int(at.Start))))
			}
		}
		v := g.value(x, s, c, allow, value, "body", "")
		if v != gate.Allow {
			x.Refusal.Pointer = x.Schema.Pointer(int(at.Start))
		}
		return v
	}
	if c == words || c == text || len(json) == 0 || json[0] != '[' && json[0] != '{' {
		return gate.Allow
	}
	v := gate.Allow
	s.strings(json, func(name, value []byte, from int) bool {
		if g.told.judged(x.Schema.Spans, at.Start+uint32(from), g.op) {
			return true // by a schema of its own
		}
		sort := max(words, named(name))
		if c > tree {
			sort = c
		}
		v = g.value(x, s, sort, allow, value, "body", "")
		return v == gate.Allow
	})
	return v
}

// value judges one text.
func (g *Guard) value(x *gate.Exchange, s *scratch, c class, allow *Allowed, value []byte, in, name string) gate.Verdict {
	if len(value) == 0 {
		return gate.Allow
	}
	var t target
	var bad issue
	switch {
	case c >= reference:
		t, bad = s.url(value, g.schemes, c)
	case c == host && bytes.Contains(value, slashes):
		t, bad = s.url(value, g.schemes, address)
	case c == host:
		t, bad = s.hostAlone(value)
	case g.typed:
		return gate.Allow
	default:
		var is bool
		if t, bad, is = s.looks(value, g.schemes); !is {
			return gate.Allow
		}
	}
	if bad == fine {
		bad = g.judge(x.Context, &t, c, allow)
	}
	if bad == fine {
		return gate.Allow
	}
	return g.deny(x, bad, in, name)
}

var slashes = []byte("//")

// what says of each issue what clients are told.
var what = [...]gate.Refusal{
	form:         {Code: gate.URLForm, Detail: "must be a URL or a host that is written plainly: no user, no spaces or backslashes, addresses in their usual form"},
	scheme:       {Code: gate.URLTarget, Detail: "must be a URL of a scheme that is allowed here"},
	port:         {Code: gate.URLTarget, Detail: "must not name this port"},
	internalHost: {Code: gate.URLTarget, Detail: "must lead to a public host, or to one that is allowed here"},
	unresolved:   {Code: gate.URLUnresolved, Retry: 1, Cause: errUnresolved},
}

var errUnresolved = errors.New("a name in a request was not resolved in time")

// deny refuses for an issue; what could not be found out passes where that is
// the rule.
func (g *Guard) deny(x *gate.Exchange, bad issue, in, name string) gate.Verdict {
	r := what[bad]
	r.In, r.Name = in, name
	if bad == unresolved && g.open {
		x.Report(r)
		return gate.Allow
	}
	return x.Deny(r)
}
