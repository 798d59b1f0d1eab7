package markup

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

const (
	maxElements = 20_000 // different elements of one document
	maxProblems = 20     // of one document
)

// Compile says how documents of m are read, whose schema s is. It always
// returns a Document. What cannot be read from XML without guessing is a
// warning, since there may be media types beside this one; a Document that was
// warned of refuses everything.
func Compile(s *schema.Schema, m *contract.Media) (*Document, source.Problems) {
	c := compiler{media: m, known: make(map[where]*element)}
	d := &Document{schema: s}
	shape, whole := s.Whole()
	if shape == nil {
		d.broken = true // its problems have been told
		return d, nil
	}
	if !whole {
		c.problem(nil, "split the schema, or describe it as JSON", "the schema has too many different parts for XML")
	} else {
		d.root, d.any = c.root(shape)
	}
	d.broken = len(c.problems) > 0
	return d, c.problems
}

type compiler struct {
	media    *contract.Media
	problems source.Problems
	known    map[where]*element
	path     []string // the properties on the way to the current one
}

// where is a shape at a place.
type where struct {
	shape *schema.Shape
	scope string
	name  string // matters to lists only
}

// problem reports what cannot be read, at x or at the media type.
func (c *compiler) problem(x *schema.XML, hint, format string, args ...any) {
	if len(c.problems) == maxProblems {
		return
	}
	place := c.media.Type + " bodies are refused: "
	if len(c.path) > 0 {
		place += "property " + clip(strings.Join(c.path, ".")) + ": "
	}
	p := source.Warn(c.media.Node, hint, "%s%s", place, fmt.Sprintf(format, args...))
	if x != nil && x.At.Line > 0 {
		p.Position, p.Pointer = x.At, x.Ptr
	}
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}

// clip shortens what a message quotes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// root maps the root element.
func (c *compiler) root(s *schema.Shape) (f field, unnamed bool) {
	name := c.component()
	k := c.kind(s)
	switch {
	case k == list && !wrapped(s):
		c.problem(s.XML, "set `wrapped: true` and `name` in its `xml`", "a document has one root element, so an array needs one around its items")
		return f, false
	case name == "" && (s.XML == nil || s.XML.Name == ""):
		if unnamed = k == opaque && s.XML == nil; !unnamed {
			c.problem(s.XML, "set `xml: {name: ...}`, or refer to a named schema", "nothing says how the root element is called")
			return f, false
		}
	}
	scope := scope{}
	if !unnamed {
		f.local, f.space, scope = c.named(s, name, scope)
		if s.XML != nil && s.XML.Attribute {
			c.problem(s.XML, "remove `attribute`", "the root element cannot be an attribute")
		}
	}
	f.elem = c.element(s, f.local, scope)
	return f, unnamed
}

// component returns the name of the component that the media type refers to.
func (c *compiler) component() string {
	_, fragment, _ := strings.Cut(c.media.Schema.Get("$ref").Str(), "#")
	for _, folder := range []string{"/components/schemas/", "/definitions/"} {
		if name, ok := strings.CutPrefix(fragment, folder); ok && !strings.Contains(name, "/") {
			if plain, err := url.PathUnescape(name); err == nil {
				return strings.NewReplacer("~1", "/", "~0", "~").Replace(plain)
			}
		}
	}
	return ""
}

// kind says what stands in an element of shape s.
func (c *compiler) kind(s *schema.Shape) kind {
	if s == nil {
		return opaque
	}
	switch types := s.Types &^ (1<<source.Null | schema.Integer); {
	case types|1<<source.Null == allTypes: // nothing says what it is but its parts
		switch {
		case len(s.Properties) > 0 || s.Extra != nil || s.Patterns:
			return record
		case s.Items != nil || len(s.Prefix) > 0:
			return list
		}
		return opaque
	case types == 1<<source.Object:
		return record
	case types == 1<<source.Array:
		return list
	case types&^scalarTypes != 0:
		c.problem(s.XML, "let it be of one kind", "it may be an object, an array or a text, which XML does not tell apart")
	}
	return textual
}

func wrapped(s *schema.Shape) bool { return s != nil && s.XML != nil && s.XML.Wrapped }

// element maps what stands in an element of shape s that is called name.
func (c *compiler) element(s *schema.Shape, name string, in scope) *element {
	k := c.kind(s)
	at := where{shape: s, scope: in.key()}
	if k == list {
		at.name = name
	}
	if e := c.known[at]; e != nil {
		return e
	}
	e := &element{kind: k, types: allTypes &^ (1 << source.Null), space: in.space}
	c.known[at] = e // before its parts, which may lead back to it
	if len(c.known) > maxElements {
		c.problem(nil, "split the schema, or describe it as JSON", "the schema has too many different parts for XML")
		return e
	}
	if s == nil {
		return e
	}
	e.types = s.Types &^ (1 << source.Null)
	switch k {
	case record:
		c.record(e, s, in)
	case list:
		c.list(e, s, name, in)
	}
	return e
}

// list maps the items of a wrapped array.
func (c *compiler) list(e *element, s *schema.Shape, name string, in scope) {
	if len(s.Prefix) > 0 {
		c.problem(s.XML, "describe all items by `items`", "prefixItems have no form in XML")
		return
	}
	if c.kind(s.Items) == list && !wrapped(s.Items) {
		c.problem(s.XML, "set `wrapped: true` in the `xml` of the inner array", "arrays in an array need an element around each")
		return
	}
	if s.Items != nil && s.Items.XML != nil && s.Items.XML.Attribute {
		c.problem(s.Items.XML, "remove `attribute`", "an item cannot be an attribute")
	}
	e.item.local, e.item.space, in = c.named(s.Items, name, in)
	e.item.elem = c.element(s.Items, e.item.local, in)
	e.known = []string{string(appendFolded(nil, []byte(e.item.local)))}
}

