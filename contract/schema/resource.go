package schema

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// resource is a document, or a part of one that has an $id of its own
// (JSON Schema Core section 4.3.5).
type resource struct {
	uri      string // absolute, without fragment; "" when unknown
	root     *source.Node
	anchors  map[string]anchor
	indexed  bool
	noChecks bool // its metaschema lacks the validation vocabulary
	formats  bool // its metaschema has formats assert
}

type anchor struct {
	n       *source.Node
	dynamic bool
}

// document returns the resource of a whole file.
func (c *Compiler) document(f *source.File) *resource {
	if res := c.documents[f]; res != nil {
		return res
	}
	res := &resource{}
	if f != nil {
		res.uri, res.root = f.URI, f.Root
	}
	c.documents[f] = res
	if res.uri != "" && c.resources[res.uri] == nil {
		c.resources[res.uri] = res
	}
	if c.o.Dialect == Draft202012 && res.root != nil {
		if at := c.within(res.root, res); at != res {
			c.documents[f] = at
			return at
		}
		c.vocabularies(res)
	}
	return res
}

// within returns the resource that n stands in when it is reached from res:
// its own when it has an $id.
func (c *Compiler) within(n *source.Node, res *resource) *resource {
	if c.o.Dialect != Draft202012 || !n.Is(source.Object) {
		return res
	}
	id := n.Get("$id")
	if !id.Is(source.String) || strings.HasPrefix(id.Str(), "#") {
		return res
	}
	if known := c.embedded[n]; known != nil {
		return known
	}
	uri, _, _ := strings.Cut(resolve(res.uri, id.Str()), "#")
	own := &resource{uri: uri, root: n, noChecks: res.noChecks, formats: res.formats}
	c.embedded[n] = own
	if c.resources[uri] == nil || c.resources[uri].root == n.File().Root {
		c.resources[uri] = own
	}
	c.vocabularies(own)
	return own
}

// resolve resolves a reference against a base (RFC 3986 section 5).
func resolve(base, ref string) string {
	if base == "" {
		return ref
	}
	b, err1 := url.Parse(base)
	r, err2 := url.Parse(ref)
	if err1 != nil || err2 != nil {
		return ref
	}
	return b.ResolveReference(r).String()
}

// vocabularies reads what the resource's metaschema leaves out (JSON Schema
// Core section 8.1.2).
func (c *Compiler) vocabularies(res *resource) {
	uri := strings.TrimSuffix(res.root.Get("$schema").Str(), "#")
	if uri == "" || uri == metaschemaURI || c.o.Load == nil || !c.o.Pure && !strings.HasPrefix(uri, "file:") {
		return
	}
	meta := c.find(uri, res.root)
	if meta == nil {
		return
	}
	words := meta.root.Get("$vocabulary")
	if words == nil {
		return
	}
	const prefix = "https://json-schema.org/draft/2020-12/vocab/"
	res.noChecks = words.Get(prefix+"validation") == nil
	res.formats = words.Get(prefix+"format-assertion") != nil
}

// find returns the resource at an absolute URI without fragment, loading its
// document when it is not known; nil when there is none.
func (c *Compiler) find(uri string, from *source.Node) *resource {
	if res := c.resources[uri]; res != nil {
		return res
	}
	for _, res := range c.known() {
		c.index(res)
	}
	if res := c.resources[uri]; res != nil {
		return res
	}
	if c.failed[uri] {
		return nil
	}
	file, err := c.load(uri)
	if err != nil || file == nil || file.Root == nil {
		c.failed[uri] = true
		hint := "references reach documents that are given along with this one"
		if err != nil {
			hint = err.Error()
		}
		c.problem(source.At(from, hint, "the document %q cannot be read", shorten(uri, 120)))
		return nil
	}
	res := c.document(file)
	if res.uri == "" {
		res.uri = uri
	}
	c.resources[uri] = res
	return res
}

func (c *Compiler) load(uri string) (*source.File, error) {
	if f := metaschema(uri); f != nil {
		return f, nil
	}
	if c.o.Load == nil {
		return nil, nil
	}
	return c.o.Load(uri)
}

