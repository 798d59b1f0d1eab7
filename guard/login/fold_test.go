package login

import "testing"

// TestFold: what people and APIs take for one name has one spelling.
func TestFold(t *testing.T) {
	s := open()
	defer s.close()
	for _, row := range []struct {
		name  string
		same  []string
		other string
	}{
		{"case", []string{"alice", "ALICE", " Alice\t"}, "alicf"},
		{"composed", []string{"zo\u00eb", "zoe\u0308", "ZOE\u0308", "ZO\u00cb"}, "zoe"},
		{"width", []string{"alice7", "\uff41\uff4c\uff49\uff43\uff45\uff17", "\uff21LICE7", "\u24d0lice7"}, "alice8"},
		{"ligature", []string{"office", "o\ufb03ce", "OFFICE"}, "ofice"},
		{"sharp", []string{"stra\u00dfe", "STRASSE", "STRA\u1e9eE", "stra\u017fse"}, "strase"},
		{"kelvin", []string{"kim", "\u212aim", "KIM"}, "cim"},
		{"sigma", []string{"\u03c3\u03bf\u03c6\u03bf\u03c2", "\u03a3\u039f\u03a6\u039f\u03a3"}, "\u03c3\u03bf\u03c6\u03bf"},
		{"unseen", []string{"bob", "b\u200bo\u00adb", "\ufeffbob", "\u00a0 bob\u3000"}, "bo b"},
		{"combining-iota", []string{"\u1fb3", "\u03b1\u0345", "\u0391\u0399"}, "\u03b1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := string(s.fold([]byte(row.same[0])))
			for _, name := range row.same[1:] {
				if got := string(s.fold([]byte(name))); got != want {
					t.Errorf("%q is %q, %q is %q", row.same[0], want, name, got)
				}
			}
			if string(s.fold([]byte(row.other))) == want {
				t.Errorf("%q is %q", row.other, want)
			}
		})
	}
}

// TestFoldAllocates: names of ASCII cost no memory.
func TestFoldAllocates(t *testing.T) {
	s := open()
	defer s.close()
	name := []byte(" Alice@Example.com ")
	s.fold(name)
	if n := testing.AllocsPerRun(100, func() { s.fold(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
