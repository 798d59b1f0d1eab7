package style

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// Depth is how deep the shape of a value must be known: a form, its property,
// the property's property, its items.
const Depth = 4

// Compile compiles how p is written and its schema, with a shape of depth
// levels. Names are cloned, so that the codec keeps no document alive.
func Compile(c *schema.Compiler, p *contract.Parameter, how Escapes, depth int) (Codec, *schema.Schema, source.Problems) {
	node := p.Schema
	if p.Content != nil {
		node = p.Content.Schema
	}
	if node == nil {
		node = source.NewObject(p.Node) // any value
	}
	s := c.Compile(node)
	codec := NewCodec(strings.Clone(p.Name), p.Style, p.Explode, how, s.Shape(depth))
	codec.Reserved, codec.Empty = p.AllowReserved, p.AllowEmpty
	if p.Content == nil {
		return codec, s, nil
	}
	codec.Style, codec.Explode = contract.Simple, false
	t, ok := media.Parse(strings.Clone(p.Content.Type))
	switch kind := t.Kind(); {
	case ok && kind == media.JSON:
		codec.JSON = true
	case ok && kind == media.Text:
		codec.Text = true
	default:
		codec.Text = true
		return codec, s, source.Problems{source.At(p.Content.Node, "use application/json or text/plain",
			"parameter %q: content of type %q is not supported", p.Name, p.Content.Type)}
	}
	return codec, s, nil
}
