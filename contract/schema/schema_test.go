package schema

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// compile compiles text, which must have no problems.
func compile(t testing.TB, text string, o Options) *Schema {
	t.Helper()
	f, problems := source.Parse("schema.json", []byte(text))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	c := NewCompiler(o)
	s := c.Compile(f.Root)
	if c.Problems().Err() != nil {
		t.Fatalf("%s\n%v", text, c.Problems())
	}
	return s
}

// row is a document and the keyword that refuses it, "" when it is accepted.
type row struct {
	name   string
	schema string
	doc    string
	want   string
}

func check(t *testing.T, o Options, st State, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			st := st
			ok := compile(t, r.schema, o).Read(&st, []byte(r.doc))
			if got := st.Fault().Keyword; got != r.want || ok != (r.want == "") {
				t.Errorf("got %v %+v, want %q\n%s\n%s", ok, st.Fault(), r.want, r.schema, r.doc)
			}
		})
	}
}

func TestOpenAPI30(t *testing.T) {
	const pets = `{"components":{"schemas":{
		"Cat":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"lives":{"type":"integer"}}},
		"Dog":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"bark":{"type":"string"}}}}},`
	union := pets + `"oneOf":[{"$ref":"#/components/schemas/Cat"},{"$ref":"#/components/schemas/Dog"}],
		"discriminator":{"propertyName":"kind","mapping":{"hound":"#/components/schemas/Dog","puppy":"Dog"}}}`
	check(t, Options{Dialect: OpenAPI30}, State{}, []row{
		{"nullable-null", `{"type":"string","nullable":true}`, `null`, ""},
		{"nullable-value", `{"type":"string","nullable":true}`, `"a"`, ""},
		{"nullable-other", `{"type":"string","nullable":true}`, `1`, "type"},
		{"not-nullable", `{"type":"string"}`, `null`, "type"},
		{"nullable-enum", `{"type":"string","nullable":true,"enum":["a"]}`, `null`, ""},
		{"nullable-enum-other", `{"type":"string","nullable":true,"enum":["a"]}`, `"b"`, "enum"},
		{"nullable-all-of", `{"nullable":true,"allOf":[{"type":"object"}]}`, `null`, ""},
		{"nullable-all-of-other", `{"nullable":true,"allOf":[{"type":"object"}]}`, `1`, "type"},
		{"exclusive-minimum", `{"type":"number","minimum":1,"exclusiveMinimum":true}`, `1`, "exclusiveMinimum"},
		{"exclusive-minimum-above", `{"type":"number","minimum":1,"exclusiveMinimum":true}`, `1.0000000000000000001`, ""},
		{"exclusive-minimum-false", `{"type":"number","minimum":1,"exclusiveMinimum":false}`, `1`, ""},
		{"exclusive-maximum", `{"type":"number","maximum":1,"exclusiveMaximum":true}`, `1.0`, "exclusiveMaximum"},
		{"ref-siblings-ignored", pets + `"$ref":"#/components/schemas/Cat","required":["zzz"]}`, `{"kind":"x"}`, ""},
		{"const-unknown", `{"const":1}`, `2`, ""},
		{"if-unknown", `{"if":{"type":"string"},"then":false}`, `"a"`, ""},
		{"discriminator-implicit", union, `{"kind":"Cat","lives":9}`, ""},
		{"discriminator-selects", union, `{"kind":"Dog","lives":9}`, "unevaluatedProperties"},
		{"discriminator-mapping", union, `{"kind":"hound","bark":"loud"}`, ""},
		{"discriminator-mapping-by-name", union, `{"kind":"puppy","bark":"loud"}`, ""},
		{"discriminator-escaped", union, `{"k\u0069nd":"h\u006fund","bark":"loud"}`, ""},
		{"discriminator-unknown", union, `{"kind":"Fish"}`, "discriminator"},
		{"discriminator-missing", union, `{"lives":9}`, "discriminator"},
		{"discriminator-no-string", union, `{"kind":1}`, "discriminator"},
		{"discriminator-no-object", union, `1`, "type"},
		{"discriminator-syntax", union, `{"lives":9,,}`, "syntax"},
		{"discriminator-duplicate", union, `{"kind":"Cat","kind":"Dog"}`, "syntax"},
		{"int32", `{"type":"integer","format":"int32"}`, `2147483648`, "format"},
		{"int32-largest", `{"type":"integer","format":"int32"}`, `2147483647`, ""},
		{"int64", `{"type":"integer","format":"int64"}`, `9223372036854775808`, "format"},
		{"int64-smallest", `{"type":"integer","format":"int64"}`, `-9223372036854775808`, ""},
		{"integer-as-decimal", `{"type":"integer"}`, `1.0`, ""},
		{"integer-as-exponent", `{"type":"integer"}`, `12e-1`, "type"},
		{"float", `{"type":"number","format":"float"}`, `1e39`, "format"},
		{"double", `{"type":"number","format":"double"}`, `1e39`, ""},
		{"double-too-large", `{"type":"number","format":"double"}`, `1e400`, "number"},
		{"byte", `{"type":"string","format":"byte"}`, `"aGk="`, ""},
		{"byte-wrong", `{"type":"string","format":"byte"}`, `"aGk"`, "format"},
		{"date", `{"type":"string","format":"date"}`, `"2026-02-29"`, "format"},
		{"unknown-format", `{"type":"string","format":"weather"}`, `"rain"`, ""},
		{"unknown-keyword", `{"type":"string","x-thing":{"type":1}}`, `"rain"`, ""},
	})
}

