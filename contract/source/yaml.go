package source

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	// maxAliased bounds how many nodes aliases and merge keys may add.
	maxAliased = 100_000
	// maxYAMLBytes bounds YAML text, whose nodes need far more memory on the
	// way than those of JSON.
	maxYAMLBytes = 16 << 20
	// maxYAMLMarks bounds the characters that begin or end values of YAML, so
	// that text of the permitted size cannot be values only: each takes some
	// 250 bytes. Documents in use have one in eight bytes or less.
	maxYAMLMarks = 3 << 20
	// columnBits of a place are the column; a line has fewer bytes than that.
	columnBits = 28
)

// converter turns YAML nodes into ours.
type converter struct {
	file     *File
	problems Problems
	repeats  repeats
	depth    int
	aliased  int // nodes made below aliases
	inAlias  int
	stopped  bool // a bound was passed: the tree is of no use
}

func parseYAML(f *File) Problems {
	if len(f.text) > maxYAMLBytes {
		return Problems{{
			Position: Position{File: f.Name}, Text: fmt.Sprintf("the YAML document is larger than %d MiB", maxYAMLBytes>>20),
			Hint: fmt.Sprintf("split it, or write it as JSON, of which %d MiB are read", maxFileBytes>>20),
		}}
	}
	if marks(f.text) > maxYAMLMarks {
		return Problems{{
			Position: Position{File: f.Name}, Text: "the YAML document has too many values",
			Hint: "split it, or write it as JSON",
		}}
	}
	if at, text := unreadable(f.text); text != "" {
		return Problems{{Position: f.offset(at), Text: "not valid YAML: " + text}}
	}
	doc, problem := loadYAML(f)
	if problem != nil {
		return Problems{*problem}
	}
	c := &converter{file: f}
	root := new(Node)
	c.convert(root, doc.Content[0])
	if !c.stopped {
		f.Root = root
	}
	return append(c.problems, c.repeats.problems(f)...)
}

// marks counts what can begin or end a value.
func marks(text string) int {
	n := 0
	for i := range len(text) {
		switch text[i] {
		case ',', '\n', '\r', ':', '-', '?', '[', '{', '*':
			n++
		}
	}
	return n
}

// loadYAML reads the one document that the text may hold.
func loadYAML(f *File) (*yaml.Node, *Problem) {
	loader, err := yaml.NewLoader(strings.NewReader(f.text))
	if err != nil {
		return nil, syntax(f, err)
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		return nil, &Problem{Position: Position{File: f.Name, Line: 1, Column: 1}, Text: "the document is empty"}
	} else if err != nil {
		return nil, syntax(f, err)
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
		return &doc, nil
	case err != nil:
		return nil, syntax(f, err)
	}
	at := &second
	if len(second.Content) > 0 {
		at = second.Content[0]
	}
	return nil, &Problem{
		Position: f.position(placeOf(at)), Text: "a second document begins here", Hint: "write each document into a file of its own",
	}
}

func syntax(f *File, err error) *Problem {
	p := &Problem{Position: Position{File: f.Name}, Text: "not valid YAML: " + err.Error()}
	if e := (*yaml.LoadError)(nil); errors.As(err, &e) {
		mark := e.Mark
		if mark.Line == 0 {
			mark = e.ContextMark
		}
		if mark.Line > 0 {
			p.Position = f.position(place(mark.Line)<<columnBits | place(mark.Column))
		}
		// What is not put into other words holds nothing of the text: a name of an
		// anchor may be a secret, as that of a tag.
		p.Text, p.Hint = plainSyntax(strings.TrimSpace(e.Message+" "+e.ContextMsg), f.text[f.byteOf(p.Position):])
		p.Text = "not valid YAML: " + p.Text
	}
	p.Text = clip(p.Text)
	return p
}

// unreadable finds what no YAML text may hold (YAML 1.2.2 section 5.1).
func unreadable(text string) (at int, what string) {
	if !utf8.ValidString(text) {
		return invalidUTF8(text), "the text is not valid UTF-8"
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return i, "a control character"
		}
	}
	return 0, ""
}

func placeOf(y *yaml.Node) place {
	return place(y.Line)<<columnBits | place(min(y.Column, 1<<columnBits-1))
}

