package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

var styles = map[string]contract.Style{
	"simple": contract.Simple, "label": contract.Label, "matrix": contract.Matrix, "form": contract.Form,
	"spaceDelimited": contract.SpaceDelimited, "pipeDelimited": contract.PipeDelimited, "deepObject": contract.DeepObject,
}

// stylesOf says which styles a place knows, its default first
// (OpenAPI 3.1.1 section 4.8.12.2).
var stylesOf = map[contract.In][]string{
	contract.Path:   {"simple", "label", "matrix"},
	contract.Query:  {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
	contract.Header: {"simple"},
	contract.Cookie: {"form"},
}

// style reads style and explode with the defaults of the place.
func (r *reader) style(n *source.Node, in contract.In, what string) (contract.Style, bool) {
	allowed := stylesOf[in]
	name := allowed[0]
	if at := n.Get("style"); at.Is(source.String) {
		name = at.Str()
		if !slices.Contains(allowed, name) {
			r.fail(at, source.DidYouMean("known here: "+strings.Join(allowed, ", "), name, allowed...),
				"%s cannot have the style %q", article(what), name)
			name = allowed[0]
		}
	}
	style := styles[name]
	explode := n.Get("explode")
	switch {
	case style == contract.DeepObject: // written as name[key]=value, whatever explode says
		if explode.Is(source.Bool) && !explode.Bool() {
			r.warn(explode, "remove it", "explode: false means nothing with the style deepObject")
		}
		return style, true
	case explode.Is(source.Bool):
		return style, explode.Bool()
	}
	return style, style == contract.Form
}

// styleFits holds the style against the kinds of value that the schema
// allows (OpenAPI 3.1.1 section 4.8.12.4).
func (r *reader) styleFits(p *contract.Parameter) {
	if p.Style < contract.SpaceDelimited {
		return
	}
	at := p.Node.Get("style")
	allowed := r.valueKinds(p.Schema, 0)
	switch p.Style {
	case contract.DeepObject:
		switch {
		case allowed == 0 || allowed&object != 0:
		case allowed&list != 0:
			r.warn(at, "use style: form", "deepObject is defined for objects only; a list is read as name[]=value or name[0]=value")
		default: // it has no parts that could stand in brackets
			r.warn(at, "use style: form", "deepObject is defined for objects only; the value is read as name=value")
			p.Style, p.Explode = contract.Form, true
		}
	case contract.SpaceDelimited, contract.PipeDelimited:
		if p.Explode {
			r.fail(at, "write explode: false, or style: form to repeat the name", "the style %s has no exploded form", at.Str())
		}
		if allowed != 0 && allowed&(list|object) == 0 {
			r.fail(at, "use style: form", "the style %s needs a schema of type array or object", at.Str())
		}
	}
}

// valueKinds says which kinds a schema plainly allows: 0 when it does not
// say. It follows references and looks at type, properties and items only.
func (r *reader) valueKinds(n *source.Node, hops int) kinds {
	if !n.Is(source.Object) || hops > 8 {
		return 0
	}
	if ref := n.Get("$ref"); ref.Is(source.String) && strings.HasPrefix(ref.Str(), "#/") {
		target := n.File().Root.Lookup(strings.TrimPrefix(ref.Str(), "#"))
		return r.valueKinds(target, hops+1)
	}
	var k kinds
	switch t := n.Get("type"); t.Kind() {
	case source.String:
		k = typeKinds[t.Str()]
	case source.Array:
		for _, t := range t.Items() {
			k |= typeKinds[t.Str()]
		}
	}
	for _, name := range []string{"anyOf", "oneOf", "allOf"} {
		for _, branch := range n.Get(name).Items() {
			k |= r.valueKinds(branch, hops+1)
		}
	}
	if n.Get("properties") != nil {
		k |= object
	}
	return k
}

var typeKinds = map[string]kinds{
	"string": str, "number": number, "integer": number, "boolean": boolean, "array": list, "object": object,
}