func TestSwagger20(t *testing.T) {
	check(t, Options{Dialect: Swagger20}, State{}, []row{
		{"nullable", `{"type":"string","x-nullable":true}`, `null`, ""},
		{"nullable-is-no-keyword", `{"type":"string","nullable":true}`, `null`, "type"},
		{"any-of-is-no-keyword", `{"anyOf":[{"type":"string"}]}`, `1`, ""},
		{"all-of", `{"allOf":[{"type":"string"}]}`, `1`, "type"},
	})
}

func TestOpenAPI31(t *testing.T) {
	const hinted = `{"$defs":{"Cat":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"lives":{"type":"integer"}}},
		"Dog":{"type":"object","required":["kind"],"properties":{"kind":{"type":"string"},"bark":{"type":"string"},"zz":{"type":"integer"}}}},
		"anyOf":[{"$ref":"#/$defs/Cat"},{"$ref":"#/$defs/Dog"}],"discriminator":{"propertyName":"kind"},"unevaluatedProperties":true}`
	union := `{"oneOf":[
		{"properties":{"kind":{"const":"a"},"x":{"type":"integer"}},"required":["kind"]},
		{"properties":{"kind":{"enum":["b","c"]},"y":{"type":"integer"}},"required":["kind"]}],
		"discriminator":{"propertyName":"kind"}}`
	check(t, Options{}, State{}, []row{
		{"type-list", `{"type":["string","null"]}`, `null`, ""},
		{"constant-tag", union, `{"kind":"c","y":1}`, ""},
		{"constant-tag-wrong-branch", union, `{"kind":"c","x":1}`, "unevaluatedProperties"},
		{"constant-tag-branch-fault", union, `{"kind":"b","y":"1"}`, "type"},
		{"constant-tag-unknown", union, `{"kind":"d"}`, "discriminator"},
		{"constant-tag-other-kind", union, `3`, "oneOf"},
		{"discriminator-hint", hinted, `{"kind":"Dog","bark":"x"}`, ""},
		{"discriminator-hint-is-no-rule", hinted, `{"kind":"Dog","bark":1}`, ""},
		{"discriminator-hint-unknown", hinted, `{"kind":"Fish"}`, ""},
		{"discriminator-hint-names-the-fault", hinted, `{"kind":"Cat","lives":"x","bark":1,"zz":"z"}`, "type"},
		{"discriminator-changes-nothing", `{"anyOf":[{"type":"object","properties":{"kind":{"type":"string"}}}],"discriminator":{"propertyName":"kind"}}`, `{"kind":"Fish"}`, ""},
	})
}

// Keywords beside each other all judge, also where a short way is taken.
func TestKeywordsBesideEachOther(t *testing.T) {
	const list = `"enum":["a","abc","abcdef","\u00e4\u00e4\u00e4"]`
	check(t, Options{}, State{}, []row{
		{"enum-and-min-length", `{` + list + `,"minLength":2}`, `"a"`, "minLength"},
		{"enum-and-min-length-met", `{` + list + `,"minLength":2}`, `"abc"`, ""},
		{"enum-and-max-length", `{` + list + `,"maxLength":3}`, `"abcdef"`, "maxLength"},
		{"enum-and-max-length-met", `{` + list + `,"maxLength":3}`, `"äää"`, ""},
		{"enum-and-pattern", `{` + list + `,"pattern":"^.{3}$"}`, `"a"`, "pattern"},
		{"enum-and-pattern-met", `{` + list + `,"pattern":"^.{3}$"}`, `"abc"`, ""},
		{"enum-and-format", `{"enum":["a b","a"],"format":"hostname"}`, `"a b"`, "format"},
		{"enum-and-format-met", `{"enum":["a b","a"],"format":"hostname"}`, `"a"`, ""},
		{"enum-and-all-met-but-not-listed", `{` + list + `,"minLength":2,"pattern":"b"}`, `"abcd"`, "enum"},
		{"pattern-and-min-length", `{"pattern":"^a*$","minLength":2}`, `"a"`, "minLength"},
		{"pattern-and-max-length", `{"pattern":"^a*$","maxLength":2}`, `"aaa"`, "maxLength"},
		{"pattern-and-format", `{"pattern":"^[a-]*$","format":"hostname"}`, `"a-"`, "format"},
		{"number-enum-and-maximum", `{"enum":[1,5],"maximum":3}`, `5`, "maximum"},
		{"first-pair", `{"const":"\ud800\udc00","maxLength":1}`, `"\ud800\udc00"`, ""},
		{"last-pair", `{"const":"\udbff\udfff","maxLength":1}`, `"\uDBFF\uDFFF"`, ""},
		{"no-items", `{"maxItems":0}`, `[1]`, "maxItems"},
		{"no-items-met", `{"maxItems":0}`, `[]`, ""},
		{"no-properties", `{"maxProperties":0}`, `{"a":1}`, "maxProperties"},
		{"no-characters", `{"maxLength":0}`, `"a"`, "maxLength"},
		{"contains-none", `{"contains":{"const":1},"minContains":0,"maxContains":0}`, `[1]`, "maxContains"},
	})
}

