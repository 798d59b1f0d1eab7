package schema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Expressions returns a pattern of a contract as expressions of package regexp,
// each of which matches whatever the pattern matches; none for one that cannot
// be used. It is for those who reason about what a pattern excludes.
func Expressions(text string) (list []string) {
	parts, _ := splitLookaheads(text)
	for _, part := range parts {
		if translated, err := translate(part.text); err == nil && !part.not {
			list = append(list, translated)
		}
	}
	return list
}

// lookahead is one part of a pattern that begins with look-aheads.
type lookahead struct {
	text string
	not  bool
}

// splitLookaheads turns ^(?=a)(?!b)rest into a conjunction: each part is
// matched from the beginning on its own. Without the anchor that is only the
// same where all parts may begin with anything.
func splitLookaheads(text string) ([]lookahead, *patternError) {
	rest, anchored := strings.CutPrefix(text, "^")
	var parts []lookahead
	free := true
	for strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") {
		end := groupEnd(rest)
		if end < 0 {
			return nil, &patternError{"a group is not closed", hintSyntax}
		}
		body, not := rest[3:end], rest[2] == '!'
		free = free && !not && strings.HasPrefix(body, ".*")
		parts = append(parts, lookahead{"^(?:" + body + ")", not})
		if rest = rest[end+1:]; rest != "" && strings.IndexByte("*+?{", rest[0]) >= 0 {
			return nil, &patternError{"a look-ahead is repeated", hintRewrite}
		}
	}
	if len(parts) == 0 {
		return []lookahead{{text, false}}, nil
	}
	if topLevelAlternation(rest) || !anchored && (!free || !anyLength(rest)) {
		return nil, &patternError{"look-aheads are supported only right after ^", hintRewrite}
	}
	if rest != "" {
		parts = append(parts, lookahead{"^(?:" + strings.TrimPrefix(rest, "^") + ")", false})
	}
	return parts, nil
}

// anyLength recognises .* .+ .{n,} with an optional $ or nothing at all: they
// match at the beginning whenever they match anywhere.
func anyLength(s string) bool {
	s = strings.TrimSuffix(s, "$")
	if s == "" || s == ".*" || s == ".+" {
		return true
	}
	n, ok := strings.CutPrefix(s, ".{")
	if n, closed := strings.CutSuffix(n, ",}"); ok && closed {
		_, err := strconv.Atoi(n)
		return err == nil
	}
	return false
}

