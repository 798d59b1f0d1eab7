package source_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Plain scalars mean what the core schema says (YAML 1.2.2 section 10.3.2).
func TestYAMLScalars(t *testing.T) {
	for _, row := range []struct {
		text string
		kind source.Kind
		want string
	}{
		{"", source.Null, ""}, {"~", source.Null, ""}, {"null", source.Null, ""}, {"Null", source.Null, ""}, {"NULL", source.Null, ""},
		{"nULL", source.String, "nULL"}, {"'~'", source.String, "~"}, {`""`, source.String, ""},
		{"true", source.Bool, "true"}, {"True", source.Bool, "true"}, {"FALSE", source.Bool, "false"}, {"tRUE", source.String, "tRUE"},
		{"yes", source.String, "yes"}, {"no", source.String, "no"}, {"on", source.String, "on"}, {"Off", source.String, "Off"}, {"y", source.String, "y"},
		{"0", source.Number, "0"}, {"12", source.Number, "12"}, {"+12", source.Number, "12"}, {"-12", source.Number, "-12"}, {"-0", source.Number, "-0"},
		{"0o14", source.Number, "12"}, {"0x1F", source.Number, "31"}, {"0xfFfFfFfFfFfFfFfFfF", source.Number, "4722366482869645213695"},
		{"0O14", source.String, "0O14"}, {"0X1F", source.String, "0X1F"}, {"-0x1", source.String, "-0x1"}, {"0b11", source.String, "0b11"}, {"1_000", source.String, "1_000"},
		{"12345678901234567890123", source.Number, "12345678901234567890123"},
		{"1.5", source.Number, "1.5"}, {"1.", source.Number, "1"}, {".5", source.Number, "0.5"}, {"-.5", source.Number, "-0.5"}, {"+.5e3", source.Number, "0.5e3"},
		{"1e3", source.Number, "1e3"}, {"1.e-3", source.Number, "1e-3"}, {"12e03", source.Number, "12e03"}, {"00.10", source.Number, "0.10"}, {".", source.String, "."}, {"1e", source.String, "1e"},
		{"1:30", source.String, "1:30"}, {"2001-01-01", source.String, "2001-01-01"}, {"2001-12-14T21:59:43.10-05:00", source.String, "2001-12-14T21:59:43.10-05:00"},
		{"1.2.3", source.String, "1.2.3"}, {"+", source.String, "+"}, {"...a", source.String, "...a"},
		{"'12'", source.String, "12"}, {`"true"`, source.String, "true"}, {"!!str 12", source.String, "12"}, {"!!int 12", source.Number, "12"},
		{`!!int "12"`, source.Number, "12"}, {"!!float 1", source.Number, "1"}, {"!!bool true", source.Bool, "true"}, {"!!null ~", source.Null, ""},
		{"|\n  a\n  b", source.String, "a\nb\n"}, {">-\n  a\n  b", source.String, "a b"}, {"<<", source.String, "<<"}, {"a b", source.String, "a b"}, {"\"\\u00e9\\x41\"", source.String, "éA"},
	} {
		t.Run(fmt.Sprintf("%q", row.text), func(t *testing.T) {
			f, problems := source.ParseString("a.yaml", "v: "+row.text+"\n")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if n := f.Root.Get("v"); n.Kind() != row.kind || n.Text() != row.want {
				t.Errorf("%s %q, want %s %q", n.Kind(), n.Text(), row.kind, row.want)
			}
		})
	}
}

