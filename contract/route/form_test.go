package route

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// hostile is every way to break a rule of form that is known to us. The table
// below fits any of these paths by shape, so that only form can refuse them.
var hostile = []struct {
	name, path string
	want       Form
}{
	{"empty", "", NotAbsolute},
	{"asterisk", "*", NotAbsolute},
	{"no-slash", "a/b", NotAbsolute},
	{"absolute-form", "http://example/a", NotAbsolute},
	{"authority-form", "example:443", NotAbsolute},
	{"encoded-first-slash", "%2Fa", NotAbsolute},
	{"backslash-first", `\a`, NotAbsolute},
	{"fragment-first", "#a", NotAbsolute},

	{"longer-than-8-kib", "/" + strings.Repeat("a", maxPath), TooLong},
	{"too-many-segments", strings.Repeat("/a", maxSegments+1), TooDeep},
	{"too-many-segments-with-slash-at-the-end", strings.Repeat("/a", maxSegments) + "/", TooDeep},

	{"two-slashes", "//", EmptySegment},
	{"two-slashes-first", "//example/a", EmptySegment},
	{"two-slashes-inside", "/a//b", EmptySegment},
	{"two-slashes-last", "/a//", EmptySegment},
	{"encoded-slash-beside-a-slash", "/a/%2Fb", EmptySegment},
	{"encoded-slash-last", "/a/b%2F", EmptySegment},
	{"two-encoded-slashes", "/a/b%2f%2Fc", EmptySegment},
	{"encoded-backslash-first", "/a/%5Cb", EmptySegment},

	{"dot", "/.", DotSegment},
	{"dot-inside", "/a/./b", DotSegment},
	{"dot-last", "/a/.", DotSegment},
	{"dots", "/..", DotSegment},
	{"dots-inside", "/a/../b", DotSegment},
	{"dots-with-slash-at-the-end", "/a/../", DotSegment},
	{"dots-at-the-end", "/a/..", DotSegment},
	{"encoded-dot", "/a/%2e/b", DotSegment},
	{"encoded-dots", "/a/%2e%2e/b", DotSegment},
	{"encoded-dots-upper-case", "/a/%2E%2E", DotSegment},
	{"half-encoded-dots", "/a/.%2e/b", DotSegment},
	{"other-half-encoded-dots", "/a/%2e./b", DotSegment},
	{"dots-behind-encoded-slash", "/a/b%2f..%2fc", DotSegment},
	{"encoded-dots-behind-encoded-slash", "/a/b%2f%2e%2e", DotSegment},
	{"dots-before-encoded-slash", "/a/..%2fb", DotSegment},
	{"dots-behind-encoded-backslash", "/a/b%5c..%5cc", DotSegment},
	{"dots-before-semicolon", "/a/..;/b", DotSegment},
	{"dots-before-semicolon-with-text", "/a/..;x=1/b", DotSegment},
	{"dot-before-semicolon", "/a/.;/b", DotSegment},
	{"dots-before-encoded-semicolon", "/a/..%3bx/b", DotSegment},
	{"encoded-dots-before-semicolon", "/a/%2e%2e;x/b", DotSegment},

	{"encoded-slash", "/a%2Fb/c", EncodedSlash},
	{"encoded-slash-lower-case", "/a%2fb/c", EncodedSlash},
	{"encoded-slash-for-a-separator", "/a%2Fb", EncodedSlash},
	{"encoded-backslash", "/a%5Cb/c", Backslash},
	{"encoded-slash-and-backslash", "/a%5C%2Fb/c", EmptySegment},
	{"raw-backslash", `/a\b`, Backslash},
	{"raw-backslashes-and-dots", `/a\..\b`, Backslash},

	{"nul", "/a\x00", Control},
	{"encoded-nul", "/a%00", Control},
	{"encoded-nul-before-extension", "/a%00.json", Control},
	{"line-feed", "/a\n", Control},
	{"encoded-line-feed", "/a%0Ab", Control},
	{"encoded-carriage-return", "/a%0d", Control},
	{"tab", "/a\tb", Control},
	{"encoded-escape", "/a%1b", Control},
	{"delete", "/a\x7f", Control},
	{"encoded-delete", "/a%7F", Control},
	{"encoded-next-line", "/a%C2%85", Control},
	{"encoded-first-of-the-second-set", "/a%C2%80", Control},
	{"encoded-last-of-the-second-set", "/a%C2%9F", Control},

	{"no-hexadecimal", "/a%zz", BadEscape},
	{"one-hexadecimal", "/a%2", BadEscape},
	{"one-hexadecimal-and-text", "/a%2gb", BadEscape},
	{"percent-last", "/a%", BadEscape},
	{"percent-before-slash", "/a%/b", BadEscape},
	{"half-an-escape-before-slash", "/a%2/b", BadEscape},
	{"percent-u", "/a%u002e", BadEscape},
	{"percent-percent", "/a%%35c", BadEscape},
	{"sign-in-escape", "/a%+1", BadEscape},

	{"double-encoded-dots", "/a/%252e%252e/b", DoubleEncoded},
	{"double-encoded-slash", "/a%252fb", DoubleEncoded},
	{"double-encoded-nul", "/a%2500", DoubleEncoded},
	{"double-encoded-percent", "/a%2525", DoubleEncoded},
	{"double-encoded-digit-by-digit", "/a%25%32%65", DoubleEncoded},
	{"double-encoded-first-digit", "/a%252%65", DoubleEncoded},

	{"lone-continuation", "/a%80", BadUTF8},
	{"cut-sequence", "/a%E2%82", BadUTF8},
	{"cut-after-one-byte", "/a%E0", BadUTF8},
	{"cut-four-bytes", "/a%F0%90", BadUTF8},
	{"no-continuation", "/a%E0b", BadUTF8},
	{"cut-by-slash", "/a%E2/%82%AC", BadUTF8},
	{"surrogate", "/a%ED%A0%80", BadUTF8},
	{"beyond-unicode", "/a%F4%90%80%80", BadUTF8},
	{"byte-ff", "/a%FF", BadUTF8},
	{"five-bytes", "/a%F8%88%80%80%80", BadUTF8},
	{"latin-1", "/caf%E9", BadUTF8},
	{"overlong-slash", "/a%c0%af..", Overlong},
	{"overlong-dot", "/a/%c0%ae%c0%ae/b", Overlong},
	{"overlong-nul", "/a%C0%80", Overlong},
	{"overlong-three-bytes", "/a%e0%80%af", Overlong},
	{"overlong-four-bytes", "/a%f0%80%80%af", Overlong},
	{"overlong-three-bytes-cut", "/a%e0%80", Overlong},
	{"overlong-three-bytes-last", "/a%e0%9f%bf", Overlong},
	{"overlong-four-bytes-cut", "/a%f0%80", Overlong},
	{"overlong-four-bytes-last", "/a%f0%8f%bf%bf", Overlong},
	{"overlong-lead-alone", "/a%c1", Overlong},

	{"raw-utf8", "/caf\u00e9", NonASCII},
	{"raw-latin-1", "/caf\xe9", NonASCII},
	{"raw-fullwidth-slash", "/a\uff0fb", NonASCII},

	{"space", "/a b", BadCharacter},
	{"quotation-mark", `/a"b`, BadCharacter},
	{"less-than", "/a<b", BadCharacter},
	{"greater-than", "/a>b", BadCharacter},
	{"circumflex", "/a^b", BadCharacter},
	{"backtick", "/a`b", BadCharacter},
	{"opening-brace", "/a{b", BadCharacter},
	{"bar", "/a|b", BadCharacter},
	{"closing-brace", "/a}b", BadCharacter},
	{"opening-bracket", "/a[b", BadCharacter},
	{"closing-bracket", "/a]b", BadCharacter},
	{"question-mark", "/a?b", BadCharacter},
	{"template-itself", "/{a}", BadCharacter},

	{"semicolon", "/a;b", Semicolon},
	{"semicolon-with-value", "/a;jsessionid=1", Semicolon},
	{"semicolon-last", "/a;", Semicolon},
	{"semicolon-first", "/;a/b", Semicolon},
	{"semicolon-behind-the-path", "/a/b;.json", Semicolon},

	{"fragment", "/a#b", Fragment},
	{"fragment-and-dots", "/a#/../b", Fragment},
}

