package request

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// builder compiles the guard of one operation.
type builder struct {
	compiler *schema.Compiler
	options  Options
	problems source.Problems
}

// parameters compiles those of a query or of cookies.
func (b *builder) parameters(op *contract.Operation, in contract.In) *fields {
	fs := &fields{rest: noSlot, taker: -1}
	how := style.Plus
	if in == contract.Cookie {
		how = style.Literal
	}
	for _, p := range op.Parameters {
		if p.In != in {
			continue
		}
		f := field{required: p.Required}
		f.Codec, f.schema = b.codec(p, how)
		if in == contract.Cookie && f.List && !f.Object {
			f.Explode = false // a cookie stands only once
		}
		for _, name := range fs.add(f) {
			b.problems = append(b.problems, source.Warn(p.Node, "rename one of them, or set `explode: false`",
				"parameter %q: an earlier parameter takes the %s field %q as well", p.Name, in, name))
		}
	}
	fs.freeze()
	return fs
}

// codec compiles how p is written and its schema.
func (b *builder) codec(p *contract.Parameter, how style.Escapes) (style.Codec, *schema.Schema) {
	depth := style.Depth
	if p.Style == contract.DeepObject {
		depth += maxBrackets
	}
	c, s, problems := style.Compile(b.compiler, p, how, depth)
	b.problems = append(b.problems, problems...)
	return c, s
}

// path compiles the path parameters in the order of the template.
func (b *builder) path(op *contract.Operation) []pathParameter {
	var list []pathParameter
	for _, p := range op.Parameters {
		if p.In == contract.Path {
			c, s := b.codec(p, style.Percent)
			list = append(list, pathParameter{c, s})
		}
	}
	slices.SortStableFunc(list, func(a, c pathParameter) int {
		return strings.Index(op.Path, "{"+a.Name+"}") - strings.Index(op.Path, "{"+c.Name+"}")
	})
	return list
}

// pathParameter is one value in the path.
type pathParameter struct {
	style.Codec
	schema *schema.Schema
}

// judgePath judges the values that the router found.
func (g *Guard) judgePath(x *gate.Exchange, r *reader) gate.Verdict {
	for i := range g.path {
		p := &g.path[i]
		raw, ok := pathValue(x, i, p.Name)
		if !ok {
			return x.Deny(gate.Refusal{Code: gate.ParameterMissing, In: "path", Name: p.Name})
		}
		r.JSON = r.JSON[:0]
		if bad := r.Value(&p.Codec, raw, style.Percent); bad != style.Fine {
			return deny(x, bad, "path", p.Name)
		}
		if v := judge(x, r, p.schema, "path", p.Name); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

// pathValue returns the raw value called name, which the router most probably
// has at i.
func pathValue(x *gate.Exchange, i int, name string) ([]byte, bool) {
	values := x.Match.Values
	if i < len(values) && values[i].Name == name {
		return values[i].Raw, true
	}
	for i := range values {
		if values[i].Name == name {
			return values[i].Raw, true
		}
	}
	return nil, false
}
