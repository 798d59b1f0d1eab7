package schema

import (
	"fmt"
	"strings"
	"testing"
)

// Every way to read nested values counts them alike: maxDepth pass, one more
// does not, and values side by side do not add up.
func TestDepth(t *testing.T) {
	const tree = `{"items":{"$ref":"#"},"additionalProperties":{"$ref":"#"}}`
	rows := []struct{ name, schema, open, inner, close string }{
		{"arrays", tree, `[`, `1`, `]`},
		{"empty-arrays", tree, `[`, ``, `]`},
		{"objects", tree, `{"a":`, `1`, `}`},
		{"declared-objects", `{"properties":{"a":{"$ref":"#"}}}`, `{"a":`, `1`, `}`},
		{"unique-arrays", `{"uniqueItems":true,"items":{"$ref":"#"}}`, `[`, `1`, `]`},
		{"skipped-arrays", `{}`, `[`, `1`, `]`},
		{"skipped-empty-arrays", `{}`, `[`, ``, `]`},
		{"skipped-objects", `{}`, `{"a":`, `1`, `}`},
		{"skipped-items", `{"minItems":0}`, `[`, `1`, `]`},
		{"skipped-members", `{"minProperties":0}`, `{"a":`, `1`, `}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			nested := func(n int) string { return strings.Repeat(r.open, n) + r.inner + strings.Repeat(r.close, n) }
			beside := r.open + nested(maxDepth-1) + r.close
			if r.open == `[` {
				beside = `[` + repeat(200, func(i int) string { return fmt.Sprintf(`["%d",[],{}]`, i) }) + `,` + nested(maxDepth-1) + `]`
			} else if r.name != "declared-objects" {
				beside = `{` + repeat(200, func(i int) string { return fmt.Sprintf(`"n%d":{"b":{},"c":{"d":[]}}`, i) }) + `,"a":` + nested(maxDepth-1) + `}`
			}
			for doc, want := range map[string]string{nested(maxDepth): "", nested(maxDepth + 1): "depth", beside: ""} {
				var st State
				if ok := s.Read(&st, []byte(doc)); ok != (want == "") || st.Fault().Keyword != want {
					t.Errorf("%.60s...: %v %+v, want %q", doc, ok, st.Fault(), want)
				}
			}
		})
	}
}

// No name may stand twice, wherever it is in a schema and however it is
// written.
func TestDuplicates(t *testing.T) {
	for _, n := range []int{1, 3, 63, 64, 65, 70, 130} {
		t.Run(fmt.Sprintf("of-%d", n), func(t *testing.T) {
			s := compile(t, `{"properties":{`+repeat(n, func(i int) string { return fmt.Sprintf(`"n%d":{}`, i) })+`}}`, Options{})
			all := repeat(n, func(i int) string { return fmt.Sprintf(`"n%d":1`, i) })
			var st State
			if !s.Read(&st, []byte("{"+all+"}")) {
				t.Fatal(st.Fault())
			}
			for i := range n {
				for _, doc := range []string{
					fmt.Sprintf(`{%s,"n%d":1}`, all, i), fmt.Sprintf(`{"n%d":1,%s}`, i, all), fmt.Sprintf(`{%s,"\u006e%d":1}`, all, i),
				} {
					if s.Read(&st, []byte(doc)) || st.Fault().Want != "must not write a name twice in one object" {
						t.Errorf("n%d: %+v", i, st.Fault())
					}
				}
			}
		})
	}
}

// Two names that share a hash are two names.
func TestNamesOfOneHash(t *testing.T) {
	seen := make(map[uint32]string)
	hash := func(name string) uint32 {
		return hashOf([]byte(name))
	}
	var a, b string
	for i := 0; b == ""; i++ {
		name := fmt.Sprintf("k%d", i)
		if a = seen[hash(name)]; a != "" {
			b = name
		}
		seen[hash(name)] = name
	}
	s := compile(t, `{}`, Options{})
	for _, more := range []int{0, 6, 7, 8, 40} {
		others := repeat(more+1, func(i int) string { return fmt.Sprintf(`"o%d":1`, i) })
		doc := fmt.Sprintf(`{%s,%q:1,%q:1`, others, a, b)
		var st State
		if !s.Read(&st, []byte(doc+"}")) {
			t.Errorf("beside %d names: %+v", more, st.Fault())
		}
		if s.Read(&st, fmt.Appendf(nil, `%s,%q:1}`, doc, b)) {
			t.Errorf("beside %d names: a name stands twice", more)
		}
	}
}

// Only a colon stands between a name and its value.
func TestColon(t *testing.T) {
	rows := []struct{ name, schema string }{
		{"declared", `{"properties":{"a":{}}}`}, {"declared-later", `{"properties":{"b":{},"a":{}}}`},
		{"undeclared", `{"additionalProperties":{"type":"integer"}}`}, {"skipped", `{}`}, {"two-passes", `{"allOf":[{"minProperties":1},{"required":["a"]}]}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			var st State
			for c := range 256 {
				for _, around := range []string{"%s", " %s", "%s ", " %s "} {
					doc := `{"a"` + fmt.Sprintf(around, string([]byte{byte(c)})) + `1}`
					if ok := s.Read(&st, []byte(doc)); ok != (c == ':') || !ok && st.Fault().Keyword != "syntax" {
						t.Errorf("%q: %v %+v", doc, ok, st.Fault())
					}
				}
			}
		})
	}
}

// What a document may cost is bounded, whatever reads it again.
func TestBudget(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	patterns := func(n int) string {
		return `{"patternProperties":{` + repeat(n, func(i int) string { return fmt.Sprintf(`"a{%d}":{"minLength":%d}`, i+1, i) }) + `}}`
	}
	// A not fails where the one in it holds, and half of them hold.
	nots := func(n int) string {
		return strings.Repeat(`{"not":`, n) + `{"minLength":1000000}` + strings.Repeat(`}`, n)
	}
	tiny := func(n int) string {
		return `{"items":{"anyOf":[` + repeat(n, func(i int) string { return fmt.Sprintf(`{"minimum":%d}`, i+100) }) + `,{"minimum":0}]}}`
	}
	overlays := func(n int) string {
		return `{"allOf":[` + repeat(n, func(i int) string {
			return fmt.Sprintf(`{"properties":{"p":{"properties":{"n%d":{"minLength":%d}}}}}`, i, i)
		}) + `]}`
	}
	member := `{"` + strings.Repeat("a", 100) + `":"` + long + `"}`
	items := `[` + repeat(5000, func(int) string { return "1" }) + `]`
	check(t, Options{}, State{}, []row{
		{"patterns", patterns(20), member, ""},
		{"patterns-too-many", patterns(90), member, "budget"},
		{"nots", nots(21), `"` + long + `"`, ""},
		{"nots-too-many", nots(200), `"` + long + `"`, "budget"},
		{"not-of-too-much", `{"not":{"allOf":[` + repeat(100, func(i int) string { return fmt.Sprintf(`{"minLength":%d}`, i) }) + `,{"maxLength":0}]}}`, `"` + long + `"`, "budget"},
		{"tiny-items", tiny(3), items, ""},
		{"tiny-items-too-many", tiny(12), items, "budget"},
		{"second-round-has-its-own", overlays(40), `{"p":{"n0":"` + long + `","n39":"` + long + `"}}`, ""},
		{"second-round-too-many", overlays(90), `{"p":{"n0":"` + long + `","n39":"` + long + `"}}`, "budget"},
	})
}
