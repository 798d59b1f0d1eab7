// Package reach finds the schemas of a contract that a name in gatehouse.yaml
// means, such as "Order/lines/*/cost". Guards whose rules stand beside schemas
// import it; it reads contracts and knows no rule.
package reach

import (
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Place is the schemas that a name means, and those of the objects that they
// are properties of: those of the value itself where the name ends with "*".
type Place struct{ Schemas, Objects []*source.Node }

// Find finds the schema of c that name begins with and goes the way to a
// property from there; "*" is any item of a list, or any property that has no
// name of its own. "/" in a name is "~1", "~" is "~0" (RFC 6901 section 3). Where
// there is nothing wrong says why, and hint what was probably meant.
func Find(c *contract.Contract, name string) (p Place, wrong, hint string) {
	schemas := c.Root.Get("components").Get("schemas")
	if schemas == nil {
		schemas = c.Root.Get("definitions") // Swagger 2.0
	}
	names := strings.Split(name, "/")
	for i, n := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
	}
	root := schemas.Get(names[0])
	if root == nil {
		return p, fmt.Sprintf("the contract has no schema %q", names[0]), source.DidYouMean("name a schema of components.schemas", names[0], members(schemas)...)
	}
	w := walker{files: c.Files}
	p.Schemas = []*source.Node{root}
	for _, n := range names[1:] {
		next := w.below(p.Schemas, n)
		if len(next) == 0 {
			return p, fmt.Sprintf("%s: no property %q is described there", name, n),
				source.DidYouMean(`write the names of properties as the contract does, "*" for the items of a list`, n, w.names(p.Schemas)...)
		}
		if p.Objects = p.Schemas; n == "*" {
			p.Objects = next
		}
		p.Schemas = next
	}
	for _, n := range p.Schemas {
		if !n.Is(source.Object) {
			return p, fmt.Sprintf("the contract describes %s by %q, which cannot have a rule", name, n.Text()), "describe it in the contract as an object, {} at least"
		}
	}
	return p, "", ""
}

func members(n *source.Node) (list []string) {
	for name := range n.Members() {
		list = append(list, name)
	}
	return list
}

// walker finds the schemas of properties.
type walker struct{ files *source.Set }

// parts returns the schema objects that describe the same value as n does:
// what it refers to, and the alternatives. Each is looked at once.
func (w *walker) parts(n *source.Node, seen []*source.Node) []*source.Node {
	if n == nil || slices.Contains(seen, n) || len(seen) > maxParts {
		return seen
	}
	seen = append(seen, n)
	seen = w.parts(w.refer(n.Get("$ref")), seen)
	for _, word := range []string{"allOf", "anyOf", "oneOf"} {
		for _, part := range n.Get(word).Items() {
			seen = w.parts(part, seen)
		}
	}
	seen = w.parts(n.Get("then"), seen)
	seen = w.parts(n.Get("else"), seen)
	for _, part := range n.Get("dependentSchemas").Members() {
		seen = w.parts(part, seen)
	}
	return seen
}

// maxParts bounds what is looked at for one value.
const maxParts = 1000

// refer follows a local reference, nil when it leads nowhere: the compiler of
// schemas says so.
func (w *walker) refer(ref *source.Node) *source.Node {
	if !ref.Is(source.String) {
		return nil
	}
	name, fragment, _ := strings.Cut(ref.Str(), "#")
	file := ref.File()
	if name != "" {
		var err error
		if w.files == nil {
			return nil
		}
		if file, err = w.files.Refer(file, name); err != nil {
			return nil
		}
	}
	pointer, err := url.PathUnescape(fragment)
	if err != nil || file == nil || file.Root == nil {
		return nil
	}
	return file.Root.Lookup(pointer)
}

// below returns the schemas of the property called name of the values that
// list describe; "*" is the items of a list and the properties without a name.
func (w *walker) below(list []*source.Node, name string) (next []*source.Node) {
	add := func(n *source.Node) {
		if n != nil && !slices.Contains(next, n) {
			next = append(next, n)
		}
	}
	for _, n := range list {
		for _, part := range w.parts(n, nil) {
			if name != "*" {
				add(part.Get("properties").Get(name))
				continue
			}
			if part.Get("items").Is(source.Object) {
				add(part.Get("items"))
			}
			for _, item := range part.Get("prefixItems").Items() {
				add(item)
			}
			if part.Get("additionalProperties").Is(source.Object) {
				add(part.Get("additionalProperties"))
			}
			for _, property := range part.Get("patternProperties").Members() {
				add(property)
			}
		}
	}
	return next
}

// names are the properties that are described there.
func (w *walker) names(list []*source.Node) (all []string) {
	for _, n := range list {
		for _, part := range w.parts(n, nil) {
			all = append(all, members(part.Get("properties"))...)
		}
	}
	return all
}

// Below finds the schemas at a JSON pointer (RFC 6901) into the values that a
// schema of c describes: of names of properties, and of "*". Where there are
// none, hint is what was probably meant.
func Below(c *contract.Contract, n *source.Node, pointer string) (list []*source.Node, hint string) {
	w := walker{files: c.Files}
	list = []*source.Node{n}
	for _, name := range strings.Split(pointer, "/")[1:] {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		next := w.below(list, name)
		if len(next) == 0 {
			return nil, source.DidYouMean("write the names of properties as the contract does, as in /email", name, w.names(list)...)
		}
		list = next
	}
	return slices.DeleteFunc(list, func(n *source.Node) bool { return !n.Is(source.Object) }), "describe it in the contract as an object, {} at least"
}

// Properties yields the named properties of the objects that a schema of c
// describes.
func Properties(c *contract.Contract, n *source.Node) iter.Seq2[string, *source.Node] {
	w := walker{files: c.Files}
	return func(yield func(string, *source.Node) bool) {
		for _, part := range w.parts(n, nil) {
			for name, p := range part.Get("properties").Members() {
				if !yield(name, p) {
					return
				}
			}
		}
	}
}

// Parts returns the schema objects of c that describe the same value as n does:
// n itself, what it refers to, and the parts and alternatives of these.
func Parts(c *contract.Contract, n *source.Node) []*source.Node {
	w := walker{files: c.Files}
	return w.parts(n, nil)
}
