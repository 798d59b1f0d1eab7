package request

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

const (
	tNull    = schema.Types(1 << source.Null)
	tBool    = schema.Types(1 << source.Bool)
	tNumber  = schema.Types(1 << source.Number)
	tInteger = tNumber | schema.Integer
	tString  = schema.Types(1 << source.String)
	tArray   = schema.Types(1 << source.Array)
	tObject  = schema.Types(1 << source.Object)
)

func of(t schema.Types) *schema.Shape { return &schema.Shape{Types: t} }

func listOf(t schema.Types) *schema.Shape { return &schema.Shape{Types: tArray, Items: of(t)} }

// rgb is the object of the specification's examples.
func rgb() *schema.Shape {
	s := &schema.Shape{Types: tObject}
	for _, name := range []string{"B", "G", "R"} {
		s.Properties = append(s.Properties, schema.PropertyShape{Name: name, Shape: of(tInteger)})
	}
	return s
}

// TestSpecificationExamples reads the table of OpenAPI 3.1.1 section 4.8.12.5.
func TestSpecificationExamples(t *testing.T) {
	const colors, object = `["blue","black","brown"]`, `{"R":100,"G":200,"B":150}`
	text, list, shape := of(tString), listOf(tString), rgb()
	rows := []struct {
		name    string
		style   contract.Style
		explode bool
		in      contract.In
		shape   *schema.Shape
		raw     string
		want    string
	}{
		{"matrix-empty", contract.Matrix, false, contract.Path, text, ";color", `""`},
		{"matrix-string", contract.Matrix, false, contract.Path, text, ";color=blue", `"blue"`},
		{"matrix-array", contract.Matrix, false, contract.Path, list, ";color=blue,black,brown", colors},
		{"matrix-object", contract.Matrix, false, contract.Path, shape, ";color=R,100,G,200,B,150", object},
		{"matrix-exploded-empty", contract.Matrix, true, contract.Path, text, ";color", `""`},
		{"matrix-exploded-string", contract.Matrix, true, contract.Path, text, ";color=blue", `"blue"`},
		{"matrix-exploded-array", contract.Matrix, true, contract.Path, list, ";color=blue;color=black;color=brown", colors},
		{"matrix-exploded-object", contract.Matrix, true, contract.Path, shape, ";R=100;G=200;B=150", object},
		{"label-empty", contract.Label, false, contract.Path, text, ".", `""`},
		{"label-string", contract.Label, false, contract.Path, text, ".blue", `"blue"`},
		{"label-array", contract.Label, false, contract.Path, list, ".blue,black,brown", colors},
		{"label-object", contract.Label, false, contract.Path, shape, ".R,100,G,200,B,150", object},
		{"label-exploded-string", contract.Label, true, contract.Path, text, ".blue", `"blue"`},
		{"label-exploded-array", contract.Label, true, contract.Path, list, ".blue.black.brown", colors},
		{"label-exploded-object", contract.Label, true, contract.Path, shape, ".R=100.G=200.B=150", object},
		{"simple-empty", contract.Simple, false, contract.Path, text, "", `""`},
		{"simple-string", contract.Simple, false, contract.Path, text, "blue", `"blue"`},
		{"simple-array", contract.Simple, false, contract.Path, list, "blue,black,brown", colors},
		{"simple-object", contract.Simple, false, contract.Path, shape, "R,100,G,200,B,150", object},
		{"simple-exploded-string", contract.Simple, true, contract.Path, text, "blue", `"blue"`},
		{"simple-exploded-array", contract.Simple, true, contract.Path, list, "blue,black,brown", colors},
		{"simple-exploded-object", contract.Simple, true, contract.Path, shape, "R=100,G=200,B=150", object},
		{"form-empty", contract.Form, false, contract.Query, text, "color=", `""`},
		{"form-string", contract.Form, false, contract.Query, text, "color=blue", `"blue"`},
		{"form-array", contract.Form, false, contract.Query, list, "color=blue,black,brown", colors},
		{"form-object", contract.Form, false, contract.Query, shape, "color=R,100,G,200,B,150", object},
		{"form-exploded-empty", contract.Form, true, contract.Query, text, "color=", `""`},
		{"form-exploded-string", contract.Form, true, contract.Query, text, "color=blue", `"blue"`},
		{"form-exploded-array", contract.Form, true, contract.Query, list, "color=blue&color=black&color=brown", colors},
		{"form-exploded-object", contract.Form, true, contract.Query, shape, "R=100&G=200&B=150", object},
		{"space-array", contract.SpaceDelimited, false, contract.Query, list, "color=blue%20black%20brown", colors},
		{"space-array-plus", contract.SpaceDelimited, false, contract.Query, list, "color=blue+black+brown", colors},
		{"space-object", contract.SpaceDelimited, false, contract.Query, shape, "color=R%20100%20G%20200%20B%20150", object},
		{"space-exploded-array", contract.SpaceDelimited, true, contract.Query, list, "color=blue&color=black&color=brown", colors},
		{"pipe-array", contract.PipeDelimited, false, contract.Query, list, "color=blue%7Cblack%7Cbrown", colors},
		{"pipe-array-raw", contract.PipeDelimited, false, contract.Query, list, "color=blue|black|brown", colors},
		{"pipe-object", contract.PipeDelimited, false, contract.Query, shape, "color=R%7C100%7CG%7C200%7CB%7C150", object},
		{"tab-array", contract.TabDelimited, false, contract.Query, list, "color=blue%09black%09brown", colors},
		{"deep-object", contract.DeepObject, true, contract.Query, shape, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150", object},
		{"deep-object-raw", contract.DeepObject, true, contract.Query, shape, "color[R]=100&color[G]=200&color[B]=150", object},
		{"deep-array", contract.DeepObject, true, contract.Query, list, "color[]=blue&color%5b%5d=black&color[]=brown", colors},
		{"cookie-string", contract.Form, true, contract.Cookie, text, "color=blue", `"blue"`},
		{"cookie-array", contract.Form, false, contract.Cookie, list, "color=blue,black,brown", colors},
		{"cookie-object", contract.Form, true, contract.Cookie, shape, "R=100; G=200; B=150", object},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, bad := transcribe(row.in, row.style, row.explode, row.shape, row.raw)
			if bad != style.Fine {
				t.Fatalf("refused: %s", words(bad))
			}
			// Properties of spread objects are written in the order of the shape.
			if got != row.want && got != `{"B":150,"G":200,"R":100}` {
				t.Errorf("read %s, want %s", got, row.want)
			}
		})
	}
}

