package request

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// forwarded is what the gate sends on.
func forwarded(t *testing.T, x *gate.Exchange) (target, body []byte) {
	t.Helper()
	var onTarget, onBody []gate.Edit
	var members []schema.Span
	for _, e := range x.Edits {
		switch {
		case e.Member:
			members = append(members, schema.Span{Start: e.Start, End: e.End})
		case e.Part == gate.OnTarget:
			onTarget = append(onTarget, e)
		default:
			onBody = append(onBody, e)
		}
	}
	if len(members) > 0 {
		return spliced(t, x.Target, onTarget), cut.Left(nil, x.Body, cut.Members(x.Body, members))
	}
	return spliced(t, x.Target, onTarget), spliced(t, x.Body, onBody)
}

// TestDropped removes what the contract does not name; what is left passes a
// guard that refuses.
func TestDropped(t *testing.T) {
	drop, _ := build(t, Options{Undeclared: schema.Drop, Misplaced: schema.Drop})
	strict, _ := build(t, Options{})
	const multi = "POST /pets\nContent-Type: multipart/form-data; boundary=x\n\n"
	title := "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nRex\r\n"
	other := "--x\r\nContent-Disposition: form-data; name=\"other\"; filename=\"f\"\r\n\r\n\xff\r\n"
	for _, row := range []struct{ name, request, want string }{
		{"query", pet + "?x=1&limit=2&filter[nick]=3\nX-Tenant: acme", pet + "?limit=2\nX-Tenant: acme"},
		{"json", "POST /pets\nContent-Type: application/json\n\n{\"x\":{\"y\":1}, \"name\":\"Rex\" ,\"id\":7, \"home\":{\"z\":1}}", "POST /pets\nContent-Type: application/json\n\n{\"name\":\"Rex\" ,\"home\":{}}"},
		{"form", "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\nx=1&name=Rex&y=2", "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\nname=Rex"},
		{"multipart", multi + other + title + other + "--x--", multi + title + "--x--"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := drop.request(t, row.request)
			if walk(x, g) != gate.Allow {
				t.Fatalf("refused: %+v", x.Refusal)
			}
			y, g := strict.request(t, row.want)
			if walk(y, g) != gate.Allow {
				t.Fatalf("the rest is refused: %+v", y.Refusal)
			}
			gotTarget, gotBody := forwarded(t, x)
			if !bytes.Equal(gotTarget, y.Target) {
				t.Errorf("target %s, want %s", gotTarget, y.Target)
			}
			if !bytes.Equal(gotBody, y.Body) {
				t.Errorf("body %q, want %q", gotBody, y.Body)
			}
		})
	}
}

// seesDropped are schemas that a dropped property can satisfy or break.
var seesDropped = []struct{ name, schema, body string }{
	{"min-properties", `{"properties":{"a":{}},"minProperties":1}`, `{"z":1}`},
	{"unique-items", `{"type":"array","uniqueItems":true,"items":{"properties":{"a":{}}}}`, `[{"a":1,"z":1},{"a":1,"z":2}]`},
	{"contains", `{"type":"array","contains":{"required":["z"]},"items":{"properties":{"a":{}}}}`, `[{"a":1,"z":1}]`},
	{"any-of", `{"properties":{"a":{},"b":{}},"anyOf":[{"required":["z"]},{"required":["a"]}]}`, `{"b":1,"z":1}`},
	{"one-of", `{"properties":{"a":{},"b":{}},"oneOf":[{"required":["z"]},{"required":["a","b"]}]}`, `{"b":1,"z":1}`},
	{"not", `{"properties":{"a":{}},"not":{"maxProperties":1}}`, `{"a":1,"z":1}`},
	{"if", `{"properties":{"a":{}},"if":{"required":["z"]},"else":{"required":["a"]}}`, `{"z":1}`},
	{"required", `{"properties":{"a":{}},"required":["z"]}`, `{"a":1,"z":1}`},
	{"dependent-required", `{"properties":{"a":{}},"dependentRequired":{"a":["z"]}}`, `{"a":1,"z":1}`},
	{"dependent-schemas", `{"properties":{"a":{}},"dependentSchemas":{"a":{"required":["z"]}}}`, `{"a":1,"z":1}`},
	{"read-only", `{"properties":{"a":{},"r":{"readOnly":true}},"minProperties":2}`, `{"a":1,"r":1}`},
}

