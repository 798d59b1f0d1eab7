package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/gatehouse-api/gatehouse/contract"
	scheme "github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Set is the rules of one API with what they can speak of. It is immutable.
type Set struct {
	api        types.EntityUID
	callers    *Callers
	operations []*operation
	rules      []*rule
	text       string // of the schema
}

// API is what the rules of an API are about.
type API struct {
	Name     string
	Contract *contract.Contract
	Schemas  *scheme.Compiler // of the contract
	Callers  *Callers
	Roles    []string // those that there are; empty where any may be
	// Open says who may come to an operation without a principal.
	Open func(op *contract.Operation) Open
	// Objects tells of the objects that an operation names; it may be nil, and
	// return nil.
	Objects func(op *contract.Operation) Objects
	// Countries says that it is known from which countries calls come.
	Countries bool
}

// NewSet reads rules and holds them to the API's contract. It returns every
// problem of every rule; with an error among them the set is not to be used.
func NewSet(a API, files ...File) (*Set, source.Problems) {
	s := &Set{api: types.NewEntityUID(typeAPI, types.String(a.Name)), callers: a.Callers}
	problems := s.describe(&a)
	if problems.Err() != nil {
		return s, problems
	}
	written := schemaOf(s.operations, a.Callers.claims)
	whole := schema.NewSchemaFromAST(written)
	text, err := whole.MarshalCedar()
	checked, err2 := resolved.Resolve(written)
	if err := cmp.Or(err, err2); err != nil {
		return s, append(problems, source.At(a.Contract.Root, "", "no schema for rules can be made of the contract: %v", err))
	}
	s.text = string(text)
	c := &checker{schema: checked, judge: validate.New(checked), operations: map[types.EntityUID]*operation{}, order: s.operations, principal: principalType(a.Callers.claims), roles: a.Roles}
	for _, o := range s.operations {
		c.operations[o.uid] = o
	}
	ids := make(map[string]*rule)
	for i := range files {
		rules, more := parse(&files[i])
		problems = append(problems, more...)
		for _, r := range rules {
			if before := ids[r.id]; before != nil {
				problems = append(problems, r.file.problem(r.find(r.id, true), "give each its own: it tells on events which one decided", fmt.Sprintf("the rule at %s has the id %q, too", before.file.position(before.start), r.id)))
			}
			ids[r.id] = r
			problems = append(problems, c.check(r)...)
		}
		s.rules = append(s.rules, rules...)
	}
	if len(s.rules) > maxRules {
		problems = append(problems, files[0].problem(0, "", fmt.Sprintf("there are %d rules for one API, at most %d are taken", len(s.rules), maxRules)))
	}
	return s, problems.Sort()
}

// describe finds what rules can speak of.
func (s *Set) describe(a *API) (problems source.Problems) {
	groups := make(map[types.EntityUID]bool)
	for _, op := range a.Contract.Operations {
		var objects Objects
		if a.Objects != nil {
			objects = a.Objects(op)
		}
		o := describe(s.api, op, a.Schemas, a.Open(op), objects, a.Countries)
		s.operations = append(s.operations, o)
		for _, g := range o.groups {
			groups[g] = true
		}
	}
	for i, o := range s.operations {
		if groups[o.uid] {
			problems = append(problems, source.At(a.Contract.Operations[i].Node, "rename one of them", "rules could not tell the operation %q from a group of operations", o.name))
		}
	}
	return problems
}

// Schema is what rules can speak of, as Cedar writes schemas.
func (s *Set) Schema() string { return s.text }

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// slice is the rules that can speak of one operation.
type slice struct {
	general []*rule                     // whoever calls
	callers map[types.EntityUID][]*rule // by the one caller they are for
	roles   map[types.EntityUID][]*rule // by the role they are for
	reads   need                        // of the context
	count   int
	permits bool
	forbids bool
	shares  bool // some rule opens objects
}

// add files a rule under whom it is for.
func (l *slice) add(r *rule) {
	l.count++
	l.permits = l.permits || !r.forbid
	l.forbids = l.forbids || r.forbid
	l.shares = l.shares || len(r.shares) > 0
	l.reads.collect(r.ast)
	uid, one := entityOf(r.ast.Principal)
	switch {
	case one && uid.Type == typeRole:
		if l.roles == nil {
			l.roles = make(map[types.EntityUID][]*rule)
		}
		l.roles[uid] = append(l.roles[uid], r)
	case one:
		if l.callers == nil {
			l.callers = make(map[types.EntityUID][]*rule)
		}
		l.callers[uid] = append(l.callers[uid], r)
	default:
		l.general = append(l.general, r)
	}
}

// slices sorts the rules of an operation by whether they read the body.
func (s *Set) slices(o *operation) (head, body slice) {
	for _, r := range s.rules {
		if !r.speaksOf(o) {
			continue
		}
		if r.body && o.body != nil {
			body.add(r)
		} else {
			head.add(r)
		}
	}
	return head, body
}
