package schema

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// slow bounds how long a hostile document of a megabyte may take. Honest
// ones take milliseconds; what is quadratic takes minutes.
const slow = 20 * time.Second

func repeat(n int, each func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(each(i))
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	const tree = `{"$defs":{"n":{"anyOf":[{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["x"]},
		{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["y"]},{"type":"integer"}]}},"$ref":"#/$defs/n"}`
	const overlay = `{"$defs":{"n":{"allOf":[{"properties":{"a":{"$ref":"#/$defs/n"}}},{"properties":{"a":{"$ref":"#/$defs/n"}}}]}},"$ref":"#/$defs/n"}`
	wide := func(n int) string {
		return "{" + repeat(n, func(i int) string { return fmt.Sprintf(`"name%d":%d`, i, i) }) + "}"
	}
	nested := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	manyProps := `{"properties":{` + repeat(5000, func(i int) string { return fmt.Sprintf(`"name%d":{"type":"integer"}`, i) }) + `},
		"required":["name4999"],"additionalProperties":false}`
	rows := []struct {
		name, schema, doc string
		want              string
	}{
		{"deep-arrays", `{}`, strings.Repeat("[", 1_000_000), "depth"},
		{"deep-objects", `{}`, nested(500_000), "depth"},
		{"deep-recursive-schema", `{"properties":{"a":{"$ref":"#"}}}`, nested(100_000), "depth"},
		{"deep-enough", `{"properties":{"a":{"$ref":"#"}}}`, nested(maxDepth), ""},
		{"too-deep", `{"properties":{"a":{"$ref":"#"}}}`, nested(maxDepth + 1), "depth"},
		{"wide-open", `{}`, wide(60_000), ""},
		{"wide-duplicate-last", `{}`, wide(60_000)[:len(wide(60_000))-1] + `,"name0":1}`, "syntax"},
		{"wide-undeclared", `{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}`, wide(60_000), ""},
		{"wide-escaped", `{}`, "{" + repeat(60_000, func(i int) string { return fmt.Sprintf(`"\u006eame%d":1`, i) }) + "}", ""},
		{"wide-declared", manyProps, wide(5000), ""},
		{"wide-declared-and-more", manyProps, wide(5001), "additionalProperties"},
		{"wide-declared-missing", manyProps, wide(4999), "required"},
		{"wide-unevaluated", `{"allOf":[{"additionalProperties":{"type":"integer"}}],"unevaluatedProperties":false}`, wide(60_000), ""},
		{"wide-dropped", `{"properties":{"a":{}},"allOf":[{"properties":{"b":{}}}]}`, wide(60_000), "unevaluatedProperties"},
		{"long-number", `{"type":"number","maximum":1}`, strings.Repeat("9", 1_000_000), "number"},
		{"long-fraction", `{"type":"number","multipleOf":0.01}`, "0." + strings.Repeat("3", 1_000_000), "multipleOf"},
		{"long-zeros", `{"type":"integer"}`, "1." + strings.Repeat("0", 1_000_000), ""},
		{"long-multiple", `{"multipleOf":7}`, strings.Repeat("7", 1_000_000), "number"},
		{"long-multiple-of-long", `{"multipleOf":1234567890123456789012345678901234567891}`, strings.Repeat("7", 200_000), "number"},
		{"large-exponent", `{"multipleOf":3}`, "1e1000000000000", "number"},
		{"long-exponent", `{"type":"integer"}`, "1e" + strings.Repeat("9", 1_000_000), "number"},
		{"long-string", `{"maxLength":5}`, `"` + strings.Repeat("a", 1_000_000) + `"`, "maxLength"},
		{"long-string-escaped", `{"maxLength":5}`, `"` + strings.Repeat(`\u0041`, 200_000) + `"`, "maxLength"},
		{"long-string-unended", `{}`, `"` + strings.Repeat("a", 1_000_000), "syntax"},
		{"long-pattern", `{"pattern":"^(a+)+$"}`, `"` + strings.Repeat("a", 200_000) + `!"`, "pattern"},
		{"long-pattern-steps", `{"pattern":"^a*b*c*$"}`, `"` + strings.Repeat("a", 1_000_000) + `!"`, "pattern"},
		{"long-host", `{"format":"idn-hostname"}`, `"` + strings.Repeat("ä.", 200_000) + `"`, "format"},
		{"long-uri", `{"format":"uri"}`, `"http://` + strings.Repeat("@", 500_000) + `"`, "format"},
		{"long-template", `{"format":"uri-template"}`, `"` + strings.Repeat("{a}", 300_000) + `{"`, "format"},
		{"unique-numbers", `{"uniqueItems":true}`, "[" + repeat(100_000, func(i int) string { return fmt.Sprint(i) }) + "]", ""},
		{"unique-equal-last", `{"uniqueItems":true}`, "[" + repeat(100_000, func(i int) string { return fmt.Sprint(i) }) + ",5.0]", "uniqueItems"},
		{"unique-objects", `{"uniqueItems":true}`, "[" + repeat(30_000, func(i int) string { return fmt.Sprintf(`{"a":%d,"b":[%d]}`, i%2, i) }) + "]", ""},
		{"unique-wide-objects", `{"uniqueItems":true}`, "[" + wide(20_000) + "," + strings.Replace(wide(20_000), `"name7":7`, `"name7":8`, 1) + "]", ""},
		{"unique-nested", `{"$defs":{"u":{"uniqueItems":true,"items":{"$ref":"#/$defs/u"}}},"$ref":"#/$defs/u"}`,
			strings.Repeat("[0,", 100) + "[" + repeat(5_000, func(i int) string { return fmt.Sprint(i) }) + strings.Repeat("]", 101), "budget"},
		{"contains-many", `{"contains":{"const":"x"},"minContains":0}`, "[" + repeat(200_000, func(i int) string { return "1" }) + "]", ""},
		{"branches-deep", tree, strings.Repeat(`{"x":1,"y":1,"a":`, 100) + "1" + strings.Repeat("}", 100), "budget"},
		{"branches-deep-need-others", tree, nested(100), "anyOf"},
		{"branches-deep-need-others-unended", tree, nested(100)[:520], "syntax"},
		{"branches-deep-and-long", tree, strings.Repeat(`{"y":0,"a":`, 100) + `"` + strings.Repeat("a", 500_000) + `"` + strings.Repeat(`,"x":1}`, 100), "budget"},
		{"branches-long-names", tree, `{"` + strings.Repeat("x", 500_000) + `":1,"x":1,"y":{` + wide(20_000)[1:] + `}`, "unevaluatedProperties"},
		{"branches-deep-and-long-need-others", tree, strings.Repeat(`{"a":`, 100) + `"` + strings.Repeat("a", 500_000) + `"` + strings.Repeat("}", 100), "anyOf"},
		{"overlay-deep", overlay, nested(100), "budget"},
		{"tags-deep", `{"$defs":{"n":{"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"a":{"$ref":"#/$defs/n"}},"required":["k"]},
			{"type":"object","properties":{"k":{"const":"b"},"a":{"$ref":"#/$defs/n"}},"required":["k"]},{"type":"integer"}]}},"$ref":"#/$defs/n"}`,
			strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`,"k":"a"}`, 100), ""},
		{"one-pass-deep", `{"properties":{"a":{"allOf":[{"$ref":"#"}]}},"additionalProperties":{"type":"string"}}`,
			strings.Repeat(`{"a":`, 100) + `{"b":"` + strings.Repeat("x", 500_000) + `"}` + strings.Repeat("}", 100), ""},
		{"dependent-many", `{"dependentSchemas":{"zz":{}},"additionalProperties":{"$ref":"#"}}`, nested(100), ""},
		{"wide-in-other-case", `{"properties":{"NAME59999":{},"b":{},"c":{},"d":{},"e":{},"f":{},"g":{}},"additionalProperties":true}`, wide(60_000), "case"},
		{"wide-in-no-other-case", `{"properties":{"NAME60000":{},"b":{},"c":{},"d":{},"e":{},"f":{},"g":{}},"additionalProperties":true}`, wide(60_000), ""},
		{"wide-in-other-case-votes", `{"allOf":[{"properties":{` + repeat(5000, func(i int) string { return fmt.Sprintf(`"NAME%d":{}`, i) }) + `}},{"properties":{` +
			repeat(4999, func(i int) string { return fmt.Sprintf(`"name%d":{}`, i) }) + `},"additionalProperties":true}]}`, wide(60_000), "case"},
		{"patterns-many", `{"patternProperties":{"^n":{},"e$":{},"a":{"type":"integer"}}}`, wide(60_000), ""},
	}
	var st State
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, Options{})
			start := testdata.Work(t)
			ok := s.Read(&st, []byte(r.doc))
			f := st.Fault()
			if took := testdata.Work(t) - start; took > slow {
				t.Errorf("took %v", took)
			}
			if f.Keyword != r.want || ok != (r.want == "") {
				t.Errorf("got %v %+v, want %q", ok, f, r.want)
			}
		})
	}
}

