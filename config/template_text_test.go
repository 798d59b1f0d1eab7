package config

import (
	"reflect"
	"strings"
)

const templateHead = `# gatehouse.yaml: what stands behind the gate, and how it is guarded.
#
# A line behind "#" is a default, or an example where there is none: remove the
# "#" to change it, and those of the lines above that it belongs to.
# gatehouse check says what is wrong with this file, and
# docs/reference/gatehouse.yaml.md says more of every key.

`

// places are the lines of the template that Template fills in.
var places = map[string]string{"address": "$listen", "contract": "$contract", "url": "$upstream"}

// TemplateText writes template.txt.
func TemplateText() string {
	t := &templateWriter{}
	t.WriteString(templateHead)
	for i, k := range describe().keys {
		if i > 0 {
			t.WriteByte('\n')
		}
		t.key(&k, "", "", k.required)
	}
	return t.String()
}

type templateWriter struct{ strings.Builder }

// key writes one key and what is below it. Each line begins with before; dash
// is that of an item of a list, on the first line that is no comment.
func (t *templateWriter) key(k *key, before, dash string, live bool) {
	t.comment(before, k.brief())
	line := before + dash
	before += strings.Repeat(" ", len(dash))
	if !live && !strings.Contains(before, "#") {
		line, before = line+"#", before+"#"
	}
	switch {
	case k.name == "authentication":
		t.WriteString(before[:len(before)-1] + "$authentication\n")
	case k.inOneLine():
		value := k.shown()
		if at, ok := places[k.name]; ok && live {
			value = at
		}
		t.WriteString(line + k.name + ": " + value + "\n")
	default:
		t.WriteString(line + k.name + ":\n")
		t.below(k, before+"  ", live)
	}
}

// inOneLine reports whether a key is shown with its example alone: where names
// are the user's, and where an item has one of several groups.
func (k *key) inOneLine() bool {
	return k.group == nil || k.typ.Kind() == reflect.Map || k.typ == credentialsType
}

var credentialsType = reflect.TypeFor[[]Credential]()

func (t *templateWriter) below(k *key, before string, live bool) {
	dash := ""
	if k.typ.Kind() == reflect.Slice {
		dash = "- "
	}
	for i := range k.group.keys {
		t.key(&k.group.keys[i], before, dash, live && k.group.keys[i].required)
		if dash != "" && i == 0 {
			before, dash = before+"  ", ""
		}
	}
}

// comment wraps a text at a width that fits a terminal.
func (t *templateWriter) comment(before, text string) {
	line := before + "#"
	for _, w := range strings.Fields(text) {
		if len(line)+1+len(w) > 100 {
			t.WriteString(line + "\n")
			line = before + "#"
		}
		line += " " + w
	}
	t.WriteString(line + "\n")
}

// brief is what the template says of a key.
func (k *key) brief() string {
	text := k.doc
	if len(k.words) > 1 && k.typ.Kind() == reflect.String {
		text += " " + saidWords(k.words)
	}
	if k.group != nil && k.typ.Kind() == reflect.Map {
		text += " Each has these keys: " + strings.Join(names(k.group.fields()), ", ") + "."
	}
	if k.typ == credentialsType {
		text += " Each has a name and one of these keys, with more below: " + strings.Join(names(k.group.fields())[1:], ", ") + "."
	}
	return text
}

// saidWords lists words with what they mean.
func saidWords(words []word) string {
	var parts []string
	for _, w := range words {
		if w.doc != "" {
			w.text += " (" + w.doc + ")"
		}
		parts = append(parts, w.text)
	}
	last := len(parts) - 1
	return "It is " + strings.Join(parts[:last], ", ") + " or " + parts[last] + "."
}

func (g *group) fields() (list []field) {
	for _, k := range g.keys {
		list = append(list, k.field)
	}
	return list
}

// Keys are the paths of all keys in the order of the template.
func Keys() []string { return describe().paths("") }

func (g *group) paths(above string) (list []string) {
	for _, k := range g.keys {
		list = append(list, above+k.name)
		if !k.inOneLine() {
			list = append(list, k.group.paths(above+k.name+".")...)
		}
	}
	return list
}
