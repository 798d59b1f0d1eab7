package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// checker holds rules to the schema. The library judges; what it says has no
// place, so the place is looked for here.
type checker struct {
	schema     *resolved.Schema
	judge      *validate.Validator
	operations map[types.EntityUID]*operation
	order      []*operation
	principal  *typ
	roles      []string // those that there are; empty where any may be
}

// check returns what is wrong with a rule, each thing once: what is wrong at
// many operations is said of the first of them by name.
func (c *checker) check(r *rule) source.Problems {
	var all source.Problems
	if err := c.judgeOf(r).Policy("", r.ast); err != nil {
		for _, one := range flat(err) {
			all = append(all, c.place(r, one.Error()))
		}
	}
	if len(all) > 1 { // that no call meets a scope which names nothing is no news
		all = slices.DeleteFunc(all, func(p source.Problem) bool { return p.Text == neverMet })
	}
	all = append(all, c.shares(r)...)
	for _, uid := range entities(r.ast) {
		c.entity(r, uid, func(p source.Problem) { all = append(all, p) })
	}
	slices.SortStableFunc(all, func(a, b source.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Text, b.Text))
	})
	var problems source.Problems
	for i, p := range all {
		if i > 0 && p.Position == all[i-1].Position && !strings.Contains(p.Text, ": ") {
			continue
		}
		if len(problems) > 0 && p == problems[len(problems)-1] {
			continue
		}
		problems = append(problems, p)
	}
	return problems
}

func flat(err error) (list []error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			list = append(list, flat(e)...)
		}
		return list
	}
	return []error{err}
}

// entities are those that a rule names outside of the scope of its action.
func entities(p *ast.Policy) (list []types.EntityUID) {
	for _, scope := range []any{p.Principal, p.Resource} {
		if uid, ok := entityOf(scope); ok {
			list = append(list, uid)
		}
	}
	for _, c := range p.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			if v, ok := n.(ast.NodeValue); ok {
				if uid, ok := v.Value.(types.EntityUID); ok {
					list = append(list, uid)
				}
			}
			return true
		})
	}
	return list
}

// entity finds names that stand for nobody and nothing.
func (c *checker) entity(r *rule, uid types.EntityUID, add func(source.Problem)) {
	id := string(uid.ID)
	at := r.find(id, true)
	switch uid.Type {
	case typeRole:
		if len(c.roles) > 0 && !slices.Contains(c.roles, id) {
			add(r.file.problem(at, source.DidYouMean("add it to roles at the top of gatehouse.yaml", id, c.roles...), fmt.Sprintf("there is no role %q", id)))
		}
	case "Person", "Program", "Workload", "Unknown":
		if !strings.Contains(id, "|") {
			p := r.file.problem(at, fmt.Sprintf("write whose word it is, too, as in %v", types.NewEntityUID(uid.Type, types.String("https://id.example.com|"+id))), fmt.Sprintf("no caller has the id %q", id))
			p.Severity = source.Warning
			add(p)
		}
	case typeAPI:
		for _, o := range c.operations {
			if api := string(o.api.ID); id != api {
				add(r.file.problem(at, fmt.Sprintf("write API::%q, or resource alone", api), fmt.Sprintf("these rules are for the API %q, and there is no %q here", api, id)))
			}
			return
		}
	}
}

// complaints are the forms of what the library says, with what the house says
// of them.
var complaints = []struct {
	form *regexp.Regexp
	say  func(c *checker, r *rule, m []string) source.Problem
}{
	{regexp.MustCompile("^unrecognized entity type `(.*)`$"), (*checker).unknownType},
	{regexp.MustCompile("^unrecognized action `(?:.*::)?\"(.*)\"`$"), (*checker).unknownAction},
	{regexp.MustCompile("^attribute `(.*)` (?:in context for .*::\"(.*)\"|on entity types? (.*)) not found$"), (*checker).unknownAttribute},
	{regexp.MustCompile("^unable to guarantee safety of access to optional attribute `([^`]*)`(?: in context for .*::\"(.*)\"| on entity types? (.*))?$"), (*checker).optional},
	{regexp.MustCompile("^unable to find an applicable action given the policy scope constraints$"), (*checker).never},
	{regexp.MustCompile("^(?:unexpected type: .*|the types .*|.*)$"), (*checker).other},
}

func (c *checker) place(r *rule, said string) source.Problem {
	for _, k := range complaints {
		if m := k.form.FindStringSubmatch(said); m != nil {
			return k.say(c, r, m)
		}
	}
	return r.file.problem(r.start, "", said)
}

func (c *checker) unknownType(r *rule, m []string) source.Problem {
	name := m[1]
	word := name[strings.LastIndexByte(name, ':')+1:]
	var known []string
	for t := range c.schema.Entities {
		known = append(known, string(t))
	}
	slices.Sort(known)
	return r.file.problem(r.find(word, false), source.DidYouMean("the types are "+strings.Join(known, ", "), name, known...), fmt.Sprintf("there is no type %s", name))
}

func (c *checker) unknownAction(r *rule, m []string) source.Problem {
	var known []string
	for uid := range c.schema.Actions {
		known = append(known, string(uid.ID))
	}
	slices.Sort(known)
	for _, o := range c.operations {
		if o.written == m[1] {
			return r.file.problem(r.find(m[1], true), fmt.Sprintf("write %v", o.uid), fmt.Sprintf("the operation %s has the name %s", m[1], o.name))
		}
	}
	return r.file.problem(r.find(m[1], true), source.DidYouMean("write an operationId, or as in Action::\"GET /pets/{id}\", Action::\"tag:pets\", Action::\"class:read\"", m[1], known...),
		fmt.Sprintf("the contract has no operation %q", m[1]))
}

