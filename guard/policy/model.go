package policy

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/ast"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// Open says who may come to an operation.
type Open uint8

const (
	Known     Open = iota // whom the gate knows, and nobody else
	Optional              // who has a credential, and who has none
	Everybody             // everybody: nobody is asked who it is
	Unknown               // who has a credential, which somebody else verifies: nobody is known
)

// free reports whether a call needs no rule that permits it.
func (o Open) free() bool { return o == Optional || o == Everybody }

// knows reports whether the gate may know who calls, strangers whether it may
// not.
func (o Open) knows() bool     { return o == Known || o == Optional }
func (o Open) strangers() bool { return o != Known }

// operation is what rules can speak of at one operation.
type operation struct {
	name      string
	written   string // method and path
	countries bool   // it is known from where calls come
	uid       types.EntityUID
	api       types.EntityUID
	open      Open
	groups    []types.EntityUID // actions that it is in
	entity    types.Entity
	path      []parameter
	query     []parameter
	body      *typ   // nil when rules see nothing of it
	unread    string // why rules see nothing of it
	must      bool   // a body always comes
	objects   Objects
	told      []string // kinds of objects that path and query name
	context   *typ
}

// parameter is one that rules can speak of.
type parameter struct {
	codec    style.Codec
	typ      *typ
	required bool
}

// describe finds what rules can speak of at op.
func describe(api types.EntityUID, op *contract.Operation, c *schema.Compiler, open Open, objects Objects, countries bool) *operation {
	o := &operation{countries: countries, name: cloned(op.Name()), written: op.Method + " " + op.Path, api: api, open: open, objects: objects}
	o.uid = types.NewEntityUID(typeAction, types.String(o.name))
	o.groups = append(o.groups, group("class:"+class(op.Method)))
	for _, tag := range op.Tags {
		if g := group("tag:" + cloned(tag)); !slices.Contains(o.groups, g) {
			o.groups = append(o.groups, g)
		}
	}
	o.entity = types.Entity{UID: o.uid, Parents: types.NewEntityUIDSet(o.groups...)}
	for _, p := range op.Parameters {
		how := map[contract.In]style.Escapes{contract.Path: style.Percent, contract.Query: style.Plus}
		escapes, ok := how[p.In]
		if !ok || p.Content != nil {
			continue
		}
		codec, _, _ := style.Compile(c, p, escapes, 1) // the guard of requests says what is wrong with it
		t := scalarType(style.TypesOf(codec.Shape))
		if t == nil || codec.Style == contract.DeepObject {
			continue
		}
		found := parameter{codec, t, p.Required || p.In == contract.Path}
		if p.In == contract.Path {
			o.path = append(o.path, found)
		} else {
			o.query = append(o.query, found)
		}
	}
	o.describeBody(op.Body, c)
	if objects != nil {
		o.told = objects.Told()
	}
	o.context = o.contextType()
	return o
}

func group(name string) types.EntityUID { return types.NewEntityUID(typeAction, types.String(name)) }

// class is read for methods that are safe (RFC 9110 section 9.2.1), else write.
func class(method string) string {
	if slices.Contains([]string{"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"}, method) {
		return "read"
	}
	return "write"
}

// describeBody takes what all JSON bodies of an operation have in common to be
// what its only media type says: where there are several, rules see none.
func (o *operation) describeBody(b *contract.Body, c *schema.Compiler) {
	switch {
	case b == nil:
		o.unread = "it takes no body"
		return
	case len(b.Media) != 1:
		o.unread = "its body is of several media types"
		return
	}
	m := b.Media[0]
	t, ok := media.Parse(strings.Clone(m.Type))
	switch {
	case !ok || t.Kind() != media.JSON || t.Sub == "*":
		o.unread = "its body is not JSON"
	case m.Schema == nil:
		o.unread = "its body has no schema, and passes unread"
	default:
		if o.body = typeOf(c.Compile(m.Schema).Shape(maxDepth), maxDepth); o.body == nil || o.body.kind != record {
			o.body, o.unread = nil, "its body is no object of named properties"
		}
	}
	o.must = b.Required
}

