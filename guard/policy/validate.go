package policy

import (
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
	principal  *typ
	roles      []string // those that there are; empty where any may be
}

// check returns what is wrong with a rule, each thing once.
func (c *checker) check(r *rule) (problems source.Problems) {
	said := make(map[source.Problem]bool)
	add := func(p source.Problem) {
		if !said[p] {
			said[p] = true
			problems = append(problems, p)
		}
	}
	if err := c.judge.Policy("", r.ast); err != nil {
		for _, one := range flat(err) {
			add(c.place(r, one.Error()))
		}
	}
	for _, uid := range entities(r.ast) {
		c.entity(r, uid, add)
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
	return r.file.problem(r.find(m[1], true), source.DidYouMean("write an operationId, or as in Action::\"GET /pets/{id}\", Action::\"tag:pets\", Action::\"class:read\"", m[1], known...),
		fmt.Sprintf("the contract has no operation %q", m[1]))
}

// attributesOf are the names that may stand in a place.
func (c *checker) attributesOf(path []string, action, entity string) (known []string, o *operation) {
	t := c.principal
	if entity == "" {
		o = c.operations[types.NewEntityUID(typeAction, types.String(action))]
		if o == nil {
			return nil, nil
		}
		t = o.context
	} else if strings.Trim(entity, "`") == string(typeAPI) {
		return nil, nil
	}
	for _, name := range path[:len(path)-1] {
		f := t.find(name)
		if f == nil || f.typ.kind != record {
			break
		}
		t = f.typ
	}
	return namesOf(t), o
}

func namesOf(t *typ) (names []string) {
	for _, f := range t.fields {
		names = append(names, f.name)
	}
	return names
}

func (c *checker) unknownAttribute(r *rule, m []string) source.Problem {
	path := strings.Split(m[1], ".")
	name := path[len(path)-1]
	known, o := c.attributesOf(path, m[2], m[3])
	at := r.findAny(name)
	if m[3] != "" {
		whose := strings.Trim(m[3], "`")
		hint := "it has none"
		switch {
		case whose == string(typeAnonymous):
			hint = "ask first who it is: principal is Person && ..., or principal has " + name + " && ..."
		case len(path) > 1 && path[0] == "claims":
			hint = source.DidYouMean("name it under claims at the top of gatehouse.yaml, as in claims: {"+name+": string}", name, known...)
		case len(known) > 0:
			hint = source.DidYouMean("there are "+strings.Join(known, ", "), name, known...)
		}
		return r.file.problem(at, hint, fmt.Sprintf("the type %s has no attribute %q", whose, m[1]))
	}
	if o == nil {
		return r.file.problem(at, "", "there is no "+m[1])
	}
	where := "of " + o.name
	if len(known) == 0 || o.context.find(name) == nil && !slices.Equal(known, namesOf(o.context)) {
		known = nil
	}
	var all []string
	all = append(all, namesOf(o.context)...)
	for _, f := range o.context.fields {
		all = append(all, namesOf(f.typ)...)
	}
	hint := "the context has " + strings.Join(namesOf(o.context), ", ")
	switch name {
	case "body":
		hint = o.unread + ", so that rules cannot ask for it: name the operations that it has, or say context has body && ..."
	case "path", "query":
		hint = "the operation has none that rules can speak of: name the operations that have, or say context has " + name + " && ..."
	default:
		if near := source.Nearest(name, all...); near != "" {
			hint = `did you mean "` + near + `"?`
		}
	}
	return r.file.problem(at, hint, fmt.Sprintf("the context %s has no %q", where, name))
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

func (c *checker) never(r *rule, _ []string) source.Problem {
	return r.file.problem(r.start, "look at who and what the rule is for: an operation that is public knows nobody, and one that is not has no Anonymous", "no call can ever meet the scope of this rule")
}

func (c *checker) other(r *rule, m []string) source.Problem {
	text := strings.NewReplacer("__cedar::internal::", "").Replace(m[0])
	at, said := c.smallest(r, m[0])
	if said != "" {
		text += ": " + said
	}
	return r.file.problem(at, "", text)
}
