package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// places lists every node as kind, line:column (of the name and) of the value, pointer.
func places(n *source.Node) string {
	var b strings.Builder
	short := func(p source.Position) string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }
	var walk func(n *source.Node)
	walk = func(n *source.Node) {
		fmt.Fprintf(&b, "%s %s %s\n", n.Kind(), short(n.Position()), n.Pointer())
		for _, item := range n.Items() {
			walk(item)
		}
		for i := range n.Len() {
			if m := n.Member(i); m != nil {
				fmt.Fprintf(&b, "%s ", short(m.NamePosition()))
				walk(&m.Value)
			}
		}
	}
	walk(n)
	return b.String()
}

func TestPlaces(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"json", "{\n  \"a/b~c\": [1, {\"é\": null, \"x\": true}],\r\n\t\"d\": \"é\", \"\": {} }",
			`object 1:1 #
2:3 array 2:12 #/a~1b~0c
number 2:13 #/a~1b~0c/0
object 2:16 #/a~1b~0c/1
2:17 null 2:23 #/a~1b~0c/1/é
2:29 boolean 2:34 #/a~1b~0c/1/x
3:2 string 3:7 #/d
3:13 object 3:17 #/
`},
		{"json-with-mark", "\ufeff[1]", "array 1:4 #\nnumber 1:5 #/0\n"},
		{"yaml", "# c\nüa: é\nb:\n  - 1\n  -\n  - {x: ä, y: [2]}\nc:\nd: |\n  text\ne: &e\n  f: \"\"\n",
			`object 2:1 #
2:1 string 2:6 #/üa
3:1 array 4:3 #/b
number 4:5 #/b/0
null 5:4 #/b/1
object 6:5 #/b/2
6:6 string 6:9 #/b/2/x
6:13 array 6:16 #/b/2/y
number 6:17 #/b/2/y/0
7:1 null 7:3 #/c
8:1 string 8:4 #/d
10:1 object 10:4 #/e
11:3 string 11:6 #/e/f
`},
		{"yaml-with-other-line-ends", "a: 1\r\nb: 2\rc: 3\n", "object 1:1 #\n1:1 number 1:4 #/a\n2:1 number 2:4 #/b\n3:1 number 3:4 #/c\n"},
		{"yaml-lists-in-lists", "- - a\n  - b\n- c\n", "array 1:1 #\narray 1:3 #/0\nstring 1:5 #/0/0\nstring 2:5 #/0/1\nstring 3:3 #/1\n"},
		{"yaml-after-a-mark", "--- \na: 1\n", "object 2:1 #\n2:1 number 2:4 #/a\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, problems := source.ParseString("a", row.text)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := places(f.Root); got != row.want {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

// Nodes that were rewritten stand where the old ones did.
func TestRewrittenNodes(t *testing.T) {
	f, _ := source.ParseString("a.json", `{"a": {"type": "file"}}`)
	old := f.Root.Get("a")
	n := source.NewObject(old,
		source.NewMember("type", source.NewString(old.Get("type"), "string")),
		source.NewMember("list", source.NewArray(old, *source.NewString(old, "true"), *old.Get("type"))))
	if n.Pointer() != "#/a" || n.Get("type").Pointer() != "#/a/type" || n.Get("type").Position() != old.Get("type").Position() {
		t.Error(n.Pointer(), n.Get("type").Pointer(), n.Get("type").Position())
	}
	if list := n.Get("list"); list.Len() != 2 || list.Item(0).Str() != "true" || list.Item(1).Str() != "file" || list.Get("0") != nil {
		t.Error("the list is wrong")
	}
}

func TestLookup(t *testing.T) {
	f, _ := source.ParseString("a.json", `{"a": [10, {"b/c": {"~": "x"}}], "": {"": "y"}, "-": 1}`)
	for pointer, want := range map[string]string{
		"/a/0": "10", "/a/1/b~1c/~0": "x", "//": "y", "/-": "1",
		"/a/00": "", "/a/+0": "", "/a/2": "", "/a/-": "", "/a/1/b/c": "", "a": "", "/a/0/x": "", "/a/1e0": "", "/a/18446744073709551616": "",
	} {
		if got := f.Root.Lookup(pointer).Text(); got != want {
			t.Errorf("%s is %q, want %q", pointer, got, want)
		}
	}
	if f.Root.Lookup("") != f.Root {
		t.Error("the empty pointer is not the root")
	}
}
