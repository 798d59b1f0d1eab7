package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// pattern is a regular expression of ECMA-262, as far as it can be matched in
// linear time. The simple ones are steps over bytes; others are Go's.
type pattern struct {
	source string // shortened
	steps  program
	simple bool // steps decide
	raw    bool // steps accept nothing that JSON would have to escape, to the end
	open   bool // steps need not reach the end
	parts  []conjunct
}

// conjunct is one expression that must match, or must not.
type conjunct struct {
	re   *regexp.Regexp
	not  bool
	cost int // steps for each byte of the text
}

// match reports whether the pattern is found in b, the decoded string.
func (p *pattern) match(b []byte) bool {
	if p.simple {
		end := p.steps.run(b, 0)
		return end == len(b) || p.open && end >= 0
	}
	for i := range p.parts {
		if p.parts[i].re.Match(b) == p.parts[i].not {
			return false
		}
	}
	return true
}

// program is a sequence of steps of which none can take what the next needs,
// so that there is only one way to match.
type program []step

// step takes a literal, or between min and max bytes of a set.
type step struct {
	literal  string
	set      *[256]bool
	min, max int
}

// run returns where the match that begins at i ends, or -1.
func (p program) run(d []byte, i int) int {
	for k := range p {
		s := &p[k]
		if s.set == nil {
			end := i + len(s.literal)
			if end > len(d) || string(d[i:end]) != s.literal {
				return -1
			}
			i = end
			continue
		}
		most := len(d)
		if s.max < most-i {
			most = i + s.max
		}
		start := i
		for i < most && s.set[d[i]] {
			i++
		}
		if i-start < s.min {
			return -1
		}
	}
	return i
}

// pattern compiles the expression text that stands at n; nil after a problem.
func (c *Compiler) pattern(n *source.Node, text string) *pattern {
	if known := c.patterns[text]; known != nil {
		return known
	}
	used, replaced := text, false
	if other, ok := c.o.Patterns[text]; ok {
		used, replaced = other, true
		c.replaced[text] = true
	}
	p, err := compilePattern(used)
	switch {
	case err != nil && replaced:
		c.problem(source.At(n, err.hint, "the replacement of the pattern cannot be used: %s", err.text))
		return nil
	case err != nil:
		c.problem(source.At(n, err.hint, "the pattern cannot be used: %s", err.text))
		return nil
	}
	c.patterns[text] = p
	return p
}

// Unreplaced returns the patterns of Options.Patterns that no schema compiled so
// far has, in order.
func (c *Compiler) Unreplaced() (list []string) {
	for text := range c.o.Patterns {
		if !c.replaced[text] {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return list
}

// patternError says why an expression cannot be used, and what to do.
type patternError struct{ text, hint string }

const (
	hintRewrite = "expressions are matched in linear time: rewrite it without look-around and back-references, replace it by a format or several patterns in allOf, or give a replacement under patterns in gatehouse.yaml"
	hintSyntax  = "patterns are regular expressions of ECMA-262"
)

func compilePattern(text string) (*pattern, *patternError) {
	p := &pattern{source: strings.Clone(shorten(text, 80))}
	if steps, closed, ok := simplePattern(text); ok {
		p.steps, p.simple, p.open = steps, true, !closed
		p.raw = closed && rawProgram(steps)
		return p, nil
	}
	parts, perr := splitLookaheads(text)
	if perr != nil {
		return nil, perr
	}
	for _, part := range parts {
		translated, perr := translate(part.text)
		if perr != nil {
			return nil, perr
		}
		c, err := newConjunct(translated, part.not)
		if err != nil {
			return nil, &patternError{fmt.Sprintf("%v", err), hintSyntax}
		}
		p.parts = append(p.parts, c)
	}
	return p, nil
}

// rawProgram reports whether the steps accept only bytes that stand in JSON
// text as they are.
func rawProgram(steps program) bool {
	for _, s := range steps {
		if s.set == nil {
			if odd(s.literal) || !ascii(s.literal) {
				return false
			}
			continue
		}
		for c, in := range s.set {
			if in && (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
				return false
			}
		}
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
