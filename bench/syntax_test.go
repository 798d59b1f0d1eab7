package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// openSchemas accept every JSON value, each by another way through the reader:
// skipped, member by member, item by item, read again for each branch.
var openSchemas = []string{
	`true`,
	`{"properties":{"a":true,"id":{}}}`,
	`{"additionalProperties":true}`,
	`{"additionalProperties":{"not":false}}`,
	`{"patternProperties":{"^a":true},"unevaluatedProperties":true}`,
	`{"propertyNames":{"maxLength":100000000}}`,
	`{"items":true}`,
	`{"items":{"not":false},"maxItems":100000000}`,
	`{"prefixItems":[true,{}],"unevaluatedItems":true}`,
	`{"type":["null","boolean","number","string","array","object"]}`,
	`{"allOf":[{},true]}`,
	`{"oneOf":[false,{}]}`,
	`{"anyOf":[{"not":{}},{"items":true}]}`,
	`{"if":{"const":1},"then":{},"else":true}`,
	`{"minLength":0,"minProperties":0,"minItems":0}`,
	`{"$ref":"#/$defs/node","$defs":{"node":{"properties":{"a":{"$ref":"#/$defs/node"}},"items":{"$ref":"#/$defs/node"}}}}`,
	`{"not":{"enum":["\u0000 no text says this",-7.25]}}`,
}

// deepest is how many levels the reader takes; the oracle takes more.
const deepest = 128

// syntax says for one text where our readers and jsontext differ: "" for
// nowhere.
type syntax struct {
	schemas []*schema.Schema
	state   schema.State
}

func newSyntax(tb testing.TB) *syntax {
	tb.Helper()
	s := &syntax{}
	for _, text := range openSchemas {
		compiled, err := compile(text, schema.Options{Pure: true})
		check(tb, err)
		s.schemas = append(s.schemas, compiled)
	}
	return s
}

func (s *syntax) differ(data []byte) string {
	if nested(data) > deepest {
		return ""
	}
	want := jsontext.Value(data).IsValid()
	for i, compiled := range s.schemas {
		if got := compiled.Read(&s.state, data); got != want {
			why := ""
			if !got {
				why = s.state.Fault().Keyword + " at " + s.state.Fault().Pointer
			}
			return "with the schema " + openSchemas[i] + " ours says " + verdict(got) + why + ", jsontext says " + verdict(want)
		}
	}
	return ""
}

func verdict(ok bool) string {
	if ok {
		return "valid "
	}
	return "invalid "
}

// nested bounds how deep data can nest from above: brackets in strings count.
func nested(data []byte) int {
	return bytes.Count(data, []byte("[")) + bytes.Count(data, []byte("{"))
}

// hardTexts are the places where readers of JSON have differed before.
var hardTexts = []string{
	``, ` `, `null`, ` null `, `nul`, `nulll`, `NULL`, `true`, `truefalse`, `tru`, `"`, `""`, `"a`, `"\"`, `"\\"`, `"\x"`, `"\u12"`, `"\u00e9"`, `"\uD83D\uDE00"`,
	`"\uD83D"`, `"\uDE00"`, `"\uD83D\u0041"`, `"\uDE00\uD83D"`, "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\t\"",
	`0`, `-0`, `-`, `+1`, `01`, `1.`, `.1`, `1.0`, `1e`, `1e+`, `1E-5`, `1e5`, `0x10`, `1_000`, `NaN`, `Infinity`, `-Infinity`, `1e999999999999`, `0e0`, `00`, `-01`, `1.e1`,
	`[]`, `[`, `]`, `[,]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2]`, `[[]]`, `[1}`, `{}`, `{`, `}`, `{,}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`, `{1:1}`, `{"a":1]`,
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":1,"A":2}`, `{"a":{"b":1},"b":{"b":2}}`, `{"é":1,"\u00e9":2}`, `{"":1,"":2}`, `[{"a":1},{"a":2}]`, `{"id":1,"\u0069d":2}`, `{"id":1,"x":2,"\u0069\u0064":3}`,
	`{"\ud83d\ude00":1,"😀":2}`, `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":17,"a":18}`,
	"\ufeffnull", "\ufeff", "null\x00", "null\n", "\vnull", "\fnull", "\u00a0null", "null\u2028", `null,`, `null null`, `{}{}`, `[]{}`, `1 1`, `""""`, `/*c*/1`, `1//c`, "1#",
	`{"a":"` + "\u2028" + `"}`, `["\/"]`, `["\b\f\n\r\t"]`, `{"\n":1,"\u000a":2}`, `[1e1000,-1e-1000,0.00000000000000000000000000000000001]`,
}

