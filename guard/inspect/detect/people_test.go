package detect

import (
	"testing"
)

// fragmentTexts are texts of people that look like fragments.
func fragmentTexts(t testing.TB) []humanText { return humanTexts(t, "testdata/fragments.txt", 200) }

func TestPeopleMayWriteFragments(t *testing.T) {
	for _, h := range fragmentTexts(t) {
		for _, at := range []Position{Query, Path, Cookie, JSON, Form} {
			if v := Judge([]byte(h.text), at, h.field); v.Score >= Threshold(h.field) {
				t.Errorf("%v: %.120q at %d: %v, %d: %q", h.field, h.text, at, v.Class, v.Score, v.Reasons.Words())
				break
			}
		}
	}
}

// TestFragmentsTakeTheirTime doubles hostile values: the time per byte must
// not grow with them.
func TestFragmentsTakeTheirTime(t *testing.T) {
	for _, piece := range []string{"<a b='", "<script>", "<x on", "\" onload=", "javascript:", "data:", "expression/*", "&{", "+adw-", "/script", "alert", "document.", "[][", "['a'", "(![]+", ";cat ", "`id", "$((", "a'b'c", "${x}",
		"() {", "f(){f|", "-enc", "|time ", ";sudo ", "../", "..;", "0x2e", "\xc0.", "\x00.", "a://", "file:", "class.", "__class__", "os.system ", "$_GET[", "<?", "(#", "${", "${a:-", "{{", "{%", "<%", "{7*", "#set(", "<#if", "<!DOCTYPE ",
		"<!--#", "<!entity", "<xi:", "]]>", "\nSet-Cookie:", "\nGET ", "\n2026", "\x1b[", "\\r\\n", "__proto__", "prototype.", "O:1:\"", "\ncos\n", "!!python/", "\"@type\":\"java.", "<java.", "//", "/\\", "http:", "@", "; a", "```", "on=", "<style>@"} {
		for _, field := range []Field{FreeText, Identifier} {
			small, large := perByteIn(t, field, piece, 1<<13, 1), perByteIn(t, field, piece, 1<<18, 1)
			if large > 8*small+200 && perByteIn(t, field, piece, 1<<18, 3) > 8*small+200 { // not for the noise of the machine
				t.Errorf("%v: %q: %.1f ns a byte at 8 KiB, %.1f at 256 KiB", field, piece, small, large)
			}
		}
	}
}

// TestFragmentsAllocateNothing holds that text of people is read without an
// allocation once the scratch is there.
func TestFragmentsAllocateNothing(t *testing.T) {
	texts := fragmentTexts(t)
	for _, h := range texts {
		value := []byte(h.text)
		Judge(value, JSON, h.field)
		if n := testing.AllocsPerRun(20, func() { Judge(value, JSON, h.field) }); n >= 1 {
			t.Errorf("%.80q: %v allocations", h.text, n)
		}
	}
}

func BenchmarkFragments(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"prose", "Anna said that the place is nice, and well-known for its coffee. We will come again (soon)!"},
		{"markup", `<p>Text with a <a href="https://example.com/a?b=1">link</a> and <b>more</b></p>`},
		{"code", `for (let i = 0; i < 10; i++) { console.log(items[i].name); } // prints them`},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			value := []byte(c.text)
			for b.Loop() {
				Judge(value, JSON, FreeText)
			}
		})
	}
}

// fuzzGrammar runs one grammar over any text in every field.
func fuzzGrammar(f *testing.F, read func(*view), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s), uint8(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, layer uint8) {
		for field := range fields {
			v := &view{raw: text, text: text, chars: scan(text), field: field, layer: layer % maxLayers, at: Form, among: AllClasses}
			read(v)
			if v.best.Score > 100 {
				t.Errorf("%q: %v", text, v.best)
			}
		}
	})
}

func FuzzMarkup(f *testing.F) { fuzzGrammar(f, markup, runningMarkup...) }
func FuzzScript(f *testing.F) { fuzzGrammar(f, script, strictMarkup...) }
func FuzzShell(f *testing.F)  { fuzzGrammar(f, shell, injected...) }
func FuzzTraversal(f *testing.F) {
	fuzzGrammar(f, traversal, leavingPaths...)
}
func FuzzCode(f *testing.F)      { fuzzGrammar(f, code, evaluatedCode...) }
func FuzzTemplate(f *testing.F)  { fuzzGrammar(f, template, templateExpressions...) }
func FuzzDocument(f *testing.F)  { fuzzGrammar(f, document, hostileDocuments...) }
func FuzzLines(f *testing.F)     { fuzzGrammar(f, lines, addedLines...) }
func FuzzPrototype(f *testing.F) { fuzzGrammar(f, prototype, hostileObjects...) }
func FuzzSerial(f *testing.F)    { fuzzGrammar(f, serial, hostileObjects...) }
func FuzzRedirect(f *testing.F)  { fuzzGrammar(f, redirect, elsewhere...) }
