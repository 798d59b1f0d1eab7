package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// keyword says which keyword refused; 0 is none.
type keyword uint8

const (
	wSyntax keyword = iota + 1
	wDuplicate
	wDepth
	wBudget
	wBroken
	wSize
	wType
	wEnum
	wMinLength
	wMaxLength
	wPattern
	wFormat
	wMinimum
	wMaximum
	wExclusiveMinimum
	wExclusiveMaximum
	wMultipleOf
	wRequired
	wMinProperties
	wMaxProperties
	wDependentRequired
	wPropertyNames
	wAdditionalProperties
	wUndeclared
	wReadOnly
	wWriteOnly
	wItems
	wMinItems
	wMaxItems
	wContains
	wMaxContains
	wUniqueItems
	wUnevaluatedItems
	wUnevaluatedProperties
	wNot
	wAnyOf
	wOneOf
	wOneOfMany
	wDiscriminator
	wNumber
	wCase
)

// words names the keywords, and what was wanted where that needs no more.
var words = [...]struct{ name, want string }{
	wSyntax:                {"syntax", "must be well-formed JSON (RFC 8259) in UTF-8"},
	wDuplicate:             {"syntax", "must not write a name twice in one object"},
	wDepth:                 {"depth", "must not nest deeper than " + strconv.Itoa(maxDepth) + " levels"},
	wBudget:                {"budget", "must be simpler: judging it takes more work than its size allows"},
	wBroken:                {"schema", "cannot be judged, because its schema has problems"},
	wSize:                  {"size", "must be smaller than 2 GiB"},
	wType:                  {"type", ""},
	wEnum:                  {"enum", ""},
	wMinLength:             {"minLength", ""},
	wMaxLength:             {"maxLength", ""},
	wPattern:               {"pattern", ""},
	wFormat:                {"format", ""},
	wMinimum:               {"minimum", ""},
	wMaximum:               {"maximum", ""},
	wExclusiveMinimum:      {"exclusiveMinimum", ""},
	wExclusiveMaximum:      {"exclusiveMaximum", ""},
	wMultipleOf:            {"multipleOf", ""},
	wRequired:              {"required", ""},
	wMinProperties:         {"minProperties", ""},
	wMaxProperties:         {"maxProperties", ""},
	wDependentRequired:     {"dependentRequired", ""},
	wPropertyNames:         {"propertyNames", "has a property whose name is not allowed"},
	wAdditionalProperties:  {"additionalProperties", ""},
	wUndeclared:            {"unevaluatedProperties", ""},
	wReadOnly:              {"readOnly", "must not be sent: it is read-only"},
	wWriteOnly:             {"writeOnly", "must not be in an answer: it is write-only"},
	wItems:                 {"items", ""},
	wMinItems:              {"minItems", ""},
	wMaxItems:              {"maxItems", ""},
	wContains:              {"contains", ""},
	wMaxContains:           {"maxContains", ""},
	wUniqueItems:           {"uniqueItems", "must not have equal items"},
	wUnevaluatedItems:      {"unevaluatedItems", "must not have items that no part of its schema describes"},
	wUnevaluatedProperties: {"unevaluatedProperties", ""},
	wNot:                   {"not", "must not match the schema of \"not\""},
	wAnyOf:                 {"anyOf", ""},
	wOneOf:                 {"oneOf", ""},
	wOneOfMany:             {"oneOf", ""},
	wDiscriminator:         {"discriminator", ""},
	wNumber:                {"number", "must be a number that a double can hold"},
	wCase:                  {"case", "must write declared names as the contract does, in upper and lower case"},
}

// Fault says why the last Read reported false. It allocates, and reads the
// document once more up to the place.
func (st *State) Fault() Fault {
	f := st.bad
	if f.word == 0 {
		return Fault{}
	}
	out := Fault{Keyword: words[f.word].name, Want: words[f.word].want}
	if st.root != nil && st.root.root != nil {
		out.Pointer = st.pointer(f.at)
	}
	if out.Want == "" {
		out.Want = st.want(&f)
	}
	if f.node == never && f.word == wType {
		out.Keyword, out.Want = "false", "must not be there"
	}
	return out
}

