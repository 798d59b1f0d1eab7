package markup

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// A second reader to compare with: encoding/xml and maps.

// node is one element as encoding/xml reads it.
type node struct {
	name  xml.Name
	attrs []xml.Attr // without declarations of namespaces
	kids  []*node
	text  string
	noted bool // holds a comment
}

func parse(text []byte) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	top := &node{}
	open := []*node{top}
	for {
		token, err := dec.Token()
		if err == io.EOF {
			if len(open) != 1 || len(top.kids) != 1 {
				return nil, fmt.Errorf("%d roots", len(top.kids))
			}
			return top.kids[0], nil
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name}
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					n.attrs = append(n.attrs, a)
				}
			}
			last.kids = append(last.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.Comment:
			last.noted = true
		case xml.CharData:
			last.text += string(token)
		}
	}
}

// partOf reports whether a is b without some elements and attributes.
func partOf(a, b *node) bool {
	if a.name != b.name || len(a.kids) == 0 && len(b.kids) == 0 && a.text != b.text {
		return false
	}
	k := 0
	for _, x := range a.attrs {
		for k < len(b.attrs) && b.attrs[k] != x {
			k++
		}
		if k++; k > len(b.attrs) {
			return false
		}
	}
	k = 0
	for _, x := range a.kids {
		for k < len(b.kids) && !partOf(x, b.kids[k]) {
			k++
		}
		if k++; k > len(b.kids) {
			return false
		}
	}
	return true
}

// mean returns what n means by e as decoded JSON.
func (n *node) mean(e *element) any {
	switch e.kind {
	case textual:
		return scalar(n.text, e)
	case list:
		items := []any{}
		for _, kid := range n.kids {
			if kid.name == (xml.Name{Space: e.item.space, Local: e.item.local}) {
				items = append(items, kid.mean(e.item.elem))
			}
		}
		return items
	case record:
		return n.properties(e)
	}
	switch out := n.properties(strangers); {
	case len(n.kids) > 0 || n.noted:
		return out
	case len(n.attrs) == 0:
		return scalar(n.text, e)
	case n.text != "":
		out["#text"] = n.text
		return out
	default:
		return out
	}
}

func scalar(text string, e *element) (v any) {
	if err := json.Unmarshal(schema.AppendScalar(nil, []byte(text), e.types), &v); err != nil {
		panic(err)
	}
	return v
}

func (n *node) properties(e *element) map[string]any {
	out, times := map[string]any{}, map[string]int{}
	add := func(name string, v any) {
		if times[name]++; times[name] > 1 {
			name += fmt.Sprintf("[%d]", times[name])
		}
		out[name] = v
	}
	lookup := func(name xml.Name, attribute bool) *field {
		for k, f := range e.fields {
			if f.local == name.Local && f.space == name.Space && f.attribute == attribute {
				return &e.fields[k]
			}
		}
		return nil
	}
	for _, a := range n.attrs {
		if f := lookup(a.Name, true); f != nil {
			out[f.name] = scalar(a.Value, f.elem)
		} else {
			add("@"+strings.Repeat("{}", min(len(a.Name.Space), 1))+a.Name.Local, a.Value)
		}
	}
	for _, kid := range n.kids {
		switch f := lookup(kid.name, false); {
		case f != nil && f.repeated:
			items, _ := out[f.name].([]any)
			out[f.name] = append(items, kid.mean(f.elem))
		case f != nil:
			out[f.name] = kid.mean(f.elem)
		case e.extra != nil:
			out[kid.name.Local] = kid.mean(e.extra)
		case kid.name.Space != e.space:
			add("{}"+kid.name.Local, kid.mean(anything))
		default:
			add(kid.name.Local, kid.mean(anything))
		}
	}
	return out
}