// Syntax is refused wherever it stands, also below schemas that ask nothing.
func TestSyntax(t *testing.T) {
	schemas := []string{
		`{}`, `true`, `{"properties":{"a":{},"b":true,"deep":{"properties":{"a":{}}}}}`, `{"additionalProperties":{"type":["string","object","array","number","null","boolean"]}}`,
		`{"anyOf":[{"type":"object"},{"type":"array"}]}`, `{"not":{"const":1}}`, `{"if":{"type":"object"},"then":{"minProperties":0}}`,
	}
	rows := []struct{ name, doc string }{
		{"empty", ``}, {"blank", ` `}, {"no-value", `{"a":}`}, {"no-colon", `{"a" 1}`}, {"no-name", `{1:2}`}, {"comma-first", `{,"a":1}`},
		{"comma-last", `{"a":1,}`}, {"array-comma-last", `{"a":[1,]}`}, {"open-object", `{"a":1`}, {"open-array", `{"a":[1`},
		{"open-string", `{"a":"x`}, {"trailing", `{"a":1} 2`}, {"trailing-brace", `{"a":1}}`}, {"single-quotes", `{'a':1}`},
		{"leading-zero", `{"a":01}`}, {"plus", `{"a":+1}`}, {"point-first", `{"a":.5}`}, {"point-last", `{"a":1.}`}, {"exponent-empty", `{"a":1e}`},
		{"minus-alone", `{"a":-}`}, {"hex", `{"a":0x1}`}, {"infinity", `{"a":Infinity}`}, {"nan", `{"a":NaN}`}, {"true-misspelt", `{"a":tru}`},
		{"capital", `{"a":True}`}, {"word-joined", `{"a":truefalse}`}, {"comment", `{"a":1/*x*/}`},
		{"control", "{\"a\":\"\x01\"}"}, {"newline", "{\"a\":\"\n\"}"}, {"bad-escape", `{"a":"\x"}`}, {"short-unicode", `{"a":"\u12"}`},
		{"high-surrogate", `{"a":"\ud800"}`}, {"low-surrogate", `{"a":"\udc00"}`}, {"two-high", `{"a":"\ud800\ud800"}`},
		{"high-and-private", `{"a":"\ud800\ue000"}`}, {"high-and-last", `{"a":"\ud800\uffff"}`}, {"high-and-before-low", `{"a":"\udbff\udbff"}`},
		{"surrogate-in-name", `{"\ud800":1}`}, {"utf8-lone", "{\"a\":\"\xff\"}"}, {"utf8-overlong", "{\"a\":\"\xc0\xaf\"}"},
		{"utf8-surrogate", "{\"a\":\"\xed\xa0\x80\"}"}, {"utf8-too-large", "{\"a\":\"\xf4\x90\x80\x80\"}"}, {"utf8-in-name", "{\"\xff\":1}"},
		{"utf8-cut", "{\"a\":\"\xe2\x82\"}"}, {"byte-order-mark", "\ufeff{}"}, {"nul", "{}\x00"}, {"form-feed", "{\"a\":\f1}"},
		{"duplicate", `{"a":1,"a":2}`}, {"duplicate-escaped", `{"a":1,"\u0061":2}`}, {"duplicate-escaped-first", `{"\u0061":1,"a":2}`},
		{"duplicate-other", `{"zz":1,"zz":2}`}, {"duplicate-other-escaped", `{"zz":1,"z\u007a":2}`}, {"duplicate-unicode", `{"é":1,"\u00e9":2}`},
		{"duplicate-deep", `{"deep":{"q":1,"q":1}}`}, {"duplicate-in-array", `{"zz":[{"q":1,"q":1}]}`},
		{"duplicate-many", `{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"11":0,"1\u0030":0}`},
	}
	var st State
	for _, text := range schemas {
		s := compile(t, text, Options{Pure: true})
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				if s.Read(&st, []byte(r.doc)) {
					t.Errorf("accepted %q by %s", r.doc, text)
				} else if f := st.Fault(); f.Keyword != "syntax" {
					t.Errorf("%q by %s: %+v, want syntax", r.doc, text, f)
				}
			})
		}
	}
}

