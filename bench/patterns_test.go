package bench

import (
	"bytes"
	stdjson "encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// hardPatterns are where ECMA-262 and other dialects of regular expressions
// differ, and what people write in contracts.
var hardPatterns = []string{
	`.`, `^.$`, `\s`, `^\S+$`, `\w`, `^\W$`, `\d`, `^\D$`, `\b`, `\Ba`, `[\s\S]`, `[^]`, `[]`, `[^\n]`, `$`, `^`, `a$`, `^a`, `(?:a|b)+`, `a{2}`, `a{2,}`, `a{0,2}b`,
	`^[A-Z]{2}-[0-9]{5}$`, `^ord_[0-9a-f]{16}$`, `^[\w.-]+@[\w.-]+$`, `^(?!foo)`, `^(?!.*b).*$`, `^(?=.*\d)(?=.*[a-z]).{4,}$`, `\u00e9`, `\u{1F600}`, `^\p{Lu}`, `\P{L}`, `[\p{L}\d]`,
	`\x61`, `\cJ`, `\0`, `\t`, `\v`, `\f`, `\/`, `[\b]`, `[a\-z]`, `[-a]`, `[a-]`, `\.`, `\$`, `\^a`, `(a)(b)?`, `(?<year>\d{4})`, `a*?`, `a+?b`, `\uD83D\uDE00`, `^😀$`, `^.{2}$`, `[😀]`,
	`^[^a]$`, `\u2028`, `[ -~]`, `^[ -~]*$`, `^\d{4}-\d{2}-\d{2}$`, `^$|^a$`, `^(a|ab)(c|bcd)$`, `(?:)`, `|a`, `^a|b$`, `^((a|b)*c)?$`, `^[\d\s]*$`, `[^\W\d]`, `^[\u4e00-\u9fa5]+$`, `\u{61}`,
	`^\S(.*\S)?$`, `^[a-zA-Z0-9_]+$`, `^https?://`, `^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$`, `^-?\d+(\.\d+)?$`, `a(?=b)`, `(?<=a)b`, `(a)\1`, `^(?!a)(?!b)[a-c]$`, `^(?=a)a`, `(?i)a`, `\Aa`, `a\z`, `\Qa\E`, `[[:alpha:]]`, `a++`, `\h`,
}

// patternStrings are judged by every pattern.
var patternStrings = []string{
	"", "a", "b", "c", "ab", "abc", "aab", "abcd", "ac", "cab", "A", "Z", "AB-12345", "ord_0123456789abcdef", "ada@example.com", "foo", "foobar", "a1b2", "1234", "2026-03-01", "é", "É", "e\u0301", "ß", "İ", "ı", "K", "ſ",
	"😀", "😀😀", "日本語", "a\nb", "\n", "a\n", "\r", "\r\n", "\u2028", "\u2029", "a\u2028b", "\u00a0", "\ufeff", "\u180e", "\u3000", "\u0085", "\t", "\v", "\f", " ", "_", "-", "a-z", "\b", "\x00", "\x1c", "\x7f", "/", ".", "$", "^a", "\\",
	"http://x", "10.0.0.1", "-1.5", "[", "]", "٣", "Ⅷ", "ª", "aaaa", " a ", "a b",
}

// pattern makes a pattern of the parts that contracts use.
func (d *dice) pattern(depth int) string {
	atoms := []string{"a", "b", "c", "é", "😀", ".", `\d`, `\w`, `\s`, `\S`, `\D`, `\W`, "[a-c]", "[^a]", "[0-9]", `[\w-]`, `[^\s]`, `\.`, `\u0061`, `\u{1F600}`, `\p{L}`, `\b`, "^", "$", `\n`, "-", "[é-ï]", `[\d_]`}
	quantifiers := []string{"", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,1}", "*?", "{2,}"}
	var b strings.Builder
	if d.one(3) {
		b.WriteByte('^')
	}
	for range 1 + d.n(4) {
		atom := pick(d, atoms)
		if depth > 0 && d.one(4) {
			atom = pick(d, []string{"(", "(?:"}) + d.pattern(depth-1) + pick(d, []string{"", "|" + d.pattern(0)}) + ")"
		}
		b.WriteString(atom)
		if atom != "^" && atom != "$" && atom != `\b` {
			b.WriteString(pick(d, quantifiers))
		}
	}
	if d.one(3) {
		b.WriteByte('$')
	}
	return b.String()
}

// Patterns mean what ECMA-262 says (JSON Schema core, section 6.4), with Node as
// the judge: every pattern that both take finds the same strings.
func TestPatternsAgainstNode(t *testing.T) {
	patterns := append([]string{}, hardPatterns...)
	d := newDice(3, nil)
	for range 1200 {
		patterns = append(patterns, d.pattern(2))
	}
	verdicts := node(t, patterns)
	var state schema.State
	both, refused, faults := 0, 0, 0
	for i, pattern := range patterns {
		text, err := stdjson.Marshal(map[string]string{"pattern": pattern})
		check(t, err)
		ours, err := compile(string(text), schema.Options{Pure: true})
		if err != nil {
			refused++
			if i < len(hardPatterns) {
				t.Logf("%s: node takes it: %v, ours: %v", pattern, verdicts[i] != "-", err)
			}
			continue
		}
		if verdicts[i] == "-" {
			t.Errorf("%s: node refuses it, ours takes it", pattern)
			faults++
			continue
		}
		both++
		for j, s := range patternStrings {
			data, err := stdjson.Marshal(s)
			check(t, err)
			if got, want := ours.Read(&state, data), verdicts[i][j] == '1'; got != want {
				t.Errorf("%s on %q: ours says %v, node %v", pattern, s, got, want)
				faults++
			}
		}
		if faults > 40 {
			t.Fatal("and more")
		}
	}
	t.Logf("%d patterns over %d strings mean the same; %d are refused with a hint", both, len(patternStrings), refused)
	if both < len(patterns)*9/10 {
		t.Errorf("only %d of %d patterns were taken", both, len(patterns))
	}
}

func node(t *testing.T, patterns []string) []string {
	t.Helper()
	testdata.Program(t, "node", "nodejs")
	var in bytes.Buffer
	lines := stdjson.NewEncoder(&in)
	for _, p := range patterns {
		check(t, lines.Encode([]any{p, patternStrings}))
	}
	cmd := exec.Command("node", "testdata/pattern.js")
	cmd.Stdin = &in
	out, err := cmd.Output()
	check(t, err)
	verdicts := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(verdicts) != len(patterns) {
		t.Fatalf("node answered %d lines to %d patterns", len(verdicts), len(patterns))
	}
	return verdicts
}
