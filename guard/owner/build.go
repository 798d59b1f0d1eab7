package owner

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// places gives the schemas that a setting names their tags. Places in paths and
// queries are looked for with each operation.
func (t *Types) places(s *Setting) {
	k := t.kind(s.Name)
	k.learned = k.learned || len(s.IDs) > 0
	t.place(s, k, s.IDs, func(string) tag { return tag{role: idRole, kind: k} })
	var owners []string
	for name := range s.Owners {
		owners = append(owners, name)
	}
	slices.Sort(owners)
	for _, name := range s.Shared {
		if strings.HasPrefix(name, "/") || strings.Contains(name, "?") {
			t.problem(s.Place.Problem("write a schema and the way to a property of it, as in Order/shared_with/*", "%s: %q is no property of an answer, which alone says with whom an object is shared", s.Name, name))
			return
		}
	}
	t.place(s, k, s.Shared, func(string) tag { return tag{role: sharedRole, kind: k} })
	t.place(s, k, owners, func(name string) tag { return tag{role: ownerRole, kind: k, is: attribute(s.Owners[name])} })
}

func (t *Types) place(s *Setting, k *kind, names []string, meaning func(name string) tag) {
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "/"):
			if !slices.ContainsFunc(t.contract.Operations, func(op *contract.Operation) bool { return begins(op.Path, name) }) || !strings.HasSuffix(name, "}") {
				t.problem(s.Place.Problem("write a path of the contract up to the parameter that is the id, as in /orders/{id}", "%s: no path of the contract begins with %q", s.Name, name))
			}
		case strings.Contains(name, "?"):
			op, parameter, _ := strings.Cut(name, "?")
			if !slices.ContainsFunc(t.contract.Operations, func(o *contract.Operation) bool {
				return t.options.Names(o, op) && slices.ContainsFunc(o.Parameters, func(p *contract.Parameter) bool { return p.In == contract.Query && p.Name == parameter })
			}) {
				t.problem(s.Place.Problem("write an operation and the name of a query parameter, as in listOrders?customer", "%s: the contract has no %q", s.Name, name))
			}
		default:
			found, wrong, hint := reach.Find(t.contract, name)
			if wrong != "" {
				t.problem(s.Place.Problem(hint, "%s", wrong))
				continue
			}
			for _, n := range found.Schemas {
				t.at[n] = append(t.at[n], t.tag(meaning(name)))
			}
			if meaning(name).role == sharedRole {
				continue
			}
			for _, n := range found.Objects {
				t.at[n] = append(t.at[n], t.tag(tag{role: objectRole, kind: k}))
			}
		}
	}
}

// begins reports whether a path template is one of what begins with another.
func begins(path, template string) bool {
	return strings.HasPrefix(path, template) && (len(path) == len(template) || path[len(template)] == '/')
}

// builder compiles the guard of one operation.
type builder struct {
	*Types
	op       *contract.Operation
	compiler *schema.Compiler
	guard    *Guard
}

// Guard compiles the guard of op; nil when it has nothing to judge and nothing
// to learn. Schemas are compiled by c, whose Tags must be those of t. In observe
// mode nothing is refused.
func (t *Types) Guard(op *contract.Operation, c *schema.Compiler, observe bool) (*Guard, source.Problems) {
	before := len(t.problems)
	g := &Guard{types: t, answers: make(map[string][]medium), lists: make(map[*kind]bool), filters: make(map[*kind]bool), deferred: make(map[*kind]bool), sharing: make(map[*kind]bool), held: make(map[*kind]bool), observe: observe}
	b := &builder{t, op, c, g}
	b.parameters()
	b.roles()
	any := len(g.parameters) > 0 || g.creates != nil
	if op.Body != nil {
		g.body = b.media(op.Body.Media, canRead, nil)
		any = any || tagged(g.body)
	}
	var tells map[*kind]bool
	for _, answer := range op.Responses {
		found := make(map[*kind]bool)
		g.answers[strings.Clone(answer.Status)] = b.media(answer.Media, canReadAnswer, found)
		any = any || tagged(g.answers[answer.Status])
		if strings.HasPrefix(answer.Status, "2") {
			if tells == nil {
				tells = found
			}
			for k := range tells {
				tells[k] = tells[k] && found[k]
			}
		}
	}
	for k, always := range tells {
		g.deferred[k] = always && op.Method == "GET"
	}
	problems := slices.Clone(t.problems[before:])
	t.problems = t.problems[:before]
	if !any {
		return nil, problems
	}
	b.forgets()
	b.learning(&problems)
	g.tags = t.tags
	return g, problems
}

// learning sees to it that somebody can remember what is to be learned.
func (b *builder) learning(problems *source.Problems) {
	if b.options.Keeper != nil {
		return
	}
	for _, p := range b.guard.parameters {
		if p.is == "" {
			*problems = append(*problems, source.At(b.op.Node, "say store and trust.keys_file in gatehouse.yaml; or say by a rule whose object it is, as in {kind: "+p.kind.name+", is: subject}",
				"whose a %s is, is learned, and nothing keeps what is learned", p.kind.name))
			return
		}
	}
}

func canRead(k media.Kind) bool {
	return k == media.JSON || k == media.XML || k == media.Form || k == media.Multipart
}
func canReadAnswer(k media.Kind) bool { return k == media.JSON || k == media.XML }

func tagged(list []medium) bool {
	return slices.ContainsFunc(list, func(m medium) bool { return m.tagged })
}

