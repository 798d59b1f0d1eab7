package schema

import (
	"math/big"
	"math/bits"
)

// decimal is a number of any size: sign * 0.ab * 10^exponent, where the
// digits of a and b follow each other, the first and the last not zero.
// Exponents beyond maxExponent are all the same.
type decimal struct {
	sign     int
	a, b     []byte
	exponent int64
}

const maxExponent = 1 << 40

// parseDecimal reads the text of a JSON number in linear time. The digits are
// views of text.
func parseDecimal(text []byte) decimal {
	x := decimal{sign: 1}
	if text[0] == '-' {
		x.sign, text = -1, text[1:]
	}
	i := 0
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	x.a, text = text[:i], text[i:]
	if len(text) > 0 && text[0] == '.' {
		i = 1
		for i < len(text) && text[i]-'0' <= 9 {
			i++
		}
		x.b, text = text[1:i], text[i:]
	}
	if len(text) > 1 {
		x.exponent = parseExponent(text[1:])
	}
	x.exponent += int64(len(x.a))
	x.trim()
	return x
}

func parseExponent(text []byte) int64 {
	sign := int64(1)
	if text[0] == '-' {
		sign = -1
	}
	if text[0] == '-' || text[0] == '+' {
		text = text[1:]
	}
	var e int64
	for _, c := range text {
		if e = e*10 + int64(c-'0'); e > maxExponent {
			e = maxExponent
		}
	}
	return sign * e
}

// trim drops zeros at both ends and settles what zero looks like.
func (x *decimal) trim() {
	for len(x.a) > 0 && x.a[0] == '0' {
		x.a = x.a[1:]
		x.exponent--
	}
	if len(x.a) == 0 {
		x.a, x.b = x.b, nil
		for len(x.a) > 0 && x.a[0] == '0' {
			x.a = x.a[1:]
			x.exponent--
		}
	}
	for len(x.b) > 0 && x.b[len(x.b)-1] == '0' {
		x.b = x.b[:len(x.b)-1]
	}
	if len(x.b) == 0 {
		for len(x.a) > 0 && x.a[len(x.a)-1] == '0' {
			x.a = x.a[:len(x.a)-1]
		}
	}
	if len(x.a) == 0 {
		*x = decimal{}
	}
}

func (x *decimal) len() int { return len(x.a) + len(x.b) }

func (x *decimal) digit(i int) byte {
	if i < len(x.a) {
		return x.a[i]
	}
	return x.b[i-len(x.a)]
}

// integer reports whether x has no fraction.
func (x *decimal) integer() bool { return x.sign == 0 || x.exponent >= int64(x.len()) }

// compareDecimals returns -1, 0 or 1.
func compareDecimals(x, y *decimal) int {
	switch {
	case x.sign != y.sign:
		if x.sign < y.sign {
			return -1
		}
		return 1
	case x.sign == 0:
		return 0
	case x.exponent != y.exponent:
		if x.exponent < y.exponent {
			return -x.sign
		}
		return x.sign
	}
	n, m := x.len(), y.len()
	for i := range min(n, m) {
		if a, b := x.digit(i), y.digit(i); a != b {
			if a < b {
				return -x.sign
			}
			return x.sign
		}
	}
	switch {
	case n < m:
		return -x.sign
	case n > m:
		return x.sign
	}
	return 0
}

// multiple is the divisor of multipleOf: m / 10^scale for a small one,
// otherwise digits * 10^exponent.
type multiple struct {
	m        int64
	scale    int
	exact    decimal
	mantissa uint64   // its digits as a number, without zeros at the end; 0 when they do not fit
	large    *big.Int // then this
}

func newMultiple(text string) *multiple {
	r := &multiple{exact: parseDecimal([]byte(text))}
	if b := newBound(text); b.small {
		r.m, r.scale = b.m, b.scale
	}
	digits := string(r.exact.a) + string(r.exact.b)
	if len(digits) <= 18 {
		for _, c := range []byte(digits) {
			r.mantissa = r.mantissa*10 + uint64(c-'0')
		}
	} else {
		r.large, _ = new(big.Int).SetString(digits, 10)
	}
	return r
}

// divides reports whether the number is an exact multiple.
func (r *multiple) divides(d []byte, n *numeral) bool {
	if n.small && r.m != 0 {
		x, scale := n.m, n.scale
		for scale > r.scale && x%10 == 0 && x != 0 {
			x /= 10
			scale--
		}
		if x == 0 {
			return true
		}
		if scale > r.scale {
			return r.smallSlow(d, n)
		}
		if x, ok := scaled(x, r.scale-scale); ok {
			return x%r.m == 0
		}
	}
	return r.smallSlow(d, n)
}

func (r *multiple) smallSlow(d []byte, n *numeral) bool {
	x := parseDecimal(d[n.start:n.end])
	return r.dividesDecimal(&x)
}

// dividesDecimal works on digits. x is D*10^e with D not a multiple of ten,
// the divisor M*10^f likewise, so x is no multiple when e is below f.
func (r *multiple) dividesDecimal(x *decimal) bool {
	if x.sign == 0 {
		return true
	}
	shift := (x.exponent - int64(x.len())) - (r.exact.exponent - int64(r.exact.len()))
	if shift < 0 {
		return false
	}
	if r.large != nil {
		return r.dividesLarge(x, shift)
	}
	var rest uint64
	for i := range x.len() {
		rest = mulMod(rest, 10, r.mantissa)
		rest = (rest + uint64(x.digit(i)-'0')) % r.mantissa
	}
	return mulMod(rest, powMod(10, shift, r.mantissa), r.mantissa) == 0
}

func mulMod(a, b, m uint64) uint64 {
	high, low := bits.Mul64(a%m, b%m)
	return bits.Rem64(high, low, m)
}

func powMod(b uint64, e int64, m uint64) uint64 {
	p := uint64(1) % m
	for b %= m; e > 0; e >>= 1 {
		if e&1 == 1 {
			p = mulMod(p, b, m)
		}
		b = mulMod(b, b, m)
	}
	return p
}

// dividesLarge takes the digits piece by piece, so that time stays linear in
// the document for a given divisor.
func (r *multiple) dividesLarge(x *decimal, shift int64) bool {
	rest, digit, ten := new(big.Int), new(big.Int), big.NewInt(10)
	for i := range x.len() {
		rest.Mul(rest, ten).Add(rest, digit.SetInt64(int64(x.digit(i)-'0'))).Mod(rest, r.large)
	}
	ten.Exp(ten, digit.SetInt64(shift), r.large)
	return rest.Mul(rest, ten).Mod(rest, r.large).Sign() == 0
}
