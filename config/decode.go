package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// decoder turns a tree into a Config. Values that are wrong are reported and
// left at zero, which no rule complains about.
type decoder struct {
	collector
	look    Environment
	remote  Remote
	inTrust bool // below trust, where references to services would ask for themselves
}

// whole reads the document.
func (d *decoder) whole(c *Config, root *source.Node) {
	if v := root.Get("version"); v.Is(source.Number) && v.Text() != "1" {
		// Complaints about keys that another version may have would mislead.
		d.add("version", v, "write version: 1, or update the gate", "this gate reads version 1 of the configuration, not %s", clip(v.Text()))
		return
	}
	if root.Get("version") == nil && (root.Get("openapi") != nil || root.Get("swagger") != nil) {
		d.add("missing-key", root, "name it under contract of a gatehouse.yaml, or with --contract", "this is an OpenAPI document, and no gatehouse.yaml")
		return
	}
	d.look.Remote = d.remoteOf(root)
	d.value(reflect.ValueOf(c).Elem(), root, &field{})
	if !d.full() {
		d.check(c)
	}
}

var (
	placeType = reflect.TypeFor[Place]()
	trustType = reflect.TypeFor[Trust]()
)

// value reads n into v.
func (d *decoder) value(v reflect.Value, n *source.Node, f *field) {
	if d.full() {
		return // the configuration is refused, and nothing more is said of it
	}
	if n.Is(source.Null) {
		d.add("null", n, "give it a value, or remove the key", "there is no value here")
		return
	}
	if v.Type() == trustType {
		d.inTrust = true
		defer func() { d.inTrust = false }()
	}
	if read, ok := scalars[v.Type()]; ok {
		read(d, v, n, f)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(v.Elem(), n, f)
	case reflect.Struct:
		d.object(v, n)
	case reflect.Slice:
		d.list(v, n, f)
	case reflect.Map:
		d.names(v, n, f)
	case reflect.String:
		d.text(v, n, f)
	case reflect.Bool:
		if d.kind(n, source.Bool, "true or false") {
			v.SetBool(n.Bool())
		}
	default:
		d.number(v, n, f)
	}
}

// words for kinds, in the language of operators.
var kinds = map[source.Kind]string{
	source.Bool: "true or false", source.Number: "a number", source.String: "text", source.Array: "a list", source.Object: "a group of keys",
}

// kind holds n to be of one kind; keys are those of the group that is wanted.
// What stands there is shown only where a scalar is wanted and a scalar
// stands, and that is never a secret.
func (d *decoder) kind(n *source.Node, want source.Kind, words string, keys ...string) bool {
	if n.Is(want) {
		return true
	}
	got, hint := kinds[n.Kind()], ""
	switch {
	case want == source.Object && len(keys) > 0:
		hint = "its keys are " + strings.Join(keys, ", ")
	case n.Is(source.Array) || n.Is(source.Object):
	case want == source.Array:
		hint = "put it into brackets, or behind a dash on a line of its own"
	case n.Is(source.String) && (want == source.Number || want == source.Bool):
		got = "the text " + quote(n.Text())
		if near := strings.ToLower(n.Text()); want == source.Bool && (near == "yes" || near == "on") {
			hint = "write true"
		} else if want == source.Bool && (near == "no" || near == "off") {
			hint = "write false"
		} else if _, err := strconv.ParseUint(n.Text(), 10, 63); want == source.Number && err == nil {
			hint = "remove the quotes"
		}
	case want == source.String && (words == "text" || n.Is(source.Number) && strings.Contains(words, n.Text())):
		got, hint = clip(n.Text()), "put it into quotes"
	}
	d.add("type", n, hint, "must be %s, not %s", words, got)
	return false
}

// object reads the keys of a struct.
func (d *decoder) object(v reflect.Value, n *source.Node) {
	list := fields(v.Type())
	setDefaults(v, list)
	if !d.kind(n, source.Object, "a group of keys", names(list)...) {
		return
	}
	if at := v.FieldByName("Place"); at.IsValid() && at.Type() == placeType {
		at.Set(reflect.ValueOf(Place{n}))
	}
	var meant []string // by keys that there are not
	for i := range n.Len() {
		m := n.Member(i)
		if f := find(list, m.Name); f != nil {
			d.value(v.FieldByIndex(f.index), &m.Value, f)
			continue
		}
		if d.full() {
			return
		}
		known := names(list)
		meant = append(meant, source.Nearest(m.Name, known...))
		d.addName("unknown-key", m, source.DidYouMean(elsewhere(m.Name, known), m.Name, known...), "there is no key %s", quote(m.Name))
	}
	for i := range list {
		if f := &list[i]; f.required && n.Get(f.name) == nil && !slices.Contains(meant, f.name) { // one mistake is told once
			d.add("missing-key", n, f.missing(), "the key %q is missing", f.name)
		}
	}
}

// missing is the hint for a required key.
func (f *field) missing() string {
	if f.example == "" {
		return "add it"
	}
	return "add it, as in " + f.name + ": " + f.example
}

func find(list []field, name string) *field {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

// setDefaults gives the fields of a struct that is about to be read, and of
// the structs in it, what they are when nothing is said.
func setDefaults(v reflect.Value, list []field) {
	for i := range list {
		f := &list[i]
		at := v.FieldByIndex(f.index)
		switch {
		case f.inherit:
		case f.def != "" && at.IsZero():
			f.set(at)
		case at.Kind() == reflect.Struct:
			setDefaults(at, fields(at.Type()))
		}
	}
}

// list reads the items of a slice.
func (d *decoder) list(v reflect.Value, n *source.Node, f *field) {
	if !d.kind(n, source.Array, "a list") {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), n.Len(), n.Len()))
	for i, item := range n.Items() {
		d.value(v.Index(i), item, f)
	}
	d.judge(v, Place{n}, f)
}

// names reads a map, whose names are the user's.
func (d *decoder) names(v reflect.Value, n *source.Node, f *field) {
	if !d.kind(n, source.Object, "a group of keys") {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), n.Len()))
	for i := range n.Len() {
		if d.full() {
			return
		}
		m := n.Member(i)
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(value, &m.Value, f)
		v.SetMapIndex(reflect.ValueOf(m.Name), value)
		d.name(m, f)
	}
}

// name holds a name of a map to the form of its names.
func (d *decoder) name(m *source.Member, f *field) {
	if f.keysForm == "" {
		return
	}
	if text, hint := forms[f.keysForm].judge(m.Name); text != "" {
		d.addName("form-"+f.keysForm, m, hint, "%s", text)
	}
}

// quote shows a text of the file, shortened.
func quote(s string) string { return fmt.Sprintf("%q", clip(s)) }

// clip shortens what is shown of a value.
func clip(s string) string {
	if len(s) <= 80 {
		return s
	}
	return strings.ToValidUTF8(s[:80], "") + "…"
}
