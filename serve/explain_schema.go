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

// schema finds the places in the schema of a body that an event is about. in says
// which body that is.
func (x *Explained) schema(s *seeker, at *source.Node, in string, e *gate.Event) {
	found, what := s.placeOf(at, e)
	switch {
	case what != nil:
		x.add(what, e.Keyword+" of "+onWhat(e)+" in "+in)
	case found != nil:
		x.add(found, "the schema of "+in)
	default:
		x.add(s.follow(at), "the schema of "+in)
	}
}

// placeOf finds the schema of what the pointer of an event names in a value of the
// schema at, and the keyword there; nil for each that there is not.
func (s *seeker) placeOf(at *source.Node, e *gate.Event) (found, keyword *source.Node) {
	var parts []string
	for part := range strings.SplitSeq(strings.TrimPrefix(e.Pointer, "/"), "/") {
		if part != "" {
			parts = append(parts, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	if found = s.reach(at, parts); found == nil {
		return nil, nil
	}
	return found, s.keyword(found, e.Keyword)
}

// onWhat names the part of a body that an event is about.
func onWhat(e *gate.Event) string {
	if e.Pointer == "" {
		return "the body"
	}
	return e.Pointer
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
