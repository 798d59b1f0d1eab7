package schema

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// composite compiles the keywords that look at the same value again.
func (c *Compiler) composite(n *node, set *keywordSet, s scope, consts []*constant) *composite {
	m := &composite{consts: consts, hasConsts: consts != nil}
	m.nullable = set.value[kwNullable].Bool()
	if v := set.value[kwRef]; v != nil {
		m.all = append(m.all, c.reference(v, s))
	}
	if v := set.value[kwDynamicRef]; v != nil {
		m.all = append(m.all, c.dynamicReference(v, s))
	}
	for _, v := range set.value[kwAllOf].Items() {
		m.all = append(m.all, c.node(v, s))
	}
	m.any = c.choice(set.value[kwAnyOf], s)
	m.one = c.choice(set.value[kwOneOf], s)
	if v := set.value[kwDiscriminator]; v != nil {
		c.discriminator(v, set, m, s)
	}
	if v := set.value[kwNot]; v != nil {
		m.not = c.node(v, s)
	}
	if v := set.value[kwIf]; v != nil {
		m.cond = &condition{when: c.node(v, s)}
		if v := set.value[kwThen]; v != nil {
			m.cond.then = c.node(v, s)
		}
		if v := set.value[kwElse]; v != nil {
			m.cond.otherwise = c.node(v, s)
		}
	}
	for name, v := range set.value[kwDependentSchemas].Members() {
		m.depends = append(m.depends, dependentSchema{c.name(name), c.node(v, s)})
	}
	for name, v := range set.value[kwDependencies].Members() {
		if !v.Is(source.Array) {
			m.depends = append(m.depends, dependentSchema{c.name(name), c.node(v, s)})
		}
	}
	if v := set.value[kwUnevaluatedItems]; v != nil {
		m.unevaluatedItems = c.node(v, s)
	}
	if v := set.value[kwUnevaluatedProperties]; v != nil {
		m.unevaluatedProperties = c.node(v, s)
	}
	return m
}

func (c *Compiler) choice(v *source.Node, s scope) *choice {
	if v == nil {
		return nil
	}
	ch := &choice{branches: make([]*node, 0, v.Len())}
	for _, item := range v.Items() {
		ch.branches = append(ch.branches, c.node(item, s))
	}
	return ch
}

// discriminator compiles OpenAPI's discriminator (OpenAPI 3.0.4 section
// 4.7.25). In 3.0 it selects the branch; in 3.1 it adds nothing to oneOf and
// anyOf, whose branches say themselves what they accept.
func (c *Compiler) discriminator(v *source.Node, set *keywordSet, m *composite, s scope) {
	name, mapping := v.Get("propertyName"), v.Get("mapping")
	if !name.Is(source.String) {
		return
	}
	list, ch := set.value[kwOneOf], m.one
	if list == nil {
		list, ch = set.value[kwAnyOf], m.any
	}
	if ch == nil {
		return // on a base schema: its heirs are checked where they are used
	}
	targets := make(map[string]int)
	var refs []string
	for k, item := range list.Items() {
		ref := item.Get("$ref").Str()
		refs = append(refs, ref)
		if i := strings.LastIndexByte(ref, '/'); ref != "" {
			targets[ref[i+1:]] = k
		}
	}
	for value, target := range mapping.Members() {
		k := slices.Index(refs, target.Str())
		if k < 0 && target.Is(source.String) {
			if byName, ok := targets[target.Str()]; ok {
				k = byName
			} else {
				k = c.mapped(ch, target, s)
			}
		}
		if k < 0 {
			c.problem(source.Warn(target, "list it in oneOf or anyOf, or remove it", "the mapping leads to a schema that is none of the alternatives"))
			continue
		}
		targets[value] = k
	}
	switch {
	case len(targets) == 0:
	case c.o.Dialect == OpenAPI30:
		ch.tag = newTag(c, name.Str(), targets)
	default:
		ch.hint = newTag(c, name.Str(), targets)
	}
}

// checkDiscriminator reports discriminators that say nothing.
func (c *Compiler) checkDiscriminator(v *source.Node) {
	if !v.Is(source.Object) {
		c.problem(source.At(v, "", "discriminator must be an object with propertyName, not %s", article(v.Kind())))
		return
	}
	if !v.Get("propertyName").Is(source.String) {
		c.problem(source.At(v, "name the property that tells the alternatives apart", "discriminator must have a propertyName"))
		return
	}
	if mapping := v.Get("mapping"); mapping != nil && !mapping.Is(source.Object) {
		c.problem(source.At(mapping, "", "mapping must be an object, not %s", article(mapping.Kind())))
	}
}

// mapped finds the branch that a mapping's reference leads to.
func (c *Compiler) mapped(ch *choice, target *source.Node, s scope) int {
	if !strings.ContainsAny(target.Str(), "/#.") {
		return -1
	}
	return slices.Index(ch.branches, c.reference(target, s))
}

func newTag(c *Compiler, name string, targets map[string]int) *tagChoice {
	t := &tagChoice{name: c.name(name)}
	for value := range targets {
		t.values = append(t.values, c.name(value))
	}
	slices.Sort(t.values)
	for _, value := range t.values {
		t.branch = append(t.branch, int32(targets[value]))
	}
	return t
}

// findTag looks for a property that every branch for objects requires, with
// values that no other branch allows: then an object can match one branch at
// most, and its value of the property tells which.
func (c *Compiler) findTag(ch *choice) {
	if ch == nil || ch.tag != nil || len(ch.branches) < 2 {
		return
	}
	var names []string
	for _, b := range ch.branches {
		if b.accept&kObject == 0 {
			continue
		}
		for _, part := range conjuncts(nil, b) {
			if part.obj != nil {
				for _, p := range part.obj.props {
					names = append(names, p.name)
				}
			}
		}
		break
	}
	for _, name := range names {
		targets := make(map[string]int)
		ok := true
		for k, b := range ch.branches {
			if b.accept&kObject == 0 {
				continue
			}
			values := tagValues(b, name)
			ok = ok && len(values) > 0
			for _, v := range values {
				if _, taken := targets[v]; taken {
					ok = false
				}
				targets[v] = k
			}
			if !ok {
				break
			}
		}
		if ok {
			ch.tag = newTag(c, name, targets)
			return
		}
	}
}

// conjuncts lists n and the schemas that hold whenever it does.
func conjuncts(list []*node, n *node) []*node {
	if len(list) > 16 || slices.Contains(list, n) {
		return list
	}
	list = append(list, n)
	if n.more != nil {
		for _, b := range n.more.all {
			list = conjuncts(list, b)
		}
	}
	return list
}

// tagValues returns the strings that property name must have in objects that
// n accepts, nil when it may be absent or have others.
func tagValues(n *node, name string) []string {
	var values []string
	required := false
	for _, part := range conjuncts(nil, n) {
		if part.obj == nil {
			continue
		}
		k := part.obj.find([]byte(name))
		if k < 0 {
			continue
		}
		p := &part.obj.props[k]
		if p.flags&(notAsked|notAnswered) != 0 {
			return nil
		}
		if k>>6 < len(part.obj.required) && part.obj.required[k>>6]&(1<<(k&63)) != 0 {
			required = true
		}
		if q := p.node; q.types == kString && q.str != nil && q.str.enum != nil && values == nil {
			values = q.str.enum
		}
	}
	if !required {
		return nil
	}
	return values
}
