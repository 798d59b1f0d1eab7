package openapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// dumper writes a whole contract as text, with or without the places of its
// nodes.
type dumper struct {
	strings.Builder
	places bool
}

func dump(c *contract.Contract, places bool) string {
	d := &dumper{places: places}
	d.line(0, "spec %s dialect %d title %q version %q secured %v", c.Spec, c.Dialect, c.Title, c.Version, c.Secured)
	for _, s := range c.Schemes {
		d.line(0, "scheme %s type %d in %s param %q auth %q format %q url %q%s", s.Name, s.Type, s.In, s.Param, s.Auth, s.Format, s.URL, d.at(s.Node))
	}
	for _, op := range c.Operations {
		d.operation(op)
	}
	return d.String()
}

func (d *dumper) line(depth int, format string, args ...any) {
	fmt.Fprintf(d, strings.Repeat("  ", depth)+format+"\n", args...)
}

func (d *dumper) at(n *source.Node) string {
	if !d.places {
		return ""
	}
	p := n.Position()
	p.File = p.File[strings.LastIndexByte(p.File, '/')+1:]
	return fmt.Sprintf(" @%s%s", p, n.Pointer())
}

func (d *dumper) operation(op *contract.Operation) {
	d.line(0, "%s %s id %q name %q base %q%s", op.Method, op.Path, op.ID, op.Name(), op.BasePaths, d.at(op.Node))
	d.line(1, "tags %q deprecated %v public %v", op.Tags, op.Deprecated, op.Public())
	var needs []string
	for _, r := range op.Security {
		var uses []string
		for _, u := range r {
			uses = append(uses, fmt.Sprintf("%s%q", u.Scheme.Name, u.Scopes))
		}
		needs = append(needs, "{"+strings.Join(uses, " and ")+"}")
	}
	d.line(1, "security from %d: %s", op.SecurityFrom, strings.Join(needs, " or "))
	d.parameters(1, op.Parameters)
	if b := op.Body; b != nil {
		d.line(1, "body required %v%s", b.Required, d.at(b.Node))
		d.media(2, b.Media)
	}
	for _, r := range op.Responses {
		d.line(1, "response %s%s", r.Status, d.at(r.Node))
		d.parameters(2, r.Headers)
		d.media(2, r.Media)
	}
}

func (d *dumper) parameters(depth int, list []*contract.Parameter) {
	for _, p := range list {
		var flags []string
		for name, set := range map[string]bool{
			"explode": p.Explode, "required": p.Required, "reserved": p.AllowReserved, "empty": p.AllowEmpty, "deprecated": p.Deprecated,
		} {
			if set {
				flags = append(flags, name)
			}
		}
		slices.Sort(flags)
		d.line(depth, "%s %s style %d %v %s%s", p.In, p.Name, p.Style, flags, plainJSON(p.Schema), d.at(p.Node))
		if p.Content != nil {
			d.media(depth+1, []*contract.Media{p.Content})
		}
	}
}

func (d *dumper) media(depth int, list []*contract.Media) {
	for _, m := range list {
		d.line(depth, "media %s %s%s", m.Type, plainJSON(m.Schema), d.at(m.Node))
		for _, name := range slices.Sorted(maps.Keys(m.Encoding)) {
			e := m.Encoding[name]
			d.line(depth+1, "encoding %s types %q style %d explode %v set %v reserved %v%s",
				name, e.ContentTypes, e.Style, e.Explode, e.StyleSet, e.AllowReserved, d.at(e.Node))
			d.parameters(depth+2, e.Headers)
		}
	}
}

// plainJSON writes a node as JSON.
func plainJSON(n *source.Node) string {
	switch n.Kind() {
	case source.Invalid:
		return "-"
	case source.Null:
		return "null"
	case source.String:
		text, _ := json.Marshal(n.Str())
		return string(text)
	case source.Array:
		var parts []string
		for _, item := range n.Items() {
			parts = append(parts, plainJSON(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case source.Object:
		var parts []string
		for name, member := range n.Members() {
			text, _ := json.Marshal(name)
			parts = append(parts, string(text)+":"+plainJSON(member))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return n.Text()
}
