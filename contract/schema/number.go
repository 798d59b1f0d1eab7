package schema

import "math/big"

// numeral is a number of the document. When small, its value is
// m / 10^scale exactly; otherwise its text must be looked at.
type numeral struct {
	m          int64
	scale      int
	start, end int
	small      bool
}

// smallDigits bounds the digits of a small numeral, so that m and m*10 fit.
const smallDigits = 17

// numeral reads a number (RFC 8259 section 6).
func (st *State) numeral(d []byte, i int, n *numeral) int {
	n.start = i
	negative := false
	if uint(i) < uint(len(d)) && d[i] == '-' {
		negative = true
		i++
	}
	var m int64
	first := i
	for uint(i) < uint(len(d)) && d[i]-'0' <= 9 {
		if i-first < smallDigits {
			m = m*10 + int64(d[i]-'0')
		}
		i++
	}
	digits := i - first
	if digits == 0 || digits > 1 && d[first] == '0' {
		return st.syntax(first)
	}
	scale := 0
	if uint(i) < uint(len(d)) && d[i] == '.' {
		i++
		point := i
		for uint(i) < uint(len(d)) && d[i]-'0' <= 9 {
			if digits < smallDigits {
				m = m*10 + int64(d[i]-'0')
			}
			digits++
			i++
		}
		if scale = i - point; scale == 0 {
			return st.syntax(i)
		}
	}
	n.small = digits <= smallDigits
	if uint(i) < uint(len(d)) && d[i]|0x20 == 'e' {
		n.small = false
		if i = exponentEnd(d, i+1); i < 0 {
			return st.syntax(n.start)
		}
		if st.gate && overflows(d[n.start:i]) {
			return st.stop(wNumber, n.start)
		}
	} else if digits > maxDoubleDigits && st.gate && overflows(d[n.start:i]) {
		return st.stop(wNumber, n.start)
	}
	if negative {
		m = -m
	}
	n.m, n.scale, n.end = m, scale, i
	return i
}

// maxDoubleDigits is how many digits a number may have before its point that
// cannot be too large for a double, whatever they are.
const maxDoubleDigits = 308

// tooLarge is the least magnitude that rounds to infinity in IEEE 754's
// binary64: half-way from the greatest double to 2^1024.
var tooLarge = func() decimal {
	one := big.NewInt(1)
	x := new(big.Int).Sub(new(big.Int).Lsh(one, 1024), new(big.Int).Lsh(one, 970))
	return parseDecimal([]byte(x.String()))
}()

// overflows reports whether the number's magnitude is beyond doubles: some
// readers refuse it, others read infinity.
func overflows(text []byte) bool {
	x := parseDecimal(text)
	if x.sign == 0 {
		return false
	}
	x.sign = 1
	return compareDecimals(&x, &tooLarge) >= 0
}

// exponentEnd reads what stands after the e.
func exponentEnd(d []byte, i int) int {
	if i < len(d) && (d[i] == '+' || d[i] == '-') {
		i++
	}
	start := i
	for i < len(d) && d[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// integer reports whether n has no fraction: 1.0 has none (JSON Schema
// Validation section 6.1.1).
func (n *numeral) integer(d []byte) bool {
	if n.small {
		m, scale := n.m, n.scale
		for ; scale > 0 && m%10 == 0; scale-- {
			if m == 0 {
				return true
			}
			m /= 10
		}
		return scale == 0
	}
	x := parseDecimal(d[n.start:n.end])
	return x.integer()
}

// numberValue judges the number at i.
func (st *State) numberValue(n *node, d []byte, i int) int {
	if n.num == nil || n.num.quick.ready {
		if end := quickNumber(n, d, i); end >= 0 {
			return end
		}
	}
	var num numeral
	end := st.numeral(d, i, &num)
	if end < 0 {
		return -1
	}
	if n.types&kNumber == 0 {
		if n.types&kInteger == 0 {
			if n.flags&broken != 0 {
				return st.stop(wBroken, i)
			}
			return st.fail(wType, n, i, i, 0)
		}
		if num.scale != 0 || !num.small {
			if !num.integer(d) {
				return st.fail(wType, n, i, i, 0)
			}
		}
	}
	if n.num == nil {
		return end
	}
	if word := n.num.judge(d, &num); word != 0 {
		return st.fail(word, n, i, end, 0)
	}
	return end
}

// judge returns the keyword that refuses the number, or 0.
func (r *numberRule) judge(d []byte, n *numeral) keyword {
	if r.hasMin {
		if c := r.min.compare(d, n); c < 0 || c == 0 && r.overMin {
			if r.overMin {
				return wExclusiveMinimum
			}
			return wMinimum
		}
	}
	if r.hasMax {
		if c := r.max.compare(d, n); c > 0 || c == 0 && r.underMax {
			if r.underMax {
				return wExclusiveMaximum
			}
			return wMaximum
		}
	}
	if r.multiple != nil && !r.multiple.divides(d, n) {
		return wMultipleOf
	}
	if r.format != nil && !r.format.number(d, *n) {
		return wFormat
	}
	if r.enum != nil && !r.member(d, n) {
		return wEnum
	}
	return 0
}

func (r *numberRule) member(d []byte, n *numeral) bool {
	x := parseDecimal(d[n.start:n.end])
	for i := range r.enum {
		if compareDecimals(&x, &r.enum[i]) == 0 {
			return true
		}
	}
	return false
}

// bound is a number of a schema, ready to be compared with.
type bound struct {
	m     int64
	scale int
	small bool
	exact decimal
}

var powers = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// newBound reads a number of a schema; text is kept.
func newBound(text string) bound {
	b := bound{exact: parseDecimal([]byte(text))}
	var n numeral
	var st State
	if st.numeral([]byte(text), 0, &n); n.small && !st.fatal {
		b.m, b.scale, b.small = n.m, n.scale, true
	}
	return b
}

// compare compares n with b: -1 when n is less.
func (b *bound) compare(d []byte, n *numeral) int {
	if b.small && n.small {
		x, y := n.m, b.m
		ok := true
		if k := n.scale - b.scale; k > 0 {
			y, ok = scaled(y, k)
		} else if k < 0 {
			x, ok = scaled(x, -k)
		}
		if ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	x := parseDecimal(d[n.start:n.end])
	return compareDecimals(&x, &b.exact)
}

// scaled returns m*10^k unless that overflows.
func scaled(m int64, k int) (int64, bool) {
	if m == 0 {
		return 0, true
	}
	if k >= len(powers) {
		return 0, false
	}
	p := m * powers[k]
	return p, p/powers[k] == m
}