// anything fits every path of a few segments.
func anything() []Entry {
	var lines []string
	for path, i := "", 0; i < 6; i++ {
		path += "/{p" + string(rune('0'+i)) + "}"
		lines = append(lines, "GET "+path, "GET "+path+"/")
	}
	return entries(append(lines, "GET /")...)
}

func TestHostilePathsAreRefused(t *testing.T) {
	tbl, none := table(t, anything()), table(t, nil)
	seen := map[Form]bool{Unread: true}
	for _, row := range hostile {
		seen[row.want] = true
		t.Run(row.name, func(t *testing.T) {
			for _, tbl := range []*Table{tbl, none} {
				var m Match
				tbl.Match(&m, []byte("example"), []byte("GET"), []byte(row.path))
				if m.Outcome != Refused || m.Why != row.want {
					t.Errorf("%q: got %v %v, want %v", row.path, m.Outcome, m.Why, row.want)
				}
				if m.Number != -1 || len(m.Values) != 0 {
					t.Errorf("%q: a refused path must name no operation and no values", row.path)
				}
			}
		})
	}
	for f := range forms {
		if !seen[f] {
			t.Errorf("no row for %v", f)
		}
	}
}

// Opt-ins loosen one parameter, and of its rules only the one they are for.
func TestHostilePathsStayRefusedBesideOptIns(t *testing.T) {
	tbl := table(t, entries("GET /files/{path*}", "GET /matrix/{id;}", "GET /one/{name}/two/{path*}"))
	for _, row := range []struct{ name, path, want string }{
		{"dots-in-slashes", "/files/a/../b", "dot-segment"},
		{"encoded-dots-in-slashes", "/files/a/%2e%2e/b", "dot-segment"},
		{"dots-between-encoded-slashes", "/files/a%2f..%2fb", "dot-segment"},
		{"dots-between-encoded-backslashes", "/files/a%5c..%5cb", "dot-segment"},
		{"dots-between-both", "/files/a%5c..%2fb", "dot-segment"},
		{"empty-between-slashes", "/files/a//b", "empty-segment"},
		{"empty-between-encoded-slashes", "/files/a%2f%2fb", "empty-segment"},
		{"raw-backslash", `/files/a\b`, "backslash"},
		{"semicolon-in-slashes", "/files/a;b", "semicolon"},
		{"slash-in-semicolons", "/matrix/;id=a%2fb", "encoded-slash"},
		{"slash-in-the-other-parameter", "/one/a%2fb/two/c", "encoded-slash"},
		{"slash-in-literal-text", "/one%2fa/two/c", "encoded-slash"},
		{"slash-between-literal-texts", "/files%2fa/b", "encoded-slash"},
		{"semicolon-in-literal-text", "/files;x/a", "semicolon"},
		{"dots-before-semicolon", "/matrix/..;id=5", "dot-segment"},
		{"control-in-slashes", "/files/a%2f%00", "control-character"},
		{"double-encoded-in-slashes", "/files/a%252fb", "double-encoded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := lookUp(tbl, "", "GET", row.path); got != row.want {
				t.Errorf("%q: got %q, want %q", row.path, got, row.want)
			}
		})
	}
}

