package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// mutation changes how an attack is written and not what it does.
type mutation func(rnd *rand.Rand, s string) string

// mutations are those that any attack bears, and those of one label.
var mutations = map[string][]mutation{
	"":     {mixedCase, percentCoded, twiceCoded, entityCoded, unicodeCoded, fullwidth},
	"sqli": {commentSpaces, otherSpaces, versionComments, hexNumbers, joinedLiterals, plusSpaces},
	"xss":  {tagSpaces},
}

// mutate gives every attack one mutation of those that change it, the same for
// the same seed; the benign values are left out.
func mutate(values []value, seed uint64) (mutants []value) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	for _, v := range values {
		if !v.hostile {
			continue
		}
		list := append(append([]mutation{}, mutations[""]...), mutations[v.label]...)
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, m := range list {
			if changed := m(rnd, v.text); changed != v.text {
				v.text = changed
				break
			}
		}
		mutants = append(mutants, v)
	}
	return mutants
}

func mixedCase(rnd *rand.Rand, s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' && rnd.IntN(2) == 0 {
			return r - 32
		}
		return r
	}, s)
}

// coded writes every mark, or sometimes everything, with form.
func coded(rnd *rand.Rand, s, form string) string {
	all := rnd.IntN(3) == 0
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 0x80
		if letter && !all || c >= 0x80 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, form, c)
	}
	return b.String()
}

func percentCoded(rnd *rand.Rand, s string) string { return coded(rnd, s, "%%%02X") }
func twiceCoded(rnd *rand.Rand, s string) string   { return coded(rnd, s, "%%25%02x") }
func entityCoded(rnd *rand.Rand, s string) string  { return coded(rnd, s, "&#%d;") }
func unicodeCoded(rnd *rand.Rand, s string) string { return coded(rnd, s, `\u%04x`) }

func fullwidth(_ *rand.Rand, s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x20 && r < 0x7f && (r < '0' || r > 'z') {
			return r + 0xfee0
		}
		return r
	}, s)
}

func spaces(rnd *rand.Rand, s string, with ...string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == ' ' && !strings.HasSuffix(s[:i], "--") {
			b.WriteString(with[rnd.IntN(len(with))])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func commentSpaces(rnd *rand.Rand, s string) string {
	return spaces(rnd, s, "/**/", "/*x*/", "/* a b */", " /**/ ")
}

func otherSpaces(rnd *rand.Rand, s string) string {
	return spaces(rnd, s, "\t", "\n", "\r\n", "  ", "\v", "\f")
}

func plusSpaces(_ *rand.Rand, s string) string {
	if strings.Contains(s, "+") {
		return s
	}
	return strings.ReplaceAll(s, " ", "+")
}

var queryWords = regexp.MustCompile(`\b(union|select|from|where|and|or|all|order by|sleep|having)\b`)

func versionComments(_ *rand.Rand, s string) string {
	return queryWords.ReplaceAllString(s, "/*!50000$1*/")
}

var wholeNumbers = regexp.MustCompile(`\b[1-9][0-9]{1,6}\b`)

func hexNumbers(rnd *rand.Rand, s string) string {
	return wholeNumbers.ReplaceAllStringFunc(s, func(n string) string {
		switch rnd.IntN(3) {
		case 0:
			return "0x" + fmt.Sprintf("%x", n)
		case 1:
			return n + ".0"
		}
		return n + "e0"
	})
}

var shortLiterals = regexp.MustCompile(`'([a-z]{2})([a-z]{2,})'`)

func joinedLiterals(rnd *rand.Rand, s string) string {
	by := []string{"'||'", "'+'", "' '"}[rnd.IntN(3)]
	return shortLiterals.ReplaceAllString(s, "'${1}"+by+"${2}'")
}

var tagNames = regexp.MustCompile(`<([a-z]+) `)

func tagSpaces(rnd *rand.Rand, s string) string {
	return tagNames.ReplaceAllString(s, "<$1"+[]string{"/", "\n", "\t", "  "}[rnd.IntN(4)])
}
