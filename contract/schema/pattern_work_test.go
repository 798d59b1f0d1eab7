package schema

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestShrinkChangesNothing compares shrunk expressions with what they were
// made of, over all short texts of a small alphabet.
func TestShrinkChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	atoms := []string{"a", "b", "[ab]", "(ab)", "(a|b*)", "(a?b)", `\b`, "^", "$", "(a+|c)", "(?:b{2}a)", "(?i:A)", "."}
	counts := []string{"", "", "*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}", "+?"}
	var texts []string
	for n := range 6 {
		for k := range 1 << (2 * n) {
			b := make([]byte, n)
			for i := range b {
				b[i] = "abc "[k>>(2*i)&3]
			}
			texts = append(texts, string(b))
		}
	}
	compared := 0
	for range 400 {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			atom, count := atoms[rng.IntN(len(atoms))], counts[rng.IntN(len(counts))]
			if strings.ContainsAny(atom, `^$\`) {
				count = ""
			}
			b.WriteString(atom + count)
			if rng.IntN(6) == 0 {
				b.WriteByte('|')
			}
		}
		c, err := newConjunct(b.String(), false)
		if err != nil {
			t.Fatalf("%s: %v", &b, err)
		}
		want := regexp.MustCompile(b.String())
		for _, text := range texts {
			if c.re.MatchString(text) != want.MatchString(text) {
				t.Fatalf("%s became %s: they differ on %q", &b, c.re, text)
			}
			compared++
		}
	}
	if compared < 5e5 {
		t.Errorf("only %d comparisons", compared)
	}
}

func TestShrink(t *testing.T) {
	rows := []struct{ name, from, to string }{
		{"optional-beginning", `[a-z]{0,1000}x$`, `x(?-m:$)`},
		{"counted-beginning", `[a-z]{1,255}$`, `[a-z](?-m:$)`},
		{"several-at-the-beginning", `a*b?c{0,9}d`, `d`},
		{"both-ends", `a+b{3,9}`, `ab{3}`},
		{"anchored-at-both-ends", `^a{1,9}b{2,9}$`, `(?-m:^)a{1,9}b{2,9}(?-m:$)`},
		{"alternatives", `(a{2,5}|b*)c`, `(?:a{2}|)c`},
		{"nothing-is-left", `a*`, `(?:)`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c, err := newConjunct(r.from, false)
			if err != nil {
				t.Fatal(err)
			}
			want := regexp.MustCompile(r.to)
			for _, text := range []string{"", "x", "d", "abbb", "ab", "aab", "aac", "c", "abb", "z1", "Z"} {
				if c.re.MatchString(text) != want.MatchString(text) {
					t.Errorf("%s became %s, want %s", r.from, c.re, r.to)
				}
			}
			if len(c.re.String()) > len(r.to)+12 {
				t.Errorf("%s became %s, want about %s", r.from, c.re, r.to)
			}
		})
	}
}

// TestHostilePatterns reads long strings and long names against expressions
// that are dear to match: in bounded time, whatever the verdict.
func TestHostilePatterns(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	patterns := []string{
		`(a|b|c|d){0,1000}(e|f){0,1000}[\w\W]{0,1000}$`,
		`[\u0009\u000A\u000D\u0020-\u00FF]{0,1000}\s*$`,
		`[a-z]{1,255}$`, `[a-z]{1,900}$`, `x[a-z]{1,900}y`, `(a[ab]{0,900}c|d)+e`, `^(a|aa){0,900}(a|aaa){0,900}b$`,
	}
	for _, p := range patterns {
		for _, shape := range []string{`{"pattern":%q}`, `{"patternProperties":{%q:{}}}`, `{"propertyNames":{"pattern":%q}}`} {
			document := fmt.Sprintf("%q", long)
			if !strings.HasPrefix(shape, `{"pattern"`+":") {
				document = fmt.Sprintf(`{%q:1}`, long)
			}
			s := compile(t, fmt.Sprintf(shape, p), Options{Pure: true})
			var st State
			begin := testdata.Work(t)
			s.Read(&st, []byte(document))
			if took := testdata.Work(t) - begin; took > 10*time.Second {
				t.Errorf("%s in %s took %v", p, shape, took)
			}
		}
	}
}

// TestHonestPatterns: the expressions above are no hindrance at the size of
// ordinary calls.
func TestHonestPatterns(t *testing.T) {
	rows := []struct{ name, pattern, value string }{
		{"cloud-description", `[\u0009\u000A\u000D\u0020-\u00FF]{0,1000}\s*$`, strings.Repeat("A description. ", 200)},
		{"counted-end", `[a-z]{1,900}$`, strings.Repeat("a", 4000)},
		{"in-between", `x[a-z]{1,900}y`, "x" + strings.Repeat("a", 900) + "y"},
		{"anchored-words", `^([A-Z][a-z]{0,30} ?){1,30}$`, strings.Repeat("Word ", 30)},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := compile(t, fmt.Sprintf(`{"items":{"pattern":%q}}`, r.pattern), Options{Pure: true})
			var st State
			document := "[" + strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%q,", r.value), 3), ",") + "]"
			if !s.Read(&st, []byte(document)) {
				t.Errorf("refused: %+v", st.Fault())
			}
		})
	}
}
