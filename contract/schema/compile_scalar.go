package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

var typeKinds = map[string]kinds{
	"null": kNull, "boolean": kBool, "number": kNumber, "integer": kInteger,
	"string": kString, "array": kArray, "object": kObject,
}

// typeWords are the types, for hints.
var typeWords = slices.Sorted(maps.Keys(typeKinds))

// scalars compiles the keywords that need no other schema into n: types,
// enumerations, strings, numbers and flags. It returns the arrays and objects
// that an enumeration lists; nil is none.
func (c *Compiler) scalars(n *node, set *keywordSet, res *resource) []*constant {
	n.types = c.types(set)
	if v := set.value[kwReadOnly]; v.Bool() {
		n.flags |= readOnly
	}
	if v := set.value[kwWriteOnly]; v.Bool() {
		n.flags |= writeOnly
	}
	if f := set.value[kwFormat].Str(); f == "binary" || set.value[kwContentEncoding] != nil || set.value[kwContentMediaType] != nil {
		n.flags |= octets
	}
	format := c.format(set, res)
	var str stringRule
	str.min, str.max = set.sizeOr(kwMinLength, 0), set.sizeOr(kwMaxLength, -1)
	if set.value[kwMinLength] != nil && str.max >= 0 && str.min > str.max {
		c.contradiction(set.value[kwMinLength], "no string can satisfy both", "minLength is greater than maxLength")
	}
	if p := set.value[kwPattern]; p != nil {
		str.pattern = c.pattern(p, p.Str())
	}
	if format != nil && format.text != nil {
		str.format = format
	}
	num := c.number(set)
	if format != nil && format.number != nil {
		if num == nil {
			num = new(numberRule)
		}
		num.format = format
	}
	var consts []*constant
	if set.has(bitsOf(kwEnum, kwConst)) {
		consts = c.enumeration(n, set, &str, &num)
	}
	if num != nil {
		num.quicken()
	}
	n.num = num
	n.str = c.stringRule(str)
	if v := set.value[kwNullable]; v.Bool() {
		// An enumeration beside nullable rarely lists null, though OpenAPI
		// 3.0.3 would have it so; what its author meant is plain.
		if e := set.value[kwEnum]; e != nil && !c.o.Pure && !listsNull(e) {
			c.nullables = append(c.nullables, e)
		}
		n.types |= kNull
	}
	return consts
}

// loosened warns of enumerations that null passes by, though they do not list
// it: of a few, since whole documents are written so.
func (c *Compiler) loosened() (list source.Problems) {
	const most = 5
	for k, enum := range c.nullables {
		const hint = "add null to enum, as OpenAPI 3.0.3 asks for, or remove nullable"
		if left := len(c.nullables) - k; k == most && left > 1 {
			return append(list, source.Warn(enum, hint, "null is accepted here and beside %d more enumerations that do not list it, since nullable is true", left-1))
		}
		list = append(list, source.Warn(enum, hint, "null is accepted although enum does not list it, since nullable is true"))
	}
	return list
}

func listsNull(enum *source.Node) bool {
	for _, item := range enum.Items() {
		if item.Is(source.Null) {
			return true
		}
	}
	return false
}

// contradiction warns of bounds that no value of their kind satisfies. JSON
// Schema allows them: values of other kinds pass, and not turns them round.
func (c *Compiler) contradiction(n *source.Node, hint, text string) {
	c.problem(source.Warn(n, hint, "%s", text))
}

// stringRule returns the shared form of r, nil when it asks nothing.
func (c *Compiler) stringRule(r stringRule) *stringRule {
	if r.enum != nil {
		return &r
	}
	if r.min == 0 && r.max < 0 && r.pattern == nil && r.format == nil {
		return nil
	}
	key := stringKey{r.min, r.max, r.pattern, r.format}
	if known := c.strings[key]; known != nil {
		return known
	}
	c.strings[key] = &r
	return &r
}

// stringKey is what two rules without enumerations must share to be one.
type stringKey struct {
	min, max int32
	pattern  *pattern
	format   *format
}

// types compiles the type keyword.
func (c *Compiler) types(set *keywordSet) kinds {
	v := set.value[kwType]
	switch {
	case v == nil:
		return allKinds
	case v.Is(source.String):
		return c.typeName(v)
	case v.Is(source.Array) && c.o.Dialect == Draft202012:
		var all kinds
		if v.Len() == 0 {
			c.problem(source.At(v, "", "type must name at least one type"))
		}
		for _, item := range v.Items() {
			all |= c.typeName(item)
		}
		return all
	case v.Is(source.Array):
		c.problem(source.At(v, "use nullable: true, or anyOf", "type must be a single name in this version of OpenAPI"))
	default:
		c.problem(source.At(v, "", "type must be a string, not %s", article(v.Kind())))
	}
	return allKinds
}

