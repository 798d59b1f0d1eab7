package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// object is a JSON object in a chosen order.
type object []member

type member struct {
	name  string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	write := json.NewEncoder(&b)
	write.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := write.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := write.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// SchemaText writes gatehouse.schema.json: what editors know of the file. It
// refuses no file that the gate reads, and lets pass what only Parse can tell.
func SchemaText() string {
	whole := describe()
	defs := object{}
	whole.define(&defs)
	schema := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "gatehouse.yaml"},
	}
	whole.doc = "What stands behind the gate, and how it is guarded."
	schema = append(schema, whole.schema()...)
	schema = append(schema, member{"$defs", defs})
	var b bytes.Buffer
	write := json.NewEncoder(&b)
	write.SetEscapeHTML(false)
	write.SetIndent("", "  ")
	if err := write.Encode(schema); err != nil {
		panic(err)
	}
	return b.String()
}

// define adds the groups below g, each once.
func (g *group) define(defs *object) {
	for _, k := range g.keys {
		if k.group == nil || slices.ContainsFunc(*defs, func(m member) bool { return m.name == k.group.name }) {
			continue
		}
		*defs = append(*defs, member{k.group.name, k.group.schema()})
		k.group.define(defs)
	}
}

// schema is that of a group of keys.
func (g *group) schema() object {
	properties, required := object{}, []string{}
	for i := range g.keys {
		k := &g.keys[i]
		properties = append(properties, member{k.name, k.schema()})
		if k.required {
			required = append(required, k.name)
		}
	}
	s := object{{"description", g.doc}, {"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		s = append(s, member{"required", required})
	}
	return append(s, member{"additionalProperties", false})
}

// schema is that of a value of the key, with what people want to know.
func (k *key) schema() object {
	said := k.doc
	if len(k.words) > 1 && k.typ.Kind() == reflect.String {
		said += " " + saidWords(k.words)
	}
	if k.group == nil && k.timed() && k.min != "" {
		said += " " + upperFirst(k.between()) + "."
	}
	s := append(object{{"description", said}}, k.value(k.typ)...)
	if text := k.otherwise(); text != "" {
		s = append(s, member{"default", k.literal(text)})
	}
	if k.example != "" {
		s = append(s, member{"examples", []any{k.literal(k.example)}})
	}
	return s
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// value is the schema of type t where the key stands.
func (k *key) value(t reflect.Type) object {
	if of := scalarSchemas[t.String()]; of != nil {
		return of(k)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return k.value(t.Elem())
	case reflect.Struct:
		return object{{"$ref", "#/$defs/" + t.Name()}}
	case reflect.Slice:
		return k.list(t)
	case reflect.Map:
		s := object{{"type", "object"}}
		if k.keysForm != "" {
			s = append(s, member{"propertyNames", object{{"pattern", forms[k.keysForm].pattern}}})
		}
		return append(s, member{"additionalProperties", k.value(t.Elem())})
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.String:
		return k.text()
	}
	return append(object{{"type", "integer"}}, k.bounds()...)
}

func (k *key) list(t reflect.Type) object {
	s := object{{"type", "array"}, {"items", k.value(t.Elem())}}
	if k.min != "" {
		s = append(s, member{"minItems", json.Number(k.min)})
	}
	if k.max != "" {
		s = append(s, member{"maxItems", json.Number(k.max)})
	}
	if k.group == nil {
		s = append(s, member{"uniqueItems", true})
	}
	return s
}

func (k *key) text() object {
	if len(k.words) > 0 {
		var list []string
		for _, w := range k.words {
			list = append(list, w.text)
		}
		return object{{"enum", list}}
	}
	s := object{{"type", "string"}}
	if p := forms[k.form].pattern; p != "" {
		s = append(s, member{"pattern", p})
	}
	return s
}

// bounds of numbers and sizes; those of times are words alone.
func (k *key) bounds() (s object) {
	if n, ok := k.parse(k.min); ok && k.min == k.max {
		return object{{"const", n}}
	}
	for _, bound := range []struct{ keyword, text string }{{"minimum", k.min}, {"maximum", k.max}} {
		if n, ok := k.parse(bound.text); ok {
			s = append(s, member{bound.keyword, n})
		}
	}
	return s
}

// timed reports whether the key's value is a time or a size.
func (k *key) timed() bool {
	name := k.typ.String()
	return name == "time.Duration" || name == "config.Bytes"
}

// scalarSchemas are those of the types that are written as one value.
var scalarSchemas = map[string]func(k *key) object{
	"trust.Secret": func(*key) object {
		return object{{"type", "string"}, {"pattern", `\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]+)\}`}}
	},
	"netip.Prefix": func(*key) object { return object{{"type", "string"}, {"pattern", `^[0-9A-Fa-f:.]+/[0-9]{1,3}$`}} },
	"time.Duration": func(*key) object {
		return object{{"type", "string"}, {"pattern", spanForm().String()}, {"minLength", 1}}
	},
	"config.Bytes": func(k *key) object {
		number := append(object{{"type", "integer"}}, k.bounds()...)
		return object{{"anyOf", []object{number, {{"type", "string"}, {"pattern", "^[0-9]+(?:[KMG]i)?B?$"}}}}}
	},
	"config.File": func(*key) object {
		return object{{"type", "string"}, {"pattern", `\S`}, {"not", object{{"pattern", `://|\$\{(?:env|file):`}}}}
	},
}

// literal reads the YAML of a tag as a value for JSON.
func (k *key) literal(text string) any {
	file, problems := source.ParseString(k.name, "value: "+text)
	if len(problems) > 0 {
		panic(problems.Error())
	}
	return tree(file.Root.Get("value"))
}

// tree is a node as a value for JSON.
func tree(n *source.Node) any {
	switch n.Kind() {
	case source.Object:
		o := object{}
		for name, value := range n.Members() {
			o = append(o, member{name, tree(value)})
		}
		return o
	case source.Array:
		list := []any{}
		for _, item := range n.Items() {
			list = append(list, tree(item))
		}
		return list
	case source.Bool:
		return n.Bool()
	case source.Number:
		return json.Number(n.Text())
	case source.Null:
		return nil
	}
	return n.Str()
}

// JSON is a document of YAML as JSON.
func JSON(text []byte) ([]byte, error) {
	file, problems := source.Parse("", text)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return json.Marshal(tree(file.Root))
}
