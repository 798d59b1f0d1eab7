package bench

import (
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// The dialect of OpenAPI 3.0, held against jsonschema/v6 by way of a
// translation into draft 2020-12. It follows the text of the specification but
// in one point: `nullable: true` admits null whatever stands beside it, also
// allOf and $ref in it, for that is how nullable references are written. By the
// letter (3.0.3) it only adds null to the type.

// types30 are the types of OpenAPI 3.0 (section 4.7.24).
var types30 = []string{"boolean", "object", "array", "number", "string", "integer"}

// schema30 makes a Schema Object of OpenAPI 3.0; refs is how many components
// it may refer to.
func (d *dice) schema30(depth, refs int) map[string]any {
	if refs > 0 && d.one(6) {
		s := map[string]any{"$ref": "#/components/schemas/d" + strconv.Itoa(d.n(refs))}
		if d.one(2) { // means nothing beside $ref (section 4.7.23.2)
			s["maxLength"], s["nullable"], s["not"] = stdjson.Number("0"), true, map[string]any{}
		}
		return s
	}
	s := map[string]any{}
	kind := ""
	if !d.one(6) {
		kind = pick(d, types30)
		s["type"] = kind
	}
	if d.one(4) {
		s["nullable"] = !d.one(4)
	}
	if depth > 0 && kind == "array" {
		s["items"] = d.schema30(depth-1, refs)
	}
	for range d.n(3) {
		d.keyword30(s, depth, refs)
	}
	return s
}

func (d *dice) keyword30(s map[string]any, depth, refs int) {
	number := func(list []string) stdjson.Number { return stdjson.Number(pick(d, list)) }
	sub := func() any { return d.schema30(depth-1, refs) }
	switch d.n(12) {
	case 0:
		s["minimum"] = number(numbers)
		if d.one(2) {
			s["exclusiveMinimum"] = !d.one(4)
		}
	case 1:
		s["maximum"] = number(numbers)
		if d.one(2) {
			s["exclusiveMaximum"] = !d.one(4)
		}
	case 2:
		s["multipleOf"] = number(steps)
	case 3:
		s["maxLength"], s["pattern"] = stdjson.Number(strconv.Itoa(d.n(6))), pick(d, patterns)
	case 4:
		s["enum"] = []any{d.value(1), d.value(1), nil, stdjson.Number("1"), "a"}
	case 5:
		s["minItems"], s["uniqueItems"] = stdjson.Number(strconv.Itoa(d.n(3))), d.one(2)
	case 6:
		s["required"] = []any{pick(d, names[:5])}
	case 7, 8:
		if depth > 0 {
			s["properties"] = map[string]any{pick(d, names[:6]): sub(), pick(d, names[:6]): sub()}
		}
	case 9:
		if s["additionalProperties"] = d.one(2); depth > 0 && d.one(2) {
			s["additionalProperties"] = sub()
		}
	case 10:
		if depth > 0 {
			s[pick(d, []string{"allOf", "anyOf", "oneOf"})] = []any{sub(), sub()}
		}
	case 11:
		if depth > 0 {
			s["not"] = sub()
		}
	}
}

// translate writes a Schema Object of OpenAPI 3.0 in draft 2020-12.
func translate(s any) any {
	m, ok := s.(map[string]any)
	if !ok {
		return s
	}
	if to, ok := m["$ref"]; ok {
		return map[string]any{"$ref": to}
	}
	out := map[string]any{}
	for keyword, v := range m {
		switch keyword {
		case "nullable", "exclusiveMinimum", "exclusiveMaximum":
		case "minimum", "maximum":
			name := map[string]string{"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}[keyword]
			if m[name] == true {
				keyword = name
			}
			out[keyword] = v
		case "properties":
			parts := map[string]any{}
			for name, part := range v.(map[string]any) {
				parts[name] = translate(part)
			}
			out[keyword] = parts
		case "allOf", "anyOf", "oneOf":
			var list []any
			for _, branch := range v.([]any) {
				list = append(list, translate(branch))
			}
			out[keyword] = list
		case "items", "additionalProperties", "not":
			out[keyword] = translate(v)
		default:
			out[keyword] = v
		}
	}
	if m["nullable"] == true {
		return map[string]any{"anyOf": []any{map[string]any{"type": "null"}, out}}
	}
	return out
}

// judge30 compiles a document whose schema "it" stands under components.
func judge30(components map[string]any, documents []string) ([]verdicts, error) {
	plain := func(v any) string { text, _ := stdjson.Marshal(v); return string(text) }
	text := plain(map[string]any{"components": map[string]any{"schemas": components}})
	file, problems := source.ParseString("document.json", text)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	c := schema.NewCompiler(schema.Options{Dialect: schema.OpenAPI30, Pure: true})
	ours := c.Compile(file.Root.Get("components").Get("schemas").Get("it"))
	if err := c.Problems().Err(); err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	translated := map[string]any{}
	for name, s := range components {
		translated[name] = translate(s)
	}
	theirs, err := compileV6(plain(map[string]any{
		"$ref": "#/components/schemas/it", "components": map[string]any{"schemas": translated},
	}))
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, text)
	}
	var state schema.State
	list := make([]verdicts, len(documents))
	for i, d := range documents {
		list[i] = verdicts{schemaText: text, documentIs: d, ours: ours.Read(&state, []byte(d)), theirs: readV6(theirs, []byte(d)) == nil}
		if !list[i].ours {
			list[i].reason = fmt.Sprintf("%+v", state.Fault())
		}
	}
	return list, nil
}

func TestOpenAPI30AgainstOracle(t *testing.T) {
	const schemas, documents = 2500, 6
	cases, valid, nulls, faults := 0, 0, 0, 0
	for seed := range uint64(schemas) {
		d := newDice(seed, nil)
		components := map[string]any{}
		refs := d.n(3)
		for i := range refs { // a component refers to earlier ones: no loop
			components["d"+strconv.Itoa(i)] = d.schema30(1, i)
		}
		root := d.schema30(3, refs)
		components["it"] = root
		texts := []string{"null"}
		for range documents {
			texts = append(texts, d.write(d.document(root)))
		}
		found, err := judge30(components, texts)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, v := range found {
			cases++
			if v.theirs {
				valid++
			}
			if v.theirs && v.documentIs == "null" {
				nulls++
			}
		}
		if i := slices.IndexFunc(found, func(v verdicts) bool { return v.kind() != 0 }); i >= 0 {
			t.Errorf("seed %d:\n%v", seed, &found[i])
			if faults++; faults > 10 {
				t.Fatal("and more")
			}
		}
	}
	t.Logf("%d cases agree; %d are valid, %d of them null", cases, valid, nulls)
	if valid < cases/5 || cases-valid < cases/5 || nulls < schemas/20 {
		t.Errorf("the generator is lopsided: %d cases, %d valid, %d null", cases, valid, nulls)
	}
}
