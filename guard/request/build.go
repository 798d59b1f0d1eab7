package request

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// builder compiles the guard of one operation.
type builder struct {
	compiler *schema.Compiler
	options  Options
	problems source.Problems
}

// shapeDepth is how deep the shape of a value must be known: a form, its
// property, the property's property, its items.
const shapeDepth = 4

// parameters compiles those of a query or of cookies.
func (b *builder) parameters(op *contract.Operation, in contract.In) *fields {
	fs := &fields{rest: noSlot, taker: -1}
	how := plus
	if in == contract.Cookie {
		how = literal
	}
	for _, p := range op.Parameters {
		if p.In != in {
			continue
		}
		f := field{required: p.Required}
		f.codec, f.schema = b.codec(p, how)
		if in == contract.Cookie && f.list && !f.object {
			f.explode = false // a cookie stands only once
		}
		for _, name := range fs.add(f) {
			b.problems = append(b.problems, source.Warn(p.Node, "rename one of them, or set `explode: false`",
				"parameter %q: an earlier parameter takes the %s field %q as well", p.Name, in, name))
		}
	}
	fs.freeze()
	return fs
}

// codec compiles how p is written and its schema. Names are cloned, so that
// the guard keeps no document alive.
func (b *builder) codec(p *contract.Parameter, how escapes) (codec, *schema.Schema) {
	node := p.Schema
	if p.Content != nil {
		node = p.Content.Schema
	}
	if node == nil {
		node = source.NewObject(p.Node) // any value
	}
	s := b.compiler.Compile(node)
	depth := shapeDepth
	if p.Style == contract.DeepObject {
		depth += maxBrackets
	}
	c := newCodec(strings.Clone(p.Name), p.Style, p.Explode, how, s.Shape(depth))
	c.reserved, c.empty = p.AllowReserved, p.AllowEmpty
	if p.Content == nil {
		return c, s
	}
	c.style, c.explode = contract.Simple, false
	media, ok := parseMedia(strings.Clone(p.Content.Type))
	switch kind := media.kind(); {
	case ok && kind == jsonKind:
		c.json = true
	case ok && kind == textKind:
		c.text = true
	default:
		c.text = true
		b.problems = append(b.problems, source.At(p.Content.Node, "use application/json or text/plain",
			"parameter %q: content of type %q is not supported", p.Name, p.Content.Type))
	}
	return c, s
}

// path compiles the path parameters in the order of the template.
func (b *builder) path(op *contract.Operation) []pathParameter {
	var list []pathParameter
	for _, p := range op.Parameters {
		if p.In == contract.Path {
			c, s := b.codec(p, percent)
			list = append(list, pathParameter{c, s})
		}
	}
	slices.SortStableFunc(list, func(a, c pathParameter) int {
		return strings.Index(op.Path, "{"+a.name+"}") - strings.Index(op.Path, "{"+c.name+"}")
	})
	return list
}

// pathParameter is one value in the path.
type pathParameter struct {
	codec
	schema *schema.Schema
}

// judgePath judges the values that the router found.
func (g *Guard) judgePath(x *gate.Exchange, r *reader) gate.Verdict {
	for i := range g.path {
		p := &g.path[i]
		raw, ok := pathValue(x, i, p.name)
		if !ok {
			return x.Deny(gate.Refusal{Code: gate.ParameterMissing, In: "path", Name: p.name})
		}
		r.json = r.json[:0]
		if bad := r.value(&p.codec, raw, percent); bad != fine {
			return deny(x, bad, "path", p.name)
		}
		if v := judge(x, r, p.schema, "path", p.name); v != gate.Allow {
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