// groupEnd returns the place of the parenthesis that closes the one at 0.
func groupEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i = nextAtom(s, i) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// topLevelAlternation reports whether s has alternatives outside of groups.
func topLevelAlternation(s string) bool {
	depth := 0
	for i := 0; i < len(s); i = nextAtom(s, i) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// nextAtom returns the place after the character, escape or class at i.
func nextAtom(s string, i int) int {
	switch s[i] {
	case '\\':
		i++
	case '[':
		for i++; i < len(s) && s[i] != ']'; i++ {
			if s[i] == '\\' {
				i++
			}
		}
	}
	return i + 1
}

// The classes of ECMA-262 that differ from Go's (section 22.2.2.9: WhiteSpace
// and LineTerminator; . is all but LineTerminator).
const (
	ecmaSpace   = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	ecmaNoSpace = `\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
	ecmaDot     = `[^\n\r\x{2028}\x{2029}]`
)

// translator rewrites an expression of ECMA-262 (with the u flag, as JSON
// Schema Core section 6.4 recommends) into Go's syntax.
type translator struct {
	in  string
	i   int
	out strings.Builder
}

func translate(text string) (string, *patternError) {
	t := translator{in: text}
	if !utf8.ValidString(text) {
		return "", &patternError{"it is not valid UTF-8", hintSyntax}
	}
	for t.i < len(t.in) {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

func (t *translator) next() *patternError {
	switch c := t.in[t.i]; c {
	case '\\':
		return t.escape(false)
	case '.':
		t.out.WriteString(ecmaDot)
	case '[':
		return t.class()
	case '(':
		return t.group()
	case '$':
		t.out.WriteString(`\z`)
	case '{':
		if err := t.counted(); err != nil {
			return err
		}
	default:
		t.out.WriteByte(c)
	}
	t.i++
	return nil
}

// counted checks the bound of {n,m}, which Go limits to 1000.
func (t *translator) counted() *patternError {
	end := strings.IndexByte(t.in[t.i:], '}')
	if end > 0 {
		low, high, _ := strings.Cut(t.in[t.i+1:t.i+end], ",")
		for _, s := range []string{low, high} {
			if n, err := strconv.Atoi(s); err == nil && n > 1000 {
				return &patternError{fmt.Sprintf("it repeats something more than 1000 times: {%s}", shorten(t.in[t.i+1:t.i+end], 20)),
					"use minLength and maxLength for the length"}
			}
		}
	}
	t.out.WriteByte('{')
	return nil
}

func (t *translator) group() *patternError {
	rest := t.in[t.i:]
	for _, g := range []struct{ prefix, name string }{
		{"(?=", "a look-ahead"}, {"(?!", "a negative look-ahead"}, {"(?<=", "a look-behind"}, {"(?<!", "a negative look-behind"},
	} {
		if strings.HasPrefix(rest, g.prefix) {
			return &patternError{"it has " + g.name + " in a place where it cannot be turned into a conjunction", hintRewrite}
		}
	}
	if strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") && !strings.HasPrefix(rest, "(?<") {
		return &patternError{"it has a group that ECMA-262 does not know", hintSyntax}
	}
	n := 1
	if strings.HasPrefix(rest, "(?") {
		n = 3
	}
	t.out.WriteString(rest[:n])
	t.i += n
	return nil
}

// class copies a class, translating what stands in it.
func (t *translator) class() *patternError {
	t.i++
	negated := strings.HasPrefix(t.in[t.i:], "^")
	if negated {
		t.i++
	}
	if strings.HasPrefix(t.in[t.i:], "]") { // [] matches nothing, [^] anything
		t.i++
		if negated {
			t.out.WriteString(`[\x{0}-\x{10ffff}]`)
		} else {
			t.out.WriteString(`[^\x{0}-\x{10ffff}]`)
		}
		return nil
	}
	t.out.WriteByte('[')
	if negated {
		t.out.WriteByte('^')
	}
	for t.i < len(t.in) {
		switch c := t.in[t.i]; c {
		case ']':
			t.out.WriteByte(']')
			t.i++
			return nil
		case '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		case '[', '&', '~':
			t.out.WriteString(`\` + string(c))
			t.i++
		default:
			t.out.WriteByte(c)
			t.i++
		}
	}
	return &patternError{"a class is not closed", hintSyntax}
}

// escape translates one escape (ECMA-262 section 22.2.1).
func (t *translator) escape(inClass bool) *patternError {
	if t.i+1 >= len(t.in) {
		return &patternError{"it ends with a backslash", hintSyntax}
	}
	c := t.in[t.i+1]
	t.i += 2
	switch {
	case c >= '1' && c <= '9', c == 'k':
		return &patternError{"it has a back-reference", hintRewrite}
	case c == 's' && inClass:
		t.out.WriteString(ecmaSpace)
	case c == 's':
		t.out.WriteString("[" + ecmaSpace + "]")
	case c == 'S' && inClass:
		t.out.WriteString(ecmaNoSpace)
	case c == 'S':
		t.out.WriteString("[^" + ecmaSpace + "]")
	case c == 'b' && inClass:
		t.out.WriteString(`\x08`)
	case strings.IndexByte("dDwWtnvfr", c) >= 0, strings.IndexByte("bB", c) >= 0 && !inClass:
		t.out.WriteString(`\` + string(rune(c)))
	case c == '0':
		t.out.WriteString(`\x00`)
	case c == 'c' && t.i < len(t.in) && letter(t.in[t.i]):
		fmt.Fprintf(&t.out, `\x%02x`, t.in[t.i]&0x1f)
		t.i++
	case c == 'x':
		return t.code(2)
	case c == 'u':
		return t.unicode()
	case c == 'p' || c == 'P':
		return t.property(c)
	case strings.IndexByte(`^$\.*+?()[]{}|/-`, c) >= 0, strings.IndexByte(`"'#&~,:;<>=!@%_ `+"`", c) >= 0:
		// The second list is what authors escape without need.
		if c == '/' || c == '_' || c == ' ' {
			t.out.WriteByte(c)
		} else {
			t.out.WriteString(`\` + string(rune(c)))
		}
	default:
		return &patternError{fmt.Sprintf("it has the unknown escape %s", strconv.Quote(`\`+string(rune(c)))), hintSyntax}
	}
	return nil
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// code translates n hexadecimal digits.
func (t *translator) code(n int) *patternError {
	if t.i+n > len(t.in) {
		return &patternError{"a code point is not complete", hintSyntax}
	}
	v, err := strconv.ParseUint(t.in[t.i:t.i+n], 16, 32)
	if err != nil {
		return &patternError{"a code point is not hexadecimal", hintSyntax}
	}
	t.i += n
	fmt.Fprintf(&t.out, `\x{%x}`, v)
	return nil
}

// unicode translates \uXXXX, pairs of them that are one character, and \u{X}.
func (t *translator) unicode() *patternError {
	if strings.HasPrefix(t.in[t.i:], "{") {
		end := strings.IndexByte(t.in[t.i:], '}')
		if end < 2 || end > 8 {
			return &patternError{"a code point is not complete", hintSyntax}
		}
		t.i++
		err := t.code(end - 1)
		t.i++
		return err
	}
	d := []byte(t.in)
	high := hex4(d, t.i)
	if high >= 0xd800 && high <= 0xdbff && strings.HasPrefix(t.in[min(t.i+4, len(t.in)):], `\u`) {
		if low := hex4(d, t.i+6); low >= 0xdc00 && low <= 0xdfff {
			fmt.Fprintf(&t.out, `\x{%x}`, (high-0xd800)<<10+(low-0xdc00)+0x10000)
			t.i += 10
			return nil
		}
	}
	if high >= 0xd800 && high <= 0xdfff {
		return &patternError{"half of a surrogate pair", hintSyntax}
	}
	return t.code(4)
}

// property translates \p{Name}, \p{Script=Name} and \p{General_Category=Name}.
func (t *translator) property(c byte) *patternError {
	end := strings.IndexByte(t.in[t.i:], '}')
	if end < 2 || t.in[t.i] != '{' {
		return &patternError{"a property must be written as \\p{Name}", hintSyntax}
	}
	name := t.in[t.i+1 : t.i+end]
	for _, prefix := range []string{"Script=", "sc=", "Script_Extensions=", "scx=", "General_Category=", "gc="} {
		name = strings.TrimPrefix(name, prefix)
	}
	fmt.Fprintf(&t.out, `\%c{%s}`, c, name)
	t.i += end + 1
	return nil
}