// want words what n asked for.
func (st *State) want(f *failure) string {
	n := f.node
	switch f.word {
	case wType:
		return "must be " + kindNames(n.accept)
	case wEnum:
		return "must be " + enumeration(n)
	case wMinLength, wMaxLength:
		return "must be a string of " + between(n.str.min, n.str.max, "character")
	case wPattern:
		return "must match the pattern " + shorten(n.str.pattern.source, 80)
	case wFormat:
		if n.num != nil && n.num.format != nil {
			return "must be " + n.num.format.want
		}
		return "must be " + n.str.format.want
	case wMinimum, wExclusiveMinimum, wMaximum, wExclusiveMaximum, wMultipleOf:
		return wantNumber(n.num, f.word)
	case wRequired:
		return "must have the property " + quoteName(n.obj.props[f.detail].name)
	case wDependentRequired:
		return "must have the property " + quoteName(n.obj.props[f.detail].name) + " together with another that it has"
	case wMinProperties, wMaxProperties:
		return "must have " + between(n.obj.min, n.obj.max, "property")
	case wAdditionalProperties, wUndeclared, wUnevaluatedProperties:
		return "has a property that is not declared; " + declaredNames(n)
	case wItems:
		return "must have at most " + count(int32(len(n.arr.prefix)), "item")
	case wMinItems, wMaxItems:
		return "must have " + between(n.arr.min, n.arr.max, "item")
	case wContains, wMaxContains:
		return "must have " + between(n.arr.minContains, n.arr.maxContains, "item") + " of the kind that \"contains\" describes"
	case wAnyOf:
		return fmt.Sprintf("must match at least one of the %d alternatives", f.detail)
	case wOneOf:
		return fmt.Sprintf("must match one of the %d alternatives", f.detail)
	case wOneOfMany:
		return fmt.Sprintf("must match only one of the %d alternatives, but matches several", f.detail)
	case wDiscriminator:
		return wantTag(n, f.detail)
	}
	return "must match its schema"
}

func wantTag(n *node, detail int) string {
	c := n.more.one
	if c == nil || c.tag == nil {
		c = n.more.any
	}
	if detail == -1 {
		return "must have the property " + quoteName(c.tag.name) + ", which tells the alternatives apart"
	}
	return "must have in " + quoteName(c.tag.name) + " one of " + list(c.tag.values)
}

func kindNames(k kinds) string {
	var names []string
	for _, e := range []struct {
		kind kinds
		name string
	}{{kString, "a string"}, {kNumber, "a number"}, {kInteger, "an integer"}, {kBool, "a boolean"},
		{kObject, "an object"}, {kArray, "an array"}, {kNull, "null"}} {
		if k&e.kind == 0 || e.kind == kInteger && k&kNumber != 0 {
			continue
		}
		name := e.name
		if e.kind == kBool && k&kBool == kTrue {
			name = "true"
		} else if e.kind == kBool && k&kBool == kFalse {
			name = "false"
		}
		names = append(names, name)
	}
	if len(names) < 2 {
		return strings.Join(names, "") + map[bool]string{true: "absent"}[len(names) == 0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func enumeration(n *node) string {
	var values []string
	if n.str != nil {
		values = append(values, n.str.enum...)
	}
	if n.num != nil {
		for _, x := range n.num.enum {
			values = append(values, x.String())
		}
	}
	if len(values) == 0 {
		return "one of the values that its schema lists"
	}
	return "one of " + list(values)
}

// list joins values within a bound.
func list(values []string) string {
	const most, enough = 12, 200
	var room [2 * enough]byte // what one refusal in many says is not worth an allocation a value
	text := room[:0]
	for i, v := range values {
		if i == most || len(text) > enough {
			text = fmt.Appendf(text, ", … (%d in all)", len(values))
			break
		}
		if i > 0 {
			text = append(text, ", "...)
		}
		text = strconv.AppendQuote(text, shorten(v, 60))
	}
	return string(text)
}

func quoteName(s string) string { return strconv.Quote(shorten(s, 60)) }

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func wantNumber(r *numberRule, word keyword) string {
	switch word {
	case wMinimum:
		return "must be at least " + r.min.exact.String()
	case wExclusiveMinimum:
		return "must be greater than " + r.min.exact.String()
	case wMaximum:
		return "must be at most " + r.max.exact.String()
	case wExclusiveMaximum:
		return "must be less than " + r.max.exact.String()
	}
	return "must be a multiple of " + r.multiple.exact.String()
}

func between(least, most int32, unit string) string {
	switch {
	case most < 0:
		return "at least " + count(least, unit)
	case least == most:
		return "exactly " + count(least, unit)
	case least <= 0:
		return "at most " + count(most, unit)
	}
	return fmt.Sprintf("%d to %s", least, count(most, unit))
}

func count(n int32, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	if stem, ok := strings.CutSuffix(unit, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// String writes x in full when that is short.
func (x decimal) String() string {
	if x.sign == 0 {
		return "0"
	}
	digits, sign := string(x.a)+string(x.b), ""
	if x.sign < 0 {
		sign = "-"
	}
	n := int64(len(digits))
	switch {
	case x.exponent >= n && x.exponent < 25:
		return sign + digits + strings.Repeat("0", int(x.exponent-n))
	case x.exponent > 0 && x.exponent < n:
		return sign + digits[:x.exponent] + "." + digits[x.exponent:]
	case x.exponent <= 0 && x.exponent > -10:
		return sign + "0." + strings.Repeat("0", int(-x.exponent)) + digits
	}
	return fmt.Sprintf("%s0.%se%d", sign, digits, x.exponent)
}