func namesOf(t *typ) (names []string) {
	for _, f := range t.fields {
		names = append(names, f.name)
	}
	return names
}

func (c *checker) unknownAttribute(r *rule, m []string) source.Problem {
	if m[3] == "" {
		return c.unknownContext(r, m[1], c.operations[types.NewEntityUID(typeAction, types.String(m[2]))])
	}
	path := strings.Split(m[1], ".")
	name, whose := path[len(path)-1], strings.Trim(m[3], "`")
	at := r.findAny(name)
	switch {
	case len(path) > 1 && path[0] == "claims":
		return r.file.problem(at, source.DidYouMean("name it under claims at the top of gatehouse.yaml, as in claims: {"+name+": string}", name, namesOf(c.principal.find("claims").typ)...),
			fmt.Sprintf("there is no claim %q", name))
	case slices.Contains(kinds, types.EntityType(whose)):
		known := namesOf(c.principal)
		return r.file.problem(at, source.DidYouMean("there are "+strings.Join(known, ", "), name, known...), fmt.Sprintf("principals have no attribute %q", m[1]))
	case whose == string(typeAnonymous):
		return r.file.problem(at, "ask first who it is: principal is Person && ..., or principal has "+name+" && ...", fmt.Sprintf("who is Anonymous has no attribute %q", m[1]))
	}
	hint := "it has none"
	if name == "owner" {
		hint = "which object a call names, stands in the context: write context.owner.order.caller, with the kind of the object"
	}
	return r.file.problem(at, hint, fmt.Sprintf("the type %s has no attribute %q", whose, m[1]))
}

// unknownContext speaks of what the context of an operation does not have.
func (c *checker) unknownContext(r *rule, name string, o *operation) source.Problem {
	at := r.findAny(name)
	if o == nil {
		return r.file.problem(at, "", fmt.Sprintf("there is no %q", name))
	}
	text := fmt.Sprintf("the context of %s has no %q", o.name, name)
	switch where, t := r.within(name, o.context); {
	case where != "context":
		known := namesOf(t)
		return r.file.problem(at, source.DidYouMean(where+" has "+strings.Join(known, ", "), name, known...), fmt.Sprintf("%s of %s has no %q", where, o.name, name))
	case name == "body":
		return r.file.problem(at, o.unread+", so that rules cannot ask for it: name the operations that they can, or say context has body && ...", text)
	case name == "owner":
		return r.file.problem(at, "its path and query name no objects that somebody owns: name the operations that do, or say context has owner && ...", text)
	case name == "path", name == "query":
		return r.file.problem(at, "it has no parameter there that rules can speak of: name the operations that have, or say context has "+name+" && ...", text)
	}
	known := namesOf(o.context)
	return r.file.problem(at, source.DidYouMean("the context has "+strings.Join(known, ", "), name, known...), text)
}

// within finds the part of the context in which the rule asks for a name that
// is not there.
func (r *rule) within(name string, context *typ) (where string, part *typ) {
	where, part = "context", context
	for _, condition := range r.ast.Conditions {
		ast.Inspect(ast.NewNode(condition.Body), func(n ast.IsNode) bool {
			a, ok := n.(ast.NodeTypeAccess)
			if !ok || string(a.Value) != name {
				return true
			}
			path, ok := contextPath(a.Arg)
			if !ok {
				return true
			}
			t := context
			for _, step := range path {
				f := t.find(step)
				if f == nil || f.typ.kind != record {
					return true
				}
				t = f.typ
			}
			if t.find(name) == nil {
				where, part = strings.Join(append([]string{"context"}, path...), "."), t
			}
			return true
		})
	}
	return where, part
}

func (c *checker) optional(r *rule, m []string) source.Problem {
	whole := "context"
	if m[3] != "" {
		whole = "principal"
	}
	dot := strings.LastIndexByte(m[1], '.')
	if dot >= 0 {
		whole += "." + m[1][:dot]
	}
	name := m[1][dot+1:]
	return r.file.problem(r.findAny(name), fmt.Sprintf("ask first whether it is there: %s has %s && ...", whole, name), fmt.Sprintf("%q may be missing", m[1]))
}

// neverMet is said of a scope that contradicts itself.
const neverMet = "no call can ever meet the scope of this rule"

func (c *checker) known(action types.EntityUID) bool {
	_, ok := c.schema.Actions[action]
	return ok
}

func (c *checker) never(r *rule, _ []string) source.Problem {
	if s, ok := r.ast.Action.(ast.ScopeTypeEq); ok && c.operations[s.Entity] == nil && c.known(s.Entity) {
		return r.file.problem(r.find("action", false), fmt.Sprintf("write action in %v", s.Entity), neverMet+": it is for a group of operations, and no operation is one")
	}
	return r.file.problem(r.start, "look at who and what the rule is for: an operation that is public knows nobody, and one that is not has no Anonymous", neverMet)
}

func (c *checker) other(r *rule, m []string) source.Problem {
	text := strings.NewReplacer("__cedar::internal::", "", "error during extension function argument validation: ", "", "failed to parse", "cannot be read",
		"unexpected type: expected ", "must be ", " but saw ", ", not ", ", or ", " or ").Replace(m[0])
	at, said := c.smallest(r, m[0])
	if said != "" {
		text += ": " + said
	}
	return r.file.problem(at, "", text)
}
