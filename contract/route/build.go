package route

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// builder collects entries and problems.
type builder struct {
	problems source.Problems
	apis     map[int]*apiTree
	order    []*apiTree
	hosts    map[string]*tree // trees of mounts; "" for any host
	entries  []parsed
}

type parsed struct {
	operation
	path *template
	api  *apiTree
}

// Build makes a table of entries. Entries that have a problem are left out of
// it, so that what is not understood is not found; the table is never nil.
// The entries must not be changed afterwards.
func Build(entries []Entry) (*Table, source.Problems) {
	b := &builder{apis: make(map[int]*apiTree), hosts: make(map[string]*tree)}
	for i := range entries {
		b.parse(&entries[i])
	}
	for i := range b.entries {
		b.mount(&b.entries[i])
	}
	b.mountPrefixes()
	for i := range b.entries {
		if p := &b.entries[i]; !p.api.clash && b.reachable(p) {
			b.add(p)
		}
	}
	return b.freeze(), b.problems.Sort()
}

func (b *builder) problem(e *Entry, hint, format string, args ...any) {
	b.problems = append(b.problems, source.At(e.Node, hint, format, args...))
}

// parse reads an entry and finds its API.
func (b *builder) parse(e *Entry) {
	path, f := parse(e)
	if f != nil {
		b.problems = append(b.problems, f.problem(e))
		return
	}
	for _, name := range slices.Concat(e.Slash, e.Semicolon) {
		if !slices.Contains(path.names, name) {
			b.problem(e, "name a parameter that stands in the path", "%s %s: the path has no parameter {%s}", e.Method, e.Template, name)
			return
		}
	}
	if !token(e.Method) {
		b.problem(e, "write it as in a request: GET", "%q is no method", e.Method)
		return
	}
	api := b.apis[e.API]
	if api == nil {
		api = &apiTree{first: e, opts: make(map[string]operation)}
		b.apis[e.API] = api
		b.order = append(b.order, api)
		for _, h := range e.Hosts {
			if _, ok := canonicalHost(h); !ok {
				b.problem(e, "write a name or an address without port, IPv6 in brackets", "%q is no host", h)
			}
		}
	}
	if !slices.Equal(api.first.Hosts, e.Hosts) || api.first.Prefix != e.Prefix {
		b.problem(e, "", "%s %s: the operations of one API must have the same hosts and the same prefix", e.Method, e.Template)
		return
	}
	b.entries = append(b.entries, parsed{operation{e, path.names}, path, api})
}

// hostsOf returns the trees of mounts that an API stands in.
func (b *builder) hostsOf(e *Entry) (trees []*tree) {
	names := []string{""}
	if len(e.Hosts) > 0 {
		names = nil
	}
	for _, h := range e.Hosts {
		if h, ok := canonicalHost(h); ok {
			names = append(names, h)
		}
	}
	for _, h := range names {
		if b.hosts[h] == nil {
			b.hosts[h] = new(tree)
		}
		trees = append(trees, b.hosts[h])
	}
	return trees
}

// mount sets an API at its prefix and base path on each of its hosts.
func (b *builder) mount(p *parsed) {
	depth := strings.Count(strings.TrimSuffix(p.Prefix, "/")+strings.TrimSuffix(p.Base, "/"), "/")
	for _, at := range b.hostsOf(p.Entry) {
		for _, s := range p.path.segments[:depth] {
			at = at.literal(s.texts[0])
		}
		switch {
		case at.mount == nil:
			at.mount = p.api
		case at.mount != p.api && !p.api.clash:
			p.api.clash = true
			other := at.mount.first
			b.problem(p.Entry, "give one of them another host or prefix", "two APIs stand at the path %q of the same host; the other one has %s %s%s",
				p.Prefix+p.Base+"/", other.Method, other.Template, standing(other))
		}
	}
}

// mountPrefixes sets each API at its prefix alone as well, so that a path
// beside its base path still belongs to it, unless another API stands there
// or would have the same right.
func (b *builder) mountPrefixes() {
	claims := make(map[*tree][]*apiTree)
	var order []*tree
	for _, api := range b.order {
		prefix := strings.Split(strings.TrimSuffix(api.first.Prefix, "/"), "/")[1:]
		for _, at := range b.hostsOf(api.first) {
			for _, s := range prefix {
				text, _ := literal(s, true)
				at = at.literal(text)
			}
			claims[at] = append(claims[at], api)
			order = append(order, at)
		}
	}
	for _, at := range order {
		if at.mount == nil && len(claims[at]) == 1 {
			at.mount = claims[at][0]
		}
	}
}

// reachable reports whether requests for p's path come to its API: a longer
// mount of another one may stand in the way.
func (b *builder) reachable(p *parsed) bool {
	for _, at := range b.hostsOf(p.Entry) {
		owner := at.mount
		for _, s := range p.path.segments {
			if len(s.texts) > 1 {
				break
			}
			if at = at.literals[s.texts[0]]; at == nil {
				break
			}
			if at.mount != nil {
				owner = at.mount
			}
		}
		if owner != p.api {
			other := owner.first
			b.problem(p.Entry, "change the prefix of one of the APIs", "%s %s%s: can never be reached: the path belongs to another API, which has %s %s%s",
				p.Method, p.Prefix+p.Base, p.Template, other.Method, other.Template, standing(other))
			return false
		}
	}
	return true
}

// add puts an operation at the end of its path.
func (b *builder) add(p *parsed) {
	shape := p.path.shape()
	first, taken := p.api.opts[shape]
	if !taken {
		p.api.opts[shape] = p.operation
	} else if other, _ := parse(first.Entry); other.optIns() != p.path.optIns() {
		b.problem(p.Entry, "allow the same for both", "%s %s: the same path as %s %s%s, but other parameters of it may hold slashes or semicolons",
			p.Method, p.Template, first.Method, first.Template, standing(first.Entry))
		return
	}
	at := &p.api.paths
	for _, s := range p.path.segments {
		at = at.next(s)
	}
	if at.leaf == nil {
		at.leaf = new(leafTree)
	}
	for _, o := range at.leaf.operations {
		if o.Method != p.Method {
			continue
		}
		if o.Number != p.Number {
			b.problem(p.Entry, "keep one of them", "%s %s: the same method and path as %s%s: names of parameters do not tell paths apart",
				p.Method, p.Template, o.Template, standing(o.Entry))
		}
		return
	}
	at.leaf.operations = append(at.leaf.operations, p.operation)
}

// standing says where an entry stands, for messages; "" when that is unknown.
func standing(e *Entry) string {
	if p := e.Node.Position(); p.Line > 0 {
		return fmt.Sprintf(" (%s)", p)
	}
	return ""
}

// token reports whether s is a token (RFC 9110 section 5.6.2).
func token(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}
