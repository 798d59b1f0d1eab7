package seal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

var here = seal.At{Table: "keys", Column: "note", Row: "17"}

func newRing(t testing.TB) *seal.Ring {
	t.Helper()
	r, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rotate(t testing.TB, r *seal.Ring) *seal.Ring {
	t.Helper()
	r, err := r.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t testing.TB, r seal.Sealer, text string, at seal.At) []byte {
	t.Helper()
	b, err := r.Seal([]byte(text), at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOnlyHere opens a value in its own place and in no other.
func TestOnlyHere(t *testing.T) {
	r := newRing(t)
	value := sealed(t, r, "planted", here)
	if plain, err := r.Open(value, here); err != nil || string(plain) != "planted" {
		t.Fatalf("%q %v", plain, err)
	}
	for _, at := range []seal.At{
		{}, {Table: "keys", Column: "note", Row: "18"}, {Table: "keys", Column: "not", Row: "e17"}, {Table: "key", Column: "snote", Row: "17"},
		{Table: "keys", Column: "secret", Row: "17"}, {Table: "people", Column: "note", Row: "17"}, {Table: "keys", Column: "note"},
	} {
		if _, err := r.Open(value, at); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%+v: %v", at, err)
		}
	}
	if _, err := newRing(t).Open(value, here); !errors.Is(err, seal.ErrOpen) {
		t.Error("another ring:", err)
	}
	if bytes.Equal(value, sealed(t, r, "planted", here)) {
		t.Error("one value sealed twice looks the same")
	}
}

// TestEveryBitCounts changes each bit of a sealed value.
func TestEveryBitCounts(t *testing.T) {
	r := newRing(t)
	value := sealed(t, r, "v", here)
	for i := range len(value) * 8 {
		b := slices.Clone(value)
		b[i/8] ^= 1 << (i % 8)
		if _, err := r.Open(b, here); err == nil {
			t.Fatalf("bit %d does not count", i)
		}
	}
	for n := range value {
		if _, err := r.Open(value[:n], here); err == nil {
			t.Fatalf("%d bytes open", n)
		}
	}
}

// TestVersions rotates, keeps the ring, and destroys.
func TestVersions(t *testing.T) {
	first := newRing(t)
	old := sealed(t, first, "old", here)
	second := rotate(t, first)
	value := sealed(t, second, "new", here)
	if v, ok := seal.VersionOf(value); !ok || v != second.Newest() || v == first.Newest() {
		t.Error("the value names", v)
	}
	if v, ok := seal.VersionOf(old); !ok || v != first.Newest() {
		t.Error("the old value names", v)
	}
	if !slices.Equal(second.Versions(), []seal.Version{second.Newest(), first.Newest()}) {
		t.Error(second.Versions())
	}
	text, err := second.Reveal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.Read(text)
	if err != nil || !slices.Equal(again.Versions(), second.Versions()) {
		t.Fatal(err)
	}
	for want, b := range map[string][]byte{"old": old, "new": value} {
		if plain, err := again.Open(b, here); err != nil || string(plain) != want {
			t.Errorf("%s: %q %v", want, plain, err)
		}
	}
	if _, err := again.Without(again.Newest()); err == nil {
		t.Error("the newest key was destroyed")
	}
	if _, err := again.Without(again.Newest() + 1); err == nil {
		t.Error("a key that is not there was destroyed")
	}
	left, err := again.Without(first.Newest())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := left.Open(old, here); !errors.Is(err, seal.ErrOpen) {
		t.Error("what a destroyed key sealed:", err)
	}
	if _, err := left.Open(value, here); err != nil {
		t.Error(err)
	}
	for range seal.MaxVersions {
		if again, err = again.Rotate(); err != nil {
			return
		}
	}
	t.Error("there is no end to keys")
}

// TestRingsPrintNothing prints a ring in the ways of programs.
func TestRingsPrintNothing(t *testing.T) {
	r := newRing(t)
	text, err := r.Reveal()
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Ring   *seal.Ring
		hidden *seal.Ring
	}
	var b strings.Builder
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, format+format+format, r, holder{r, r}, &holder{r, r})
	}
	j, _ := json.Marshal(holder{r, r})
	b.Write(j)
	for form, written := range testdata.Forms(string(text[len(text)-48 : len(text)-16])) {
		if strings.Contains(b.String(), written) {
			t.Errorf("a key was printed as %s", form)
		}
	}
	if !strings.Contains(b.String(), "ring of 1 keys") {
		t.Error("nothing was printed:", b.String())
	}
}

func FuzzVersionOf(f *testing.F) {
	r := newRing(f)
	f.Add(sealed(f, r, "", here))
	f.Add(sealed(f, r, "text", here))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, ok := seal.VersionOf(b); ok && len(b) < seal.Overhead {
			t.Fatal("too short to be sealed")
		}
		if plain, err := r.Open(b, here); err == nil && len(plain) != len(b)-seal.Overhead {
			t.Fatal("opened")
		}
	})
}

func FuzzRead(f *testing.F) {
	text, err := rotate(f, newRing(f)).Reveal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := seal.Read(b)
		if err != nil {
			return
		}
		if plain, err := r.Open(sealed(t, r, "x", here), here); err != nil || string(plain) != "x" {
			t.Fatal(err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	r := rotate(b, newRing(b))
	plain := []byte("a value of forty bytes, as most of them.")
	b.ReportAllocs()
	for b.Loop() {
		r.Seal(plain, here)
	}
}

func BenchmarkOpen(b *testing.B) {
	r := newRing(b)
	value := sealed(b, r, "a value of forty bytes, as most of them.", here)
	r = rotate(b, r)
	b.ReportAllocs()
	for b.Loop() {
		r.Open(value, here)
	}
}
