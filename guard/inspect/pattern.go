package inspect

import (
	"regexp/syntax"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// The characters of values that can hold no attack. Words have no quote, space,
// bracket, operator or slash, so that they end no literal, begin no tag and
// name no other folder. Numbers, as in telephone numbers and dates, may have
// more signs since there is no word that these could join.
const (
	letters   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits    = "0123456789"
	ofWords   = letters + digits + "_-.:,"
	ofFigures = digits + " +-().,:/"
)

// pairs are attacks all the same: the folder above, a comment of SQL, a host,
// the prototype of objects.
const pairs = ".-/_"

// mostCoded is from how many characters on a word may be something else in
// base64 (RFC 4648 section 4).
const mostCoded = 32

// Excludes reports whether a pattern of a contract lets only values pass that
// can hold no attack: it holds them from beginning to end, by characters that
// are harmless, and none of pairs stands twice in a row.
func excludes(pattern string) bool {
	for _, text := range schema.Expressions(pattern) {
		re, err := syntax.Parse(text, syntax.Perl)
		if err != nil || !begins(re) || !ends(re) {
			continue
		}
		prog, err := syntax.Compile(re.Simplify())
		if err == nil && (within(prog, ofFigures) || within(prog, ofWords) && !(coded(prog) && longest(re) >= mostCoded)) && !doubles(prog) {
			return true
		}
	}
	return false
}

// coded reports whether prog takes small and capital letters and digits, of which
// base64 is made.
func coded(prog *syntax.Prog) bool {
	var small, capital, digit bool
	for i := range prog.Inst {
		in := &prog.Inst[i]
		for c := range rune(0x80) {
			if takes(in, c) {
				small, capital, digit = small || c >= 'a' && c <= 'z', capital || c >= 'A' && c <= 'Z', digit || c >= '0' && c <= '9'
			}
		}
	}
	return small && capital && digit
}

// longest is how many characters re takes at most, or mostCoded where it is that
// many or more.
func longest(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 1
	case syntax.OpStar, syntax.OpPlus:
		n = mostCoded
	case syntax.OpRepeat:
		if n = re.Max * longest(re.Sub[0]); re.Max < 0 {
			n = mostCoded
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n = max(n, longest(sub))
		}
	default:
		for _, sub := range re.Sub {
			n += longest(sub)
		}
	}
	return min(n, mostCoded)
}

// begins and ends report whether every match of re stands at the beginning of
// the text, and at its end.
func begins(re *syntax.Regexp) bool { return edge(re, syntax.OpBeginText, false) }
func ends(re *syntax.Regexp) bool   { return edge(re, syntax.OpEndText, true) }

func edge(re *syntax.Regexp, op syntax.Op, last bool) bool {
	switch re.Op {
	case op:
		return true
	case syntax.OpCapture:
		return edge(re.Sub[0], op, last)
	case syntax.OpConcat:
		if last {
			return edge(re.Sub[len(re.Sub)-1], op, last)
		}
		return edge(re.Sub[0], op, last)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !edge(sub, op, last) {
				return false
			}
		}
		return true
	}
	return false
}

// within reports whether prog takes no character that is not in set.
func within(prog *syntax.Prog, set string) bool {
	for i := range prog.Inst {
		in := &prog.Inst[i]
		switch in.Op {
		case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			return false
		case syntax.InstRune, syntax.InstRune1:
			for k := 0; k < len(in.Rune); k += 2 {
				low, high := in.Rune[k], in.Rune[min(k+1, len(in.Rune)-1)]
				if high > 0x7f {
					return false
				}
				for r := low; r <= high; r++ {
					if strings.IndexByte(set, byte(r)) < 0 {
						return false
					}
				}
			}
			if syntax.Flags(in.Arg)&syntax.FoldCase != 0 && foldsBeyond(in) {
				return false
			}
		}
	}
	return true
}

// foldsBeyond reports whether an instruction without regard to case takes
// letters beyond ASCII: k and s have such twins.
func foldsBeyond(in *syntax.Inst) bool { return in.MatchRune('\u212a') || in.MatchRune('\u017f') }

// doubles reports whether one of pairs can stand twice in a row.
func doubles(prog *syntax.Prog) bool {
	for i := range prog.Inst {
		in := &prog.Inst[i]
		for _, c := range pairs {
			if takes(in, c) && follows(prog, in.Out, c, make([]bool, len(prog.Inst))) {
				return true
			}
		}
	}
	return false
}

func takes(in *syntax.Inst, c rune) bool {
	switch in.Op {
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	case syntax.InstRune, syntax.InstRune1:
		return in.MatchRune(c)
	}
	return false
}

// follows reports whether c can be what prog takes next at pc.
func follows(prog *syntax.Prog, pc uint32, c rune, seen []bool) bool {
	if seen[pc] {
		return false
	}
	seen[pc] = true
	switch in := &prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return follows(prog, in.Out, c, seen) || follows(prog, in.Arg, c, seen)
	case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
		return follows(prog, in.Out, c, seen)
	default:
		return takes(in, c)
	}
}
