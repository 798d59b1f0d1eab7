package serve

import (
	"net/url"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// seeker finds places in the schemas of one contract. Contracts were read before
// and are sound; references that lead in circles end with its steps.
type seeker struct {
	files *source.Set
	steps int
}

// follow returns what a reference in the place of a node means, or the node.
func (s *seeker) follow(n *source.Node) *source.Node {
	for ; s.steps > 0; s.steps-- {
		ref := n.Get("$ref")
		if !ref.Is(source.String) {
			return n
		}
		name, fragment, _ := strings.Cut(ref.Str(), "#")
		file := ref.File()
		if name != "" {
			var err error
			if file, err = s.files.Refer(file, name); err != nil {
				return n
			}
		}
		// RFC 6901 section 6: a pointer in a fragment is percent-encoded.
		pointer, err := url.PathUnescape(fragment)
		if err != nil || pointer != "" && pointer[0] != '/' || file.Root.Lookup(pointer) == nil {
			return n // an anchor, which is no place of its own
		}
		n = file.Root.Lookup(pointer)
	}
	return nil
}

// reach finds the schema of what parts of a JSON pointer name in a value of the
// schema n: by its properties and items, and by those of what it is made of. It
// is nil where no schema speaks of it.
func (s *seeker) reach(n *source.Node, parts []string) *source.Node {
	if s.steps--; s.steps < 0 || n == nil {
		return nil
	}
	if n = s.follow(n); len(parts) == 0 || n == nil {
		return n
	}
	if found := s.reach(n.Get("properties").Get(parts[0]), parts[1:]); found != nil {
		return found
	}
	if strings.Trim(parts[0], "0123456789") == "" {
		if found := s.reach(n.Get("items"), parts[1:]); found != nil {
			return found
		}
	}
	return s.among(n, func(branch *source.Node) *source.Node { return s.reach(branch, parts) })
}

// keyword finds a keyword of the schema n or of what it is made of.
func (s *seeker) keyword(n *source.Node, name string) *source.Node {
	if s.steps--; s.steps < 0 || n == nil || name == "" {
		return nil
	}
	n = s.follow(n)
	if found := n.Get(name); found != nil {
		return found
	}
	return s.among(n, func(branch *source.Node) *source.Node { return s.keyword(branch, name) })
}

func (s *seeker) among(n *source.Node, find func(*source.Node) *source.Node) *source.Node {
	for _, made := range []string{"allOf", "anyOf", "oneOf"} {
		for _, branch := range n.Get(made).Items() {
			if found := find(branch); found != nil {
				return found
			}
		}
	}
	return nil
}

// seek bounds how many nodes are looked at for one event.
const seek = 10_000

// schema finds the places in the schema of a body that an event is about.
func (x *Explained) schema(s *seeker, at *source.Node, media string, e *gate.Event) {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimPrefix(e.Pointer, "/"), "/") {
		if part != "" {
			parts = append(parts, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	found := s.reach(at, parts)
	if found == nil {
		x.add(s.follow(at), "the schema of "+media)
		return
	}
	if what := s.keyword(found, e.Keyword); what != nil {
		on := e.Pointer
		if on == "" {
			on = "the body"
		}
		x.add(what, e.Keyword+" of "+on+" in "+media)
		return
	}
	x.add(found, "the schema of "+media)
}

// rules finds the rules in Cedar that an event names.
func (x *Explained) rules(e *gate.Event) {
	for i := range x.Steps {
		placer, ok := x.Steps[i].Head.(interface {
			Place(id string) source.Position
		})
		if !ok {
			continue
		}
		for _, id := range e.Rules {
			if at := placer.Place(id); at.Line > 0 {
				x.Rules = append(x.Rules, Rule{at, "the rule " + id})
			}
		}
	}
}
