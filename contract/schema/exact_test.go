package schema

import (
	"fmt"
	"hash/maphash"
	"math/big"
	"strings"
	"testing"
)

// numbers are written in every way that takes a path of its own: few digits
// and many, point and exponent, and pairs whose scaling overflows 64 bits.
var numbers = strings.Fields(`0 0.0 1 1.0 -1 2 3 4 7 8 16 3e1 4e0 1e2 12e-1 0.1 0.5 0.500 0.25 -0.25 0.01 0.3 2.5e-1 100 1E+2 1000e-3
	99999999999999999 0.0000000000000001 9999999999999999.9 18446744073709552 1.8446744073709552 -18446744073709552 92233720368547758
	922337203685477.58 9223372036854775807 9223372036854775808 18446744073709551616 0.9223372036854776 123456789012345678901234567890
	12345678901234567890.123456789 1e-17 1e17 1e18 1e19 3e25 1.5e-20 0.00000000000000000000000000000003 6e30 64e20 5e-1 0.00390625`)

func rational(t *testing.T, text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatal(text)
	}
	return r
}

// Bounds and multiples are those of exact arithmetic.
func TestNumbersAreExact(t *testing.T) {
	var st State
	words := map[string]func(x, y *big.Rat) bool{
		"minimum":          func(x, y *big.Rat) bool { return x.Cmp(y) >= 0 },
		"maximum":          func(x, y *big.Rat) bool { return x.Cmp(y) <= 0 },
		"exclusiveMinimum": func(x, y *big.Rat) bool { return x.Cmp(y) > 0 },
		"exclusiveMaximum": func(x, y *big.Rat) bool { return x.Cmp(y) < 0 },
		"const":            func(x, y *big.Rat) bool { return x.Cmp(y) == 0 },
		"multipleOf":       func(x, y *big.Rat) bool { return new(big.Rat).Quo(x, y).IsInt() },
	}
	for word, holds := range words {
		t.Run(word, func(t *testing.T) {
			for _, b := range numbers {
				y := rational(t, b)
				if word == "multipleOf" && y.Sign() <= 0 {
					continue
				}
				s := compile(t, fmt.Sprintf(`{%q:%s}`, word, b), Options{})
				for _, a := range numbers {
					if got, want := s.Read(&st, []byte(a)), holds(rational(t, a), y); got != want {
						t.Errorf("%s, %s %s: %v, want %v", a, word, b, got, want)
					}
				}
			}
		})
	}
}

// A divisor of more digits than a word holds is exact as well.
func TestLargeDivisors(t *testing.T) {
	const divisor = "1234567890123456789012345678901234567891"
	check(t, Options{}, State{}, []row{
		{"itself", `{"multipleOf":` + divisor + `}`, divisor, ""},
		{"itself-and-zeros", `{"multipleOf":` + divisor + `}`, divisor + "000", ""},
		{"twice", `{"multipleOf":` + divisor + `}`, "2469135780246913578024691357802469135782", ""},
		{"one-more", `{"multipleOf":` + divisor + `}`, divisor[:39] + "2", "multipleOf"},
		{"tenth", `{"multipleOf":` + divisor + `}`, divisor[:39] + ".1", "multipleOf"},
	})
}

// Items that share a hash are compared one by one.
func TestUniqueItemsOfOneHash(t *testing.T) {
	a, b := numbersOfOneHash(t)
	s := compile(t, `{"uniqueItems":true}`, Options{Pure: true})
	rows := []struct {
		name, doc string
		want      bool
	}{
		{"two", `[` + a + `,` + b + `]`, true},
		{"equal-side-by-side", `[` + a + `,` + a + `,` + b + `]`, false},
		{"equal-around-another", `[` + a + `,` + b + `,` + a + `]`, false},
		{"equal-around-another-at-the-end", `[0,` + b + `,1,` + a + `,2,` + b + `]`, false},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var st State
			if got := s.Read(&st, []byte(r.doc)); got != r.want {
				t.Errorf("%s: %v %+v", r.doc, got, st.Fault())
			}
		})
	}
}

// numbersOfOneHash searches digits whose hashes differ only in the bits that
// an exponent can make equal.
func numbersOfOneHash(t *testing.T) (a, b string) {
	const reach = uint64(1)<<42 - 4 // of an exponent shifted by two
	seen := make(map[uint64]string)
	sum := func(digits string) uint64 { return maphash.String(seed, digits) }
	for i := 1; ; i++ {
		digits := fmt.Sprintf("%d7", i)
		other := seen[sum(digits)&^reach]
		if other == "" {
			seen[sum(digits)&^reach] = digits
			continue
		}
		exponent := int64((sum(digits)^sum(other))&reach)>>2 ^ int64(len(other))
		if exponent >= maxExponent {
			continue
		}
		a, b = other, fmt.Sprintf("%se%d", digits, exponent-int64(len(digits)))
		var st State
		x, _ := st.hash([]byte(a+" "), 0)
		if y, _ := st.hash([]byte(b+" "), 0); x != y {
			t.Fatalf("the hashes of %s and %s differ", a, b)
		}
		return a, b
	}
}
