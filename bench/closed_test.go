package bench

import (
	stdjson "encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// The rule that closes objects, held against an oracle that knows nothing of
// it: a schema as an API would write it is read by ours in the gate's mode, and
// by jsonschema/v6 with `unevaluatedProperties: false` written wherever the
// rule implies it.

// objectSchema makes a schema of objects: properties, combined in place by
// allOf, anyOf, oneOf, if and references, and nested. A branch always names
// properties: one that is bare opens the object, which the oracle's keyword
// does not know. The objects of a branch hold scalars only: closing never
// changes which branch matches, but the oracle's keyword inside one does.
// contract/schema tests both.
func (d *dice) objectSchema(depth, defs int, branch bool) map[string]any {
	s := map[string]any{}
	if !d.one(4) {
		s["type"] = "object"
	}
	if branch || !d.one(5) {
		props := map[string]any{}
		for range 1 + d.n(3) {
			props[pick(d, names[:6])] = d.partSchema(depth-1, defs, branch)
		}
		s["properties"] = props
	}
	if d.one(3) {
		s["required"] = []any{pick(d, names[:6])}
	}
	switch d.n(10) {
	case 0:
		s["additionalProperties"] = true
	case 1:
		s["additionalProperties"] = map[string]any{"type": pick(d, types)}
	case 2:
		s["patternProperties"] = map[string]any{"^f": d.partSchema(depth-1, defs, branch)}
	}
	if depth <= 0 {
		return s
	}
	inPlace := func() any { return d.objectSchema(depth-1, defs, true) }
	switch d.n(7) {
	case 0:
		s["allOf"] = []any{inPlace(), inPlace()}
	case 1:
		s["anyOf"] = []any{inPlace(), inPlace(), inPlace()}
	case 2:
		s["oneOf"] = []any{inPlace(), inPlace()}
	case 3:
		s["if"], s["then"], s["else"] = inPlace(), inPlace(), inPlace()
	case 4:
		if defs > 0 {
			s["$ref"] = "#/$defs/d" + strconv.Itoa(d.n(defs))
		}
	case 5:
		s["dependentSchemas"] = map[string]any{pick(d, names[:6]): inPlace()}
	}
	return s
}

// partSchema is the schema of a part: a scalar, a nested object or a list.
func (d *dice) partSchema(depth, defs int, scalar bool) any {
	switch {
	case scalar || depth <= 0 || d.one(2):
		return map[string]any{"type": pick(d, types)}
	case d.one(4):
		return map[string]any{"type": "array", "items": d.objectSchema(depth-1, defs, false)}
	case defs > 0 && d.one(3):
		return map[string]any{"$ref": "#/$defs/d" + strconv.Itoa(d.n(defs))}
	}
	return d.objectSchema(depth-1, defs, false)
}

// closedRoot is a schema with definitions; a definition refers to earlier ones.
func (d *dice) closedRoot() map[string]any {
	defs := map[string]any{}
	for i := range d.n(3) {
		defs["d"+strconv.Itoa(i)] = d.objectSchema(1, i, true)
	}
	root := d.objectSchema(3, len(defs), false)
	root["$defs"] = defs
	return root
}

// closer writes what the rule implies.
type closer struct{ defs map[string]any }

// close returns a copy of the schema of an instance of its own, closed when
// the rule says so, with everything inside it closed as well.
func (c closer) close(s any) any {
	m, ok := c.inside(s).(map[string]any)
	if !ok {
		return s
	}
	_, additional := m["additionalProperties"]
	_, unevaluated := m["unevaluatedProperties"]
	if !additional && !unevaluated && c.namesProperties(s) {
		m["unevaluatedProperties"] = false
	}
	return m
}

// inside returns a copy of s whose parts are closed, s itself not.
func (c closer) inside(s any) any {
	m, ok := s.(map[string]any)
	if !ok {
		return s
	}
	out := map[string]any{}
	for keyword, v := range m {
		switch keyword {
		case "properties", "patternProperties", "dependentSchemas", "$defs":
			parts := map[string]any{}
			for name, part := range v.(map[string]any) {
				if keyword == "dependentSchemas" || keyword == "$defs" {
					parts[name] = c.inside(part)
				} else {
					parts[name] = c.close(part)
				}
			}
			out[keyword] = parts
		case "items", "additionalProperties":
			out[keyword] = c.close(v)
		case "allOf", "anyOf", "oneOf":
			var list []any
			for _, branch := range v.([]any) {
				list = append(list, c.inside(branch))
			}
			out[keyword] = list
		case "if", "then", "else":
			out[keyword] = c.inside(v)
		default:
			out[keyword] = v
		}
	}
	return out
}

// namesProperties reports whether s or what it applies to the same instance
// names properties.
func (c closer) namesProperties(s any) bool {
	m, ok := s.(map[string]any)
	if !ok {
		return false
	}
	for _, keyword := range []string{"properties", "patternProperties"} {
		if named, _ := m[keyword].(map[string]any); len(named) > 0 {
			return true
		}
	}
	var parts []any
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := m[keyword].([]any)
		parts = append(parts, list...)
	}
	for _, keyword := range []string{"if", "then", "else"} {
		parts = append(parts, m[keyword])
	}
	if dependent, ok := m["dependentSchemas"].(map[string]any); ok {
		for _, part := range dependent {
			parts = append(parts, part)
		}
	}
	if to, ok := m["$ref"].(string); ok {
		parts = append(parts, c.defs[strings.TrimPrefix(to, "#/$defs/")])
	}
	for _, part := range parts {
		if c.namesProperties(part) {
			return true
		}
	}
	return false
}

