package octet

import (
	"bytes"
	"strings"
	"testing"
)

// TestIsValue puts every byte at every place of values of different lengths and
// compares with the look at one byte after the other.
func TestIsValue(t *testing.T) {
	for _, fill := range []byte{' ', 'a', 0x7e, 0x80, 0xff, '\t'} {
		for n := range 20 {
			for at := range n {
				v := bytes.Repeat([]byte{fill}, n)
				for b := range 256 {
					v[at] = byte(b)
					if IsValue(v) != All(v, Value) {
						t.Fatalf("%q: %v", v, IsValue(v))
					}
				}
			}
		}
	}
}

func FuzzIsValue(f *testing.F) {
	f.Add([]byte("text/html; q=0.8\t, \x1f\x20"))
	f.Fuzz(func(t *testing.T, v []byte) {
		if IsValue(v) != All(v, Value) {
			t.Fatalf("%q: %v", v, IsValue(v))
		}
		if got, want := Trim(v), bytes.Trim(v, " \t"); !bytes.Equal(got, want) {
			t.Fatalf("%q trimmed is %q, not %q", v, got, want)
		}
	})
}

func BenchmarkIsValue(b *testing.B) {
	v := []byte(strings.Repeat("eyJhbGciOiJSUzI1NiJ9.", 30))
	b.SetBytes(int64(len(v)))
	for b.Loop() {
		IsValue(v)
	}
}
