package schema

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Compiler compiles the schemas of one contract. Nodes that are reached twice
// are compiled once. It is not safe for concurrent use. Schemas keep nothing
// of the documents' text.
type Compiler struct {
	o        Options
	problems source.Problems
	errors   int // of them

	memo      map[memoKey]*node
	fresh     []*node                // compiled but not finished
	places    map[*node]*source.Node // of those with composites
	suspects  []suspect
	nullables []*source.Node // enumerations without null beside nullable
	inPlace   map[*node]bool // parts of other schemas

	names      map[string]string
	leaves     map[node]*node
	strings    map[stringKey]*stringRule
	patterns   map[string]*pattern
	replaced   map[string]bool // of Options.Patterns, those that were met
	tagSets    map[string]*tagSet
	everywhere bool // one of them has more than tags of strings
	reach      tagReach
	tagged     map[*source.Node]*tagSet

	documents map[*source.File]*resource
	resources map[string]*resource // by absolute URI
	embedded  map[*source.Node]*resource
	failed    map[string]bool // URIs that could not be loaded
	envs      map[string]*env
	dynamic   bool            // dynamic scopes are followed
	wantsEnv  bool            // they should have been
	exhausted bool            // there are too many dynamic scopes
	unknown   map[string]bool // formats that were warned of
	odd       map[string]*oddWord
}

// memoKey is a schema object under the dynamic scope that it is reached in.
type memoKey struct {
	n *source.Node
	e *env
}

// scope is where a schema stands: the resource that its references are
// relative to, and its dynamic scope.
type scope struct {
	res *resource
	env *env
}

// NewCompiler returns a compiler.
func NewCompiler(o Options) *Compiler {
	c := &Compiler{
		o:         o,
		names:     make(map[string]string),
		leaves:    make(map[node]*node),
		strings:   make(map[stringKey]*stringRule),
		patterns:  make(map[string]*pattern),
		replaced:  make(map[string]bool),
		tagSets:   make(map[string]*tagSet),
		tagged:    make(map[*source.Node]*tagSet),
		documents: make(map[*source.File]*resource),
		resources: make(map[string]*resource),
		embedded:  make(map[*source.Node]*resource),
		failed:    make(map[string]bool),
		envs:      make(map[string]*env),
		unknown:   make(map[string]bool),
		odd:       make(map[string]*oddWord),
		dynamic:   o.Pure && o.Dialect == Draft202012,
	}
	c.memo = make(map[memoKey]*node)
	c.places = make(map[*node]*source.Node)
	c.inPlace = make(map[*node]bool)
	return c
}

// Compile compiles the schema at n. It always returns a schema; one that has
// problems refuses everything.
func (c *Compiler) Compile(n *source.Node) *Schema {
	before, errors := len(c.problems), c.errors
	root := c.entry(n)
	if c.wantsEnv && !c.dynamic {
		// A dynamic reference needs the resources on the way to it: once more,
		// with scopes followed.
		c.dynamic = true
		clear(c.memo)
		c.problems, c.errors, c.fresh = c.problems[:before], errors, nil
		root = c.entry(n)
	}
	c.finish()
	if c.errors > errors {
		root = bad
	}
	out := &Schema{root: root, pure: c.o.Pure, tagless: len(c.tagSets) == 0, untold: !c.everywhere, loose: c.o.Loose}
	if !out.untold {
		out.reached = c.reach.of(root)
	}
	return out
}

// Problems returns what was wrong with all schemas compiled so far.
func (c *Compiler) Problems() source.Problems {
	list := append(c.problems[:len(c.problems):len(c.problems)], c.unsatisfiable()...)
	return append(list, c.loosened()...)
}

// suspect is a closed object that requires what it does not declare.
type suspect struct {
	n    *node
	at   *source.Node
	name string
}

// suspect notes n when it is closed and requires what it does not declare.
func (c *Compiler) suspect(n *node, at *source.Node) {
	if !n.obj.closed || n.more != nil || n.obj.rare != nil {
		return
	}
	for k, p := range n.obj.props {
		if p.flags&declared == 0 && k>>6 < len(n.obj.required) && n.obj.required[k>>6]&(1<<(k&63)) != 0 {
			c.suspects = append(c.suspects, suspect{n, at.Get("required"), p.name})
			return
		}
	}
}

// unsatisfiable warns of suspects that are no part of a schema which declares
// more.
func (c *Compiler) unsatisfiable() (list source.Problems) {
	for _, s := range c.suspects {
		if !c.inPlace[s.n] {
			list = append(list, source.Warn(s.at, "declare it under properties, or say additionalProperties: true",
				"%q is required but not declared, and what is not declared may not be there", shorten(s.name, 60)))
		}
	}
	return list
}