// Numbers of any size are judged exactly in pure mode.
func TestHostileNumbers(t *testing.T) {
	rows := []row{
		{"long-number", `{"type":"number","maximum":1}`, strings.Repeat("9", 1_000_000), "maximum"},
		{"long-multiple", `{"multipleOf":7}`, strings.Repeat("7", 1_000_000), ""},
		{"long-multiple-of-long", `{"multipleOf":1234567890123456789012345678901234567891}`, strings.Repeat("7", 200_000), "multipleOf"},
		{"large-exponent", `{"multipleOf":3}`, "1e1000000000000", "multipleOf"},
		{"long-exponent", `{"type":"integer"}`, "1e" + strings.Repeat("9", 1_000_000), ""},
	}
	start := testdata.Work(t)
	check(t, Options{Pure: true}, State{}, rows)
	if took := testdata.Work(t) - start; took > slow {
		t.Errorf("took %v", took)
	}
}

// Dynamic anchors of many resources could be bound in any combination.
func TestManyDynamicScopes(t *testing.T) {
	text := `{"$id":"https://x.example/","$defs":{` + repeat(40, func(i int) string {
		return fmt.Sprintf(`"d%d":{"$id":"r%d","$dynamicAnchor":"a%d","properties":{%s}}`, i, i, i,
			repeat(40, func(j int) string { return fmt.Sprintf(`"p%d":{"$ref":"r%d"}`, j, j) }))
	}) + `},"$ref":"r0"}`
	f, _ := source.Parse("s.json", []byte(text))
	start := testdata.Work(t)
	c := NewCompiler(Options{Pure: true})
	s := c.Compile(f.Root)
	if took := testdata.Work(t) - start; took > slow {
		t.Errorf("took %v", took)
	}
	if !strings.Contains(c.Problems().Error(), "dynamic anchors combine to more than") {
		t.Errorf("problems: %v", c.Problems())
	}
	if s.Read(new(State), []byte(`{}`)) {
		t.Error("a schema with problems accepts")
	}
}

