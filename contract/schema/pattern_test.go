package schema

import (
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Simple patterns must mean what the general machine says they mean.
func TestSimplePatterns(t *testing.T) {
	patterns := []string{
		`^$`, `^`, `^abc$`, `^abc`, `^a*$`, `^a+b?c*$`, `^[a-c]{2,3}$`, `^[a-c]{2,}-\d{1,2}$`, `^\w+$`, `^\d{3}$`, `^[A-Z]{2}-[0-9]{5}$`,
		`^ord_[0-9a-f]{4}$`, `^a{0}b$`, `^[-a]+$`, `^[a-]+$`, `^[\w-]+$`, `^[\d.]+$`, `^a\.b$`, `^a\-b\/c$`, `^[a\]b]+$`, `^[.+*]+$`, `^a{2}b{2}$`, `^[a-c]+$`, `^a?b?c?`,
		`^[ -~]+$`, `^-?\d+$`, `^aa?$`, `^a{1,2}$`, `^"a"$`,
	}
	simple := 0
	r := rand.New(rand.NewSource(1))
	for _, text := range patterns {
		p, err := compilePattern(text)
		if err != nil {
			t.Fatal(text, err)
		}
		if p.simple {
			simple++
		}
		re := regexp.MustCompile(strings.ReplaceAll(text, `\/`, `/`))
		for range 3000 {
			s := make([]byte, r.Intn(7))
			for i := range s {
				s[i] = `abcdAZ019-._/"]+ ~e`[r.Intn(19)]
			}
			if p.match(s) != re.Match(s) {
				t.Fatalf("%s on %q: got %v", text, s, p.match(s))
			}
		}
		for _, s := range []string{"", "abc", "AB-12345", "ord_00ff", "aabb", "a-b/c", `"a"`, "a.b", "é", "\x00"} {
			if p.match([]byte(s)) != re.MatchString(s) {
				t.Errorf("%s on %q: got %v", text, s, p.match([]byte(s)))
			}
		}
	}
	if simple < 24 {
		t.Errorf("only %d of %d patterns are simple", simple, len(patterns))
	}
}

func TestPatterns(t *testing.T) {
	rows := []struct{ name, pattern, yes, no string }{
		{"unanchored", `b+`, "abc", "ac"},
		{"alternation", `^(a|bc)$`, "bc", "b"},
		{"look-ahead", `^(?=.*[A-Z])(?=.*\d).{4,}$`, "aB3x", "aB3"},
		{"look-ahead-fails", `^(?=.*[A-Z])(?=.*\d).{4,}$`, "ABC4", "abc4"},
		{"look-ahead-without-anchor", `(?=.*[A-Z])(?=.*\d).{4,}`, "aB3x", "abc4"},
		{"negative-look-ahead", `^(?!admin$)[a-z]+$`, "admins", "admin"},
		{"look-ahead-alone", `^(?!-)`, "a-", "-a"},
		{"dollar-is-the-end", `^a$`, "a", "a\n"},
		{"dollar-inside", `^(a$|b)`, "a", "a\n"},
		{"dot-stops-at-line-ends", `^a.b$`, "a\tb", "a\u2028b"},
		{"space", `^\s$`, "\u00a0", "a"},
		{"space-in-class", `^[\sx]+$`, "x\ufeff", "y"},
		{"no-space", `^\S+$`, "a", "\u3000"},
		{"no-space-in-class", `^[\S]+$`, "a", "\u3000"},
		{"anything", `^[\s\S]$`, "\n", ""},
		{"any-class", `^[^]$`, "\n", "ab"},
		{"code-point", `^\u00e4\x41$`, "äA", "ä"},
		{"pair", `^\ud83d\ude00$`, "😀", "x"},
		{"braces", `^\u{1F600}$`, "😀", "x"},
		{"control", `^\cA$`, "\x01", "A"},
		{"property", `^\p{Lu}\P{Lu}$`, "Äa", "aA"},
		{"property-long", `^\p{General_Category=Uppercase_Letter}$`, "Ä", "ä"},
		{"script", `^\p{Script=Greek}+$`, "λ", "l"},
		{"named-group", `^(?<year>\d{4})$`, "2026", "202"},
		{"escaped-needlessly", `^\@\#\:$`, "@#:", "@#"},
		{"bracket-in-class", `^[[]$`, "[", "]"},
		{"slash", `^a\/b$`, "a/b", "a"},
		{"hyphen-first", `^[-+]?\d+$`, "-1", "--1"},
		{"long-count", `^[a-z]{2000}$`, strings.Repeat("a", 2000), "a"},
		{"lazy", `^a+?b$`, "aab", "b"},
		{"look-ahead-and-grouped-alternatives", `^(?!x)(a|[|\]]|b\|)$`, "]", "x"},
		{"astral-class", `^[😀-😂]$`, "😁", "x"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			p, err := compilePattern(r.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if !p.match([]byte(r.yes)) {
				t.Errorf("%s does not match %q", r.pattern, r.yes)
			}
			if p.match([]byte(r.no)) {
				t.Errorf("%s matches %q", r.pattern, r.no)
			}
		})
	}
	for _, bad := range []string{`(`, `)`, `[`, `a**`, `\`, `(?<=a)b`, `(?<!a)b`, `a(?=b)`, `(a)\1`, `(?<n>a)\k<n>`, `x(?!y)|z`, `^(?=a)b|c`, `(?i)a`, `\a`, `\ud800`, `\p{Nonsense}`, `(?=a)+b`, `(?=[a-z]x).*`, `(a{1001})`} {
		if p, err := compilePattern(bad); err == nil {
			t.Errorf("%s compiles: %+v", bad, p)
		} else if err.text == "" || err.hint == "" {
			t.Errorf("%s: %+v says too little", bad, err)
		}
	}
}

// TestReplacedPatterns: an expression that cannot be used is replaced by
// another, wherever it stands.
func TestReplacedPatterns(t *testing.T) {
	const text = `{"type": "object", "properties": {"a": {"pattern": "(a)\\1"}}, "patternProperties": {"(a)\\1": {"type": "integer"}}}`
	f, problems := source.Parse("s.json", []byte(text))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	for _, row := range []struct {
		name, with string
		problems   string
	}{
		{"good", "^aa$", ""},
		{"bad", "(b)\\1", "the replacement of the pattern cannot be used"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := NewCompiler(Options{Patterns: map[string]string{`(a)\1`: row.with, "never": "x"}})
			s := c.Compile(f.Root)
			if got := c.Problems().Error(); row.problems == "" && got != "" || !strings.Contains(got, row.problems) {
				t.Fatalf("problems %q", got)
			}
			if list := c.Unreplaced(); len(list) != 1 || list[0] != "never" {
				t.Errorf("unreplaced %q", list)
			}
			var st State
			for data, want := range map[string]bool{`{"a":"aa"}`: true, `{"a":"ab"}`: false, `{"aa":1}`: true, `{"aa":"x"}`: false} {
				if got := s.Read(&st, []byte(data)); got != (want && row.problems == "") {
					t.Errorf("%s: %v", data, got)
				}
			}
		})
	}
}