// known lists the documents read so far in a fixed order.
func (c *Compiler) known() []*resource {
	var list []*resource
	for _, res := range c.documents {
		list = append(list, res)
	}
	slices.SortFunc(list, func(a, b *resource) int { return cmp.Compare(a.uri, b.uri) })
	return list
}

// index finds the anchors of a resource, and the resources within it.
func (c *Compiler) index(res *resource) {
	if res.indexed || res.root == nil {
		return
	}
	res.indexed = true
	res.anchors = make(map[string]anchor)
	c.indexNode(res.root, res, !c.o.Pure && res.root == res.root.File().Root)
}

// indexNode looks for schemas below n. A description of an API is no schema
// itself: all of it is searched, but for what can only be data.
func (c *Compiler) indexNode(n *source.Node, res *resource, all bool) {
	if n != res.root {
		if own := c.within(n, res); own != res {
			c.index(own)
			return
		}
	}
	for word, dynamic := range map[string]bool{"$anchor": false, "$dynamicAnchor": true} {
		if a := n.Get(word); a.Is(source.String) {
			res.anchors[a.Str()] = anchor{n, dynamic || res.anchors[a.Str()].dynamic}
		}
	}
	for name, v := range n.Members() {
		info, known := keywords[name]
		switch {
		case name == "$defs" || name == "definitions" || known && info.shape == schemaMap || known && info.id == kwDependencies:
			for _, sub := range v.Members() {
				c.indexValue(sub, res, all)
			}
		case known && info.shape == schemas:
			for _, sub := range v.Items() {
				c.indexValue(sub, res, all)
			}
		case known && info.shape == aSchema:
			c.indexValue(v, res, all)
		case all && !known && name != "example" && name != "examples" && name != "default":
			c.indexValue(v, res, all)
			for _, sub := range v.Items() {
				c.indexValue(sub, res, all)
			}
		}
	}
}

func (c *Compiler) indexValue(v *source.Node, res *resource, all bool) {
	if v.Is(source.Object) {
		c.indexNode(v, res, all)
	}
}

// env is a dynamic scope: what dynamic anchors mean in it. The outermost
// resource that has an anchor decides (JSON Schema Core section 8.2.3.2), so
// a scope only grows and there are finitely many: schemas are compiled once
// for each scope, and nothing is looked up when a document is read.
type env struct {
	names   []string
	targets []target
}

// maxScopes bounds how many dynamic scopes schemas are compiled for.
const maxScopes = 200

// target is where a reference leads.
type target struct {
	n   *source.Node
	res *resource
}

func (e *env) find(name string) (target, bool) {
	if e != nil {
		if k := slices.Index(e.names, name); k >= 0 {
			return e.targets[k], true
		}
	}
	return target{}, false
}

// inside returns the scope with res as the innermost resource.
func (c *Compiler) inside(s scope, res *resource) scope {
	s.res = res
	if !c.dynamic || c.exhausted {
		return s
	}
	c.index(res)
	var names []string
	for name, a := range res.anchors {
		if _, bound := s.env.find(name); a.dynamic && !bound {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return s
	}
	slices.Sort(names)
	next := &env{}
	if s.env != nil {
		next.names, next.targets = slices.Clone(s.env.names), slices.Clone(s.env.targets)
	}
	for _, name := range names {
		next.names = append(next.names, name)
		next.targets = append(next.targets, target{res.anchors[name].n, res})
	}
	var key strings.Builder
	for k, name := range next.names {
		fmt.Fprintf(&key, "%s=%p ", name, next.targets[k].n)
	}
	if known := c.envs[key.String()]; known != nil {
		s.env = known
		return s
	}
	if len(c.envs) == maxScopes {
		c.problem(source.At(res.root, "use fewer dynamic anchors", "dynamic anchors combine to more than %d scopes", maxScopes))
		c.exhausted = true
		return s
	}
	c.envs[key.String()] = next
	s.env = next
	return s
}
