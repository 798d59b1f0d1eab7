package bench

import (
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strings"
)

// value returns any JSON value, at most depth levels deep.
func (d *dice) value(depth int) any {
	kinds := 6
	if depth <= 0 {
		kinds = 4
	}
	switch d.n(kinds) {
	case 0:
		return nil
	case 1:
		return d.one(2)
	case 2:
		return stdjson.Number(pick(d, numbers))
	case 3:
		return pick(d, strs)
	case 4:
		list := []any{}
		for range d.n(4) {
			list = append(list, d.value(depth-1))
		}
		return list
	}
	m := map[string]any{}
	for range d.n(4) {
		m[pick(d, names)] = d.value(depth - 1)
	}
	return m
}

// document returns a value that has a fair chance to satisfy root: it is put
// together from what the schema says about types, names, items and constants.
func (d *dice) document(root any) any {
	defs := map[string]any{}
	if m, ok := root.(map[string]any); ok {
		defs, _ = m["$defs"].(map[string]any)
	}
	return d.toward(root, root, defs, 4)
}

func (d *dice) toward(s, root any, defs map[string]any, depth int) any {
	if depth <= 0 || d.one(12) {
		return d.value(2)
	}
	views := collect(s, root, defs, 4, nil)
	if len(views) == 0 {
		return d.value(2)
	}
	v := pick(d, views)
	if c, ok := v["const"]; ok && !d.one(4) {
		return c
	}
	if e, ok := v["enum"].([]any); ok && !d.one(4) {
		return pick(d, e)
	}
	switch d.kind(views) {
	case "object":
		return d.objectToward(views, root, defs, depth)
	case "array":
		return d.arrayToward(views, root, defs, depth)
	case "string":
		return pick(d, strs)
	case "number", "integer":
		return stdjson.Number(pick(d, numbers))
	case "boolean":
		return d.one(2)
	case "null":
		return nil
	}
	return d.value(2)
}

// kind chooses a type that the views speak of.
func (d *dice) kind(views []map[string]any) string {
	var kinds []string
	for _, v := range views {
		switch t := v["type"].(type) {
		case string:
			kinds = append(kinds, t, t, t)
		case []any:
			for _, k := range t {
				kinds = append(kinds, k.(string))
			}
		}
		for keyword := range v {
			switch {
			case strings.Contains(keyword, "ropert") || keyword == "required" || strings.HasPrefix(keyword, "dependent"):
				kinds = append(kinds, "object")
			case strings.Contains(keyword, "tems") || strings.Contains(keyword, "ontains"):
				kinds = append(kinds, "array")
			case strings.HasSuffix(keyword, "imum") || keyword == "multipleOf":
				kinds = append(kinds, "number")
			case strings.HasSuffix(keyword, "Length") || keyword == "pattern":
				kinds = append(kinds, "string")
			}
		}
	}
	if len(kinds) == 0 {
		return pick(d, types)
	}
	slices.Sort(kinds) // maps have no order, cases must
	return pick(d, kinds)
}

func (d *dice) objectToward(views []map[string]any, root any, defs map[string]any, depth int) any {
	m := map[string]any{}
	for _, v := range views {
		props, _ := v["properties"].(map[string]any)
		for _, name := range sorted(props) {
			if !d.one(3) {
				m[name] = d.toward(props[name], root, defs, depth-1)
			}
		}
		required, _ := v["required"].([]any)
		for _, name := range required {
			if _, ok := m[name.(string)]; !ok && !d.one(6) {
				m[name.(string)] = d.value(1)
			}
		}
		if extra, ok := v["additionalProperties"]; ok && d.one(2) {
			m[pick(d, names)] = d.toward(extra, root, defs, depth-1)
		}
	}
	if d.one(3) {
		m[pick(d, names)] = d.value(1)
	}
	return m
}

func (d *dice) arrayToward(views []map[string]any, root any, defs map[string]any, depth int) any {
	list := []any{}
	for _, v := range views {
		prefix, _ := v["prefixItems"].([]any)
		for i, s := range prefix {
			if i == len(list) && !d.one(5) {
				list = append(list, d.toward(s, root, defs, depth-1))
			}
		}
		for _, keyword := range []string{"items", "contains", "unevaluatedItems"} {
			if s, ok := v[keyword]; ok {
				for range d.n(3) {
					list = append(list, d.toward(s, root, defs, depth-1))
				}
			}
		}
	}
	if d.one(3) || len(list) == 0 {
		for range d.n(3) {
			list = append(list, d.value(1))
		}
	}
	return list[:min(len(list), 6)]
}

// collect returns the object schemas that judge the same instance as s.
func collect(s, root any, defs map[string]any, depth int, views []map[string]any) []map[string]any {
	m, ok := s.(map[string]any)
	if !ok || depth == 0 {
		return views
	}
	views = append(views, m)
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := m[keyword].([]any)
		for _, sub := range list {
			views = collect(sub, root, defs, depth-1, views)
		}
	}
	for _, keyword := range []string{"if", "then", "else"} {
		views = collect(m[keyword], root, defs, depth-1, views)
	}
	if to, ok := m["$ref"].(string); ok {
		if i := strings.LastIndexAny(to, "dn"); i >= 0 && i+1 < len(to) {
			if def, ok := defs["d"+to[i+1:]]; ok {
				return collect(def, root, defs, depth-1, views)
			}
		}
		views = collect(root, root, defs, depth-1, views)
	}
	return views
}

func sorted(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// write renders v as JSON text: members in an order of the dice's choosing,
// with blanks and escapes here and there.
func (d *dice) write(v any) string {
	var b strings.Builder
	d.writeTo(&b, v)
	return b.String()
}

func (d *dice) writeTo(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		keys := sorted(v)
		if len(keys) > 1 {
			r := d.n(len(keys))
			keys = slices.Concat(keys[r:], keys[:r])
			if d.one(2) {
				slices.Reverse(keys)
			}
		}
		b.WriteByte('{')
		for i, k := range keys {
			d.separate(b, i)
			d.writeString(b, k)
			b.WriteByte(':')
			d.writeTo(b, v[k])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			d.separate(b, i)
			d.writeTo(b, item)
		}
		b.WriteByte(']')
	case string:
		d.writeString(b, v)
	default:
		text, err := stdjson.Marshal(v)
		if err != nil {
			panic(err) // the generators make nothing else
		}
		b.Write(text)
	}
}

func (d *dice) separate(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
	if d.one(6) {
		b.WriteString(pick(d, []string{" ", "\n", "\t", "\r\n "}))
	}
}

func (d *dice) writeString(b *strings.Builder, s string) {
	text, err := stdjson.Marshal(s)
	if err != nil {
		panic(err) // strings can be written
	}
	if s != "" && s[0] >= 'a' && s[0] <= 'z' && d.one(6) {
		fmt.Fprintf(b, `"\u%04x%s`, s[0], text[2:])
		return
	}
	b.Write(text)
}
