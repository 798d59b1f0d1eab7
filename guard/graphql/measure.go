package graphql

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse-api/gatehouse/gate"
)

// size is what a part of a query comes to, with its fragments written out.
type size struct {
	depth, aliases, directives, fields int
	cost                               int64
}

// most is where sums end: a query may write fragments out without end.
const most = 1 << 40

func (s *size) add(o size) {
	s.depth = max(s.depth, o.depth)
	s.aliases = min(s.aliases+o.aliases, most)
	s.directives = min(s.directives+o.directives, most)
	s.fields = min(s.fields+o.fields, most)
	s.cost = min(s.cost+o.cost, most)
}

// measure measures one document. Each fragment is measured once, so that the
// work is as large as the text, whatever it means.
type measure struct {
	guard     *Guard
	doc       *ast.QueryDocument
	variables map[string]int64
	seen      map[string]*size // of fragments; nil while it is measured
	wrong     bool             // it is no document
}

// maxNesting bounds how deep selections may be written, so that no stack does.
const maxNesting = 200

// set measures a set of selections on a type, which is nil where nobody knows.
func (m *measure) set(list ast.SelectionSet, on *ast.Definition, nesting int) (s size) {
	if nesting > maxNesting {
		m.wrong = true
	}
	if m.wrong {
		return s
	}
	for _, selection := range list {
		switch v := selection.(type) {
		case *ast.Field:
			s.add(m.field(v, on, nesting))
		case *ast.InlineFragment:
			inner := on
			if v.TypeCondition != "" {
				inner = m.guard.schema.Types[v.TypeCondition]
			}
			part := m.set(v.SelectionSet, inner, nesting+1)
			part.directives += len(v.Directives)
			s.add(part)
		case *ast.FragmentSpread:
			part := m.fragment(v.Name, nesting)
			part.directives += len(v.Directives)
			s.add(part)
		}
	}
	return s
}

func (m *measure) fragment(name string, nesting int) size {
	if known, ok := m.seen[name]; ok {
		if known == nil { // within itself (GraphQL section 5.5.2.2)
			m.wrong = true
			return size{}
		}
		return *known
	}
	f := m.doc.Fragments.ForName(name)
	if f == nil {
		m.wrong = true
		return size{}
	}
	m.seen[name] = nil
	s := m.set(f.SelectionSet, m.guard.schema.Types[f.TypeCondition], nesting+1)
	s.directives += len(f.Directives)
	m.seen[name] = &s
	return s
}

// field measures a field with what is below it. A list costs as often as it may
// have items.
func (m *measure) field(f *ast.Field, on *ast.Definition, nesting int) size {
	s := size{fields: 1, directives: len(f.Directives)}
	if f.Alias != "" && f.Alias != f.Name {
		s.aliases = 1
	}
	var def *ast.FieldDefinition
	if on != nil {
		def = on.Fields.ForName(f.Name)
	}
	weight, times := int64(1), int64(1)
	var inner *ast.Definition
	if def != nil {
		if w, ok := m.guard.o.Weights[on.Name+"."+f.Name]; ok {
			weight = w
		}
		inner = m.guard.schema.Types[def.Type.Name()]
		times = m.items(f, def)
	}
	below := m.set(f.SelectionSet, inner, nesting+1)
	s.cost = min(weight+times*min(below.cost, most), most)
	if times > 1 && len(f.SelectionSet) == 0 {
		s.cost = weight
	}
	s.depth = 1 + below.depth
	s.aliases, s.directives, s.fields = s.aliases+below.aliases, s.directives+below.directives, s.fields+below.fields
	return s
}

// counts are arguments that say how many items a list may have.
var counts = []string{"first", "last", "limit", "size", "count", "pageSize", "perPage", "take"}

// maxItems bounds what one list multiplies with.
const maxItems = 1 << 20

// items is how many items a field may have: of a list, or of the object around
// one that takes such an argument (a connection).
func (m *measure) items(f *ast.Field, def *ast.FieldDefinition) int64 {
	most := int64(0)
	for _, name := range counts {
		if def.Arguments.ForName(name) == nil {
			continue
		}
		if a := f.Arguments.ForName(name); a != nil && a.Value != nil { // of several, servers differ in which counts
			most = max(most, min(max(m.number(a.Value), 1), maxItems))
		}
	}
	if most > 0 {
		return most
	}
	if def.Type.Elem != nil {
		return m.guard.o.ListSize
	}
	return 1
}

func (m *measure) number(v *ast.Value) int64 {
	switch v.Kind {
	case ast.IntValue:
		if n, err := strconv.ParseInt(v.Raw, 10, 64); err == nil {
			return n
		}
		return maxItems
	case ast.Variable:
		if n, ok := m.variables[v.Raw]; ok {
			return n
		}
		most := int64(-1)
		for _, o := range m.doc.Operations { // fragments are measured once for all
			if d := o.VariableDefinitions.ForName(v.Raw); d != nil && d.DefaultValue != nil && d.DefaultValue.Kind == ast.IntValue {
				most = max(most, m.number(d.DefaultValue))
			}
		}
		if most >= 0 {
			return most
		}
	}
	return m.guard.o.ListSize
}

// allowed holds the fields of a valid document to introspection and roles.
func (g *Guard) allowed(x *gate.Exchange, doc *ast.QueryDocument) gate.Refusal {
	for _, o := range doc.Operations {
		if r := g.fields(x, o.SelectionSet); r.Code != gate.Undecided {
			return r
		}
	}
	for _, f := range doc.Fragments { // each once: a valid document uses all
		if r := g.fields(x, f.SelectionSet); r.Code != gate.Undecided {
			return r
		}
	}
	return gate.Refusal{}
}

func (g *Guard) fields(x *gate.Exchange, list ast.SelectionSet) (r gate.Refusal) {
	for _, selection := range list {
		switch v := selection.(type) {
		case *ast.Field:
			switch {
			case strings.HasPrefix(v.Name, "__"): // GraphQL section 4.1: __typename tells nothing
				if v.Name != "__typename" && !g.o.Introspection {
					return refuseSchema
				}
				continue
			case v.ObjectDefinition != nil && !g.permits(x, v.ObjectDefinition.Name+"."+v.Name):
				return refuseRole
			}
			r = g.fields(x, v.SelectionSet)
		case *ast.InlineFragment:
			r = g.fields(x, v.SelectionSet)
		}
		if r.Code != gate.Undecided {
			return r
		}
	}
	return r
}

// permits reports whether the caller may have a field.
func (g *Guard) permits(x *gate.Exchange, name string) bool {
	for _, set := range g.roles[name] {
		if x.Principal == nil || !x.Principal.Rights(&x.Plan.Words).Meets(set) {
			return false
		}
	}
	return true
}
