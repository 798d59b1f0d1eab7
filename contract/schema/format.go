package schema

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// format is what a name in the keyword format asks for. A nil function asks
// nothing of that kind. Functions take decoded text of any length, take
// linear time and do not allocate.
type format struct {
	want   string // after "must be"
	text   func(b []byte) bool
	number func(d []byte, n numeral) bool
	// Of formats of integers also their range.
	whole       bool
	least, most bound
}

// formats holds the formats that assert; others pass.
var formats = map[string]*format{
	"date-time":             {want: "a date and time (RFC 3339)", text: isDateTime},
	"date":                  {want: "a date (RFC 3339)", text: isDate},
	"time":                  {want: "a time with offset (RFC 3339)", text: isTime},
	"duration":              {want: "a duration (ISO 8601)", text: isDuration},
	"email":                 {want: "an e-mail address (RFC 5321)", text: isEmail},
	"idn-email":             {want: "an e-mail address (RFC 6531)", text: isIDNEmail},
	"hostname":              {want: "a host name (RFC 1123)", text: isHostname},
	"idn-hostname":          {want: "an internationalised host name (RFC 5890)", text: isIDNHostname},
	"ipv4":                  {want: "an IPv4 address", text: isIPv4},
	"ipv6":                  {want: "an IPv6 address", text: isIPv6},
	"uri":                   {want: "an absolute URI (RFC 3986)", text: isURI},
	"uri-reference":         {want: "a URI or a relative reference (RFC 3986)", text: isURIReference},
	"iri":                   {want: "an absolute IRI (RFC 3987)", text: isIRI},
	"iri-reference":         {want: "an IRI or a relative reference (RFC 3987)", text: isIRIReference},
	"uri-template":          {want: "a URI template (RFC 6570)", text: isURITemplate},
	"json-pointer":          {want: "a JSON pointer (RFC 6901)", text: isJSONPointer},
	"relative-json-pointer": {want: "a relative JSON pointer", text: isRelativeJSONPointer},
	"regex":                 {want: "a regular expression (ECMA-262)", text: isRegex},
	"uuid":                  {want: "a UUID (RFC 9562)", text: isUUID},
	"byte":                  {want: "text in base64 (RFC 4648)", text: isBase64},
	"int8":                  wholeFormat("an integer of 8 bits", "-128", "127"),
	"int16":                 wholeFormat("an integer of 16 bits", "-32768", "32767"),
	"int32":                 wholeFormat("an integer of 32 bits", "-2147483648", "2147483647"),
	"int64":                 wholeFormat("an integer of 64 bits", "-9223372036854775808", "9223372036854775807"),
	"uint8":                 wholeFormat("an integer from 0 of 8 bits", "0", "255"),
	"uint16":                wholeFormat("an integer from 0 of 16 bits", "0", "65535"),
	"uint32":                wholeFormat("an integer from 0 of 32 bits", "0", "4294967295"),
	"uint64":                wholeFormat("an integer from 0 of 64 bits", "0", "18446744073709551615"),
	"float":                 realFormat("a number that a float of 32 bits can hold", math.MaxFloat32),
	"double":                realFormat("a number that a float of 64 bits can hold", math.MaxFloat64),
	"decimal":               {want: "a decimal number", text: isDecimal},
}

// Formats that only JSON Schema itself knows; the others are OpenAPI's.
var jsonSchemaFormats = map[string]bool{
	"date-time": true, "date": true, "time": true, "duration": true, "email": true, "idn-email": true,
	"hostname": true, "idn-hostname": true, "ipv4": true, "ipv6": true, "uri": true, "uri-reference": true,
	"iri": true, "iri-reference": true, "uri-template": true, "json-pointer": true,
	"relative-json-pointer": true, "regex": true, "uuid": true,
}

// format returns the format of a schema that asserts, or nil.
func (c *Compiler) format(set *keywordSet, res *resource) *format {
	v := set.value[kwFormat]
	if v == nil || c.o.Pure && !c.o.AssertFormats && !res.formats {
		return nil
	}
	name := v.Str()
	f := formats[name]
	if f == nil || c.o.Pure && !jsonSchemaFormats[name] {
		if f == nil && !annotations[name] {
			c.unknownFormat(v)
		}
		return nil
	}
	return f
}

// annotations are formats that OpenAPI registers but that judge nothing.
var annotations = map[string]bool{"binary": true, "password": true, "html": true, "commonmark": true, "media-range": true, "char": true}

// maxUnknownFormats bounds the warnings of formats.
const maxUnknownFormats = 100

// unknownFormat warns of a format that asserts nothing, at the first place
// where it stands.
func (c *Compiler) unknownFormat(v *source.Node) {
	name := v.Str()
	if c.o.Pure || !v.Is(source.String) || c.unknown[name] || len(c.unknown) == maxUnknownFormats {
		return
	}
	c.unknown[strings.Clone(name)] = true
	c.problem(source.Warn(v, source.DidYouMean("", name, formatNames...), "the format %q is not known and judges nothing", shorten(name, 60)))
}

// formatNames are the formats that assert, for hints.
var formatNames = slices.Sorted(maps.Keys(formats))

// wholeFormat is a range of integers.
func wholeFormat(want, least, most string) *format {
	low, high := newBound(least), newBound(most)
	return &format{want: want, whole: true, least: low, most: high, number: func(d []byte, n numeral) bool {
		return n.integer(d) && low.compare(d, &n) >= 0 && high.compare(d, &n) <= 0
	}}
}

// realFormat is a range of numbers.
func realFormat(want string, most float64) *format {
	text := strconv.FormatFloat(most, 'e', -1, 64)
	low, high := newBound("-"+text), newBound(text)
	return &format{want: want, number: func(d []byte, n numeral) bool {
		return n.small || low.compare(d, &n) >= 0 && high.compare(d, &n) <= 0
	}}
}

// isDecimal reads an optional sign, digits and an optional fraction.
func isDecimal(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	whole := leadingDigits(b)
	if whole == 0 {
		return false
	}
	if b = b[whole:]; len(b) == 0 {
		return true
	}
	return b[0] == '.' && len(b) > 1 && leadingDigits(b[1:]) == len(b)-1
}

func leadingDigits(b []byte) int {
	n := 0
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	return n
}
