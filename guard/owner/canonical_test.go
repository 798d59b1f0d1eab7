package owner

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		`7`: "7", `"7"`: "7", `7.0`: "7", `7e0`: "7", `70e-1`: "7", `0.7e1`: "7", `-0`: "0", `0.000`: "0", `-7`: "-7", `1e3`: "1000", `1.50`: "15e-1", `100`: "100",
		`"a\u0062\/"`: "ab/", `"\ud83d\ude00"`: "😀", `"007"`: "007", `" 7"`: " 7",
		`"2F1B8A52-6F0E-4D8B-9C6D-0A6B7C1F5E11"`: "2f1b8a52-6f0e-4d8b-9c6d-0a6b7c1f5e11", `"2F1B8A52-6F0E-4D8B-9C6D-0A6B7C1F5E1G"`: "2F1B8A52-6F0E-4D8B-9C6D-0A6B7C1F5E1G",
		`1e401`: "1e401", `10e400`: "1e401", `123456789012345678901234567890`: "123456789012345678901234567890",
	} {
		if got, ok := canonical(nil, []byte(text)); !ok || string(got) != want {
			t.Errorf("%s: %q %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{`null`, `true`, `""`, `[7]`, `{}`, ``} {
		if got, ok := canonical(nil, []byte(text)); ok {
			t.Errorf("%s is the id %q", text, got)
		}
	}
	for text, want := range map[string]string{"007": "7", "7": "7", "+7": "", "7x": "", "": "", "-": "", "7.": "", "0x7": ""} {
		if got, ok := canonicalText(nil, []byte(text), true); ok != (want != "") || string(got) != want {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}

// FuzzCanonical holds spellings against a second opinion: two JSON scalars are
// one id exactly when they are the same number or the same text.
func FuzzCanonical(f *testing.F) {
	for _, pair := range [][2]string{{`7`, `7.0`}, {`7`, `"7"`}, {`"a"`, `"\u0061"`}, {`1e3`, `1000`}, {`0`, `-0.0e5`}, {`"A"`, `"a"`}, {`12e-1`, `1.2`}, {`null`, `1`}} {
		f.Add(pair[0], pair[1])
	}
	value := func(text string) (v any, ok bool) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if len(text) > 100 || strings.TrimSpace(text) != text || !json.Valid([]byte(text)) || d.Decode(&v) != nil {
			return nil, false
		}
		return v, true
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		v, ok := value(a)
		w, ok2 := value(b)
		if !ok || !ok2 {
			return
		}
		one, is := canonical(nil, []byte(a))
		other, is2 := canonical(nil, []byte(b))
		switch v := v.(type) {
		case json.Number:
			n, numeric := w.(json.Number)
			if !numeric || !is || !is2 {
				return
			}
			x, y := new(big.Rat), new(big.Rat)
			if small(string(v)) && small(string(n)) {
				x.SetString(string(v))
				y.SetString(string(n))
				if (x.Cmp(y) == 0) != (string(one) == string(other)) {
					t.Errorf("%s is %s, %s is %s", a, one, b, other)
				}
			}
		case string:
			if is != (v != "") {
				t.Errorf("%s: %v", a, is)
			}
			if text, ok := w.(string); ok && !strings.ContainsRune(v+text, '�') && (string(one) == string(other)) != (v == text) && !strings.EqualFold(v, text) {
				t.Errorf("%s is %q, %s is %q", a, one, b, other)
			}
		default:
			if is {
				t.Errorf("%s is the id %q", a, one)
			}
		}
	})
}

// small says that a number's exponent is small enough for big.Rat.
func small(text string) bool {
	i := strings.IndexAny(text, "eE")
	return i < 0 || len(text)-i <= 4
}