// media compiles declared media; tells learns of which kinds they say by a rule
// whose objects are.
func (b *builder) media(list []*contract.Media, can func(media.Kind) bool, tells map[*kind]bool) (out []medium) {
	for _, m := range list {
		t, ok := media.Parse(strings.Clone(m.Type))
		if !ok {
			continue // other guards say so
		}
		d := medium{Type: t}
		if m.Schema != nil {
			for _, n := range b.compiler.Compile(m.Schema).Tags() {
				if n < FirstTag || int(n-FirstTag) >= len(b.tags) {
					continue
				}
				d.tagged = true
				b.guard.held[b.tags[n-FirstTag].kind] = true
				switch meant := &b.tags[n-FirstTag]; {
				case tells == nil:
				case meant.role == ownerRole:
					tells[meant.kind] = true
				case meant.role == sharedRole:
					b.guard.sharing[meant.kind] = true
				}
			}
		}
		if d.tagged && t.Sub != "*" && !can(t.Kind()) {
			b.problem(source.At(m.Node, "describe it as JSON, or take the ids away from what it holds", "bodies of type %s hold ids of objects, and cannot be read", m.Type))
		}
		out = append(out, d)
	}
	return out
}

// parameters finds the parameters that name objects.
func (b *builder) parameters() {
	for _, p := range b.op.Parameters {
		for _, m := range b.meanings(p) {
			if p.In != contract.Path && p.In != contract.Query || p.Style == contract.DeepObject || p.Content != nil {
				b.problem(source.At(p.Node, "take it from the path, the query or the body", "%s %s names an object, and is not looked into", p.In, p.Name))
				continue
			}
			how := style.Percent
			if p.In == contract.Query {
				how = style.Plus
			}
			codec, _, problems := style.Compile(b.compiler, p, how, style.Depth)
			b.Types.problems = append(b.Types.problems, problems...)
			if types := style.TypesOf(codec.Shape); types&(1<<source.String) == 0 {
				m.kind.number = true
			}
			b.guard.parameters = append(b.guard.parameters, parameter{codec: codec, query: p.In == contract.Query, kind: m.kind, is: m.is,
				last: p.In == contract.Path && strings.HasSuffix(b.op.Path, "/{"+p.Name+"}")})
		}
	}
}

// meanings are what the contract and settings say of a parameter.
func (b *builder) meanings(p *contract.Parameter) (list []tag) {
	for _, w := range []*source.Node{p.Node.Get(Word), p.Schema.Get(Word)} {
		if w == nil {
			continue
		}
		if m, ok := b.meaning(w); ok {
			list = append(list, m)
		}
	}
	for i := range b.options.Settings {
		s := &b.options.Settings[i]
		for _, name := range s.IDs {
			if b.means(p, name) {
				list = append(list, tag{role: idRole, kind: b.kind(s.Name)})
			}
		}
		for name, is := range s.Owners {
			if b.means(p, name) {
				list = append(list, tag{role: ownerRole, kind: b.kind(s.Name), is: attribute(is)})
			}
		}
	}
	slices.SortFunc(list, func(a, c tag) int { return strings.Compare(a.kind.name+" "+string(a.is), c.kind.name+" "+string(c.is)) })
	return slices.Compact(list)
}

// means reports whether a place in a setting is a parameter of the operation.
func (b *builder) means(p *contract.Parameter, place string) bool {
	if op, name, ok := strings.Cut(place, "?"); ok {
		return p.In == contract.Query && p.Name == name && b.options.Names(b.op, op)
	}
	return p.In == contract.Path && strings.HasPrefix(place, "/") && begins(b.op.Path, place) && strings.HasSuffix(place, "{"+p.Name+"}")
}

// roles finds what the operation does with objects.
func (b *builder) roles() {
	w := b.op.Node.Get(Word)
	if w != nil && !w.Is(source.Object) {
		b.problem(source.At(w, "", "beside an operation %s is what it does: {creates: NAME}, {lists: NAME} or {filters: NAME}", Word))
	}
	for name, v := range w.Members() {
		if v.Str() == "" || name != "creates" && name != "lists" && name != "filters" {
			b.problem(source.At(v, "write {creates: NAME}, {lists: NAME} or {filters: NAME}", "%q says nothing of what the operation does with objects", name))
			continue
		}
		b.does(name, b.kind(v.Str()))
	}
	for i := range b.options.Settings {
		s := &b.options.Settings[i]
		for what, list := range map[string][]string{"creates": s.Creates, "lists": s.Lists, "filters": s.Filters} {
			if slices.ContainsFunc(list, func(name string) bool { return b.options.Names(b.op, name) }) {
				b.does(what, b.kind(s.Name))
			}
		}
	}
	g := b.guard
	g.creating = g.creates != nil && b.op.Method == "PUT"
}

func (b *builder) does(what string, k *kind) {
	switch what {
	case "creates":
		if b.guard.creates != nil && b.guard.creates != k {
			b.problem(source.At(b.op.Node, "name one of them", "%s creates objects of two kinds", b.op.Name()))
		}
		b.guard.creates = k
	case "lists":
		b.guard.lists[k] = true
	default:
		b.guard.filters[k] = true
	}
}

// forgets finds the object that a DELETE removes: the one whose id ends the
// path.
func (b *builder) forgets() {
	if b.op.Method != "DELETE" {
		return
	}
	for i := range b.guard.parameters {
		if p := &b.guard.parameters[i]; p.last && p.is == "" {
			b.guard.forgets = p
		}
	}
}