func (c *converter) fail(y *yaml.Node, hint, format string, args ...any) {
	if len(c.problems) < maxReported {
		c.problems = append(c.problems, Problem{
			Position: c.file.position(placeOf(y)), Text: clip(fmt.Sprintf(format, args...)), Hint: hint,
		})
	}
}

// stop reports that a bound was passed and ends the conversion.
func (c *converter) stop(y *yaml.Node, hint, format string, args ...any) {
	if !c.stopped {
		c.stopped = true
		c.fail(y, hint, format, args...)
	}
}

func (c *converter) convert(n *Node, y *yaml.Node) {
	if c.depth++; c.depth > maxDepth {
		c.stop(y, "", "nested deeper than %d levels", maxDepth)
	}
	if c.inAlias > 0 {
		// All children are charged before room is made for them.
		if c.aliased += 1 + len(y.Content); c.aliased > maxAliased {
			c.stop(y, "write the values out", "aliases make this document larger by more than %d values", maxAliased)
		}
	}
	if !c.stopped {
		n.file = c.file
		c.value(n, y)
	}
	c.depth--
}

func (c *converter) value(n *Node, y *yaml.Node) {
	switch y.Kind {
	case yaml.AliasNode:
		c.inAlias++
		c.convert(n, y.Alias)
		c.inAlias--
		n.mark = newMark(n.kind(), placeOf(y)) // what is below keeps the places of the anchor
	case yaml.SequenceNode:
		c.tag(y, "!!seq")
		items := make([]Member, len(y.Content))
		n.mark, n.kids = newMark(Array, placeOf(y)), &items
		for i, item := range y.Content {
			c.convert(&items[i].Value, item)
		}
	case yaml.MappingNode:
		c.tag(y, "!!map")
		c.mapping(n, y)
	case yaml.ScalarNode:
		kind, text := c.scalar(y)
		n.mark, n.text = newMark(kind, placeOf(y)), text
	}
}

// tag refuses collections that JSON does not have.
func (c *converter) tag(y *yaml.Node, known string) {
	if t := y.ShortTag(); y.Style&yaml.TaggedStyle != 0 && t != known {
		c.foreign(y)
	}
}

// foreign refuses a tag. One that YAML does not know is not shown: it may be a
// secret that begins with "!" and was written without quotes.
func (c *converter) foreign(y *yaml.Node) {
	if t := y.ShortTag(); strings.HasPrefix(t, "!!") {
		c.fail(y, "remove the tag", "the tag %s has no meaning here", t)
		return
	}
	c.fail(y, "remove the tag, or put text that begins with ! into quotes", "a tag has no meaning here")
}

func (c *converter) mapping(n *Node, y *yaml.Node) {
	members := make([]Member, 0, len(y.Content)/2)
	seen := make(map[string]bool, len(y.Content)/2)
	var merged *yaml.Node
	for i := 0; i+1 < len(y.Content) && !c.stopped; i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		at := placeOf(key)
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			c.fail(y.Content[i], "use a plain name", "a name must be a string")
			continue
		case seen[key.Value]:
			c.repeats.add(placeOf(y), at, key.Value)
			continue
		case key.Value == "<<" && key.ShortTag() == "!!merge":
			seen[key.Value], merged = true, value
			continue
		}
		seen[key.Value] = true
		members = append(members, Member{Name: key.Value, at: at})
		c.convert(&members[len(members)-1].Value, value)
	}
	if merged != nil {
		members = c.merge(members, merged, seen)
	}
	n.mark, n.kids = newMark(Object, placeOf(y)), &members
}

// merge adds the members of a merge key "<<" that the mapping lacks
// (yaml.org/type/merge.html).
func (c *converter) merge(members []Member, y *yaml.Node, seen map[string]bool) []Member {
	var from Node
	c.inAlias++
	c.convert(&from, y)
	c.inAlias--
	sources := []Member{{Value: from}}
	if from.Is(Array) {
		sources = from.members()
	}
	for i := 0; i < len(sources) && !c.stopped; i++ {
		s := &sources[i].Value
		if !s.Is(Object) {
			c.fail(y, "merge a mapping", "a merge key needs a mapping or a list of mappings")
			return members
		}
		for _, m := range s.members() {
			if !seen[m.Name] {
				seen[m.Name] = true
				members = append(members, m)
			}
		}
	}
	return members
}