func TestPathsAtTheirLimits(t *testing.T) {
	tbl := table(t, entries("GET /{path*}", "GET /"))
	for _, row := range []struct{ name, path string }{
		{"longest", "/" + strings.Repeat("a", maxPath-1)},
		{"longest-encoded", "/ab" + strings.Repeat("%41", maxPath/3-1)},
		{"deepest", strings.Repeat("/a", maxSegments)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := lookUp(tbl, "", "GET", row.path); !strings.HasPrefix(got, "0 path=") {
				t.Errorf("got %q", got[:min(40, len(got))])
			}
		})
	}
}

func TestFormsHaveNamesAndWords(t *testing.T) {
	names := make(map[string]bool)
	for f := range forms {
		if f.String() == "" || f.Words() == "" || names[f.String()] {
			t.Errorf("form %d has no name and words of its own", f)
		}
		names[f.String()] = true
	}
}

func TestZeroMatchRefuses(t *testing.T) {
	var m Match
	if m.Outcome != Refused || m.Why != Unread {
		t.Errorf("the zero Match is %v, %v", m.Outcome, m.Why)
	}
}

// docs/routing.md lists the forms in the order of their declaration.
func TestDocumentListsEveryForm(t *testing.T) {
	text, err := os.ReadFile("../../docs/routing.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed, declared []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| .* \\| .* \\|$").FindAllSubmatch(text, -1) {
		listed = append(listed, string(row[1]))
	}
	for f := Unread + 1; f < forms; f++ {
		declared = append(declared, f.String())
	}
	if !slices.Equal(listed, declared) {
		t.Errorf("docs/routing.md lists %q, declared are %q", listed, declared)
	}
}