func TestBadYAML(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "a.yaml:1:1: the document is empty"},
		{"comment-only", "# nothing\n", "a.yaml:1:1: the document is empty"},
		{"tab-as-indentation", "a:\n\t- b\n", "a.yaml:2:1: not valid YAML: a tab stands where spaces indent\n  hint: indent with spaces, not with tabs"},
		{"flow-without-end", "a: [1,2\nb: 3\n", "a.yaml:2:2: not valid YAML: a list in brackets goes on with a comma or ends with ]\n  hint: close the list that begins here"},
		{"two-colons", "é: é\na: b: c\n", "a.yaml:2:5: not valid YAML: a colon stands where no key can be\n  hint: put text that holds a colon and a space into quotes; keys of one group begin in one column"},
		{"quote-without-end", "a: 'x\n", "a.yaml:2:1: not valid YAML: text in quotes has no end\n  hint: close the quotes"},
		{"unknown-anchor", "a: *nope\n", "a.yaml:1:4: not valid YAML: unknown anchor\n  hint: put text that begins with * into quotes"},
		{"tab-after-spaces", "a:\n  b: c\n\td: e\n", "a.yaml:3:1: not valid YAML: a tab stands where spaces indent\n  hint: indent with spaces, not with tabs"},
		{"indentation", "a:\n  - b\n c: d\n", "a.yaml:3:2: not valid YAML: a key is expected, in the column of those above\n  hint: look at the indentation: keys of one group, and dashes of one list, begin in one column"},
		{"dash-in-another-column", "a:\n  - b: c\n   d: e\n", "a.yaml:3:4: not valid YAML: a dash is expected, in the column of those above\n  hint: look at the indentation: keys of one group, and dashes of one list, begin in one column"},
		{"key-without-a-colon", "a: 1\nb\nc: 2\n", "a.yaml:3:1: not valid YAML: a key has no colon behind it\n  hint: write a colon and a space behind the key above"},
		{"braces-without-end", "a: {b: 1\nc: 2\n", "a.yaml:2:2: not valid YAML: a group in braces goes on with a comma or ends with }\n  hint: close the group that begins here, or put text that holds braces into quotes"},
		{"at-sign", "a: @b\n", "a.yaml:1:4: not valid YAML: no value begins with this character\n  hint: put text that begins so into quotes"},
		{"invalid-utf8", "a: 1\nb: \xff\n", "a.yaml:2:4: not valid YAML: the text is not valid UTF-8"},
		{"utf16", "\xff\xfea\x00", "a.yaml:1:1: not valid YAML: the text is not valid UTF-8"},
		{"control-character", "a: 1\nb: \x01\n", "a.yaml:2:4: not valid YAML: a control character"},
		{"lone-surrogate", "a: \"\\ud800\"\n", "a.yaml:1:7: not valid YAML: found invalid Unicode character escape code while scanning a quoted scalar"},
		{"two-documents", "a: 1\n---\nb: 2\n", "a.yaml:3:1: a second document begins here\n  hint: write each document into a file of its own"},
		{"text-after-the-end", "a: 1\n...\nb: 1\n", "a.yaml:3:1: a second document begins here\n  hint: write each document into a file of its own"},
		{"list-as-name", "? [a]\n: b\n", "a.yaml:1:3: a name must be a string\n  hint: use a plain name"},
		{"merge-twice", "a: &a {x: 1}\nb: {<<: *a, <<: *a}\n", "a.yaml:2:13: #/b/<<: the name \"<<\" stands twice in this object\n  hint: remove or rename one of them"},
		{"name-twice", "x:\n  a: {b: 1}\n  \"a\": 2\n", "a.yaml:3:3: #/x/a: the name \"a\" stands twice in this object\n  hint: remove or rename one of them"},
		{"infinity", "a: .inf\n", "a.yaml:1:4: .inf is no number that JSON has\n  hint: put it in quotes if it is meant as text"},
		{"not-a-number", "a: .NaN\n", "a.yaml:1:4: .NaN is no number that JSON has\n  hint: put it in quotes if it is meant as text"},
		{"long-hexadecimal", "a: 0x" + strings.Repeat("f", 200) + "\n", "a.yaml:1:4: the number is too long\n  hint: write it in decimal"},
		{"leading-zero", "a: 014\n", "a.yaml:1:4: warning: a number with leading zeros is decimal here, but octal or text to readers of YAML 1.1\n  hint: write 14, or put it in quotes if it is meant as text"},
		{"tag-of-its-own", "a: !foo bar\n", "a.yaml:1:4: a tag has no meaning here\n  hint: remove the tag, or put text that begins with ! into quotes"},
		{"binary", "a: !!binary aGk=\n", "a.yaml:1:4: the tag !!binary has no meaning here\n  hint: remove the tag"},
		{"set", "a: !!set {x, y}\n", "a.yaml:1:4: the tag !!set has no meaning here\n  hint: remove the tag"},
		{"wrong-tag", "a: !!int x\n", "a.yaml:1:4: this is not a value of the tag !!int\n  hint: remove the tag or write the value as it says"},
		{"merge-of-text", "a: {<<: x}\n", "a.yaml:1:9: a merge key needs a mapping or a list of mappings\n  hint: merge a mapping"},
		{"alias-to-itself", "a: &a [*a]\n", "a.yaml:1:8: nested deeper than 512 levels"},
		{"too-deep", strings.Repeat("[", 600) + "a" + strings.Repeat("]", 600) + "\n", "a.yaml:1:513: nested deeper than 512 levels"},
		{"flow-at-the-top", "{a: 1, a: 2}\n", "a.yaml:1:8: #/a: the name \"a\" stands twice in this object\n  hint: remove or rename one of them"},
		{"too-many-values", strings.Repeat("- - a\n", 1<<20+1), "a.yaml: the YAML document has too many values\n  hint: split it, or write it as JSON"},
		{"too-deep-in-blocks", strings.Repeat("- ", 600) + "a\n", "a.yaml:1:1025: nested deeper than 512 levels"},
		{"deeper-than-the-parser", "a: " + strings.Repeat("[", 20_000), "a.yaml:1:10004: not valid YAML: exceeded max depth of 10000 while increasing flow level"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, problems := source.ParseString("a.yaml", row.text)
			if got := problems.Error(); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	f, problems := source.ParseString("a.yaml", `base: &base
  a: 1
  b: {c: 2}
more: &more {b: 3, d: 4}
same: *base
one:
  <<: *base
  a: 5
two: {<<: [*more, *base], e: 6}
list: [&x 1, *x]
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want, _ := source.ParseString("b.json", `{"base": {"a": 1, "b": {"c": 2}}, "more": {"b": 3, "d": 4}, "same": {"a": 1, "b": {"c": 2}},
		"one": {"a": 5, "b": {"c": 2}}, "two": {"e": 6, "b": 3, "d": 4, "a": 1}, "list": [1, 1]}`)
	if !source.Equal(f.Root, want.Root) {
		t.Error("the trees differ")
	}
	// The use has a place of its own; what is below stands where it is written.
	same := f.Root.Get("same")
	if p := same.Position(); p.Line != 5 || p.Column != 7 || same.Pointer() != "#/same" {
		t.Error(p, same.Pointer())
	}
	if n := same.Get("b").Get("c"); n.Position().Line != 3 || n.Pointer() != "#/base/b/c" {
		t.Error(n.Position(), n.Pointer())
	}
	if n := f.Root.Get("one").Get("b").Get("c"); n.Position().Line != 3 || n.Pointer() != "#/base/b/c" {
		t.Error(n.Position(), n.Pointer())
	}
}

// Documents that grow when aliases are followed stop at a bound, quickly.
func TestAliasBombs(t *testing.T) {
	var doubling strings.Builder
	doubling.WriteString("a0: &a0 [x, x]\n")
	for i := range 60 {
		fmt.Fprintf(&doubling, "a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	for _, row := range []struct{ name, text string }{
		{"doubling", doubling.String()},
		{"wide-itself", "a: &a [" + strings.Repeat("*a, ", 50_000) + "]\n"},
		{"merged-into-itself", "a: &a {<<: [" + strings.Repeat("*a, ", 20_000) + "]}\n"},
		{"one-used-often", "a: &a [" + strings.Repeat("x, ", 1000) + "]\nb: [" + strings.Repeat("*a, ", 1000) + "]\n"},
		{"merged-often", "a: &a {" + manyNames(1000) + "}\nb: [" + strings.Repeat("{<<: *a}, ", 1000) + "]\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, problems := source.ParseString("a.yaml", row.text)
			if f.Root != nil || len(problems) != 1 ||
				!strings.Contains(problems[0].Text, "aliases make") && !strings.Contains(problems[0].Text, "nested deeper") {
				t.Error(f.Root != nil, problems)
			}
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}
