package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// Texts made to be slow or large take time in proportion and say a bounded
// number of things.
func TestHostileTexts(t *testing.T) {
	names := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, row := range []struct{ name, file, text string }{
		{"many-values", "a.json", "[" + strings.Repeat("1,", 2<<20) + "1]"},
		{"many-names", "a.json", "{" + names(100_000, `"k%d":1,`) + `"k":1}`},
		{"one-name", "a.json", "{" + strings.Repeat(`"k":1,`, 1<<18) + `"k":1}`},
		{"large-then-small", "a.json", "[{" + names(100_000, `"k%d":1,`) + `"k":1}` + strings.Repeat(`,{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}`, 30_000) + "]"},
		{"long-string", "a.json", `["` + strings.Repeat("x", 8<<20) + `"]`},
		{"long-string-of-escapes", "a.json", `["` + strings.Repeat(`\u0041`, 1<<20) + `"]`},
		{"long-number", "a.json", "[" + strings.Repeat("9", 4<<20) + "]"},
		{"deep", "a.json", strings.Repeat("[", 1<<20)},
		{"blanks", "a.json", "[" + strings.Repeat(" \n\t", 2<<20) + "]"},
		{"open-strings", "a.json", "[" + strings.Repeat(`"`, 1<<20)},
		{"yaml-deep-flow", "a.yaml", "a: " + strings.Repeat("[", 1<<20)},
		{"yaml-deep-blocks", "a.yaml", strings.Repeat("- ", 1<<20) + "a"},
		{"yaml-many-values", "a.yaml", strings.Repeat("- a: 1\n", 1<<16)},
		{"yaml-many-names", "a.yaml", names(20_000, "k%d: 1\n")},
		{"yaml-values-only", "a.yaml", "a: [" + strings.Repeat("a,", 4<<20) + "]"},
		{"yaml-one-name", "a.yaml", strings.Repeat("k: 1\n", 1<<16)},
		{"yaml-one-name-on-one-line", "a.yaml", "{" + strings.Repeat("é: 1, ", 1<<15) + "}"},
		{"yaml-one-name-at-the-end-of-a-line", "a.yaml", "[" + strings.Repeat("é", 1<<20) + ", {" + strings.Repeat("é: 1, ", 1<<11) + "}]"},
		{"yaml-long-scalar", "a.yaml", "a: " + strings.Repeat("x ", 1<<18)},
		{"yaml-comments", "a.yaml", strings.Repeat("# x\n", 1<<18) + "a: 1\n"},
		{"yaml-anchors", "a.yaml", names(20_000, "- &k%[1]d 1\n- *k%[1]d\n")},
		{"yaml-tags", "a.yaml", strings.Repeat("- !x a\n", 1<<16)},
		{"yaml-numbers", "a.yaml", strings.Repeat("- 0x"+strings.Repeat("f", 120)+"\n", 1<<13)},
	} {
		t.Run(row.name, func(t *testing.T) {
			start := testdata.Work(t)
			f, problems := source.ParseString(row.file, row.text)
			if f.Root != nil {
				f.Root.Item(f.Root.Len() - 1).Pointer()
			}
			if took := testdata.Work(t) - start; took > maxWork {
				t.Errorf("%d bytes took %s", len(row.text), took)
			}
			if len(problems) > 1000 {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}

// maxWork is far above what is needed, so that a slow machine and the race
// detector pass and quadratic work does not.
const maxWork = 20 * time.Second
