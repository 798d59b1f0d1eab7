package gatehouse

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/fields"
	"github.com/gatehouse-api/gatehouse/guard/inspect"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/urlsecret"
)

// ownWords are the words of ours that may stand in a schema of a contract. They
// tighten what it says; what loosens stands in gatehouse.yaml alone.
var ownWords = []string{fields.ReadWord, fields.WriteWord, owner.Word, urlsecret.Word, inspect.Word}

// tags asks the guards which of them want to hear of the values that the schema
// at n describes. The one pass over a body then says where these stand.
func (b *builder) tags(n *source.Node) []schema.Tag {
	for i := range n.Len() {
		m := n.Member(i)
		if m == nil || !strings.HasPrefix(m.Name, "x-gatehouse-") {
			continue
		}
		known := false
		for _, word := range ownWords {
			known = known || m.Name == word
		}
		if !known && !b.strange[n] { // a rule that nobody follows would be a door
			b.strange[n] = true
			b.problem(source.At(&m.Value, source.DidYouMean("the words for schemas are "+strings.Join(ownWords, ", "), m.Name, ownWords...), "a schema has no word %q", m.Name))
		}
	}
	return slices.Concat(b.rules.Tags(n), b.owners.Tags(n), b.urls.Tags(n), b.logins.Tags(n), b.inspected.Tags(n))
}

// fieldSettings are the rules of properties in gatehouse.yaml, in order.
func fieldSettings(o *Options, place config.Place) (list []fields.Setting) {
	for _, name := range sorted(o.Fields) {
		f := o.Fields[name]
		list = append(list, fields.Setting{Name: name, Read: f.Read, Write: f.Write, Drop: f.OnWrite == config.DropWrite, Place: place.At("fields", name)})
	}
	return list
}

// undefined reports a role that gatehouse.yaml does not know, where it lists
// roles.
func (b *builder) undefined(role string) (hint string, bad bool) {
	return config.Undefined(sorted(b.callers.Roles), role)
}
