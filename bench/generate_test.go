package bench

import (
	stdjson "encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
)

// dice makes every choice of the generators: from the bytes of a fuzzer while
// there are any, then from a seeded generator. Equal dice make equal cases.
type dice struct {
	choices []byte
	rng     *rand.Rand
}

func newDice(seed uint64, choices []byte) *dice {
	return &dice{choices, rand.New(rand.NewPCG(seed, 0x5ca1ab1e))}
}

// n returns 0 to k-1.
func (d *dice) n(k int) int {
	if len(d.choices) > 0 {
		c := int(d.choices[0])
		d.choices = d.choices[1:]
		return c % k
	}
	return d.rng.IntN(k)
}

// one reports true once in k times.
func (d *dice) one(k int) bool { return d.n(k) == 0 }

func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }

// The words that schemas and documents share; few, so that they meet. Line
// separators (U+2028) are left out: the oracle reads patterns as Go does, ours
// as ECMA-262 says, and TestPatternsAgainstNode compares those.
var (
	names   = []string{"a", "b", "c", "foo", "bar", "ab", "x1", "é", "", "a/b", "~t", "😀", "__proto__", "A"}
	strs    = []string{"", "a", "ab", "abc", "foo", "foobar", "é", "e\u0301", "😀", "😀😀", "日本語", "a\u0000b", "line\nfeed", "12", "true", "a/b", "zzzzzzzzzz"}
	numbers = []string{
		"0", "-0", "0.0", "1", "-1", "2", "3", "4", "1.0", "1.5", "2.50", "2.5", "1e2", "100", "1E+2", "0.1", "0.3", "0.01", "1e-2", "-3", "7", "12", "1e0",
		"9007199254740991", "9007199254740992", "9007199254740993", "9007199254740993.0", "-9007199254740993", "12345678901234567890", "1.2345678901234567890e19",
		"1e30", "1e400", "1e-400", "0.30000000000000004", "2147483648", "9223372036854775807", "9223372036854775808", "3.0e0", "10", "5",
	}
	steps    = []string{"1", "2", "0.5", "0.1", "0.01", "3", "1e2", "1e-2", "2.5", "9007199254740993", "1.0", "7", "1e-7"}
	patterns = []string{"^a", "b$", "^[a-z]+$", "^.{2,3}$", "o+", "^$", ".", `^\p{L}`, "^(foo|bar)$", "^[^a]*$", `\d`, "^a*b?$", "[é]", "x{2,}", `^\S*$`, "(?:)", `^[A-Za-z0-9_-]{1,4}$`}
	types    = []string{"null", "boolean", "object", "array", "number", "string", "integer"}
	formats  = []string{"date", "email", "uuid", "ipv4", "int32", "unknown", "regex"}
)

// scope is where in a schema a subschema stands.
type scope struct {
	depth int  // levels that may follow
	moved bool // the instance moved on since the last definition began: recursion ends
	def   int  // the number of the definition that it is in; -1 for the root
}

func (s scope) in() scope { s.depth--; s.moved = true; return s } // of a part of the instance
func (s scope) at() scope { s.depth--; return s }                 // of the same instance

// schemas generates one schema with its definitions.
type schemas struct {
	*dice
	defs    int
	ids     bool // the root and the definitions have URIs of their own
	anchors bool
	dynamic bool
}

// schema returns a schema as a tree of any.
func (d *dice) schema() any {
	g := &schemas{dice: d, defs: d.n(4), ids: d.one(4), anchors: d.one(3), dynamic: d.one(4)}
	root, ok := g.sub(scope{depth: 3, def: -1}).(map[string]any)
	if !ok {
		return d.one(2)
	}
	defs := map[string]any{}
	for i := range g.defs {
		defs["d"+strconv.Itoa(i)] = g.definition(i)
	}
	if g.defs > 0 {
		root["$defs"] = defs
	}
	if g.ids {
		root["$id"] = "https://example.com/root.json"
	}
	if g.dynamic {
		root["$dynamicAnchor"] = "node"
	}
	if d.one(3) {
		root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	}
	return root
}

func (g *schemas) definition(i int) any {
	s, ok := g.sub(scope{depth: 2, def: i}).(map[string]any)
	if !ok {
		s = map[string]any{}
	}
	if g.anchors {
		s["$anchor"] = "n" + strconv.Itoa(i)
	}
	if g.ids {
		s["$id"] = "https://example.com/d" + strconv.Itoa(i) + ".json"
		if g.dynamic && i%2 == 0 {
			s["$dynamicAnchor"] = "node"
		}
	}
	return s
}

// sub returns a subschema: mostly an object of one to four keywords.
func (g *schemas) sub(at scope) any {
	if at.depth <= 0 {
		return g.leaf()
	}
	if at.def >= 0 || at.depth < 3 {
		if g.one(12) {
			return g.one(3)
		}
	}
	s := map[string]any{}
	for range 1 + g.n(4) {
		pick(g.dice, keywords)(g, s, at)
	}
	return s
}

func (g *schemas) leaf() any {
	s := map[string]any{}
	switch g.n(8) {
	case 0:
		return true
	case 1:
		return g.n(3) > 0
	case 2:
		s["const"] = g.value(1)
	case 3:
		g.bound(s)
	default:
		s["type"] = pick(g.dice, types)
	}
	return s
}

func (g *schemas) bound(s map[string]any) {
	name := pick(g.dice, []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
	if name == "multipleOf" {
		s[name] = stdjson.Number(pick(g.dice, steps))
		return
	}
	s[name] = stdjson.Number(pick(g.dice, numbers))
}

func (g *schemas) count(s map[string]any, names ...string) {
	n := stdjson.Number(strconv.Itoa(g.n(4)))
	if g.one(6) {
		n += ".0"
	}
	s[pick(g.dice, names)] = n
}

func (g *schemas) list(at scope, most int) []any {
	list := make([]any, 1+g.n(most))
	for i := range list {
		list[i] = g.sub(at)
	}
	return list
}

func (g *schemas) object(at scope, keys []string) map[string]any {
	m := map[string]any{}
	for range 1 + g.n(3) {
		m[pick(g.dice, keys)] = g.sub(at)
	}
	return m
}

func (g *schemas) someNames(most int) []any {
	var list []any
	for range g.n(most + 1) {
		if n := any(pick(g.dice, names[:8])); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return append([]any{}, list...)
}

// reference returns what $ref may say here: references that stay with the
// same instance go to later definitions only, so that every chain ends.
func (g *schemas) reference(at scope) (string, bool) {
	first := at.def + 1
	if at.moved {
		first = 0
		if g.one(5) {
			if g.ids {
				return "https://example.com/root.json", true
			}
			return "#", true
		}
	}
	if first >= g.defs {
		return "", false
	}
	i := strconv.Itoa(first + g.n(g.defs-first))
	switch {
	case g.ids && g.one(2):
		return "https://example.com/root.json#/$defs/d" + i, true
	case g.ids && g.anchors && g.one(2):
		return "d" + i + ".json#n" + i, true
	case g.ids:
		return "d" + i + ".json", true
	case g.anchors && g.one(2):
		return "#n" + i, true
	}
	return "#/$defs/d" + i, true
}