// schemaHouse has one operation for each schema, which takes it as a body of
// every kind and, beside scalars, as parameters.
func schemaHouse(t *testing.T, schemas []string, o Options) *house {
	t.Helper()
	var paths []string
	for i, s := range schemas {
		media := fmt.Sprintf(`{"schema":{"$ref":"#/components/schemas/S%d"}}`, i)
		object := fmt.Sprintf(`"schema":{"type":"object","allOf":[{"$ref":"#/components/schemas/S%d"}]}`, i)
		if strings.Contains(s, `"array"`) {
			object = `"schema":{"type":"object","properties":{"a":{"type":"integer"}}}`
		}
		paths = append(paths, fmt.Sprintf(`"/s%d":{"post":{"parameters":[
			{"name":"q","in":"query","style":"form","explode":true,%s},{"name":"d","in":"query","style":"deepObject",%s}],
			"requestBody":{"content":{"application/json":%s,"application/x-www-form-urlencoded":%s,"multipart/form-data":%s}},
			"responses":{"200":{"description":"ok"}}}}`, i, object, object, media, media, media))
	}
	var components []string
	for i, s := range schemas {
		components = append(components, fmt.Sprintf(`"S%d":%s`, i, s))
	}
	file := filepath.Join(t.TempDir(), "schemas.json")
	document := fmt.Sprintf(`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{%s},"components":{"schemas":{%s}}}`,
		strings.Join(paths, ","), strings.Join(components, ","))
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	h, _ := buildFile(t, file, o)
	return h
}

// TestDroppedIsJudged refuses bodies that satisfy their schema only by what is
// dropped from them.
func TestDroppedIsJudged(t *testing.T) {
	var schemas []string
	for _, row := range seesDropped {
		schemas = append(schemas, row.schema)
	}
	h := schemaHouse(t, schemas, Options{Undeclared: schema.Drop, Misplaced: schema.Drop})
	for i, row := range seesDropped {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, fmt.Sprintf("POST /s%d\nContent-Type: application/json\n\n%s", i, row.body))
			if walk(x, g) != gate.Deny || x.Refusal.Code != gate.BodySchema || x.Refusal.Keyword == "" {
				t.Errorf("not refused: %+v", x.Refusal)
			}
		})
	}
}

// dropped writes random schemas whose keywords see properties that are dropped,
// and bodies for them.
type dropped struct{ *rand.Rand }

func (r dropped) of(choices ...string) string { return choices[r.IntN(len(choices))] }

func (r dropped) names() string { return r.of(`"a"`, `"b"`, `"z"`, `"y"`, `"r"`, `"a","z"`, `"a","b"`) }

// condition is a schema that names no properties, or few.
func (r dropped) condition() string {
	switch r.IntN(5) {
	case 0:
		return fmt.Sprintf(`{"minProperties":%d}`, r.IntN(3))
	case 1:
		return fmt.Sprintf(`{"maxProperties":%d}`, 1+r.IntN(2))
	case 2:
		return fmt.Sprintf(`{"properties":{%q:{"type":%q}}}`, r.of("a", "z"), r.of("integer", "string"))
	}
	return `{"required":[` + r.names() + `]}`
}

