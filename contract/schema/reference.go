package schema

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// maxChain bounds references that lead to references.
const maxChain = 64

// follow goes from a schema that is nothing but a reference to where it
// leads, and enters the resource of a schema that has an $id.
func (c *Compiler) follow(n *source.Node, s scope) (*source.Node, scope, bool) {
	var passed [maxChain]*source.Node
	for k := range maxChain {
		passed[k] = n
		if res := c.within(n, s.res); res != s.res {
			s = c.inside(s, res)
		}
		ref := c.alias(n)
		if ref == nil {
			return n, s, true
		}
		t, ok := c.target(ref, s)
		if !ok {
			return nil, s, false
		}
		n, s = t.n, c.inside(s, t.res)
	}
	if slices.Contains(passed[:], n) {
		c.problem(source.At(n, "let one of them describe the value", "a reference that leads to itself"))
	} else {
		c.problem(source.At(n, "refer to the last of them", "more than %d references in a row", maxChain))
	}
	return nil, s, false
}

// alias returns the $ref of a schema that has no other keyword which matters.
func (c *Compiler) alias(n *source.Node) *source.Node {
	ref := n.Get("$ref")
	if !ref.Is(source.String) {
		return nil
	}
	if c.tags(n) != nil {
		return nil
	}
	if c.o.Dialect != Draft202012 {
		return ref // siblings of $ref are ignored
	}
	for name, v := range n.Members() {
		info, known := keywords[name]
		if name == "xml" && !c.o.Pure {
			return nil
		}
		if known && info.id != kwRef && silentWords&(1<<info.id) == 0 && !(info.shape == aBoolean && !v.Bool()) {
			return nil
		}
	}
	return ref
}

// reference compiles the schema that a $ref leads to.
func (c *Compiler) reference(ref *source.Node, s scope) *node {
	t, ok := c.target(ref, s)
	if !ok {
		return bad
	}
	return c.node(t.n, c.inside(s, t.res))
}

// dynamicReference compiles the schema that a $dynamicRef leads to in the
// dynamic scope (JSON Schema Core section 8.2.3.2).
func (c *Compiler) dynamicReference(ref *source.Node, s scope) *node {
	t, ok := c.target(ref, s)
	if !ok {
		return bad
	}
	_, name, _ := strings.Cut(ref.Str(), "#")
	c.index(t.res)
	if a := t.res.anchors[name]; a.dynamic && a.n == t.n {
		c.wantsEnv = true
		if outer, bound := s.env.find(name); bound {
			t = outer
		}
	}
	return c.node(t.n, c.inside(s, t.res))
}

// target resolves a reference.
func (c *Compiler) target(ref *source.Node, s scope) (target, bool) {
	uri, fragment, _ := strings.Cut(ref.Str(), "#")
	res := s.res
	if uri != "" {
		if res = c.find(resolve(res.uri, uri), ref); res == nil {
			return target{}, false
		}
	}
	if fragment == "" {
		return target{res.root, res}, c.misplacedTarget(ref, res.root, "")
	}
	if fragment[0] == '/' {
		return c.pointed(ref, fragment, res)
	}
	c.index(res)
	if a, ok := res.anchors[fragment]; ok {
		return target{a.n, res}, true
	}
	hint := "anchors of a schema are set by $anchor"
	if c.hinting() {
		hint = source.DidYouMean(hint, fragment, slices.Sorted(maps.Keys(res.anchors))...)
	}
	c.problem(source.At(ref, hint, "no schema has the anchor %q", shorten(fragment, 80)))
	return target{}, false
}

// pointed follows a JSON pointer. Each $id on the way changes the resource.
func (c *Compiler) pointed(ref *source.Node, fragment string, res *resource) (target, bool) {
	pointer := fragment
	if strings.IndexByte(fragment, '%') >= 0 {
		if decoded, err := url.PathUnescape(fragment); err == nil {
			pointer = decoded
		}
	}
	n, root := res.root, res.root
	for token := range strings.SplitSeq(pointer[1:], "/") {
		if strings.IndexByte(token, '~') >= 0 {
			token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		}
		next := n.Get(token)
		if n.Is(source.Array) {
			if i, err := strconv.Atoi(token); err == nil && strconv.Itoa(i) == token {
				next = n.Item(i)
			}
		}
		if next == nil {
			c.unresolved(ref, n, token)
			return target{}, false
		}
		n = next
		res = c.within(n, res)
	}
	return target{n, res}, c.misplacedTarget(ref, root, pointer)
}

func (c *Compiler) unresolved(ref, n *source.Node, token string) {
	hint := "check the spelling of the reference"
	if c.hinting() {
		var names []string
		for name := range n.Members() {
			names = append(names, name)
		}
		hint = source.DidYouMean(hint, token, names...)
	}
	c.problem(source.At(ref, hint, "the reference %q leads nowhere: there is no %q", shorten(ref.Str(), 120), shorten(token, 60)))
}

// hinting reports whether names are still searched for what was meant: the
// first problems are read, and the search is not free.
func (c *Compiler) hinting() bool { return c.errors < 10 }
