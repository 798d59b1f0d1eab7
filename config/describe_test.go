package config

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// group is a struct of the configuration as its reader sees it: the keys and
// what their comments say. The template, the reference and the JSON Schema are
// written from it.
type group struct {
	name string // of the type
	doc  string
	keys []key
}

// key is one of the keys of a group.
type key struct {
	field
	doc   string
	words []word // that the value, or each item, may be
	group *group // of keys below; nil for what is written as a value
}

// word is one of a few, with what it means.
type word struct{ text, doc string }

// comments are the doc comments of the package's types, of their fields and
// of their words.
type comments struct {
	types  map[string]string
	fields map[string]string // by Type.Field
	words  map[string][]word // by type
}

// describe returns the whole configuration.
func describe() *group {
	said := readComments()
	return said.group(reflect.TypeFor[Config]())
}

func readComments() *comments {
	said := &comments{map[string]string{}, map[string]string{}, map[string][]word{}}
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprint("the sources of the package are not there: ", err))
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			panic(err)
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				said.declaration(d)
			}
		}
	}
	return said
}

func (said *comments) declaration(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			said.types[spec.Name.Name] = plain(d.Doc)
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, name := range f.Names {
						said.fields[spec.Name.Name+"."+name.Name] = plain(f.Doc)
					}
				}
			}
		case *ast.ValueSpec:
			of, named := spec.Type.(*ast.Ident)
			if !named || len(spec.Values) != 1 {
				continue
			}
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == gotoken.STRING {
				text, _ := strconv.Unquote(value.Value)
				said.words[of.Name] = append(said.words[of.Name], word{text, plain(spec.Comment)})
			}
		}
	}
}

// plain is a comment as one line.
func plain(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

func (said *comments) group(t reflect.Type) *group {
	g := &group{name: t.Name(), doc: said.types[t.Name()]}
	for _, f := range fields(t) {
		owner := t
		for _, i := range f.index[:len(f.index)-1] {
			owner = owner.Field(i).Type
		}
		k := key{field: f, doc: said.key(owner, t.FieldByIndex(f.index).Name, f.name)}
		below := inner(f.typ)
		if below.Kind() == reflect.Struct && scalars[below] == nil {
			k.group = said.group(below)
		}
		for _, text := range append(wordsOf(below), f.words...) {
			k.words = append(k.words, said.word(below, text))
		}
		g.keys = append(g.keys, k)
	}
	return g
}

// key returns what is said of a field, which it calls as the file does.
func (said *comments) key(owner reflect.Type, field, name string) string {
	rest, ok := strings.CutPrefix(said.fields[owner.Name()+"."+field], field+" ")
	if !ok {
		panic(fmt.Sprintf("the comment of %s.%s begins with another word than %s", owner.Name(), field, field))
	}
	return name + " " + rest
}

func (said *comments) word(t reflect.Type, text string) word {
	for _, w := range said.words[t.Name()] {
		if w.text == text {
			return w
		}
	}
	return word{text: text}
}

// inner is the type of what stands in a list, in a map or behind a pointer.
func inner(t reflect.Type) reflect.Type {
	for scalars[t] == nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
		t = t.Elem()
	}
	return t
}

// otherwise is what the key is when nothing is said, as YAML; "" when that is
// nothing that could be written.
func (k *key) otherwise() string {
	switch {
	case k.inherit:
		return ""
	case k.absent != "":
		return k.absent
	case k.def != "" && k.typ.Kind() == reflect.String:
		return scalar(k.def)
	case k.def != "":
		return k.def
	case k.typ.Kind() == reflect.Bool:
		return "false"
	}
	return ""
}

// shown is what stands behind the key where one shows how it is written.
func (k *key) shown() string {
	if k.example != "" {
		return k.example
	}
	return k.otherwise()
}
