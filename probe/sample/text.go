package sample

import (
	"regexp/syntax"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// formats has a value for each format that is asserted.
var formats = map[string]string{
	"date": "2030-01-31", "date-time": "2030-01-31T12:00:00Z", "time": "12:00:00Z", "duration": "P1D",
	"email": "sample@example.com", "idn-email": "sample@example.com",
	"hostname": "www.example.com", "idn-hostname": "www.example.com",
	"ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
	"uri": "https://www.example.com/", "uri-reference": "/sample", "iri": "https://www.example.com/", "iri-reference": "/sample", "url": "https://www.example.com/",
	"uri-template": "/sample/{id}", "uuid": "3f2b8a1c-5d6e-4f70-8a9b-0c1d2e3f4a5b",
	"json-pointer": "/sample", "relative-json-pointer": "0/sample", "regex": "sample", "byte": "c2FtcGxl",
}

// text makes a string.
func text(n *source.Node) *value {
	s, ok := formats[n.Get("format").Str()]
	if p := n.Get("pattern").Str(); p != "" {
		if s, ok = Matching(p); !ok {
			return nil
		}
	} else if !ok {
		s = "sample"
	}
	if least, _ := n.Get("minLength").Int(); int64(len(s)) < least && least <= 1<<20 {
		s += strings.Repeat("x", int(least)-len(s))
	}
	if most, stated := n.Get("maxLength").Int(); stated && most >= 0 && int64(len(s)) > most {
		s = s[:most]
	}
	return &value{kind: source.String, text: string(quote(nil, s))}
}

const maxText = 4 << 10

// Matching returns a short text that a pattern matches. It reports false for
// patterns that RE2 does not know and for those that ask for too much.
func Matching(pattern string) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	ok := match(&b, re.Simplify())
	return b.String(), ok
}

// match writes what re matches.
func match(b *strings.Builder, re *syntax.Regexp) bool {
	if b.Len() > maxText {
		return false
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return false
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		return class(b, re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus:
		return match(b, re.Sub[0])
	case syntax.OpRepeat:
		for range re.Min {
			if !match(b, re.Sub[0]) {
				return false
			}
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !match(b, sub) {
				return false
			}
		}
	case syntax.OpAlternate:
		return match(b, re.Sub[0])
	}
	return true // what may be absent is; anchors match by where they stand
}

// class writes one character of a class: a letter or a digit where it has one.
func class(b *strings.Builder, ranges []rune) bool {
	for _, likes := range [...][2]rune{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'!', '~'}} {
		for i := 0; i+1 < len(ranges); i += 2 {
			if low, high := max(ranges[i], likes[0]), min(ranges[i+1], likes[1]); low <= high {
				b.WriteRune(low)
				return true
			}
		}
	}
	if len(ranges) == 0 {
		return false
	}
	b.WriteRune(ranges[0])
	return true
}