// mutate changes data a little, the way broken clients and attackers do.
func mutate(d *dice, data []byte) []byte {
	out := bytes.Clone(data)
	for range 1 + d.n(3) {
		if len(out) == 0 {
			return []byte(pick(d, hardTexts))
		}
		i := d.n(len(out))
		switch d.n(7) {
		case 0:
			out = append(out[:i], out[i+1:]...)
		case 1:
			out[i] = pick(d, []byte("\x00\x1f\"\\/bfnrtu0123456789-+.eE[]{}:, \t\xff\xc3\xa9aA"))
		case 2:
			out[i] ^= 1 << d.n(8)
		case 3:
			out = append(out[:i], append([]byte(pick(d, hardTexts)), out[i:]...)...)
		case 4:
			j := i + d.n(len(out)-i)
			out = append(out[:j], append(bytes.Clone(out[i:j]), out[j:]...)...)
		case 5:
			out = out[:i]
		case 6:
			j := i + d.n(len(out)-i)
			out = append(out[:i], out[j:]...)
		}
	}
	return out
}

func TestSyntaxAgainstJSONText(t *testing.T) {
	s := newSyntax(t)
	texts := append([]string{string(testdata.Order(1 << 10)), string(testdata.Indented(testdata.Order(600)))}, hardTexts...)
	d := newDice(1, nil)
	for seed := range uint64(100) {
		g := newDice(seed, nil)
		texts = append(texts, g.write(g.value(4)))
	}
	cases, valid, faults := 0, 0, 0
	try := func(data []byte) {
		cases++
		if jsontext.Value(data).IsValid() {
			valid++
		}
		if why := s.differ(data); why != "" {
			t.Errorf("%q\n%s", data, why)
			if faults++; faults > 20 {
				t.Fatal("and more")
			}
		}
	}
	for _, text := range texts {
		try([]byte(text))
		for range 100 {
			try(mutate(d, []byte(text)))
		}
	}
	t.Logf("%d texts, %d of them valid, were read alike with %d schemas", cases, valid, len(openSchemas))
	if valid < cases/20 || valid > cases*9/10 {
		t.Errorf("the texts are lopsided: %d of %d are valid", valid, cases)
	}
}

// The bound that the oracle does not share, on both of its sides.
func TestDepthIsBounded(t *testing.T) {
	s := newSyntax(t)
	for _, brackets := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		t.Run("nested-in-"+brackets[1], func(t *testing.T) {
			text := func(levels int) []byte {
				return []byte(strings.Repeat(brackets[0], levels) + "1" + strings.Repeat(brackets[1], levels))
			}
			for i, compiled := range s.schemas {
				if !compiled.Read(&s.state, text(deepest)) {
					t.Errorf("%s refuses %d levels: %+v", openSchemas[i], deepest, s.state.Fault())
				}
				if compiled.Read(&s.state, text(deepest+1)) {
					t.Errorf("%s takes %d levels", openSchemas[i], deepest+1)
				}
			}
		})
	}
}

func FuzzSyntaxAgainstJSONText(f *testing.F) {
	for _, text := range hardTexts {
		f.Add([]byte(text))
	}
	f.Add(testdata.Order(1 << 10))
	s := newSyntax(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		if why := s.differ(data); why != "" {
			t.Errorf("%q\n%s", data, why)
		}
	})
}
