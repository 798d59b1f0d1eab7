package source_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

func TestBadJSON(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"nothing-after-a-brace", `{`, `a.json:1:2: not valid JSON: it ends inside of a value; '}' is missing`},
		{"name-without-quotes", `{a: 1}`, `a.json:1:2: not valid JSON: a name in double quotes is expected`},
		{"no-colon", `{"a" 1}`, `a.json:1:6: not valid JSON: a colon is expected after the name`},
		{"no-value", `{"a": }`, `a.json:1:7: not valid JSON: a value is expected`},
		{"ends-before-a-value", `{"a":`, `a.json:1:6: not valid JSON: it ends where a value is expected`},
		{"no-comma", "[1\n 2]", `a.json:2:2: not valid JSON: a comma or ']' is expected`},
		{"comma-at-the-end", `[1,]`, `a.json:1:4: not valid JSON: a comma before ']' is not allowed`},
		{"comma-alone", `[,]`, `a.json:1:2: not valid JSON: a value is expected`},
		{"two-values", `{} {}`, `a.json:1:4: not valid JSON: text after the end of the document`},
		{"leading-zero", `[01]`, `a.json:1:3: not valid JSON: a comma or ']' is expected`},
		{"minus-alone", `[-]`, `a.json:1:2: not valid JSON: a value is expected`},
		{"no-fraction", `[1.]`, `a.json:1:4: not valid JSON: a digit is expected after the decimal point`},
		{"no-exponent", `[1e+]`, `a.json:1:5: not valid JSON: a digit is expected in the exponent`},
		{"plus", `[+1]`, `a.json:1:2: not valid JSON: a value is expected`},
		{"not-a-number", `[NaN]`, `a.json:1:2: not valid JSON: a value is expected`},
		{"word-cut-short", `[tru]`, `a.json:1:2: not valid JSON: a value is expected`},
		{"string-without-end", `["abcdefghij`, `a.json:1:13: not valid JSON: a string without end`},
		{"backslash-at-the-end", `["a\`, `a.json:1:5: not valid JSON: a string without end`},
		{"control-character", "[\"abc\tdef\"]", `a.json:1:6: not valid JSON: a control character in a string`},
		{"control-after-escape", "[\"\\n\x01\"]", `a.json:1:5: not valid JSON: a control character in a string`},
		{"unknown-escape", `["\x41"]`, `a.json:1:4: not valid JSON: an unknown escape in a string`},
		{"escape-too-short", `["\u12"]`, `a.json:1:4: not valid JSON: four hexadecimal digits are expected after \u`},
		{"escape-with-sign", `["\u+123"]`, `a.json:1:4: not valid JSON: four hexadecimal digits are expected after \u`},
		{"lone-high-surrogate", `["\ud800"]`, `a.json:1:9: not valid JSON: half of a surrogate pair in a string`},
		{"lone-low-surrogate", `["\udc00"]`, `a.json:1:9: not valid JSON: half of a surrogate pair in a string`},
		{"two-high-surrogates", `["\ud800\ud800"]`, `a.json:1:15: not valid JSON: half of a surrogate pair in a string`},
		{"invalid-utf8", "[\"a\xffb\"]", `a.json:1:4: not valid JSON: the text is not valid UTF-8`},
		{"utf8-of-a-surrogate", "[\"\xed\xa0\x80\"]", `a.json:1:3: not valid JSON: the text is not valid UTF-8`},
		{"comment", "{ // a\n}", `a.json:1:3: not valid JSON: a name in double quotes is expected`},
		{"vertical-tab", "[\v1]", `a.json:1:2: not valid JSON: a value is expected`},
		{"names-twice", "{\"a\": 1,\n \"b\": {\"c\": 1, \"\\u0063\": 2}}", "a.json:2:16: #/b/c: the name \"c\" stands twice in this object\n  hint: remove or rename one of them"},
		{"names-twice-among-many", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"b":2}`, "a.json:1:62: #/b: the name \"b\" stands twice in this object\n  hint: remove or rename one of them"},
		{"too-deep", strings.Repeat("[", 513) + strings.Repeat("]", 513), `a.json:1:513: not valid JSON: nested deeper than 512 levels`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, problems := source.ParseString("a.json", row.text)
			if got := problems.Error(); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestJSONValues(t *testing.T) {
	f, problems := source.ParseString("a.json", "\ufeff \t\r\n"+`{
	"text": "é\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t end",
	"numbers": [0, -0, 1.50, 1e400, 12345678901234567890123],
	"words": [true, false, null],
	"empty": [{}, [], ""]
}`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got, want := f.Root.Get("text").Str(), "éé😀\"\\/\b\f\n\r\t end"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	for i, want := range []string{"0", "-0", "1.50", "1e400", "12345678901234567890123"} {
		if n := f.Root.Get("numbers").Item(i); !n.Is(source.Number) || n.Text() != want {
			t.Errorf("number %d is %s %q, want %s", i, n.Kind(), n.Text(), want)
		}
	}
	words := f.Root.Get("words")
	if !words.Item(0).Bool() || words.Item(1).Bool() || !words.Item(1).Is(source.Bool) || !words.Item(2).Is(source.Null) {
		t.Error("words are wrong")
	}
	for i, kind := range []source.Kind{source.Object, source.Array, source.String} {
		if n := f.Root.Get("empty").Item(i); n.Kind() != kind || n.Len() != 0 {
			t.Errorf("empty %d is %s of %d", i, n.Kind(), n.Len())
		}
	}
}

// A missing value answers like an empty one.
func TestNothing(t *testing.T) {
	var n *source.Node
	if n.Get("a").Item(1).Get("b").Str() != "" || n.Len() != 0 || n.Member(0) != nil || n.Bool() || n.Pointer() != "" ||
		n.Position() != (source.Position{}) || n.Kind() != source.Invalid || n.Member(0).NamePosition() != (source.Position{}) {
		t.Error("nil is not nothing")
	}
	for range n.Items() {
		t.Error("an item of nothing")
	}
	for range n.Members() {
		t.Error("a member of nothing")
	}
	if _, ok := n.Int(); ok {
		t.Error("a number of nothing")
	}
}

// Objects of every size are found by name, also through the index.
func TestGet(t *testing.T) {
	for size := range 100 {
		var b strings.Builder
		b.WriteString("{")
		for i := range size {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(`"` + strings.Repeat("k", i+1) + `":"` + strings.Repeat("v", i) + `"`)
		}
		f, problems := source.ParseString("a.json", b.String()+"}")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for i := range size {
			if got := f.Root.Get(strings.Repeat("k", i+1)); got == nil || len(got.Str()) != i {
				t.Fatalf("member %d of %d: %v", i, size, got)
			}
		}
		if f.Root.Get("nothing") != nil {
			t.Fatal("found what is not there")
		}
	}
}
