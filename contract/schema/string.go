package schema

import (
	"slices"
	"unicode/utf8"
)

// stringValue judges the string whose opening quote stands at i.
func (st *State) stringValue(n *node, d []byte, i int) int {
	r := n.str
	if r.enum != nil && r.plain {
		if end := rawMember(r.enum, d, i+1); end >= 0 && r.pattern == nil && r.format == nil && r.max < 0 && r.min == 0 {
			return end
		}
	} else if p := r.pattern; p != nil && p.raw && r.format == nil && r.enum == nil {
		// A raw pattern accepts only what JSON writes without escapes, one
		// byte a character, so that it can run before the string is scanned.
		if j := p.steps.run(d, i+1); uint(j) < uint(len(d)) && d[j] == '"' {
			if k := int32(j - i - 1); k >= r.min && (r.max < 0 || k <= r.max) {
				return j + 1
			}
		}
	}
	end, t := st.str(d, i)
	if end < 0 {
		return -1
	}
	if t == 0 && r.enum == nil && r.pattern == nil && r.format == nil {
		if n := int32(end - i - 2); n >= r.min && (r.max < 0 || n <= r.max) {
			return end
		}
	}
	if word := st.judgeString(r, d[i+1:end-1], t); word == wBudget {
		return st.stop(word, i)
	} else if word != 0 {
		return st.fail(word, n, i, end, 0)
	}
	return end
}

// rawMember returns the end of the string whose content begins at i when it
// is written as one of list.
func rawMember(list []string, d []byte, i int) int {
	if len(list) > 16 {
		return -1
	}
	for _, s := range list {
		if j := i + len(s); uint(j) < uint(len(d)) && d[j] == '"' && string(d[i:j]) == s {
			return j + 1
		}
	}
	return -1
}

// judgeString returns the keyword that refuses the string with content b, or 0.
func (st *State) judgeString(r *stringRule, b []byte, t text) keyword {
	if t&escaped != 0 {
		mark := len(st.decoded)
		b = st.decode(b)
		defer func() { st.decoded = st.decoded[:mark] }()
	}
	if r.min > 0 || r.max >= 0 {
		n := int32(len(b))
		if t != 0 {
			n = int32(utf8.RuneCount(b))
		}
		if n < r.min {
			return wMinLength
		}
		if r.max >= 0 && n > r.max {
			return wMaxLength
		}
	}
	if r.enum != nil {
		if _, ok := slices.BinarySearchFunc(r.enum, b, compareBytes); !ok {
			return wEnum
		}
	}
	if r.pattern != nil {
		if found, ok := st.matches(r.pattern, b); !ok {
			return wBudget
		} else if !found {
			return wPattern
		}
	}
	if r.format != nil && r.format.text != nil && !r.format.text(b) {
		return wFormat
	}
	return 0
}

func compareBytes(s string, b []byte) int {
	for i := range min(len(s), len(b)) {
		if s[i] != b[i] {
			return int(s[i]) - int(b[i])
		}
	}
	return len(s) - len(b)
}