func (c *Compiler) typeName(v *source.Node) kinds {
	if k, ok := typeKinds[v.Str()]; ok && (v.Str() != "null" || c.o.Dialect == Draft202012) {
		return k
	}
	if v.Str() == "file" && c.o.Dialect == Swagger20 {
		return allKinds
	}
	hint := source.DidYouMean("types are string, number, integer, boolean, array, object and null", v.Str(), typeWords...)
	if v.Str() == "null" {
		hint = "use nullable: true"
	}
	c.problem(source.At(v, hint, "unknown type %q", shorten(v.Text(), 60)))
	return allKinds
}

// number compiles the keywords of numbers; nil when there are none.
func (c *Compiler) number(set *keywordSet) *numberRule {
	if !set.has(bitsOf(kwMinimum, kwMaximum, kwExclusiveMinimum, kwExclusiveMaximum, kwMultipleOf)) {
		return nil
	}
	r := new(numberRule)
	if v := set.value[kwMinimum]; v != nil {
		r.hasMin, r.min = true, newBound(v.Text())
	}
	if v := set.value[kwMaximum]; v != nil {
		r.hasMax, r.max = true, newBound(v.Text())
	}
	if v := set.value[kwExclusiveMinimum]; v.Is(source.Number) {
		if b := newBound(v.Text()); !r.hasMin || compareDecimals(&b.exact, &r.min.exact) >= 0 {
			r.hasMin, r.overMin, r.min = true, true, b
		}
	} else if v.Bool() {
		r.overMin = true
	}
	if v := set.value[kwExclusiveMaximum]; v.Is(source.Number) {
		if b := newBound(v.Text()); !r.hasMax || compareDecimals(&b.exact, &r.max.exact) <= 0 {
			r.hasMax, r.underMax, r.max = true, true, b
		}
	} else if v.Bool() {
		r.underMax = true
	}
	if r.hasMin && r.hasMax {
		cmp := compareDecimals(&r.min.exact, &r.max.exact)
		if cmp > 0 || cmp == 0 && (r.overMin || r.underMax) {
			c.contradiction(set.n, "no number can satisfy both", "the lower bound is not below the upper bound")
		}
	}
	if v := set.value[kwMultipleOf]; v != nil {
		if x := parseDecimal([]byte(v.Text())); x.sign <= 0 {
			c.problem(source.At(v, "", "multipleOf must be greater than 0"))
		} else {
			r.multiple = newMultiple(v.Text())
		}
	}
	return r
}

// enumeration compiles enum and const: kinds are narrowed, scalars become
// sets of the rules.
func (c *Compiler) enumeration(n *node, set *keywordSet, str *stringRule, num **numberRule) []*constant {
	var values []*source.Node
	if v := set.value[kwConst]; v != nil {
		values = append(values, v)
	}
	if v := set.value[kwEnum]; v != nil {
		var listed []*source.Node
		for _, item := range v.Items() {
			if set.value[kwConst] == nil || source.Equal(item, set.value[kwConst]) {
				listed = append(listed, item)
			}
		}
		values = listed
	}
	var have kinds
	var consts []*constant
	for _, v := range values {
		switch v.Kind() {
		case source.Null:
			have |= kNull
		case source.Bool:
			have |= map[bool]kinds{true: kTrue, false: kFalse}[v.Bool()]
		case source.String:
			have |= kString
			str.enum = append(str.enum, c.name(v.Str()))
		case source.Number:
			have |= n.types & (kNumber | kInteger)
			if *num == nil {
				*num = new(numberRule)
			}
			(*num).enum = append((*num).enum, parseDecimal([]byte(v.Text())))
		default:
			have |= map[source.Kind]kinds{source.Array: kArray, source.Object: kObject}[v.Kind()]
			consts = append(consts, c.constant(v))
		}
	}
	n.types &= have
	slices.Sort(str.enum)
	str.enum = slices.Clip(slices.Compact(str.enum))
	str.plain = !slices.ContainsFunc(str.enum, odd)
	return consts
}

// odd reports whether JSON text may not contain s as it is.
func odd(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' })
}

// constant copies a value of the document.
func (c *Compiler) constant(v *source.Node) *constant {
	k := &constant{kind: v.Kind()}
	switch v.Kind() {
	case source.Bool, source.String:
		k.text = c.name(v.Text())
	case source.Number:
		k.number = parseDecimal([]byte(v.Text()))
	case source.Array:
		for _, item := range v.Items() {
			k.items = append(k.items, c.constant(item))
		}
	case source.Object:
		for name := range v.Members() {
			k.names = append(k.names, c.name(name))
		}
		slices.Sort(k.names)
		for _, name := range k.names {
			k.items = append(k.items, c.constant(v.Get(name)))
		}
	}
	return k
}
