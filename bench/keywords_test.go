package bench

import stdjson "encoding/json"

// keyword adds a keyword to a schema.
type keyword func(g *schemas, s map[string]any, at scope)

// keywords is keywordTable; the table's functions make subschemas out of it.
var keywords []keyword

func init() { keywords = keywordTable }

// keywordTable holds every keyword. One that stands more than once is chosen
// more often.
var keywordTable = []keyword{
	func(g *schemas, s map[string]any, _ scope) { s["type"] = pick(g.dice, types) },
	func(g *schemas, s map[string]any, _ scope) {
		var list []any
		for _, t := range types {
			if g.one(3) {
				list = append(list, t)
			}
		}
		if len(list) > 0 {
			s["type"] = list
		}
	},
	func(g *schemas, s map[string]any, _ scope) { s["const"] = g.value(2) },
	func(g *schemas, s map[string]any, _ scope) {
		list := []any{g.value(2)}
		for range g.n(4) {
			list = append(list, g.value(1))
		}
		s["enum"] = list
	},
	func(g *schemas, s map[string]any, _ scope) { g.bound(s) },
	func(g *schemas, s map[string]any, _ scope) { g.bound(s); g.bound(s) },
	func(g *schemas, s map[string]any, _ scope) { g.count(s, "minLength", "maxLength") },
	func(g *schemas, s map[string]any, _ scope) { s["pattern"] = pick(g.dice, patterns) },
	func(g *schemas, s map[string]any, _ scope) { g.count(s, "minItems", "maxItems") },
	func(g *schemas, s map[string]any, _ scope) { s["uniqueItems"] = !g.one(5) },
	func(g *schemas, s map[string]any, at scope) { s["contains"] = g.sub(at.in()) },
	func(g *schemas, s map[string]any, at scope) {
		s["contains"] = g.sub(at.in())
		g.count(s, "minContains", "maxContains")
	},
	func(g *schemas, s map[string]any, _ scope) { g.count(s, "minContains", "maxContains") },
	func(g *schemas, s map[string]any, at scope) { s["prefixItems"] = g.list(at.in(), 3) },
	func(g *schemas, s map[string]any, at scope) { s["items"] = g.sub(at.in()) },
	func(g *schemas, s map[string]any, at scope) { s["unevaluatedItems"] = g.sub(at.in()) },
	func(g *schemas, s map[string]any, _ scope) { s["unevaluatedItems"] = false },
	func(g *schemas, s map[string]any, _ scope) { g.count(s, "minProperties", "maxProperties") },
	func(g *schemas, s map[string]any, _ scope) { s["required"] = g.someNames(3) },
	func(g *schemas, s map[string]any, at scope) { s["properties"] = g.object(at.in(), names) },
	func(g *schemas, s map[string]any, at scope) { s["properties"] = g.object(at.in(), names[:5]) },
	func(g *schemas, s map[string]any, at scope) { s["patternProperties"] = g.object(at.in(), patterns) },
	func(g *schemas, s map[string]any, at scope) { s["additionalProperties"] = g.sub(at.in()) },
	func(g *schemas, s map[string]any, _ scope) { s["additionalProperties"] = false },
	func(g *schemas, s map[string]any, at scope) {
		// The oracle forgets the dynamic scope in propertyNames (core 8.2.3.2
		// knows no such exception), so nothing may refer on from there.
		if g.dynamic {
			s["propertyNames"] = g.leaf()
			return
		}
		s["propertyNames"] = g.sub(at.in())
	},
	func(g *schemas, s map[string]any, at scope) { s["unevaluatedProperties"] = g.sub(at.in()) },
	func(g *schemas, s map[string]any, _ scope) { s["unevaluatedProperties"] = false },
	func(g *schemas, s map[string]any, _ scope) {
		s["dependentRequired"] = map[string]any{pick(g.dice, names[:6]): g.someNames(2)}
	},
	func(g *schemas, s map[string]any, at scope) { s["dependentSchemas"] = g.object(at.at(), names[:6]) },
	func(g *schemas, s map[string]any, at scope) { s["allOf"] = g.list(at.at(), 3) },
	func(g *schemas, s map[string]any, at scope) { s["anyOf"] = g.list(at.at(), 3) },
	func(g *schemas, s map[string]any, at scope) { s["oneOf"] = g.list(at.at(), 3) },
	func(g *schemas, s map[string]any, at scope) { s["not"] = g.sub(at.at()) },
	func(g *schemas, s map[string]any, at scope) {
		s["if"] = g.sub(at.at())
		if !g.one(4) {
			s["then"] = g.sub(at.at())
		}
		if !g.one(3) {
			s["else"] = g.sub(at.at())
		}
	},
	func(g *schemas, s map[string]any, at scope) {
		if to, ok := g.reference(at); ok {
			s["$ref"] = to
		}
	},
	func(g *schemas, s map[string]any, at scope) {
		if to, ok := g.reference(at); ok {
			s["$ref"] = to
		}
	},
	func(g *schemas, s map[string]any, at scope) {
		if g.dynamic && at.moved {
			s["$dynamicRef"] = "#node"
			if g.ids && at.def%2 != 0 {
				s["$dynamicRef"] = "https://example.com/root.json#node"
			}
		}
	},
	func(g *schemas, s map[string]any, _ scope) { // annotations judge nothing
		s["format"] = pick(g.dice, formats)
		s["default"] = g.value(1)
		s["contentEncoding"] = "base64"
		s["$comment"] = "a note"
		s["x-unknown"] = stdjson.Number("1")
	},
}