// record maps the properties of an object.
func (c *compiler) record(e *element, s *schema.Shape, in scope) {
	if s.Patterns {
		c.problem(s.XML, "name the properties, or describe them by additionalProperties", "patternProperties have no form in XML")
	}
	for i := range s.Properties {
		p := &s.Properties[i]
		c.path = append(c.path, p.Name)
		f := c.property(p, in)
		c.path = c.path[:len(c.path)-1]
		f.name, f.readOnly, f.writeOnly = strings.Clone(p.Name), p.ReadOnly, p.WriteOnly
		f.key = string(schema.AppendString(nil, p.Name)) + ":"
		e.fields = append(e.fields, f)
	}
	slices.SortFunc(e.fields, func(a, b field) int { return a.compare([]byte(b.local), []byte(b.space), b.attribute) })
	for k := range e.fields {
		f := &e.fields[k]
		if k > 0 && f.compare([]byte(e.fields[k-1].local), []byte(e.fields[k-1].space), e.fields[k-1].attribute) == 0 && f.local != "" {
			c.problem(s.XML, "rename one of them by its `xml`", "the properties %q and %q have one form in XML", clip(e.fields[k-1].name), clip(f.name))
		}
		if f.repeated && requires(s, f.name) {
			e.lists = append(e.lists, k)
		}
		for _, name := range []string{f.local, f.name} {
			e.known = append(e.known, string(appendFolded(nil, []byte(name))))
		}
	}
	slices.Sort(e.known)
	e.known = slices.Compact(e.known)
	if s.Extra != nil {
		c.extra(e, s.Extra, in)
	}
}

func requires(s *schema.Shape, name string) bool {
	k, _ := slices.BinarySearchFunc(s.Properties, name, func(p schema.PropertyShape, name string) int { return cmp.Compare(p.Name, name) })
	return s.Properties[k].Required
}

// property maps one property of an object.
func (c *compiler) property(p *schema.PropertyShape, in scope) (f field) {
	s, k := p.Shape, c.kind(p.Shape)
	x := &schema.XML{}
	if s != nil && s.XML != nil {
		x = s.XML
	}
	switch {
	case x.Attribute:
		return c.attribute(p, x, k, in)
	case k != list || wrapped(s):
		f.local, f.space, in = c.named(s, p.Name, in)
		f.elem = c.element(s, f.local, in)
		return f
	}
	if c.bad(s) {
		return f
	}
	switch {
	case len(s.Prefix) > 0:
		c.problem(x, "describe all items by `items`", "prefixItems have no form in XML")
	case c.kind(s.Items) == list && !wrapped(s.Items):
		c.problem(x, "set `wrapped: true` in the `xml` of the inner array", "arrays in an array need an element around each")
	case x.Namespace != "" || x.Prefix != "":
		c.problem(x, "put them under `items`, or set `wrapped: true`", "namespace and prefix of an array without wrapper say nothing")
	case s.Items != nil && s.Items.XML != nil && s.Items.XML.Attribute:
		c.problem(s.Items.XML, "remove `attribute`", "an item cannot be an attribute")
	default:
		f.repeated = true
		f.local, f.space, in = c.named(s.Items, p.Name, in)
		f.elem = c.element(s.Items, f.local, in)
	}
	return f
}

// attribute maps a property that is an attribute.
func (c *compiler) attribute(p *schema.PropertyShape, x *schema.XML, k kind, in scope) (f field) {
	if k != textual && k != opaque {
		c.problem(x, "remove `attribute`, or let it be a text, a number or a boolean", "an attribute holds one text")
		return f
	}
	f.attribute = true
	outer := in
	f.local, f.space, _ = c.named(p.Shape, p.Name, in)
	switch {
	case x.Prefix == "" && x.Namespace == "":
		f.space = "" // Namespaces in XML 1.0 section 6.2
	case x.Prefix == "":
		c.problem(x, "give it a prefix, or remove the namespace", "an attribute without prefix stands in no namespace")
	}
	f.elem = c.element(p.Shape, f.local, outer)
	return f
}

// extra maps the properties that are not named.
func (c *compiler) extra(e *element, s *schema.Shape, in scope) {
	c.path = append(c.path, "*")
	switch k := c.kind(s); {
	case c.bad(s):
	case k == opaque && s.XML == nil:
	case s.XML != nil && (s.XML.Name != "" || s.XML.Namespace != "" || s.XML.Prefix != "" || s.XML.Attribute):
		c.problem(s.XML, "leave out its `xml`", "properties that are not named are called as they are")
	case k == list && !wrapped(s):
		c.problem(s.XML, "set `wrapped: true` in its `xml`, and `name` in that of its items", "an array that is not named needs an element around its items")
	case k == list && (s.Items == nil || s.Items.XML == nil || s.Items.XML.Name == ""):
		c.problem(s.XML, "set `name` in the `xml` of its items", "nothing says how the items of an array that is not named are called")
	default:
		e.extra = c.element(s, "", in)
	}
	c.path = c.path[:len(c.path)-1]
}