// transcribe reads raw as the parameter "color" and returns it as JSON text;
// "" when it is absent.
func transcribe(in contract.In, written contract.Style, explode bool, shape *schema.Shape, raw string) (string, style.Issue) {
	r := open()
	defer r.close()
	how := [...]style.Escapes{contract.Path: style.Percent, contract.Query: style.Plus, contract.Cookie: style.Literal, contract.Header: style.Literal}[in]
	c := style.NewCodec("color", written, explode, how, shape)
	if in == contract.Path || in == contract.Header {
		bad := r.Value(&c, []byte(raw), how)
		return string(r.JSON), bad
	}
	fs := &fields{rest: noSlot, taker: -1}
	fs.add(field{Codec: c})
	fs.freeze()
	var bad style.Issue
	if in == contract.Query {
		bad = r.split([]byte(raw), maxQueryPairs)
	} else {
		bad = r.splitCookies([]byte(raw), fs)
	}
	if bad != style.Fine {
		return "", bad
	}
	unknown, bad := fs.sort(r, []byte(raw), how)
	if bad != style.Fine {
		return "", bad
	}
	if unknown > 0 {
		return "unknown", style.Fine
	}
	_, bad = r.write(&fs.list[0], []byte(raw), how)
	return string(r.JSON), bad
}

