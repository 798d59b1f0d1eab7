package source

import (
	"math/big"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What plain scalars mean in the core schema (YAML 1.2.2 section 10.3.2).
// Everything else is a string: yes, no, on, off, 1_000, 0b1, 12:30, dates.
var (
	coreWords = map[string]Kind{
		"": Null, "~": Null, "null": Null, "Null": Null, "NULL": Null,
		"true": Bool, "True": Bool, "TRUE": Bool, "false": Bool, "False": Bool, "FALSE": Bool,
	}
	coreInt    = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	coreFloat  = regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
	coreNoJSON = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// maxRadix bounds numbers in octal or hexadecimal, whose conversion takes more
// than linear time.
const maxRadix = 128

// scalar returns the JSON value of a YAML scalar.
func (c *converter) scalar(y *yaml.Node) (Kind, string) {
	tagged := y.Style&yaml.TaggedStyle != 0
	quoted := y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if !tagged && quoted {
		return String, y.Value
	}
	kind, text := c.plain(y)
	if !tagged {
		return kind, text
	}
	want := map[string]Kind{"!!int": Number, "!!float": Number, "!!bool": Bool, "!!null": Null}[y.ShortTag()]
	switch t := y.ShortTag(); {
	case t == "!!str" || t == "!":
		return String, y.Value
	case want == Invalid:
		c.foreign(y)
		return String, y.Value
	case want != kind:
		c.fail(y, "remove the tag or write the value as it says", "this is not a value of the tag %s", t)
	}
	return kind, text
}

// plain reads a scalar by the core schema.
func (c *converter) plain(y *yaml.Node) (Kind, string) {
	s := y.Value
	if kind, ok := coreWords[s]; ok {
		if kind == Null {
			return Null, ""
		}
		return kind, strings.ToLower(s)
	}
	if first := s[0]; first > '9' || first != '.' && first != '+' && first != '-' && first < '0' {
		return String, s
	}
	switch {
	case coreInt.MatchString(s) || coreFloat.MatchString(s):
	case coreNoJSON.MatchString(s):
		c.fail(y, "put it in quotes if it is meant as text", "%s is no number that JSON has", s)
		return Number, "0"
	default:
		return String, s
	}
	text, ok := jsonNumber(s)
	if !ok {
		c.fail(y, "write it in decimal", "the number is too long")
		return Number, "0"
	}
	if digits := strings.TrimLeft(s, "+-"); len(digits) > 1 && digits[0] == '0' && coreInt.MatchString(digits) && digits[1] <= '9' {
		p := Problem{
			Position: c.file.position(placeOf(y)), Severity: Warning,
			Text: "a number with leading zeros is decimal here, but octal or text to readers of YAML 1.1",
			Hint: "write " + clip(text) + ", or put it in quotes if it is meant as text",
		}
		if len(c.problems) < maxReported {
			c.problems = append(c.problems, p)
		}
	}
	return Number, text
}

// jsonNumber rewrites a number of the core schema into JSON's grammar
// (RFC 8259 section 6), exactly.
func jsonNumber(s string) (string, bool) {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'o' || s[1] == 'x') {
		i, ok := new(big.Int).SetString(s, 0)
		if !ok || len(s) > maxRadix {
			return "", false
		}
		return i.String(), true
	}
	sign := ""
	if s = strings.TrimPrefix(s, "+"); strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction + exponent, true
}
