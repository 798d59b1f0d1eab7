package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// The quick form of a rule for numbers must say what the rule itself says.
func TestQuickRange(t *testing.T) {
	texts := []string{"0", "1", "-1", "0.01", "2.5", "-2.50", "99999", "100000", "1e3", "123456789012345678", "99999999999999999", "-99999999999999999",
		"9223372036854775807", "9223372036854775808", "2147483647", "-2147483649", "0.000000000000001", "1.0", "127.00", "-128", "255.5", "1e-2"}
	var rules []string
	for _, a := range texts[:16] {
		rules = append(rules, fmt.Sprintf(`"minimum":%s`, a), fmt.Sprintf(`"exclusiveMaximum":%s`, a))
		for _, b := range texts[:16] {
			rules = append(rules, fmt.Sprintf(`"minimum":%s,"maximum":%s`, a, b), fmt.Sprintf(`"exclusiveMinimum":%s,"exclusiveMaximum":%s`, a, b))
		}
	}
	for _, f := range []string{"int8", "int32", "int64", "uint8", "uint64", "float", "double"} {
		rules = append(rules, fmt.Sprintf(`"format":%q`, f), fmt.Sprintf(`"format":%q,"minimum":2.5`, f), fmt.Sprintf(`"format":%q,"exclusiveMaximum":127`, f))
	}
	quick, accepted := 0, 0
	for _, kind := range []string{"number", "integer"} {
		for _, rule := range rules {
			s := compile(t, fmt.Sprintf(`{"type":%q,%s}`, kind, rule), Options{})
			if s.root.num == nil || !s.root.num.quick.ready {
				continue
			}
			quick++
			slow, careful := *s.root, *s.root.num
			careful.quick.ready = false
			slow.num = &careful
			for _, text := range texts {
				var a, b State
				got, want := s.Read(&a, []byte(text)), (&Schema{root: &slow}).Read(&b, []byte(text))
				if got != want {
					t.Errorf("%s of {%s}: %s is %v, careful reading says %v", kind, rule, text, got, want)
				}
				if quickNumber(s.root, []byte(text), 0) >= 0 {
					accepted++
				}
			}
		}
	}
	if quick < 600 || accepted < 1200 {
		t.Errorf("only %d rules are quick, which accepted %d numbers", quick, accepted)
	}
}

// A name is found in its order when it is written exactly, wherever the text ends.
func TestNamesInOrder(t *testing.T) {
	for n := range 20 {
		name := strings.Repeat("abcdefghij", 2)[:n]
		s := compile(t, fmt.Sprintf(`{"properties":{%q:{"const":1}},"required":[%q],"additionalProperties":{"const":2}}`, name, name), Options{})
		for _, end := range []string{"}", "      }      "} {
			var st State
			if doc := fmt.Sprintf(`{%q:1%s`, name, end); !s.Read(&st, []byte(doc)) {
				t.Errorf("%s: %+v", doc, st.Fault())
			}
			for k := range n + 2 {
				doc := fmt.Appendf(nil, `{%q:1%s`, name, end)
				doc[1+k] ^= 0x01
				if s.Read(&st, doc) {
					t.Errorf("accepted: %s", doc)
				}
			}
		}
	}
	for _, name := range []string{`a"b`, "a\x00", "\x00", `\`} {
		s := compile(t, fmt.Sprintf(`{"properties":{"%s":{"const":1}},"additionalProperties":false}`, quoted(name)), Options{})
		var st State
		if doc := fmt.Sprintf(`{"%s":1        }`, quoted(name)); !s.Read(&st, []byte(doc)) {
			t.Errorf("%s: %+v", doc, st.Fault())
		}
		for _, doc := range []string{fmt.Sprintf(`{"%s":1        }`, name), "{" + strings.Repeat("\x00", 6) + ":1        }", "{" + strings.Repeat("\xff", 6) + ":1       }"} {
			if s.Read(&st, []byte(doc)) {
				t.Errorf("accepted: %q", doc)
			}
		}
	}
}

// quoted writes s with an escape for every character.
func quoted(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// BenchmarkDrop reads answers of which members are dropped.
func BenchmarkDrop(b *testing.B) {
	s := compile(b, string(testdata.OpenOrderSchema30()), Options{Dialect: OpenAPI30})
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KiB", 1 << 10}, {"100KiB", 100 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			doc := testdata.Leaky(size.bytes)
			st := State{Undeclared: Drop, Direction: Answer}
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if !s.Read(&st, doc) {
					b.Fatal(st.Fault())
				}
			}
		})
	}
}