func (r dropped) object(depth int) string {
	inner := `{"type":"integer"}`
	if depth > 0 {
		inner = r.schema(depth - 1)
	}
	parts := []string{`"type":"object"`, `"properties":{"a":{"type":"integer"},"b":{"type":"string"},"r":{"type":"integer","readOnly":true},"c":` + inner + `}`}
	seen := map[string]bool{}
	for range r.IntN(3) {
		keyword := r.of("minProperties", "maxProperties", "required", "anyOf", "oneOf", "allOf", "not", "if", "dependentRequired", "dependentSchemas")
		if seen[keyword] {
			continue
		}
		seen[keyword] = true
		value := r.condition()
		switch keyword {
		case "minProperties":
			value = r.of("1", "2")
		case "maxProperties":
			value = r.of("2", "3")
		case "required":
			value = "[" + r.names() + "]"
		case "anyOf", "oneOf", "allOf":
			value = "[" + r.condition() + "," + r.condition() + "]"
		case "if":
			value += fmt.Sprintf(`,"then":%s,"else":%s`, r.condition(), r.condition())
		case "dependentRequired":
			value = fmt.Sprintf(`{%q:[%s]}`, r.of("a", "z"), r.names())
		case "dependentSchemas":
			value = fmt.Sprintf(`{%q:%s}`, r.of("a", "z"), r.condition())
		}
		parts = append(parts, `"`+keyword+`":`+value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (r dropped) schema(depth int) string {
	if r.IntN(3) > 0 {
		return r.object(depth)
	}
	s := `{"type":"array","items":` + r.object(depth)
	if r.IntN(2) == 0 {
		s += `,"uniqueItems":true`
	}
	if r.IntN(2) == 0 {
		s += `,"contains":` + r.condition() + r.of("", `,"minContains":2`, `,"maxContains":1`)
	}
	return s + "}"
}

func (r dropped) value(depth int) string {
	var parts []string
	if depth > 0 && r.IntN(4) == 0 {
		for range 1 + r.IntN(3) {
			parts = append(parts, r.value(depth-1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	for _, name := range []string{"a", "b", "c", "r", "y", "z"} {
		if r.IntN(5) < 3 {
			continue
		}
		v := r.of("1", "2")
		if name == "b" {
			v = `"x"`
		} else if name == "c" && depth > 0 {
			v = r.value(depth - 1)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, v))
	}
	return "{" + strings.Join(parts, r.of(",", " ,\n")) + "}"
}

// request is a request for operation i.
func (r dropped) request(i int) string {
	line := fmt.Sprintf("POST /s%d", i)
	var names []string
	for _, name := range []string{"a", "b", "c", "r", "y", "z"} {
		if r.IntN(2) == 0 {
			names = append(names, name)
		}
	}
	switch r.IntN(4) {
	case 0:
		form := strings.Join(names, "=1&")
		return line + "\nContent-Type: application/x-www-form-urlencoded\n\n" + form + "=1"
	case 1:
		var b strings.Builder
		for _, name := range names {
			fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=%s\r\n\r\n1\r\n", name)
		}
		return line + "\nContent-Type: multipart/form-data; boundary=x\n\n" + b.String() + "--x--\r\n"
	case 2:
		if len(names) == 0 {
			return line
		}
		q := strings.Join(names, "=1&") + "=1"
		if r.IntN(2) == 0 {
			q = "d[" + strings.Join(names, "]=1&d[") + "]=1&" + q
		}
		return line + "?" + q
	}
	return line + "\nContent-Type: application/json\n\n" + r.value(2)
}

// TestDroppedPassesAgain sends what was let through with something dropped to a
// guard that refuses: it must let it through as well, unchanged.
func TestDroppedPassesAgain(t *testing.T) {
	r := dropped{rand.New(rand.NewPCG(1, 1))}
	var schemas []string
	for range 300 {
		schemas = append(schemas, r.schema(2))
	}
	for _, row := range []struct {
		name        string
		drop, again Options
		least       int
	}{
		{"both", Options{Undeclared: schema.Drop, Misplaced: schema.Drop}, Options{}, 3000},
		{"undeclared", Options{Undeclared: schema.Drop}, Options{}, 3000},
		{"misplaced", Options{Misplaced: schema.Drop}, Options{}, 100},
		{"misplaced-of-open", Options{Undeclared: schema.Allow, Misplaced: schema.Drop}, Options{Undeclared: schema.Allow}, 300},
	} {
		t.Run(row.name, func(t *testing.T) {
			first, second := schemaHouse(t, schemas, row.drop), schemaHouse(t, schemas, row.again)
			passed := 0
			for n := range 20000 {
				i := n % len(schemas)
				text := r.request(i)
				x, g := first.request(t, text)
				if walk(x, g) != gate.Allow || len(x.Edits) == 0 {
					continue
				}
				passed++
				target, body := forwarded(t, x)
				head, _, _ := strings.Cut(text, "\n\n")
				_, fields, _ := strings.Cut(head, "\n")
				again := "POST " + string(target)
				if fields != "" {
					again += "\n" + fields + "\n\n" + string(body)
				}
				y, g := second.request(t, again)
				if walk(y, g) != gate.Allow || len(y.Edits) > 0 {
					t.Fatalf("%s\n%s\nleft\n%s\nwhich is refused: %+v", schemas[i], text, again, y.Refusal)
				}
			}
			if passed < row.least {
				t.Errorf("only %d requests lost something", passed)
			}
		})
	}
}
