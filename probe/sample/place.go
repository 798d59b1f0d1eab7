package sample

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Place is where a call of an operation carries a text: a parameter, or a
// string of a body.
type Place struct {
	Operation *contract.Operation
	In        string // path, query, header, cookie, json, form, multipart, text, graphql
	Name      string // of the parameter, or the JSON pointer in the body

	m         *Maker
	base      string
	parameter *contract.Parameter
	list      bool // the parameter takes a list of texts
	media     *contract.Media
	root      *value // the body
	leaf      *value // the string in it
}

// maxPlaces bounds the places of one operation.
const maxPlaces = 500

// Places are those of op that hold a string, also in what is optional; base is
// one of op.BasePaths. The error says why no call of op can be made.
func (m *Maker) Places(op *contract.Operation, base string) ([]*Place, error) {
	if _, err := m.Call(op, base); err != nil {
		return nil, err
	}
	var list []*Place
	for _, p := range op.Parameters {
		if text, ok := m.Value(p.Schema); ok && p.Content == nil && p.Schema != nil {
			one := &Place{Operation: op, In: p.In.String(), Name: p.Name, m: m, base: base, parameter: p}
			if one.list = bytes.HasPrefix(text, []byte("[")); one.list || text[0] == '"' {
				list = append(list, one)
			}
		}
	}
	if op.Body != nil {
		for _, media := range op.Body.Media {
			if in := bodyOf(media); in != "" {
				list = append(list, m.leaves(op, base, media, in)...)
			}
		}
	}
	return list[:min(len(list), maxPlaces)], nil
}

// bodyOf is what a body of a media type is written as; "" for those that are
// not written.
func bodyOf(media *contract.Media) string {
	switch kind, _, _ := strings.Cut(media.Type, ";"); {
	case kind == "application/json" || kind == "*/*" || kind == "application/*" || strings.HasSuffix(kind, "+json") && !strings.Contains(kind, "*"):
		return "json"
	case kind == "application/x-www-form-urlencoded":
		return "form"
	case kind == "multipart/form-data":
		return "multipart"
	case kind == "text/plain":
		return "text"
	}
	return ""
}

// leaves are the strings of the fullest body of media that its schema takes.
func (m *Maker) leaves(op *contract.Operation, base string, media *contract.Media, in string) (list []*Place) {
	root := m.fullest(media)
	if root == nil {
		return nil
	}
	asks := in == "json" && root.member("query") != nil && root.member("variables") != nil
	var walk func(v *value, at string)
	walk = func(v *value, at string) {
		if v.kind == source.String {
			one := &Place{Operation: op, In: in, Name: at, m: m, base: base, media: media, root: root, leaf: v}
			if asks { // of GraphQL: only variables hold what people write
				if one.In = "graphql"; !strings.HasPrefix(at, "/variables/") {
					return
				}
			}
			list = append(list, one)
		}
		for i, item := range v.items {
			name := strconv.Itoa(i)
			if v.kind == source.Object {
				name = strings.NewReplacer("~", "~0", "/", "~1").Replace(v.names[i]) // RFC 6901 section 3
			}
			walk(item, at+"/"+name)
		}
	}
	walk(root, "")
	return list
}

// fullest is the example that media gives or else a value with all that is
// optional, if its schema takes that, or else the least.
func (m *Maker) fullest(media *contract.Media) *value {
	var tries []*value
	if example := media.Node.Get("example"); example != nil {
		tries = append(tries, copied(example))
	}
	for _, example := range media.Node.Get("examples").Members() {
		if given := example.Get("value"); given != nil {
			tries = append(tries, copied(given))
		}
	}
	for _, all := range [...]bool{true, false} {
		m.left = maxNodes
		if v := m.value(media.Schema, all, 0); v != nil {
			tries = append(tries, v)
		}
	}
	for _, v := range tries {
		if m.takes(media.Schema, appendValue(nil, v)) {
			return v
		}
	}
	if media.Schema == nil {
		return &value{kind: source.String, text: `"sample"`}
	}
	return nil
}

// member is that of an object; nil when it has none.
func (v *value) member(name string) *value {
	for i, n := range v.names {
		if n == name {
			return v.items[i]
		}
	}
	return nil
}

// takes reports whether the schema at n takes text in a request.
func (m *Maker) takes(n *source.Node, text []byte) bool {
	if n == nil {
		return true
	}
	st := schema.State{Direction: schema.Request, Undeclared: schema.Refuse, Misplaced: schema.Refuse}
	return m.schema(n).Read(&st, text)
}

func (m *Maker) schema(n *source.Node) *schema.Schema {
	s := m.compiled[n]
	if s == nil {
		s = m.compiler.Compile(n)
		m.compiled[n] = s
	}
	return s
}

// Plain makes the call with a sample in place.
func (p *Place) Plain() (*Call, error) {
	if p.media != nil {
		return p.call(p.leaf.text)
	}
	parts, err := p.m.parameter(p.parameter)
	if err != nil {
		return nil, err
	}
	return p.m.head(p.Operation, p.base, &planted{p.parameter, parts}, true)
}

// Call makes the call with text in place. It reports false when the schema
// there does not take it.
func (p *Place) Call(text string) (c *Call, taken bool) {
	if !utf8.ValidString(text) { // no schema takes it
		return nil, false
	}
	quoted := string(quote(nil, text))
	if p.media != nil {
		c, err := p.call(quoted)
		return c, err == nil
	}
	one := quoted
	if p.list {
		one = "[" + quoted + "]"
	}
	if !p.m.takes(p.parameter.Schema, []byte(one)) {
		return nil, false
	}
	c, err := p.m.head(p.Operation, p.base, &planted{p.parameter, []string{text}}, true)
	return c, err == nil
}

// call makes the call with a JSON string at the leaf of the body.
func (p *Place) call(quoted string) (*Call, error) {
	before := p.leaf.text
	p.leaf.text = quoted
	text := appendValue(nil, p.root)
	p.leaf.text = before
	if !p.m.takes(p.media.Schema, text) {
		return nil, errNone
	}
	c, err := p.m.head(p.Operation, p.base, nil, false)
	if err != nil {
		return nil, err
	}
	kind, _, _ := strings.Cut(p.media.Type, ";")
	switch p.In {
	case "form":
		var ok bool
		if text, ok = form(text, p.media); !ok {
			return nil, errNested
		}
	case "multipart":
		var ok bool
		if text, kind, ok = parts(text); !ok {
			return nil, errNested
		}
	case "text":
		var s string
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, err
		}
		text = []byte(s)
	default:
		if strings.Contains(kind, "*") {
			kind = "application/json"
		}
	}
	c.Body = text
	c.Fields = append(c.Fields, [2]string{"Content-Type", kind})
	return c, nil
}