// Many dangling references are reported in time.
func TestManyDanglingReferences(t *testing.T) {
	long := strings.Repeat("n", 50)
	text := `{"properties":{` + repeat(3000, func(i int) string { return fmt.Sprintf(`"p%d":{"$ref":"#/$defs/%s%d"}`, i, long, -i-1) }) + `},
		"$defs":{` + repeat(3000, func(i int) string { return fmt.Sprintf(`"%s%d":{}`, long, i) }) + `}}`
	f, _ := source.Parse("s.json", []byte(text))
	start := testdata.Work(t)
	c := NewCompiler(Options{})
	c.Compile(f.Root)
	if took := testdata.Work(t) - start; took > slow || len(c.Problems()) != 3000 {
		t.Errorf("%d problems in %v", len(c.Problems()), took)
	}
}

// Schemas may be hostile as well, or the work of a careless generator.
func TestHostileSchemas(t *testing.T) {
	chain := `{"$defs":{` + repeat(2000, func(i int) string {
		return fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]}`, i, i+1, i+1)
	}) + `,"d2000":{}},"$ref":"#/$defs/d20"}`
	start := testdata.Work(t)
	s := compile(t, chain, Options{})
	var st State
	if s.Read(&st, []byte(`{"a":1}`)) || st.Fault().Keyword != "budget" {
		t.Errorf("a document that costs 2^1980 is accepted: %+v", st.Fault())
	}
	if took := testdata.Work(t) - start; took > slow {
		t.Errorf("took %v", took)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	rows := []struct {
		name, schema string
		o            Options
		st           State
		doc          string
	}{
		{"undeclared-names", `{"additionalProperties":{"type":"integer"}}`, Options{}, State{}, "{" + repeat(100, func(i int) string { return fmt.Sprintf(`"n%d":%d`, i, i) }) + "}"},
		{"undeclared-names-among-many", `{"properties":{` + repeat(100, func(i int) string { return fmt.Sprintf(`"N%d":{}`, i) }) + `},"additionalProperties":true}`, Options{}, State{},
			"{" + repeat(100, func(i int) string { return fmt.Sprintf(`"m%d":%d,"\u006d%d_":1,"ſ%d":1`, i, i, i, i) }) + "}"},
		{"undeclared-names-among-few", `{"properties":{"status":{}},"allOf":[{"additionalProperties":true}]}`, Options{}, State{}, `{"statuſes":1,"\u0053tat":2,"status":3}`},
		{"escapes", `{"properties":{"a":{"pattern":"^\\S+$","maxLength":9}}}`, Options{}, State{}, `{"\u0061":"\u00e4\ud83d\ude00"}`},
		{"dropped", `{"properties":{"a":{}}}`, Options{}, State{Undeclared: Drop}, `{"b":1,"a":2,"c":3}`},
		{"overlay-dropped", `{"allOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"properties":{"b":{}}}}}]}`, Options{}, State{Undeclared: Drop}, `{"p":{"a":1,"c":2}}`},
		{"branches", `{"items":{"oneOf":[{"type":"string"},{"type":"object","properties":{"a":{"type":"string"}}},{"type":"object","properties":{"a":{"type":"integer"}}}]}}`, Options{}, State{}, `["x",{"a":1},{"a":"b"}]`},
		{"needs", `{"items":{"oneOf":[{"properties":{"a":{}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}]}}`, Options{}, State{}, `[{"a":1},{"\u0062":2}]`},
		{"unevaluated", `{"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":{"type":"integer"}}`, Options{}, State{}, `{"a":1,"b":2}`},
		{"unique", `{"uniqueItems":true}`, Options{}, State{}, `[1,2,"a",{"a":1,"b":2},{"b":1,"a":2},[1],[2],1.5,null,true]`},
		{"numbers", `{"items":{"minimum":-1e30,"maximum":1e30,"multipleOf":0.01}}`, Options{}, State{}, `[1,1.5,12345678901234567890123.25,1e20,-0]`},
		{"formats", `{"properties":{"a":{"format":"date-time"},"b":{"format":"email"},"c":{"format":"uuid"},"d":{"format":"uri"},"e":{"format":"hostname"},"f":{"format":"ipv6"},"g":{"format":"int64"}}}`, Options{}, State{},
			`{"a":"2026-03-01T12:30:45Z","b":"a@b.example","c":"00000000-0000-4000-8000-000000000000","d":"https://a.example/b?c","e":"a.example","f":"::1","g":9223372036854775807}`},
		{"wide", `{"properties":{` + repeat(100, func(i int) string { return fmt.Sprintf(`"n%d":{}`, i) }) + `}}`, Options{}, State{}, "{" + repeat(100, func(i int) string { return fmt.Sprintf(`"n%d":%d`, i, i) }) + "}"},
		{"refused", `{"properties":{"a":{"type":"integer"}}}`, Options{}, State{}, `{"a":"b"}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, r.schema, r.o)
			st, doc := r.st, []byte(r.doc)
			ok := s.Read(&st, doc)
			if !ok && r.name != "refused" {
				t.Fatalf("%+v", st.Fault())
			}
			if n := testing.AllocsPerRun(100, func() { s.Read(&st, doc) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// A State that is reused, also after failures half-way, answers like a new one.
func TestStateIsReusable(t *testing.T) {
	s := compile(t, `{"items":{"oneOf":[{"properties":{"a":{"uniqueItems":true},"b":{"additionalProperties":{"type":"integer"}}}},{"type":"string"}]}}`, Options{})
	docs := []string{
		`[{"a":[1,2,3],"b":{"x":1,"y":2}}]`, `[{"a":[1,1]}]`, `[{"a":[1,`, `[{"b":{"x":1,"x":2}}]`, `[{"b":{"x":"y"}}]`, `["x"`, `["x"]`,
		`[{"b":{` + repeat(40, func(i int) string { return fmt.Sprintf(`"\u006e%d":1`, i) }) + `,"n3":1}}]`, `[{"c":1}]`, `[[[[[`, `[1]`,
	}
	var st State
	for range 3 {
		for _, a := range docs {
			for _, b := range docs {
				s.Read(&st, []byte(a))
				var fresh State
				if got, want := s.Read(&st, []byte(b)), s.Read(&fresh, []byte(b)); got != want || st.Fault() != fresh.Fault() {
					t.Fatalf("%s after %s: %v %+v, want %v %+v", b, a, got, st.Fault(), want, fresh.Fault())
				}
			}
		}
		st.Forget()
		if st.data != nil || st.root != nil {
			t.Fatal("Forget keeps the document")
		}
	}
}

// Blanks may stand wherever RFC 8259 has them.
func TestBlanks(t *testing.T) {
	s := compile(t, `{"properties":{"a":{"items":{"properties":{"b":{"type":"integer"}}}},"c":{}},"required":["a","c"]}`, Options{})
	tokens := []string{"{", `"a"`, ":", "[", "{", `"b"`, ":", "1", "}", ",", "{", "}", "]", ",", `"c"`, ":", "null", "}"}
	for _, blank := range []string{"", " ", "\n", "\r\n\t ", strings.Repeat(" ", 40)} {
		doc := blank + strings.Join(tokens, blank) + blank
		var st State
		if !s.Read(&st, []byte(doc)) {
			t.Errorf("%q: %+v", doc, st.Fault())
		}
	}
}
