package schema

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// XML is what an XML Object says of how a schema's value stands in XML
// (OpenAPI 3.1.1 section 4.8.26). It judges nothing here: package markup reads
// by it.
type XML struct {
	Name      string // "" for that of the property or component
	Namespace string
	Prefix    string
	Attribute bool
	Wrapped   bool

	// Bad says what is wrong with the object, "" for nothing.
	Bad string
	At  source.Position // where it stands
	Ptr string          // its JSON pointer, as that of a source.Problem
}

// Same reports whether two objects say the same, wherever they stand. nil says
// nothing, as an empty object does.
func (x *XML) Same(y *XML) bool {
	var a, b XML
	if x != nil {
		a = *x
	}
	if y != nil {
		b = *y
	}
	a.At, a.Ptr, b.At, b.Ptr = source.Position{}, "", source.Position{}, ""
	return a == b
}

// xml reads the XML Object of the schema at n, nil when it has none.
func (c *Compiler) xml(n *source.Node) *XML {
	v := n.Get("xml")
	if v == nil || c.o.Pure {
		return nil
	}
	x := &XML{At: v.Position(), Ptr: v.Pointer()}
	if !v.Is(source.Object) {
		x.Bad = "xml must be an object, not " + article(v.Kind())
		return x
	}
	texts := map[string]*string{"name": &x.Name, "namespace": &x.Namespace, "prefix": &x.Prefix}
	flags := map[string]*bool{"attribute": &x.Attribute, "wrapped": &x.Wrapped}
	for name, value := range v.Members() {
		switch text, flag := texts[name], flags[name]; {
		case text != nil && value.Is(source.String):
			*text = c.name(value.Str())
		case flag != nil && value.Is(source.Bool):
			*flag = value.Bool()
		case text != nil:
			x.Bad = name + " must be a string, not " + article(value.Kind())
		case flag != nil:
			x.Bad = name + " must be true or false, not " + article(value.Kind())
		case len(name) < 2 || name[:2] != "x-":
			x.Bad = "an XML Object has no \"" + shorten(name, 60) + "\" in this version of OpenAPI"
		}
	}
	return x
}

// xmlOf returns what the schemas that apply to one value say of its XML. It
// reports false when they contradict each other.
func xmlOf(list []*node) (*XML, bool) {
	f := xmlFinder{agree: true}
	f.look(list)
	return f.found, f.agree
}

// xmlFinder looks at each schema once: they may share parts.
type xmlFinder struct {
	seen  []*node
	found *XML
	agree bool
}

func (f *xmlFinder) look(list []*node) {
	for _, n := range list {
		if len(f.seen) >= maxParts || slices.Contains(f.seen, n) {
			continue
		}
		f.seen = append(f.seen, n)
		switch {
		case n.xml == nil:
			f.look(inner(n))
		case f.found == nil:
			f.found = n.xml
		case !f.found.Same(n.xml):
			f.agree = false
		}
	}
}

// inner lists the schemas that n is made of. What n says itself goes before
// what they say.
func inner(n *node) (list []*node) {
	if n.more == nil {
		return nil
	}
	list = append(list, n.more.all...)
	for _, c := range []*choice{n.more.any, n.more.one} {
		if c != nil {
			list = append(list, c.branches...)
		}
	}
	return list
}