// The parts of the context that every operation has.
var (
	timeType = &typ{kind: record, fields: []field{{"now", momentType, false}, {"hour", longType, false}, {"minute", longType, false},
		{"weekday", longType, false}, {"epoch", longType, false}}}
	tlsType = &typ{kind: record, fields: []field{{"secure", booleanType, false}, {"version", textType, true}, {"certificate", booleanType, false}}}
)

func (o *operation) contextType() *typ {
	t := &typ{kind: record, fields: []field{{"client", addressType, false}, {"time", timeType, false}, {"tls", tlsType, false}}}
	if o.countries {
		t.fields = append(t.fields, field{"country", textType, true})
	}
	for _, part := range []struct {
		name string
		list []parameter
	}{{"path", o.path}, {"query", o.query}} {
		if len(part.list) == 0 {
			continue
		}
		inner := &typ{kind: record}
		for i := range part.list {
			p := &part.list[i]
			inner.fields = append(inner.fields, field{p.codec.Name, p.typ, !p.required})
		}
		t.fields = append(t.fields, field{part.name, inner, false})
	}
	if o.body != nil {
		t.fields = append(t.fields, field{"body", o.body, !o.must})
	}
	if owner := o.ownerType(); owner != nil {
		t.fields = append(t.fields, field{"owner", owner, false})
	}
	return t
}

// kinds are the types of principals that the gate knows.
var kinds = []types.EntityType{"Person", "Program", "Workload", "Unknown"}

// principalType are the attributes of principals; claims are those that the
// configuration names.
func principalType(claims *typ) *typ {
	return &typ{kind: record, fields: []field{
		{"issuer", textType, false}, {"subject", textType, false}, {"credential", textType, false},
		{"client", textType, true}, {"tenant", textType, true}, {"session", textType, true},
		{"scopes", textsType, false}, {"roles", textsType, false}, {"acr", textType, true}, {"amr", textsType, false},
		{"authTime", momentType, true}, {"issued", momentType, true}, {"expires", momentType, true}, {"claims", claims, false},
	}}
}

// schemaOf writes the schema of an API.
func schemaOf(operations []*operation, claims *typ) *ast.Schema {
	s := &ast.Schema{Entities: ast.Entities{}, Actions: ast.Actions{}, CommonTypes: ast.CommonTypes{}}
	s.Entities["Role"], s.Entities["API"] = ast.Entity{}, ast.Entity{}
	s.Entities["Anonymous"] = ast.Entity{Shape: ast.RecordType{"scopes": {Type: ast.Set(ast.String())}, "roles": {Type: ast.Set(ast.String())}, "amr": {Type: ast.Set(ast.String())}, "claims": {Type: ast.Type("Claims")}}}
	s.CommonTypes["Time"], s.CommonTypes["Connection"] = ast.CommonType{Type: timeType.cedar()}, ast.CommonType{Type: tlsType.cedar()}
	s.CommonTypes["Claims"] = ast.CommonType{Type: claims.cedar()}
	shape := principalType(claims).cedar().(ast.RecordType)
	shape["claims"] = ast.Attribute{Type: ast.Type("Claims")}
	for _, k := range kinds {
		s.Entities[ast.Ident(k)] = ast.Entity{ParentTypes: []ast.EntityTypeRef{"Role"}, Shape: shape}
	}
	for _, o := range operations {
		a := ast.Action{AppliesTo: &ast.AppliesTo{Resources: []ast.EntityTypeRef{"API"}}}
		for _, g := range o.groups {
			s.Actions[g.ID] = ast.Action{}
			a.Parents = append(a.Parents, ast.ParentRefFromID(g.ID))
		}
		for _, k := range kinds {
			if o.open.knows() {
				a.AppliesTo.Principals = append(a.AppliesTo.Principals, ast.EntityTypeRef(k))
			}
		}
		if o.open.strangers() {
			a.AppliesTo.Principals = append(a.AppliesTo.Principals, ast.EntityTypeRef(typeAnonymous))
		}
		context := o.context.cedar().(ast.RecordType)
		context["time"], context["tls"] = ast.Attribute{Type: ast.Type("Time")}, ast.Attribute{Type: ast.Type("Connection")}
		a.AppliesTo.Context = context
		s.Actions[o.uid.ID] = a
	}
	return s
}
