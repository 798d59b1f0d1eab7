package schema

import (
	"math"
	"strconv"
	"strings"
)

// simplePattern reads expressions of the form ^ atom quantifier ... $ where an
// atom is an ASCII character or a class of them. ok is false for all others.
func simplePattern(text string) (steps program, closed, ok bool) {
	rest, anchored := strings.CutPrefix(text, "^")
	if !anchored || len(text) > 512 {
		return nil, false, false
	}
	for rest != "" {
		if rest == "$" {
			closed = true
			break
		}
		var s step
		if s.set, rest, ok = atom(rest); !ok {
			return nil, false, false
		}
		if s.min, s.max, rest, ok = quantifier(rest); !ok {
			return nil, false, false
		}
		steps = append(steps, s)
	}
	if !unambiguous(steps) {
		return nil, false, false
	}
	return literals(steps), closed, true
}

// atom reads one character or class.
func atom(s string) (set *[256]bool, rest string, ok bool) {
	set = new([256]bool)
	switch c := s[0]; {
	case c == '[':
		return class(s[1:])
	case c == '\\':
		return set, s[min(2, len(s)):], len(s) > 1 && escapeSet(set, s[1])
	case strings.IndexByte(`^$.*+?()]{}|`, c) >= 0 || c >= 0x80 || c < 0x20:
		return nil, s, false
	default:
		set[c] = true
		return set, s[1:], true
	}
}

// class reads a class after its opening bracket; negated ones hold more than
// ASCII and are left to the general machine.
func class(s string) (set *[256]bool, rest string, ok bool) {
	set = new([256]bool)
	if s == "" || s[0] == '^' || s[0] == ']' {
		return nil, s, false
	}
	for s != "" && s[0] != ']' {
		if s[0] == '\\' && len(s) > 1 && strings.IndexByte("dw", s[1]) >= 0 {
			escapeSet(set, s[1])
			if s = s[2:]; strings.HasPrefix(s, "-") && !strings.HasPrefix(s, "-]") {
				return nil, s, false
			}
			continue
		}
		low, next, ok := classChar(s)
		if !ok {
			return nil, s, false
		}
		high := low
		if s = next; len(s) > 1 && s[0] == '-' && s[1] != ']' {
			if high, s, ok = classChar(s[1:]); !ok || high < low {
				return nil, s, false
			}
		}
		for c := int(low); c <= int(high); c++ {
			set[c] = true
		}
	}
	if s == "" {
		return nil, s, false
	}
	return set, s[1:], true
}

func classChar(s string) (c byte, rest string, ok bool) {
	if s[0] == '\\' {
		if len(s) < 2 || !identity(s[1]) {
			return 0, s, false
		}
		return s[1], s[2:], true
	}
	if s[0] >= 0x80 || s[0] < 0x20 || s[0] == '[' {
		return 0, s, false
	}
	return s[0], s[1:], true
}

// identity reports whether a backslash before c means c itself.
func identity(c byte) bool {
	return strings.IndexByte(`^$\.*+?()[]{}|/-`, c) >= 0
}

// escapeSet adds what \c stands for.
func escapeSet(set *[256]bool, c byte) bool {
	switch {
	case c == 'd' || c == 'w':
		for x := range 128 {
			digit := x >= '0' && x <= '9'
			word := digit || x >= 'a' && x <= 'z' || x >= 'A' && x <= 'Z' || x == '_'
			if digit || c == 'w' && word {
				set[x] = true
			}
		}
		return true
	case identity(c):
		set[c] = true
		return true
	}
	return false
}

// quantifier reads what may follow an atom.
func quantifier(s string) (least, most int, rest string, ok bool) {
	least, most = 1, 1
	if s == "" {
		return least, most, s, true
	}
	switch s[0] {
	case '*':
		least, most, s = 0, math.MaxInt32, s[1:]
	case '+':
		least, most, s = 1, math.MaxInt32, s[1:]
	case '?':
		least, most, s = 0, 1, s[1:]
	case '{':
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return 0, 0, s, false
		}
		low, high, ranged := strings.Cut(s[1:end], ",")
		var err1, err2 error
		least, err1 = strconv.Atoi(low)
		most = least
		if ranged && high == "" {
			most = math.MaxInt32
		} else if ranged {
			most, err2 = strconv.Atoi(high)
		}
		if err1 != nil || err2 != nil || least > most || least < 0 {
			return 0, 0, s, false
		}
		s = s[end+1:]
	default:
		return least, most, s, true
	}
	// Lazy quantifiers match the same strings when the whole is anchored, but
	// possessive and stacked ones do not exist.
	if s != "" && strings.IndexByte("*+?{", s[0]) >= 0 {
		return 0, 0, s, false
	}
	return least, most, s, true
}

// unambiguous reports whether no step of variable length can take a byte that
// one of the following needs.
func unambiguous(steps program) bool {
	for i, s := range steps {
		if s.min == s.max {
			continue
		}
		for _, next := range steps[i+1:] {
			for c := range s.set {
				if s.set[c] && next.set[c] {
					return false
				}
			}
			if next.min > 0 {
				break
			}
		}
	}
	return true
}

// literals joins steps of one character each.
func literals(steps program) program {
	out := steps[:0]
	for _, s := range steps {
		c, single := only(s.set)
		if !single || s.min != s.max || s.min > 64 {
			out = append(out, s)
			continue
		}
		text := strings.Repeat(string(rune(c)), s.min)
		if n := len(out); n > 0 && out[n-1].set == nil {
			out[n-1].literal += text
			continue
		}
		out = append(out, step{literal: text})
	}
	return out
}

func only(set *[256]bool) (c int, single bool) {
	c = -1
	for x, in := range set {
		if in && c >= 0 {
			return 0, false
		}
		if in {
			c = x
		}
	}
	return c, c >= 0
}
