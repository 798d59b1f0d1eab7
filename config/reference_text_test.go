package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// ReferenceText writes gatehouse.yaml.md below an introduction.
func ReferenceText(introduction string) string {
	w := &referenceWriter{}
	w.WriteString(introduction)
	w.group(describe(), "The file", "")
	return w.String()
}

type referenceWriter struct{ strings.Builder }

// group writes a table of the keys of g, which stands at path, and then the
// groups below.
func (w *referenceWriter) group(g *group, title, path string) {
	fmt.Fprintf(w, "\n## %s\n\n%s\n\n| key | what it is | value | default |\n|---|---|---|---|\n", title, prose(g.about()))
	var inherited []string
	for i := range g.keys {
		k := &g.keys[i]
		if k.inherit {
			inherited = append(inherited, code(k.name))
			continue
		}
		if len(inherited) > 0 {
			fmt.Fprintf(w, "| %s | as in [apis](#apis), for this operation alone | | as the API has it |\n", strings.Join(inherited, ", "))
			inherited = nil
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", code(k.name), k.told(), k.kind(path), k.fallback())
	}
	for i := range g.keys {
		if k := &g.keys[i]; k.group != nil && !k.inherit {
			w.group(k.group, k.path(path), k.path(path)+".")
		}
	}
}

// about is what a group is, without the name of its type in front.
func (g *group) about() string {
	if g.name == "Config" {
		return "The keys of the file itself."
	}
	if rest, ok := strings.CutPrefix(g.doc, g.name+" is "); ok {
		return upperFirst(rest)
	}
	return g.doc
}

// path is where the groups below the key stand.
func (k *key) path(above string) string {
	switch k.typ.Kind() {
	case reflect.Slice:
		return above + k.name + "[]"
	case reflect.Map:
		return above + k.name + ".NAME"
	}
	return above + k.name
}

// told is what a key is, what its words mean and how it is written.
func (k *key) told() string {
	text := prose(strings.TrimPrefix(k.doc, k.name+" "))
	if k.typ.Kind() == reflect.String {
		for _, w := range k.words {
			text += "<br>" + code(w.text) + ": " + prose(w.doc)
		}
	}
	if k.example != "" && !k.required && k.group == nil && len(k.words) == 0 {
		text += " Example: " + code(k.example)
	}
	return text
}

// kinds of values, in the words of the introduction.
var typeWords = map[string]string{
	"trust.Secret": "secret", "netip.Prefix": "network", "time.Duration": "time", "config.Bytes": "size", "config.File": "path of a file", "bool": "`true` or `false`",
}

var plural = strings.NewReplacer("[group]", "[groups]", "network", "networks", "text", "texts")

// kind is what may stand behind a key.
func (k *key) kind(above string) string {
	what := typeWords[inner(k.typ).String()]
	switch {
	case k.group != nil:
		what = "[group](#" + slug(k.path(above)) + ")"
	case len(k.words) > 0:
		var list []string
		for _, w := range k.words {
			list = append(list, code(w.text))
		}
		what = strings.Join(list, " or ")
	case inner(k.typ).Kind() == reflect.String && what == "":
		what = "text"
	case what == "":
		what = "whole number"
	}
	switch {
	case k.typ.Kind() == reflect.Slice:
		what = "list of " + plural.Replace(what)
		if k.min == "1" && k.max == "1" {
			what += ", one"
		} else if k.min != "" {
			what += ", at least " + k.min
		}
	case k.typ.Kind() == reflect.Map:
		what = "names, each with a " + what
	case k.min != "" && k.min == k.max:
		what = code(k.min)
	case k.min != "":
		what += " " + k.between()
	}
	return what
}

// fallback is what holds where the key does not stand.
func (k *key) fallback() string {
	text := k.otherwise()
	switch {
	case k.required:
		return "required"
	case text == "":
		return ""
	}
	return code(text)
}

// slug is the anchor of a heading, as GitHub makes it.
func slug(title string) string {
	return strings.ToLower(strings.NewReplacer("[", "", "]", "", ".", "").Replace(title))
}

// inCode are words of comments that are code.
var inCode = regexp.MustCompile(`\$\{[^}]+\}|https?://[\w.:/-]*\w|"[^"]+"|\b[a-z]+(?:_[a-z]+)+\b|\bX-[A-Za-z*-]+|GET /[a-z]+|\B/[a-z]+\b`)

// prose is a comment in Markdown.
func prose(text string) string {
	return inCode.ReplaceAllStringFunc(strings.ReplaceAll(text, "|", `\|`), code)
}

func code(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }
