package owner

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Word is the word of the contract. Beside a parameter or a schema it is the
// kind of the object whose id the value is, or {kind, is}: the value must be
// that attribute of the caller. Beside an operation it says what the operation
// {creates}, {lists} or {filters}.
const Word = "x-gatehouse-owner"

// Tags of this guard; other guards have others.
const (
	FirstTag schema.Tag = 1 << 15
	LastTag  schema.Tag = 1<<16 - 1
)

// Setting is one kind of object as gatehouse.yaml describes it.
type Setting struct {
	Name   string
	By     By
	Report bool // objects that nobody is known to own pass, and are reported
	Except []string
	// IDs are where ids of such objects stand: "/orders/{id}" in every path that
	// begins so, "getOrder?id" in the query of an operation, "Order/id" in what a
	// schema describes.
	IDs []string
	// Owners are places, written likewise, of values that must be an attribute of
	// the caller: id, subject, tenant, client, or one of what the credential says.
	Owners map[string]string
	// Shared are properties of answers that list others who may read the object.
	Shared []string
	// Creates, Lists and Filters are operations.
	Creates, Lists, Filters []string
	Place                   Place
}

// Place is where a setting was written.
type Place interface {
	Problem(hint, format string, args ...any) source.Problem
}

// Options are what Types are made of beside the contract.
type Options struct {
	API      string // its name; objects of different APIs are different objects
	Settings []Setting
	Words    *gate.Vocabulary
	Keeper   *Keeper // nil when nothing can be learned
	// Unknown says of a role that nobody can have, and what was meant.
	Unknown func(role string) (hint string, bad bool)
	// Names reports whether a name means an operation.
	Names func(op *contract.Operation, name string) bool
}

// Types are the kinds of objects of one API.
type Types struct {
	options  Options
	contract *contract.Contract
	kinds    map[string]*kind
	tags     []tag
	known    map[tag]schema.Tag
	at       map[*source.Node][]schema.Tag // of settings
	problems source.Problems
}

// tag is what a tagged schema means to the guard.
type tag struct {
	role role
	kind *kind
	is   attribute
}

// role is what a value is.
type role uint8

const (
	idRole     role = iota + 1 // the id of an object
	ownerRole                  // whose it is
	objectRole                 // the object itself
	sharedRole                 // somebody else who may read it
)

// attribute is one of what is known of a caller.
type attribute string

// NewTypes returns the kinds of objects of c.
func NewTypes(c *contract.Contract, o Options) *Types {
	t := &Types{options: o, contract: c, kinds: make(map[string]*kind), known: make(map[tag]schema.Tag), at: make(map[*source.Node][]schema.Tag)}
	for i := range o.Settings {
		t.setting(&o.Settings[i])
	}
	for i := range o.Settings {
		t.places(&o.Settings[i])
	}
	return t
}

// Problems are those of settings and of words of the contract.
func (t *Types) Problems() source.Problems { return t.problems }

func (t *Types) problem(p source.Problem) { t.problems = append(t.problems, p) }

// kind returns the kind called name.
func (t *Types) kind(name string) *kind {
	k := t.kinds[name]
	if k == nil {
		name = strings.Clone(name)
		k = &kind{name: name, api: t.options.API}
		t.kinds[name] = k
	}
	return k
}

func (t *Types) setting(s *Setting) {
	k := t.kind(s.Name)
	k.by, k.report = s.By, s.Report
	for _, role := range s.Except {
		if hint, bad := t.options.Unknown(role); bad {
			t.problem(s.Place.Problem(hint, "the roles at the top of gatehouse.yaml have no %q", role))
		}
		k.except = t.options.Words.Role(k.except, role)
	}
	operations := append(append(slices.Clone(s.Creates), s.Lists...), s.Filters...)
	for _, name := range operations {
		if !slices.ContainsFunc(t.contract.Operations, func(op *contract.Operation) bool { return t.options.Names(op, name) }) {
			var known []string
			for _, op := range t.contract.Operations {
				known = append(known, op.Name())
			}
			t.problem(s.Place.Problem(source.DidYouMean("write an operationId, or as in \"GET /orders/{id}\"", name, known...), "%s: the contract has no operation %q", s.Name, name))
		}
	}
}

// tag returns the number of a meaning.
func (t *Types) tag(m tag) schema.Tag {
	if n, ok := t.known[m]; ok {
		return n
	}
	if len(t.tags) > int(LastTag-FirstTag) {
		t.problem(source.Problem{Text: "there are too many kinds of objects"})
		return schema.TagDrop
	}
	n := FirstTag + schema.Tag(len(t.tags))
	t.tags = append(t.tags, m)
	t.known[m] = n
	return n
}

// Tags returns the tags of a schema, for schema.Options: those of a value that
// is an id or an owner, and of an object that has such properties.
func (t *Types) Tags(n *source.Node) (tags []schema.Tag) {
	if w := n.Get(Word); w != nil {
		if m, ok := t.meaning(w); ok {
			tags = append(tags, t.tag(m))
		}
	}
	for _, property := range n.Get("properties").Members() {
		if w := property.Get(Word); w != nil {
			if m, ok := t.meaning(w); ok {
				tags = append(tags, t.tag(tag{role: objectRole, kind: m.kind}))
			}
		}
	}
	tags = append(tags, t.at[n]...)
	slices.Sort(tags)
	return slices.Compact(tags)
}

// meaning reads the word beside a parameter or a schema.
func (t *Types) meaning(w *source.Node) (m tag, ok bool) {
	name, is := w, w.Get("is")
	if w.Is(source.Object) {
		name = w.Get("kind")
		for member := range w.Members() {
			if member != "kind" && member != "is" {
				name = nil
			}
		}
	}
	if name.Str() == "" || w.Is(source.Object) && is.Str() == "" {
		if !slices.ContainsFunc(t.problems, func(p source.Problem) bool { return p.Position == w.Position() }) {
			t.problem(source.At(w, "", "%s is the name of a kind of objects, or {kind: NAME, is: subject}", Word))
		}
		return m, false
	}
	k := t.kind(name.Str())
	if !w.Is(source.Object) {
		k.learned = true
		return tag{role: idRole, kind: k}, true
	}
	return tag{role: ownerRole, kind: k, is: attribute(strings.Clone(is.Str()))}, true
}
