package apikey_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for i := range 200 {
		environment := []string{"live", "t", "abcdefghijklmno9"}[i%3]
		key, id := apikey.New(environment)
		p, ok := apikey.Parse([]byte(key.Reveal()))
		if !ok || string(p.Environment) != environment || string(p.ID) != id || len(id) != apikey.IDLength {
			t.Fatalf("%s: %q %v", key.Reveal(), p, ok)
		}
		if seen[id] || seen[key.Reveal()[len(key.Reveal())-50:]] {
			t.Fatal("a part repeats")
		}
		seen[id], seen[key.Reveal()[len(key.Reveal())-50:]] = true, true
		if strings.Contains(fmt.Sprintf("%v %+v %#v", key, key, key), id) {
			t.Fatal("a key was printed")
		}
	}
}

// TestDigitsAreFair counts the digits of many keys.
func TestDigitsAreFair(t *testing.T) {
	count := map[rune]int{}
	for range 2000 {
		key, _ := apikey.New("live")
		for _, c := range strings.Split(key.Reveal(), "_")[3] {
			count[c]++
		}
	}
	const mean = 2000 * 43 / 62
	for c, n := range count {
		if n < mean*8/10 || n > mean*12/10 {
			t.Errorf("%c stands %d times, the mean is %d", c, n, mean)
		}
	}
	if len(count) != 62 {
		t.Errorf("%d digits", len(count))
	}
}

// sample is a key whose checksum was reckoned by another program: Python's
// zlib.crc32.
const sample = "ghk_live_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg_2KiEC9"

func TestParse(t *testing.T) {
	if p, ok := apikey.Parse([]byte(sample)); !ok || string(p.ID) != "0123456789AB" || string(p.Environment) != "live" {
		t.Error(p, ok)
	}
	for _, row := range []struct{ name, text string }{
		{"empty", ""},
		{"prefix-alone", "ghk_"},
		{"one-short", sample[:len(sample)-1]},
		{"one-long", sample + "0"},
		{"newline", sample + "\n"},
		{"space-before", " " + sample},
		{"other-prefix", "ghx" + sample[3:]},
		{"case-of-the-prefix", "GHK" + sample[3:]},
		{"no-environment", strings.Replace(sample, "live", "", 1)},
		{"environment-in-capitals", strings.Replace(sample, "live", "LIVE", 1)},
		{"environment-with-a-separator", strings.Replace(sample, "live", "l_ve", 1)},
		{"environment-too-long", strings.Replace(sample, "live", "abcdefghijklmnopq", 1)},
		{"id-short", strings.Replace(sample, "_0123456789AB_", "_0123456789A_", 1)},
		{"secret-with-a-sign", strings.Replace(sample, "EFG", "E-G", 1)},
		{"nul", strings.Replace(sample, "EFG", "E\x00G", 1)},
		{"not-ascii", strings.Replace(sample, "EFG", "Eé", 1)},
		{"twice", sample + sample},
		{"huge", sample + strings.Repeat("a", 1<<20)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if p, ok := apikey.Parse([]byte(row.text)); ok {
				t.Errorf("%q is read as %q", row.text, p)
			}
		})
	}
	// Every change of one letter is found.
	for i := range sample {
		for _, c := range []byte("0aZ_") {
			text := []byte(sample)
			if text[i] == c {
				continue
			}
			text[i] = c
			if _, ok := apikey.Parse(text); ok {
				t.Errorf("%s passes", text)
			}
		}
	}
}

func TestPepper(t *testing.T) {
	a, b := apikey.NewPepper(trust.NewSecret("pepper a")), apikey.NewPepper(trust.NewSecret("pepper b"))
	sum := a.Hash([]byte(sample))
	if a.ID() == b.ID() || len(a.ID()) != 16 || a.ID() != apikey.NewPepper(trust.NewSecret("pepper a")).ID() {
		t.Error(a.ID(), b.ID())
	}
	// printf %s KEY | openssl dgst -sha256 -hmac "pepper a"
	if want := "b1d816e51e628b040bf745acc6212ca980ea335b00833bd36bc9ada832baa948"; fmt.Sprintf("%x", sum) != want {
		t.Errorf("got %x, want %s", sum, want)
	}
	if !a.Matches(&sum, []byte(sample)) || b.Matches(&sum, []byte(sample)) || a.Matches(&sum, []byte(sample[1:])) || a.Matches(&sum, nil) {
		t.Error("another key matches")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("ghk_live_"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		p, ok := apikey.Parse(text)
		if !bytes.Equal(before, text) {
			t.Error("the text was changed")
		}
		if !ok {
			return
		}
		if bytes.ContainsAny(text, " \r\n\"\\") || len(p.ID) != apikey.IDLength || !apikey.Environment(p.Environment) {
			t.Errorf("%q is read as %q", text, p)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	key := []byte(sample)
	for b.Loop() {
		apikey.Parse(key)
	}
}

func BenchmarkMatches(b *testing.B) {
	key, p := []byte(sample), apikey.NewPepper(trust.NewSecret("pepper"))
	sum := p.Hash(key)
	for b.Loop() {
		p.Matches(&sum, key)
	}
}
