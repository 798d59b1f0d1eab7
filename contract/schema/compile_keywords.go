package schema

import (
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// kw is a keyword of a schema object.
type kw uint8

const (
	kwNone kw = iota
	kwRef
	kwDynamicRef
	kwType
	kwEnum
	kwConst
	kwMinLength
	kwMaxLength
	kwPattern
	kwFormat
	kwMinimum
	kwMaximum
	kwExclusiveMinimum
	kwExclusiveMaximum
	kwMultipleOf
	kwProperties
	kwPatternProperties
	kwAdditionalProperties
	kwRequired
	kwMinProperties
	kwMaxProperties
	kwPropertyNames
	kwDependentRequired
	kwDependentSchemas
	kwDependencies
	kwItems
	kwPrefixItems
	kwMinItems
	kwMaxItems
	kwUniqueItems
	kwContains
	kwMinContains
	kwMaxContains
	kwAllOf
	kwAnyOf
	kwOneOf
	kwNot
	kwIf
	kwThen
	kwElse
	kwUnevaluatedItems
	kwUnevaluatedProperties
	kwNullable
	kwReadOnly
	kwWriteOnly
	kwDiscriminator
	kwContentEncoding
	kwContentMediaType
	kwCount
)

// shapeOf says what a keyword's value must look like.
type shapeOf uint8

const (
	aString shapeOf = iota
	aSize           // a whole number from 0
	aNumber
	aBoolean
	aSchema
	schemas      // array of at least one schema
	schemaMap    // object of schemas
	strings1     // array of strings
	anArray      // of anything
	anObject     // of anything
	anything     // checked where it is compiled
	typeNames    // checked where it is compiled
	numberOrBool // exclusive bounds, by dialect
)

// Which dialects know a keyword.
const (
	in2020 = 1 << Draft202012
	in30   = 1 << OpenAPI30
	in20   = 1 << Swagger20
	inOld  = in30 | in20
	inAll  = in2020 | inOld
)

type keywordInfo struct {
	id       kw
	shape    shapeOf
	dialects uint8
	checks   bool // belongs to the validation vocabulary
}

var keywords = map[string]keywordInfo{
	"$ref":                  {kwRef, aString, inAll, false},
	"$dynamicRef":           {kwDynamicRef, aString, in2020, false},
	"type":                  {kwType, typeNames, inAll, true},
	"enum":                  {kwEnum, anArray, inAll, true},
	"const":                 {kwConst, anything, in2020, true},
	"minLength":             {kwMinLength, aSize, inAll, true},
	"maxLength":             {kwMaxLength, aSize, inAll, true},
	"pattern":               {kwPattern, aString, inAll, true},
	"format":                {kwFormat, aString, inAll, false},
	"minimum":               {kwMinimum, aNumber, inAll, true},
	"maximum":               {kwMaximum, aNumber, inAll, true},
	"exclusiveMinimum":      {kwExclusiveMinimum, numberOrBool, inAll, true},
	"exclusiveMaximum":      {kwExclusiveMaximum, numberOrBool, inAll, true},
	"multipleOf":            {kwMultipleOf, aNumber, inAll, true},
	"properties":            {kwProperties, schemaMap, inAll, false},
	"patternProperties":     {kwPatternProperties, schemaMap, in2020, false},
	"additionalProperties":  {kwAdditionalProperties, aSchema, inAll, false},
	"required":              {kwRequired, strings1, inAll, true},
	"minProperties":         {kwMinProperties, aSize, inAll, true},
	"maxProperties":         {kwMaxProperties, aSize, inAll, true},
	"propertyNames":         {kwPropertyNames, aSchema, in2020, false},
	"dependentRequired":     {kwDependentRequired, anObject, in2020, true},
	"dependentSchemas":      {kwDependentSchemas, schemaMap, in2020, false},
	"dependencies":          {kwDependencies, anObject, in2020, false},
	"items":                 {kwItems, aSchema, inAll, false},
	"prefixItems":           {kwPrefixItems, schemas, in2020, false},
	"minItems":              {kwMinItems, aSize, inAll, true},
	"maxItems":              {kwMaxItems, aSize, inAll, true},
	"uniqueItems":           {kwUniqueItems, aBoolean, inAll, true},
	"contains":              {kwContains, aSchema, in2020, false},
	"minContains":           {kwMinContains, aSize, in2020, true},
	"maxContains":           {kwMaxContains, aSize, in2020, true},
	"allOf":                 {kwAllOf, schemas, inAll, false},
	"anyOf":                 {kwAnyOf, schemas, in2020 | in30, false},
	"oneOf":                 {kwOneOf, schemas, in2020 | in30, false},
	"not":                   {kwNot, aSchema, in2020 | in30, false},
	"if":                    {kwIf, aSchema, in2020, false},
	"then":                  {kwThen, aSchema, in2020, false},
	"else":                  {kwElse, aSchema, in2020, false},
	"unevaluatedItems":      {kwUnevaluatedItems, aSchema, in2020, false},
	"unevaluatedProperties": {kwUnevaluatedProperties, aSchema, in2020, false},
	"nullable":              {kwNullable, aBoolean, in30, true},
	"x-nullable":            {kwNullable, aBoolean, in20, true},
	"readOnly":              {kwReadOnly, aBoolean, inAll, false},
	"writeOnly":             {kwWriteOnly, aBoolean, in2020 | in30, false},
	"discriminator":         {kwDiscriminator, anything, in2020 | in30, false},
	"contentEncoding":       {kwContentEncoding, aString, in2020, false},
	"contentMediaType":      {kwContentMediaType, aString, in2020, false},
}

// keywordSet holds the values of the keywords that stand in one schema.
type keywordSet struct {
	value [kwCount]*source.Node
	have  uint64 // bits by kw
	n     *source.Node
}

func bitsOf(list ...kw) (set uint64) {
	for _, k := range list {
		set |= 1 << k
	}
	return set
}

var (
	// Keywords that judge nothing on their own and leave $ref an alias.
	silentWords = bitsOf(kwContentEncoding, kwContentMediaType, kwThen, kwElse, kwMinContains, kwMaxContains)
	objectWords = bitsOf(kwProperties, kwPatternProperties, kwAdditionalProperties, kwRequired, kwMinProperties,
		kwMaxProperties, kwPropertyNames, kwDependentRequired, kwDependencies)
	arrayWords     = bitsOf(kwItems, kwPrefixItems, kwMinItems, kwMaxItems, kwUniqueItems, kwContains)
	compositeWords = bitsOf(kwRef, kwDynamicRef, kwAllOf, kwAnyOf, kwOneOf, kwNot, kwIf, kwDependentSchemas,
		kwDependencies, kwUnevaluatedItems, kwUnevaluatedProperties)
)

// collect finds the keywords of n that the dialect knows and checks what
// their values look like; those that are wrong are reported and left out.
func (c *Compiler) collect(n *source.Node, res *resource, set *keywordSet) {
	set.n = n
	for i := range n.Len() {
		m := n.Member(i)
		info, known := keywords[m.Name]
		if !known || info.dialects&(1<<c.o.Dialect) == 0 {
			c.stranger(m, known)
			continue
		}
		if res.noChecks && info.checks {
			continue
		}
		if info.id == kwDiscriminator && c.o.Pure {
			continue
		}
		if !c.shaped(m, info) {
			continue
		}
		set.value[info.id] = &m.Value
		set.have |= 1 << info.id
	}
	if ref := set.value[kwRef]; ref != nil && c.o.Dialect != Draft202012 {
		// Siblings of $ref are ignored (OpenAPI 3.0.4 section 4.7.23.1).
		*set = keywordSet{n: n, have: 1 << kwRef}
		set.value[kwRef] = ref
	}
}

var wanted = [...]struct {
	kind source.Kind
	text string
}{
	aString:   {source.String, "a string"},
	aSize:     {source.Number, "a whole number from 0"},
	aNumber:   {source.Number, "a number"},
	aBoolean:  {source.Bool, "true or false"},
	aSchema:   {source.Object, "a schema"},
	schemas:   {source.Array, "a list of at least one schema"},
	schemaMap: {source.Object, "an object whose values are schemas"},
	strings1:  {source.Array, "a list of strings"},
	anArray:   {source.Array, "a list of values"},
	anObject:  {source.Object, "an object"},
}

// shaped reports whether the keyword's value has the form it must have.
func (c *Compiler) shaped(m *source.Member, info keywordInfo) bool {
	v := &m.Value
	ok, want := true, ""
	switch info.shape {
	case anything, typeNames:
		return true
	case numberOrBool:
		kind := source.Number
		want = "a number"
		if c.o.Dialect != Draft202012 {
			kind, want = source.Bool, "true or false in this version of OpenAPI"
		}
		ok = v.Is(kind)
	case aSchema:
		want = wanted[aSchema].text
		ok = v.Is(source.Object) || v.Is(source.Bool)
	case schemas:
		want = wanted[schemas].text
		ok = v.Is(source.Array) && v.Len() > 0
	case strings1:
		want = wanted[strings1].text
		ok = v.Is(source.Array)
		for _, s := range v.Items() {
			ok = ok && s.Is(source.String)
		}
		if v.Is(source.Bool) && info.id == kwRequired {
			c.problem(source.At(v, "list the names of required properties in the object around it", "required must be a list of strings, not a boolean"))
			return false
		}
	case aSize:
		want = wanted[aSize].text
		_, ok = size(v)
	default:
		want = wanted[info.shape].text
		ok = v.Is(wanted[info.shape].kind)
	}
	if !ok {
		c.problem(source.At(v, "", "%s must be %s, not %s", m.Name, want, article(v.Kind())))
	}
	return ok
}

func article(k source.Kind) string {
	switch k {
	case source.Array, source.Object:
		return "an " + k.String()
	case source.Null:
		return "null"
	}
	return "a " + k.String()
}

const maxSize = 1<<31 - 1

// size reads a whole number from 0, also when written as 2.0; what is larger
// than any document is all the same.
func size(v *source.Node) (int32, bool) {
	if !v.Is(source.Number) {
		return 0, false
	}
	x := parseDecimal([]byte(v.Text()))
	if x.sign < 0 || !x.integer() {
		return 0, false
	}
	if x.exponent > 10 {
		return maxSize, true
	}
	var n int64
	for k := range int(x.exponent) {
		n *= 10
		if k < x.len() {
			n += int64(x.digit(k) - '0')
		}
	}
	return int32(min(n, maxSize)), true
}

// sizeOr returns the value of a size keyword, or what stands for its absence.
func (s *keywordSet) sizeOr(k kw, absent int32) int32 {
	if v := s.value[k]; v != nil {
		n, _ := size(v)
		return n
	}
	return absent
}

func (s *keywordSet) has(set uint64) bool { return s.have&set != 0 }