func TestNumbers(t *testing.T) {
	check(t, Options{Pure: true}, State{}, []row{
		{"beyond-double", `{"const":9007199254740993}`, `9007199254740992`, "enum"},
		{"equal-forms", `{"const":1}`, `1.00e0`, ""},
		{"equal-exponent", `{"const":100}`, `1E+2`, ""},
		{"minus-zero", `{"const":0}`, `-0.0e5`, ""},
		{"minimum-close", `{"minimum":9007199254740993}`, `9007199254740992.9999`, "minimum"},
		{"maximum-large", `{"maximum":1e400}`, `1e399`, ""},
		{"maximum-larger", `{"maximum":1e400}`, `1.1e400`, "maximum"},
		{"exponent-huge", `{"maximum":5}`, `1e99999999999999999999`, "maximum"},
		{"exponent-tiny", `{"minimum":0,"exclusiveMinimum":0}`, `1e-99999999999999999999`, ""},
		{"integer-huge", `{"type":"integer"}`, `1e99999999999999999999`, ""},
		{"integer-tiny", `{"type":"integer"}`, `1e-99999999999999999999`, "type"},
		{"multiple-decimal", `{"multipleOf":0.01}`, `19.99`, ""},
		{"multiple-decimal-no", `{"multipleOf":0.01}`, `19.999`, "multipleOf"},
		{"multiple-exponent", `{"multipleOf":7}`, `7e300`, ""},
		{"multiple-exponent-no", `{"multipleOf":7}`, `1e300`, "multipleOf"},
		{"multiple-long", `{"multipleOf":3}`, `111111111111111111111111111111`, ""},
		{"multiple-long-no", `{"multipleOf":3}`, `111111111111111111111111111112`, "multipleOf"},
		{"multiple-large-divisor", `{"multipleOf":123456789012345678901}`, `246913578024691357802`, ""},
		{"multiple-large-divisor-no", `{"multipleOf":123456789012345678901}`, `246913578024691357803`, "multipleOf"},
		{"multiple-tiny", `{"multipleOf":1e-8}`, `12391239123`, ""},
		{"multiple-huge-exponent", `{"multipleOf":3}`, `3e99999999999999`, ""},
		{"multiple-of-zero", `{"multipleOf":3}`, `0`, ""},
	})
}

// What a double cannot hold is infinity to some readers and an error to
// others: the gate refuses it wherever it stands.
func TestNumbersBeyondDoubles(t *testing.T) {
	const open, any = `{"properties":{"a":{"type":"number"}},"additionalProperties":true}`, `{}`
	long := strings.Repeat("9", 308)
	rows := []row{
		{"declared", open, `{"a":1e400}`, "number"},
		{"declared-negative", open, `{"a":-1e400}`, "number"},
		{"undeclared", open, `{"b":1e309}`, "number"},
		{"untyped", any, `1e1000000000`, "number"},
		{"nested", any, `[[{"x":[1E+400]}]]`, "number"},
		{"of-another-type", `{"type":"string"}`, `1e400`, "number"},
		{"in-not", `{"not":{"type":"string"}}`, `1e400`, "number"},
		{"in-a-branch", `{"anyOf":[{"type":"string"},{"properties":{"a":{"maximum":5}}},{}]}`, `{"a":1e400}`, "number"},
		{"in-an-enumeration", `{"enum":[1e400,1]}`, `1e400`, "number"},
		{"many-digits", any, long + "9", "number"},
		{"many-digits-with-fraction", any, "9" + long + ".5", "number"},
		{"largest", any, `1.7976931348623157e308`, ""},
		{"rounds-to-the-largest", any, `1.797693134862315807e308`, ""},
		{"rounds-to-infinity", any, `1.797693134862315808e308`, "number"},
		{"digits-that-fit", any, long, ""},
		{"digits-of-a-fraction", any, "0." + long + long, ""},
		{"leading-digits-and-small-exponent", any, long + long + "e-308", ""},
		{"tiny", any, `1e-400`, ""},
		{"zero", any, `0e400`, ""},
	}
	check(t, Options{}, State{}, rows)
	var st State
	for _, doc := range []string{`1e400`, long + "9"} {
		if !compile(t, any, Options{Pure: true}).Read(&st, []byte(doc)) {
			t.Errorf("pure mode refuses %.9s: %+v", doc, st.Fault())
		}
	}
}
