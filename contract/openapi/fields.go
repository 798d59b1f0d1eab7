package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// versions is a set of versions of the specification.
type versions uint8

const (
	v20 versions = 1 << iota
	v30
	v31
	v32
	v3     = v30 | v31 | v32
	from31 = v31 | v32
	all    = v20 | v3
)

// kinds is a set of JSON kinds.
type kinds uint8

const (
	boolean = kinds(1 << source.Bool)
	number  = kinds(1 << source.Number)
	str     = kinds(1 << source.String)
	list    = kinds(1 << source.Array)
	object  = kinds(1 << source.Object)
	anyKind = ^kinds(0)
)

func kindOf(n *source.Node) kinds { return 1 << n.Kind() }

func (k kinds) String() string {
	var names []string
	for kind := source.Null; kind <= source.Object; kind++ {
		if k&(1<<kind) != 0 {
			names = append(names, kind.String())
		}
	}
	return strings.Join(names, " or ")
}

// need says what happens when a field is missing.
type need uint8

const (
	optional need = iota
	wanted        // a warning: nothing is enforced by it
	needed        // an error
)

// field is one fixed field of an object of the specification.
type field struct {
	name  string
	in    versions
	kinds kinds
	need  need
}

// shape is an object of the specification with its fixed fields.
type shape struct {
	name   string
	fields []field
}

// check reports whether n is an object, after reporting everything that is
// wrong with its fixed fields: unknown ones, wrong kinds, missing ones.
func (r *reader) check(n *source.Node, s *shape) bool {
	if !n.Is(source.Object) {
		r.fail(n, "", "%s must be an object, not %s", article(s.name), article(n.Kind().String()))
		return false
	}
	for i := range n.Len() {
		m := n.Member(i)
		f := s.find(m.Name, r.version)
		switch {
		case f == nil && slices.Contains(extensions[s.name], m.Name):
		case f == nil && strings.HasPrefix(m.Name, "x-gatehouse-"):
			r.warnAt(m, "settings stand in gatehouse.yaml", "the extension %q is not known and is ignored", m.Name)
		case f == nil && strings.HasPrefix(m.Name, "x-"):
		case f == nil || f.in&r.version == 0:
			r.unknown(m, s, f)
		case r.version == v32 && f.in == v32:
			r.failAt(m, "write it as OpenAPI 3.1 does", "%q is new in OpenAPI 3.2, which is not supported yet", m.Name)
		case f.kinds&kindOf(&m.Value) == 0:
			r.wrongKind(m, f)
		}
	}
	for i := range s.fields {
		f := &s.fields[i]
		if f.need == optional || f.in&r.version == 0 || n.Get(f.name) != nil {
			continue
		}
		if f.need == wanted {
			r.warn(n, "", "%s should have the field %q", article(s.name), f.name)
			continue
		}
		r.fail(n, "", "%s needs the field %q", article(s.name), f.name)
	}
	return true
}

// extensions are those that tighten an object of the specification, by its name.
// Who builds guards reads them.
var extensions = map[string][]string{"operation": {"x-gatehouse-roles", "x-gatehouse-step-up", "x-gatehouse-owner"}, "parameter": {"x-gatehouse-owner"}}

// prose are fields that nothing is enforced by.
var prose = map[string]bool{
	"title": true, "summary": true, "description": true, "termsOfService": true, "contact": true, "license": true,
	"version": true, "externalDocs": true, "examples": true, "links": true,
}

// wrongKind reports a field of the wrong kind, as a warning when it is prose.
func (r *reader) wrongKind(m *source.Member, f *field) {
	report := r.fail
	if prose[f.name] {
		report = r.warn
	}
	report(&m.Value, truthHint(f, &m.Value), "%q must be %s, not %s", m.Name, article(f.kinds.String()), article(m.Value.Kind().String()))
}

// truthHint helps with words that YAML 1.1 took for booleans.
func truthHint(f *field, n *source.Node) string {
	if f.kinds == boolean && slices.Contains([]string{"yes", "no", "on", "off", "true", "false"}, strings.ToLower(n.Str())) {
		return "write true or false, without quotes"
	}
	return ""
}

// unknown warns of a field that this version does not have.
func (r *reader) unknown(m *source.Member, s *shape, f *field) {
	if f != nil {
		r.warnAt(m, "", "%q is a field of %s in %s only and is ignored", m.Name, article(s.name), f.in)
		return
	}
	if r.full() {
		return
	}
	var names []string
	for _, f := range s.fields {
		if f.in&r.version != 0 {
			names = append(names, f.name)
		}
	}
	hint := "extensions begin with x-"
	if s == &parameterShape && schemaKeywords[m.Name] {
		hint = "put it under schema"
	}
	r.warnAt(m, source.DidYouMean(hint, m.Name, names...),
		"%q is not a field of %s and is ignored", m.Name, article(s.name))
}

// find returns the field of a name as version has it, else as others do.
func (s *shape) find(name string, version versions) (found *field) {
	for i := range s.fields {
		if s.fields[i].name == name {
			if found = &s.fields[i]; found.in&version != 0 {
				break
			}
		}
	}
	return found
}

func (v versions) String() string {
	var names []string
	for i, name := range []string{"Swagger 2.0", "OpenAPI 3.0", "OpenAPI 3.1", "OpenAPI 3.2"} {
		if v&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// article puts "a" or "an" before a noun; null, nothing and lists of nouns too.
func article(noun string) string {
	switch {
	case noun == "null" || noun == "nothing":
		return noun
	case strings.ContainsRune("aeiou", rune(noun[0])):
		return "an " + noun
	}
	return "a " + noun
}