func (c *Compiler) problem(p source.Problem) {
	if p.Severity == source.Error {
		c.errors++
	}
	c.problems = append(c.problems, p)
}

// entry compiles a schema that is reached from outside.
func (c *Compiler) entry(n *source.Node) *node {
	res := c.document(n.File())
	return c.node(n, c.inside(scope{res: res}, res))
}

// bad stands for a schema that could not be compiled.
var bad = &node{flags: broken, accept: allKinds}

// node compiles the schema at n.
func (c *Compiler) node(n *source.Node, s scope) *node {
	if c.exhausted {
		return bad
	}
	n, s, ok := c.follow(n, s)
	if !ok {
		return bad
	}
	if n.Is(source.Bool) && c.o.Dialect == Draft202012 {
		if n.Bool() {
			return always
		}
		return never
	}
	if !n.Is(source.Object) {
		c.problem(source.At(n, "", "a schema must be an object, not %s", article(n.Kind())))
		return bad
	}
	key := memoKey{n, s.env}
	if known := c.memo[key]; known != nil {
		return known
	}
	errors := c.errors
	out := c.fill(n, s, key)
	if c.errors > errors {
		// Whoever reads by this schema, or by one that refers to it, refuses.
		if out.flags&broken == 0 && !c.isShared(out) {
			*out = *bad
		}
		out = bad
		c.memo[key] = bad
	}
	return out
}

// isShared reports whether n may belong to other schemas as well.
func (c *Compiler) isShared(n *node) bool {
	return n == always || n == never || c.leaves[*n] == n
}

// fill compiles the keywords of the schema object at n.
func (c *Compiler) fill(n *source.Node, s scope, key memoKey) *node {
	var set keywordSet
	c.collect(n, s.res, &set)
	if v := set.value[kwDiscriminator]; v != nil {
		c.checkDiscriminator(v)
	}
	tags, xml := c.tags(n), c.xml(n)
	if !set.has(objectWords | arrayWords | compositeWords) {
		leaf := node{tags: tags, xml: xml}
		consts := c.scalars(&leaf, &set, s.res)
		if consts == nil {
			c.memo[key] = c.leaf(leaf)
			return c.memo[key]
		}
	}
	out := &node{tags: tags, xml: xml}
	c.memo[key] = out
	c.fresh = append(c.fresh, out)
	consts := c.scalars(out, &set, s.res)
	if set.has(objectWords) {
		out.obj = c.object(out, &set, s)
	}
	if set.has(arrayWords) {
		out.arr = c.array(&set, s)
	}
	if set.has(compositeWords) || consts != nil {
		out.more = c.composite(out, &set, s, consts)
		c.places[out] = n
	}
	if out.obj != nil {
		c.suspect(out, n)
	}
	return out
}

// leaf returns the one node that equal leaves share.
func (c *Compiler) leaf(n node) *node {
	n.accept = n.types
	if n == *always {
		return always
	}
	if known := c.leaves[n]; known != nil {
		return known
	}
	shared := &n
	c.leaves[n] = shared
	return shared
}

// tags asks the guards for the node's tags.
func (c *Compiler) tags(n *source.Node) *tagSet {
	if c.o.Tags == nil {
		return nil
	}
	if known, asked := c.tagged[n]; asked {
		return known
	}
	set := c.tagSet(c.o.Tags(n))
	if n.Get("$ref") != nil { // asked again when the reference is followed
		c.tagged[n] = set
	}
	return set
}

// tagSet returns the shared form of a list of tags.
func (c *Compiler) tagSet(list []Tag) *tagSet {
	if len(list) == 0 {
		return nil
	}
	var key strings.Builder
	for _, t := range list {
		key.WriteByte(byte(t))
		key.WriteByte(byte(t >> 8))
	}
	if known := c.tagSets[key.String()]; known != nil {
		return known
	}
	set := new(tagSet)
	for _, t := range list {
		if t >= FirstText && t <= LastText {
			set.texts = append(set.texts, t)
		} else {
			set.list = append(set.list, t)
			c.everywhere = true
		}
	}
	c.tagSets[key.String()] = set
	return set
}

// name returns a copy of s that is shared and does not hold the document.
func (c *Compiler) name(s string) string {
	if known, ok := c.names[s]; ok {
		return known
	}
	s = strings.Clone(s)
	c.names[s] = s
	return s
}