// bare reports whether a branch in s, or s itself as a branch, names nothing.
func bare(s any, branch bool) bool {
	switch s := s.(type) {
	case []any:
		return slices.ContainsFunc(s, func(b any) bool { return bare(b, branch) })
	case map[string]any:
		if named, _ := s["properties"].(map[string]any); branch && len(named) == 0 {
			return true
		}
		for keyword, v := range s {
			switch keyword {
			case "allOf", "anyOf", "oneOf", "if", "then", "else":
				if bare(v, true) {
					return true
				}
			case "properties", "patternProperties", "dependentSchemas", "$defs":
				parts, _ := v.(map[string]any)
				for _, part := range parts {
					if bare(part, keyword == "dependentSchemas" || keyword == "$defs") {
						return true
					}
				}
			case "items", "additionalProperties":
				if bare(v, false) {
					return true
				}
			}
		}
	}
	return false
}

// judgeClosed asks ours in the gate's mode and the oracle with the rule
// written out.
func judgeClosed(root, document any) verdicts {
	plain := func(v any) string { text, _ := stdjson.Marshal(v); return string(text) }
	var defs map[string]any
	if m, ok := root.(map[string]any); ok {
		defs, _ = m["$defs"].(map[string]any)
	}
	v := verdicts{schemaText: plain(root), documentIs: plain(document)}
	// The gate's other rules: no number beyond a double, no name that differs
	// from a declared one in case alone ("A" beside "a").
	if bare(root, false) || strings.Contains(v.documentIs, "1e400") || strings.Contains(v.documentIs, `"A":`) {
		return v
	}
	ours, err := compile(v.schemaText, schema.Options{})
	v.oursErr = err
	theirs, err := compileV6(plain(closer{defs}.close(root)))
	v.theirsErr = err
	if v.oursErr != nil || v.theirsErr != nil {
		return v
	}
	var state schema.State
	if v.ours = ours.Read(&state, []byte(v.documentIs)); !v.ours {
		v.reason = state.Fault().Pointer + " " + state.Fault().Keyword
	}
	if err := readV6(theirs, []byte(v.documentIs)); err != nil {
		v.theirReason = err.Error()
	} else {
		v.theirs = true
	}
	return v
}

func TestClosedObjectsAgainstOracle(t *testing.T) {
	const schemas, documents = 600, 5
	cases, valid, closed, faults := 0, 0, 0, 0
	for seed := range uint64(schemas) {
		d := newDice(seed, nil)
		root := d.closedRoot()
		open, err := compileV6(d.write(root))
		check(t, err)
		for range documents {
			document := d.document(root)
			v := judgeClosed(root, document)
			cases++
			if v.theirs {
				valid++
			} else if readV6(open, []byte(v.documentIs)) == nil {
				closed++
			}
			if v.kind() != 0 {
				t.Errorf("seed %d:\n%v", seed, shrinkBy(judgeClosed, &v, root, document))
				if faults++; faults > 10 {
					t.Fatal("and more")
				}
				break
			}
		}
	}
	t.Logf("%d cases agree; %d are valid, %d are refused by the rule alone", cases, valid, closed)
	if valid < cases/20 || closed < cases/20 {
		t.Errorf("the generator is lopsided: %d cases, %d valid, %d refused by the rule alone", cases, valid, closed)
	}
}
