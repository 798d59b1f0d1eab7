// Package urlsecret is the guard that refuses credentials and sensitive data in
// URLs, where logs of every machine on the way, histories and Referer fields
// keep them (RFC 9700 section 4.3.2, RFC 6750 section 5.3). It looks at names of
// query fields, at the shape of values, and at what the contract calls
// sensitive. The root package builds one Guard for each operation, in front of
// whoever asks for credentials; no other guard imports it. It knows nothing of
// net/http or of configuration files, and no secret leaves it.
package urlsecret

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/ownkey"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// Word is the word of the contract: beside a parameter of the query or its
// schema, true says that its values are sensitive.
const Word = "x-gatehouse-sensitive"

// Options are what a Guard is made of.
type Options struct {
	Observe bool     // what is found passes, and is reported
	Allow   []string // names of parameters that are not looked at
	// Leaked hears of keys of this gate, by their public ids; may be nil.
	Leaked func(id string)
}

// Guard judges the URLs of one operation. It is immutable; many goroutines may
// use it at once.
type Guard struct {
	observe bool
	query   []parameter
	path    []parameter
	allow   []string
	leaked  func(id string)
}

// parameter is one that the operation declares.
type parameter struct {
	name   string
	number bool // its values are numbers, which look like cards by chance
	secret bool // the contract says so
}

var _ gate.HeadGuard = (*Guard)(nil)

// New returns the guard of op. It finds parameters that invite secrets.
func New(op *contract.Operation, o Options) (*Guard, source.Problems) {
	g := &Guard{observe: o.Observe, allow: slices.Clone(o.Allow), leaked: o.Leaked}
	var problems source.Problems
	for _, p := range op.Parameters {
		q := parameter{name: strings.Clone(p.Name)}
		kind := p.Schema.Get("type").Str()
		q.number = kind == "integer" || kind == "number" || kind == "boolean"
		q.secret = p.Schema.Get("format").Str() == "password" || p.Schema.Get(Word).Bool() || p.Node.Get(Word).Bool()
		switch p.In {
		case contract.Path:
			g.path = append(g.path, q)
		case contract.Query:
			if g.query = append(g.query, q); q.secret && !slices.Contains(o.Allow, q.name) {
				problems = append(problems, source.Warn(p.Node, "describe it in a header field or in the body, or name it under url_credentials.allow",
					"parameter %q is sensitive and stands in the URL: calls that have it are refused", p.Name))
			}
		}
	}
	return g, problems
}

// finding is what was found in a URL.
type finding uint8

const (
	nothing finding = iota
	credential
	sensitive
)

var refusals = [...]gate.Refusal{
	credential: {Code: gate.CredentialMisplaced, Detail: "must carry credentials in header fields"},
	sensitive:  {Code: gate.SensitiveMisplaced, Detail: "must carry sensitive data in the body"},
}

// Head judges the query, then the path.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	s := scratches.Get()
	defer s.close()
	for rest := x.Query; len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, and)
		if f := g.pair(s, pair); f != nothing {
			return g.deny(x, f, "query")
		}
	}
	for i := range x.Match.Values {
		m := &x.Match.Values[i]
		p := find(g.path, []byte(m.Name))
		if slices.Contains(g.allow, m.Name) {
			continue
		}
		if f := s.value(m.Raw, style.Percent, p == nil || !p.number, false); f != nothing {
			return g.deny(x, f, "path")
		}
	}
	return gate.Allow
}

var (
	and    = []byte{'&'}
	equals = []byte{'='}
)

func (g *Guard) deny(x *gate.Exchange, f finding, in string) gate.Verdict {
	r := refusals[f]
	r.In = in
	if g.observe {
		x.Report(r)
		return gate.Allow
	}
	if id, ok := ownkey.Find(x.Target); ok && g.leaked != nil {
		g.leaked(string(id))
	}
	return x.Deny(r)
}

// pair judges one field of the query.
func (g *Guard) pair(s *scratch, pair []byte) finding {
	raw, value, _ := bytes.Cut(pair, equals)
	name, bad := s.Decode(raw, style.Plus)
	if bad != style.Fine {
		name = raw // others refuse it
	}
	for _, a := range g.allow {
		if string(name) == a {
			return nothing
		}
	}
	p := find(g.query, name)
	if len(value) > 0 {
		switch {
		case p != nil && p.secret:
			return sensitive
		case p == nil && speaks(name):
			return credential
		}
	}
	if f := s.value(value, style.Plus, p == nil || !p.number, p == nil); f != nothing || len(value) > 0 {
		return f
	}
	return s.value(raw, style.Plus, false, p == nil) // ?SECRET
}

func find(list []parameter, name []byte) *parameter {
	for i := range list {
		if list[i].name == string(name) {
			return &list[i]
		}
	}
	return nil
}

// scratch is the memory of one judging. It is pooled.
type scratch struct {
	spare.Mark
	style.Writer
	text []byte
}

var scratches spare.Pool[scratch, *scratch]

func (s *scratch) close() { scratches.Put(s) } // as long as a target, which has a bound

// value judges what one value holds, decoded as often as somebody may decode
// it. Cards and signed tokens are looked for where they cannot be something else
// that the contract asks for.
func (s *scratch) value(raw []byte, how style.Escapes, cards, tokens bool) finding {
	if len(raw) < shortest {
		return nothing
	}
	for range 3 {
		switch {
		case holdsKey(raw), tokens && holdsToken(raw):
			return credential
		case cards && holdsCard(raw):
			return sensitive
		}
		if bytes.IndexByte(raw, '%') < 0 && (how != style.Plus || bytes.IndexByte(raw, '+') < 0) {
			return nothing
		}
		text, bad := s.Decode(raw, how)
		if bad != style.Fine {
			return nothing
		}
		s.text = append(s.text[:0], text...)
		raw = s.text
	}
	return nothing
}
