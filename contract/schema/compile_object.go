package schema

import (
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// maxProperties bounds how many names one object schema may declare.
const maxProperties = 1<<16 - 2

// object compiles the keywords of objects.
func (c *Compiler) object(n *node, set *keywordSet, s scope) *objectRule {
	o := &objectRule{
		min: set.sizeOr(kwMinProperties, 0), max: set.sizeOr(kwMaxProperties, -1),
	}
	if o.max >= 0 && o.min > o.max {
		c.contradiction(set.value[kwMinProperties], "no object can satisfy both", "minProperties is greater than maxProperties")
	}
	b := objectBuilder{c: c, o: o}
	if v := set.value[kwProperties]; v != nil {
		o.props = make([]property, 0, v.Len()+set.value[kwRequired].Len())
		for i := range v.Len() {
			m := v.Member(i)
			k := b.name(m.Name)
			o.props[k].flags |= declared
			o.props[k].node = c.node(&m.Value, s)
		}
	}
	for _, r := range set.value[kwRequired].Items() {
		b.need(&o.required, b.name(r.Str()))
	}
	c.rareObject(&b, set, s)
	if len(o.props) > maxProperties {
		c.problem(source.At(set.n, "split the schema", "more than %d properties in one schema", maxProperties))
		o.props = o.props[:maxProperties]
	}
	if v := set.value[kwAdditionalProperties]; v != nil {
		o.additional = c.boolOr(v, s)
	}
	names := set.value[kwProperties].Len() > 0 || set.value[kwPatternProperties].Len() > 0
	if !c.o.Pure && names && o.additional == nil && set.value[kwUnevaluatedProperties] == nil {
		n.flags |= named | closing
		o.closed = true
	}
	o.cuttable = o.closed && o.rare == nil
	o.special = o.rare != nil && (len(o.rare.patterns) > 0 || o.rare.names != nil)
	for k := range o.props {
		p := &o.props[k]
		p.head = headOf(p.name)
		o.counts |= countBit(utf8.RuneCountInString(p.name))
		o.special = o.special || p.flags&declared == 0
	}
	o.buildIndex()
	if !c.o.Pure {
		o.buildFolded()
	}
	return o
}

// boolOr compiles a schema that may be a boolean in every dialect.
func (c *Compiler) boolOr(v *source.Node, s scope) *node {
	if v.Is(source.Bool) {
		if v.Bool() {
			return always
		}
		return never
	}
	return c.node(v, s)
}

// objectBuilder finds names in a rule that is being made.
type objectBuilder struct {
	c    *Compiler
	o    *objectRule
	seen map[string]int // for many
}

// name returns the place of a name in props, adding it when it is new.
func (b *objectBuilder) name(s string) int {
	if b.seen == nil {
		for k := range b.o.props {
			if b.o.props[k].name == s {
				return k
			}
		}
		if len(b.o.props) > 32 {
			b.seen = make(map[string]int)
			for k := range b.o.props {
				b.seen[b.o.props[k].name] = k
			}
		}
	} else if k, ok := b.seen[s]; ok {
		return k
	}
	b.o.props = append(b.o.props, property{name: b.c.name(s), node: always})
	k := len(b.o.props) - 1
	if b.seen != nil {
		b.seen[b.o.props[k].name] = k
	}
	return k
}

func (b *objectBuilder) need(set *[]uint64, k int) {
	for len(*set) <= k>>6 {
		*set = append(*set, 0)
	}
	(*set)[k>>6] |= 1 << (k & 63)
}

// rareObject compiles what few objects have.
func (c *Compiler) rareObject(b *objectBuilder, set *keywordSet, s scope) {
	var rare rareObject
	for name, v := range set.value[kwPatternProperties].Members() {
		p := c.pattern(set.value[kwPatternProperties].Get(name), name)
		if p == nil {
			continue
		}
		rare.patterns = append(rare.patterns, patternProperty{pattern: p, node: c.node(v, s)})
	}
	if v := set.value[kwPropertyNames]; v != nil {
		rare.names = c.node(v, s)
	}
	for _, k := range []kw{kwDependentRequired, kwDependencies} {
		for name, v := range set.value[k].Members() {
			if k == kwDependencies && !v.Is(source.Array) {
				continue // a schema: see composite
			}
			dep := dependency{name: b.name(name)}
			if !v.Is(source.Array) {
				c.problem(source.At(v, "", "dependentRequired must hold lists of names"))
			}
			for _, other := range v.Items() {
				if !other.Is(source.String) {
					c.problem(source.At(other, "", "a name must be a string, not %s", article(other.Kind())))
					continue
				}
				b.need(&dep.need, b.name(other.Str()))
			}
			rare.dependent = append(rare.dependent, dep)
		}
	}
	if len(rare.patterns) > 0 || rare.names != nil || len(rare.dependent) > 0 {
		b.o.rare = &rare
	}
}

// array compiles the keywords of arrays.
func (c *Compiler) array(set *keywordSet, s scope) *arrayRule {
	r := &arrayRule{
		min: set.sizeOr(kwMinItems, 0), max: set.sizeOr(kwMaxItems, -1),
		minContains: set.sizeOr(kwMinContains, 1), maxContains: set.sizeOr(kwMaxContains, -1),
		unique: set.value[kwUniqueItems].Bool(),
	}
	if r.max >= 0 && r.min > r.max {
		c.contradiction(set.value[kwMinItems], "no array can satisfy both", "minItems is greater than maxItems")
	}
	for _, v := range set.value[kwPrefixItems].Items() {
		r.prefix = append(r.prefix, c.node(v, s))
	}
	if v := set.value[kwItems]; v != nil {
		r.items = c.node(v, s)
	}
	if v := set.value[kwContains]; v != nil {
		r.contains = c.node(v, s)
	}
	return r
}
