package request

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// maxQueryPairs bounds the fields of a query.
const maxQueryPairs = 256

// Classes of the bytes of a query.
const (
	queryBad     = iota // not allowed raw
	queryPlain          // stands for itself
	queryEscape         // "%"
	queryAnd            // "&"
	queryEquals         // "="
	querySemi           // ";"
	queryControl        // C0 and DEL
)

// queryClasses follow the grammar of a query (RFC 3986 section 3.4), and allow
// what browsers do not encode beyond it (the query percent-encode set of WHATWG
// URL, section 1.3) and no server splits at: brackets, braces, "|", "^", "\"
// and the backtick.
var queryClasses = func() (t [256]uint8) {
	for i := range 0x20 {
		t[i] = queryControl
	}
	t[0x7f] = queryControl
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*+,:@/?[]|{}^\\`"
	for i := range len(plain) {
		t[plain[i]] = queryPlain
	}
	t['%'], t['&'], t['='], t[';'] = queryEscape, queryAnd, queryEquals, querySemi
	return t
}()

// split reads raw as pairs that are separated by "&" (WHATWG URL, section 5.1)
// into r.pairs and refuses every form that servers read differently.
func (r *reader) split(raw []byte, limit int) style.Issue {
	r.pairs = r.pairs[:0]
	if len(raw) == 0 {
		return style.Fine
	}
	start, eq := 0, -1
	for i := 0; i <= len(raw); i++ {
		class := uint8(queryAnd)
		if i < len(raw) {
			class = queryClasses[raw[i]]
		}
		switch class {
		case queryPlain:
		case queryEscape:
			if i+2 >= len(raw) || style.Hex[raw[i+1]]|style.Hex[raw[i+2]] > 15 {
				return style.BadEscape
			}
			i += 2
		case queryEquals:
			if eq < 0 {
				eq = i
			}
		case queryAnd:
			if eq < 0 {
				eq = i
			}
			switch {
			case i == start:
				return emptyPair
			case eq == start:
				return emptyName
			case len(r.pairs) == limit:
				return tooMany
			}
			r.pairs = append(r.pairs, pair{start: uint32(start), eq: uint32(eq), from: uint32(min(eq+1, i)), end: uint32(i)})
			start, eq = i+1, -1
		case querySemi:
			return badSemicolon
		case queryControl:
			return style.BadControl
		default:
			return badCharacter
		}
	}
	return style.Fine
}

// judgeQuery judges the whole query.
func (g *Guard) judgeQuery(x *gate.Exchange, r *reader) gate.Verdict {
	if bad := r.split(x.Query, maxQueryPairs); bad != style.Fine {
		return deny(x, bad, "query", "")
	}
	unknown, bad := g.query.sort(r, x.Query, style.Plus)
	if bad != style.Fine {
		return deny(x, bad, "query", "")
	}
	if unknown > 0 {
		if g.options.Undeclared == schema.Refuse {
			return x.Deny(gate.Refusal{Code: gate.ParameterUnknown, In: "query", Detail: "the query must hold only fields that the contract names"})
		}
		// Values that pass unread must be text all the same.
		for i := range r.pairs {
			if p := &r.pairs[i]; !p.known {
				if bad := g.hearPair(x, r, p); bad != style.Fine {
					return deny(x, bad, "query", "")
				}
			}
		}
	}
	for i := range g.query.list {
		if v := g.judgeField(x, r, &g.query.list[i], "query", x.Query, style.Plus); v != gate.Allow {
			return v
		}
	}
	if unknown > 0 && g.options.Undeclared == schema.Drop {
		dropPairs(x, r, x.Query, gate.OnTarget, len(x.Target)-len(x.Query))
	}
	return gate.Allow
}

// hearPair reads a field of the query that the contract does not name.
func (g *Guard) hearPair(x *gate.Exchange, r *reader, p *pair) style.Issue {
	hear := g.options.Hears && g.options.Undeclared == schema.Allow
	name, bad := r.Decode(p.name(x.Query), style.Plus)
	if bad == style.Fine && hear {
		x.Heard.HearText("query", "", name, schema.TagName)
	}
	value, worse := r.Decode(p.value(x.Query), style.Plus)
	if worse == style.Fine && hear {
		x.Heard.HearText("query", "", value, schema.TagLoose)
	}
	return max(bad, worse)
}

// judgeField reads and judges one parameter of a query or of cookies.
func (g *Guard) judgeField(x *gate.Exchange, r *reader, f *field, in string, raw []byte, how style.Escapes) gate.Verdict {
	r.JSON = r.JSON[:0]
	stands, bad := r.write(f, raw, how)
	switch {
	case bad == style.EncodedSeparator && in == "query" && f.List && !f.Object:
		return g.judgeEncoded(x, r, f, raw)
	case bad != style.Fine:
		return deny(x, bad, in, f.Name)
	case stands == present:
		return judge(x, r, f.schema, in, f.Name)
	case stands == waived || !f.required:
		return gate.Allow
	case len(f.parts) > 0 || f.rest != noSlot || f.deep != noSlot:
		// An empty object leaves nothing in the request (RFC 6570 section
		// 2.4.2), so a required one may be that.
		r.JSON = append(r.JSON, "{}"...)
		r.prepare()
		if f.schema.Read(&r.state, r.JSON) {
			return gate.Allow
		}
	}
	return x.Deny(gate.Refusal{Code: gate.ParameterMissing, In: in, Name: f.Name, Detail: "is required"})
}

// judgeEncoded judges a list of a query whose separators, or commas of its
// items, are percent-encoded. It must satisfy the schema as most servers read
// it, which decode first. When it does so as well for those that split first,
// either may have it; else the separators are forwarded plainly, so that both
// read what was judged.
func (g *Guard) judgeEncoded(x *gate.Exchange, r *reader, f *field, raw []byte) gate.Verdict {
	c, pairs := f.Codec, r.chain(f.whole)
	for _, c.Sep.Encoded = range [...]style.EncodedAs{style.Separates, style.Belongs} {
		r.JSON = r.JSON[:0]
		if _, bad := r.writeWhole(&c, pairs, raw, style.Plus); bad != style.Fine {
			return deny(x, bad, "query", f.Name)
		}
		r.prepare()
		fits := f.schema.Read(&r.state, r.JSON)
		if fits {
			x.Heard.Hear("query", f.Name, r.JSON, r.state.Spans)
		}
		switch {
		case fits && c.Sep.Encoded == style.Belongs:
			return gate.Allow
		case !fits && c.Sep.Encoded == style.Separates:
			return judge(x, r, f.schema, "query", f.Name)
		}
	}
	p := &r.pairs[pairs.head-1]
	plainSeparators(x, p.value(raw), c.Sep.Char, len(x.Target)-len(raw)+int(p.from))
	return gate.Allow
}

// prepare sets what a parameter is judged by. Nothing is dropped from inside
// a value: it is refused instead.
func (r *reader) prepare() {
	r.state.Direction, r.state.Undeclared, r.state.Misplaced = schema.Request, schema.Refuse, schema.Refuse
}

// judge judges the parameter that was written to r.JSON.
func judge(x *gate.Exchange, r *reader, s *schema.Schema, in, name string) gate.Verdict {
	r.prepare()
	if s.Read(&r.state, r.JSON) {
		x.Heard.Hear(in, name, r.JSON, r.state.Spans)
		return gate.Allow
	}
	f, code := r.state.Fault(), gate.ParameterSchema
	if f.Keyword == "syntax" {
		code = gate.ParameterForm // what was written is well-formed but for names that stand twice
	}
	return x.Deny(gate.Refusal{Code: code, In: in, Name: name, Pointer: f.Pointer, Keyword: f.Keyword, Detail: f.Want})
}