// TestAmbiguousValues decides what text means where a shape allows more than
// one kind, and which spellings are refused.
func TestAmbiguousValues(t *testing.T) {
	mixed := &schema.Shape{Types: tString | tArray, Items: of(tString)}
	open := rgb()
	open.Open = true
	orInteger := rgb()
	orInteger.Types |= tInteger
	rows := []struct {
		name    string
		in      contract.In
		style   contract.Style
		explode bool
		shape   *schema.Shape
		raw     string
		want    string
		bad     style.Issue
	}{
		{"boolean-before-string", contract.Query, contract.Form, true, of(tBool | tString), "color=true", `true`, style.Fine},
		{"null-before-string", contract.Query, contract.Form, true, of(tNull | tString), "color=null", `null`, style.Fine},
		{"number-before-string", contract.Query, contract.Form, true, of(tNumber | tString), "color=1.5e3", `1.5e3`, style.Fine},
		{"string-when-only-string", contract.Query, contract.Form, true, of(tString), "color=1", `"1"`, style.Fine},
		{"any-kind", contract.Query, contract.Form, true, nil, "color=1", `1`, style.Fine},
		{"any-kind-is-no-list", contract.Query, contract.Form, false, nil, "color=1,2", `"1,2"`, style.Fine},
		{"case-of-true", contract.Query, contract.Form, true, of(tBool), "color=True", `"True"`, style.Fine},
		{"integer-with-fraction", contract.Query, contract.Form, true, of(tInteger), "color=1.0", `"1.0"`, style.Fine},
		{"integer-with-exponent", contract.Query, contract.Form, true, of(tInteger), "color=1e3", `"1e3"`, style.Fine},
		{"leading-zero", contract.Query, contract.Form, true, of(tInteger), "color=007", `"007"`, style.Fine},
		{"leading-plus", contract.Query, contract.Form, true, of(tInteger), "color=%2B7", `"+7"`, style.Fine},
		{"hexadecimal", contract.Query, contract.Form, true, of(tInteger), "color=0x10", `"0x10"`, style.Fine},
		{"space-before-number", contract.Query, contract.Form, true, of(tInteger), "color=+7", `" 7"`, style.Fine},
		{"digits-of-other-scripts", contract.Query, contract.Form, true, of(tInteger), "color=%D9%A3", `"٣"`, style.Fine},
		{"minus-alone", contract.Query, contract.Form, true, of(tNumber), "color=-", `"-"`, style.Fine},
		{"dot-at-end", contract.Query, contract.Form, true, of(tNumber), "color=1.", `"1."`, style.Fine},
		{"quotes-and-backslash", contract.Query, contract.Form, true, of(tString), "color=%22%5C%0A", `"\"\\\n"`, style.Fine},
		{"plus-is-space-in-query", contract.Query, contract.Form, true, of(tString), "color=a+b", `"a b"`, style.Fine},
		{"plus-is-plus-in-path", contract.Path, contract.Simple, false, of(tString), "a+b", `"a+b"`, style.Fine},
		{"percent-is-literal-in-header", contract.Header, contract.Simple, false, of(tString), "a%20b", `"a%20b"`, style.Fine},
		{"decoded-once", contract.Query, contract.Form, true, of(tString), "color=%2541", `"%41"`, style.Fine},
		{"string-or-list-one", contract.Query, contract.Form, true, mixed, "color=a,b", `"a,b"`, style.Fine},
		{"string-or-list-two", contract.Query, contract.Form, true, mixed, "color=a&color=b", `["a","b"]`, style.Fine},
		{"string-or-list-delimited", contract.Query, contract.Form, false, mixed, "color=a,b", `["a","b"]`, style.Fine},
		{"list-of-one-empty", contract.Query, contract.Form, true, listOf(tString), "color=", `[""]`, style.Fine},
		{"name-without-equals", contract.Query, contract.Form, true, of(tString), "color", `""`, style.Fine},
		{"equals-in-value", contract.Query, contract.Form, true, of(tString), "color=a=b", `"a=b"`, style.Fine},
		{"name-escaped", contract.Query, contract.Form, true, of(tString), "%63olor=a", `"a"`, style.Fine},
		{"name-in-other-case", contract.Query, contract.Form, true, of(tString), "Color=a", `unknown`, style.Fine},
		{"open-object-takes-others", contract.Query, contract.Form, true, open, "R=1&x=2", `{"R":1,"x":2}`, style.Fine},
		{"open-deep-object", contract.Query, contract.DeepObject, true, open, "color[x]=y&color[R]=1", `{"R":1,"x":"y"}`, style.Fine},
		{"closed-deep-object", contract.Query, contract.DeepObject, true, rgb(), "color[x]=y", `unknown`, style.Fine},
		{"deep-object-two-levels", contract.Query, contract.DeepObject, true, open, "color[x][z]=1&color[R]=2&color[x][y]=3", `{"R":2,"x":{"y":3,"z":1}}`, style.Fine},
		{"deep-object-indexes", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[0]=1&color[1]=2", `[1,2]`, style.Fine},
		{"deep-object-indexes-in-any-order", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[10]=10&color[1]=1&color[0]=0&color[2]=2&color[3]=3&color[4]=4&color[5]=5&color[6]=6&color[7]=7&color[9]=9&color[8]=8", `[0,1,2,3,4,5,6,7,8,9,10]`, style.Fine},
		{"deep-object-of-lists", contract.Query, contract.DeepObject, true, open, "color[x][]=b&color[x][]=a", `{"x":["b","a"]}`, style.Fine},
		{"deep-object-list-of-objects", contract.Query, contract.DeepObject, true, open, "color[x][1][p]=b&color[x][0][p]=a&color[x][0][q]=c", `{"x":[{"p":"a","q":"c"},{"p":"b"}]}`, style.Fine},
		{"deep-object-eight-levels", contract.Query, contract.DeepObject, true, open, "color[a][b][c][d][e][f][g][h]=1", `{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}`, style.Fine},
		{"deep-object-nine-levels", contract.Query, contract.DeepObject, true, open, "color[a][b][c][d][e][f][g][h][i]=1", `unknown`, style.Fine},
		{"deep-object-list-without-numbers", contract.Query, contract.DeepObject, true, open, "color[x][][p]=a", `unknown`, style.Fine},
		{"deep-object-after-bracket", contract.Query, contract.DeepObject, true, open, "color[x]y=a", `unknown`, style.Fine},
		{"deep-object-nested-bracket", contract.Query, contract.DeepObject, true, open, "color[x[y]]=a", `unknown`, style.Fine},

		{"deep-object-gap", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[0]=1&color[2]=2", "", badIndex},
		{"deep-object-index-twice", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[0]=1&color[0]=2", "", style.TooManyValues},
		{"deep-object-leading-zero", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[00]=1", "", badIndex},
		{"deep-object-both-lists", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[0]=1&color[]=2", "", badIndex},
		{"deep-object-both-lists-turned", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[]=2&color[0]=1", "", badIndex},
		{"deep-object-huge-index", contract.Query, contract.DeepObject, true, listOf(tInteger), "color[99999999999]=1", "", badIndex},
		{"deep-object-value-and-property", contract.Query, contract.DeepObject, true, open, "color[x]=1&color[x][y]=2", "", bothForms},
		{"deep-object-property-twice", contract.Query, contract.DeepObject, true, open, "color[x]=1&color[x]=2", "", style.TooManyValues},
		{"deep-object-name-and-number", contract.Query, contract.DeepObject, true, open, "color[x][0]=1&color[x][y]=2", "", badIndex},
		{"deep-object-number-and-empty-name", contract.Query, contract.DeepObject, true, open, "color[x][y]=1&color[x][]=2", "", badIndex},
		{"deep-object-of-unknown-shape", contract.Query, contract.DeepObject, true, nil, "color[a]=1&color[b][c]=x", `{"a":1,"b":{"c":"x"}}`, style.Fine},
		{"deep-object-of-unknown-shape-half-written", contract.Query, contract.DeepObject, true, nil, "color[=1", `unknown`, style.Fine},
		{"deep-object-open-bracket", contract.Query, contract.DeepObject, true, open, "color[x=1", `unknown`, style.Fine},
		{"deep-object-no-property", contract.Query, contract.DeepObject, true, open, "color[]=1", `unknown`, style.Fine},
		{"deep-object-or-integer", contract.Query, contract.DeepObject, true, orInteger, "color=7", `7`, style.Fine},
		{"deep-object-or-integer-object", contract.Query, contract.DeepObject, true, orInteger, "color[R]=7", `{"R":7}`, style.Fine},

		{"deep-object-and-integer", contract.Query, contract.DeepObject, true, orInteger, "color=7&color[R]=7", "", bothForms},
		{"repeated", contract.Query, contract.Form, true, of(tString), "color=a&color=b", "", style.TooManyValues},
		{"repeated-escaped", contract.Query, contract.Form, true, of(tString), "color=a&%63olor=b", "", style.TooManyValues},
		{"repeated-list-not-exploded", contract.Query, contract.Form, false, listOf(tString), "color=a&color=b", "", style.TooManyValues},
		{"repeated-property", contract.Query, contract.Form, true, rgb(), "R=1&R=2", "", style.TooManyValues},
		{"repeated-cookie", contract.Cookie, contract.Form, true, of(tString), "color=a; color=b", "", style.TooManyValues},
		{"encoded-comma-in-list-of-strings", contract.Query, contract.Form, false, listOf(tString), "color=a%2Cb", "", style.EncodedSeparator},
		{"encoded-comma-in-list-of-numbers", contract.Query, contract.Form, false, listOf(tInteger), "color=1%2C2", `[1,2]`, style.Fine},
		{"encoded-comma-in-exploded-list", contract.Query, contract.Form, true, listOf(tString), "color=a%2Cb", `["a,b"]`, style.Fine},
		{"encoded-comma-in-path-list", contract.Path, contract.Simple, false, listOf(tString), "a%2Cb", "", style.EncodedSeparator},
		{"encoded-comma-in-object", contract.Query, contract.Form, false, rgb(), "color=R%2C100", "", style.EncodedSeparator},
		{"object-without-value", contract.Query, contract.Form, false, rgb(), "color=R", "", style.BadObject},
		{"exploded-object-without-equals", contract.Path, contract.Simple, true, rgb(), "R", "", style.BadObject},
		{"label-without-dot", contract.Path, contract.Label, false, of(tString), "blue", "", style.BadLabel},
		{"matrix-without-semicolon", contract.Path, contract.Matrix, false, of(tString), "color=blue", "", style.BadMatrix},
		{"matrix-of-other-name", contract.Path, contract.Matrix, false, of(tString), ";colour=blue", "", style.BadMatrix},
		{"matrix-of-other-name-of-the-same-length", contract.Path, contract.Matrix, false, of(tString), ";colon=blue", "", style.BadMatrix},
		{"nul", contract.Query, contract.Form, true, of(tString), "color=a%00", "", style.BadControl},
		{"delete", contract.Query, contract.Form, true, of(tString), "color=a%7F", "", style.BadControl},
		{"utf8-cut-off", contract.Query, contract.Form, true, of(tString), "color=%E2%82", "", style.BadUTF8},
		{"utf8-overlong", contract.Query, contract.Form, true, of(tString), "color=%C0%AF", "", style.BadUTF8},
		{"utf8-surrogate", contract.Query, contract.Form, true, of(tString), "color=%ED%A0%80", "", style.BadUTF8},
		{"utf8-in-name", contract.Query, contract.Form, true, of(tString), "color%FF=a", "", style.BadUTF8},
		{"nul-in-name", contract.Query, contract.Form, true, of(tString), "color%00=a", "", style.BadControl},
		{"escape-cut-off", contract.Query, contract.Form, true, of(tString), "color=%4", "", style.BadEscape},
		{"escape-not-hexadecimal", contract.Query, contract.Form, true, of(tString), "color=%zz", "", style.BadEscape},
		{"escape-of-windows", contract.Query, contract.Form, true, of(tString), "color=%u0041", "", style.BadEscape},
		{"raw-not-ascii", contract.Query, contract.Form, true, of(tString), "color=ü", "", badCharacter},
		{"raw-space", contract.Query, contract.Form, true, of(tString), "color=a b", "", badCharacter},
		{"raw-quote", contract.Query, contract.Form, true, of(tString), `color="a"`, "", badCharacter},
		{"raw-hash", contract.Query, contract.Form, true, of(tString), "color=a#b", "", badCharacter},
		{"raw-control", contract.Query, contract.Form, true, of(tString), "color=a\x01", "", style.BadControl},
		{"semicolon", contract.Query, contract.Form, true, of(tString), "color=a;b=c", "", badSemicolon},
		{"empty-pair", contract.Query, contract.Form, true, of(tString), "color=a&&color=b", "", emptyPair},
		{"ampersand-first", contract.Query, contract.Form, true, of(tString), "&color=a", "", emptyPair},
		{"ampersand-last", contract.Query, contract.Form, true, of(tString), "color=a&", "", emptyPair},
		{"no-name", contract.Query, contract.Form, true, of(tString), "=a", "", emptyName},
		{"cookie-quoted", contract.Cookie, contract.Form, true, of(tString), `color="a"`, "", badCookie},
		{"cookie-quote-across", contract.Cookie, contract.Form, true, of(tString), `x="a; color=b"`, "", badCookie},
		{"cookie-space-in-name", contract.Cookie, contract.Form, true, of(tString), `color =b`, "", badCookie},
		{"cookie-two-spaces", contract.Cookie, contract.Form, true, of(tString), `x=y;  color=b`, "", badCookie},
		{"cookie-without-equals", contract.Cookie, contract.Form, true, of(tString), `color`, "", badCookie},
		{"cookie-separator-at-end", contract.Cookie, contract.Form, true, of(tString), `color=b;`, "", badCookie},
		{"cookie-empty-pair", contract.Cookie, contract.Form, true, of(tString), `x=y; ; color=b`, "", badCookie},
		{"cookie-after-blank", contract.Cookie, contract.Form, true, of(tString), `x=1 color=b`, "", badCookie},
		{"cookie-after-comma", contract.Cookie, contract.Form, true, of(tString), `x=1,color=b`, "", badCookie},
		{"cookie-after-escaped-quote", contract.Cookie, contract.Form, true, of(tString), `x="1\"; color=b; y="`, "", badCookie},
		{"cookie-after-comma-in-name", contract.Cookie, contract.Form, true, of(tString), `x,color=b`, "", badCookie},
		{"cookie-other-with-comma", contract.Cookie, contract.Form, true, of(tString), `x=1,2; color=b`, `unknown`, style.Fine},
		{"cookie-other-quoted", contract.Cookie, contract.Form, true, of(tString), `x="a b"; color=b`, `unknown`, style.Fine},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, bad := transcribe(row.in, row.style, row.explode, row.shape, row.raw)
			if bad != row.bad {
				t.Fatalf("issue %q, want %q", words(bad), words(row.bad))
			}
			if bad == style.Fine && got != row.want {
				t.Errorf("read %s, want %s", got, row.want)
			}
		})
	}
}
