package schema

import (
	"regexp"
	"regexp/syntax"
)

// Matching takes time in proportion to the text times the instructions of the
// expression, and counted repetitions make many of them: [a-z]{1,1000}$ has
// over a thousand. So the expression is made smaller where that changes
// nothing, and what is left is charged to a budget.

// A document of n bytes may cost patternPerByte*n+patternFree steps of
// expressions.
const (
	patternPerByte = 64
	patternFree    = 1 << 24
)

// anchoredShare is by how much less an expression costs that can only begin at
// the start of the text: most of its instructions are never alive together.
const anchoredShare = 4

// newConjunct compiles a translated expression and estimates its cost.
func newConjunct(translated string, not bool) (conjunct, error) {
	tree, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return conjunct{}, err
	}
	tree = shrink(shrink(tree, first), last)
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return conjunct{}, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return conjunct{}, err
	}
	cost := len(program.Inst)
	if program.StartCond()&syntax.EmptyBeginText != 0 {
		cost = (cost + anchoredShare - 1) / anchoredShare
	}
	return conjunct{re: re, not: not, cost: cost}, nil
}

// end is a side of an expression.
type end uint8

const (
	first end = iota
	last
)

// shrink makes the expression at one end smaller without changing where it is
// found at all: since the match may begin (or end) anywhere, a repetition at
// that end need not take more than its least number.
func shrink(re *syntax.Regexp, at end) *syntax.Regexp {
	switch re.Op {
	case syntax.OpStar, syntax.OpQuest:
		return &syntax.Regexp{Op: syntax.OpEmptyMatch}
	case syntax.OpPlus:
		return shrink(re.Sub[0], at)
	case syntax.OpRepeat:
		switch re.Min {
		case 0:
			return &syntax.Regexp{Op: syntax.OpEmptyMatch}
		case 1:
			return shrink(re.Sub[0], at)
		}
		re.Max = re.Min
	case syntax.OpCapture:
		return shrink(re.Sub[0], at) // nobody asks for what was captured
	case syntax.OpAlternate:
		for i := range re.Sub {
			re.Sub[i] = shrink(re.Sub[i], at)
		}
	case syntax.OpConcat:
		shrinkConcat(re, at)
	}
	return re
}

// shrinkConcat goes on with the next part when one vanishes.
func shrinkConcat(re *syntax.Regexp, at end) {
	for len(re.Sub) > 0 {
		k := 0
		if at == last {
			k = len(re.Sub) - 1
		}
		re.Sub[k] = shrink(re.Sub[k], at)
		if re.Sub[k].Op != syntax.OpEmptyMatch {
			return
		}
		if at == last {
			re.Sub = re.Sub[:k]
		} else {
			re.Sub = re.Sub[1:]
		}
	}
	re.Op = syntax.OpEmptyMatch
}

// matches reports whether p is found in b, and charges the work. ok is false
// when the budget is used up; the caller then stops with wBudget.
func (st *State) matches(p *pattern, b []byte) (found, ok bool) {
	for i := range p.parts {
		if st.steps -= p.parts[i].cost * (len(b) + 1); st.steps < 0 {
			return false, false
		}
	}
	return p.match(b), true
}
