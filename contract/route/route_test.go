package route

import (
	"fmt"
	"strings"
	"testing"
)

// entries makes one API of lines such as "GET /pets/{id}"; a star behind a
// parameter's name lets it hold slashes, a semicolon semicolons. Operations
// are numbered from 0.
func entries(lines ...string) []Entry {
	list := make([]Entry, len(lines))
	for i, line := range lines {
		method, path, _ := strings.Cut(line, " ")
		e := Entry{Method: method, Number: i}
		for part := range strings.SplitSeq(path, "{") {
			name, _, closed := strings.Cut(part, "}")
			bare := strings.TrimRight(name, "*;")
			if closed && strings.Contains(name[len(bare):], "*") {
				e.Slash = append(e.Slash, bare)
			}
			if closed && strings.Contains(name[len(bare):], ";") {
				e.Semicolon = append(e.Semicolon, bare)
			}
		}
		e.Template = strings.NewReplacer("*;}", "}", "*}", "}", ";}", "}").Replace(path)
		list[i] = e
	}
	return list
}

// table builds a table and fails the test when there are problems.
func table(t testing.TB, list []Entry) *Table {
	t.Helper()
	made, problems := Build(list)
	if len(problems) > 0 {
		t.Fatalf("problems:\n%v", problems)
	}
	return made
}

// say renders an outcome: "3 id=a%20b>a b", "405 GET, HEAD", "404",
// "dot-segment".
func say(m *Match) string {
	switch m.Outcome {
	case Refused:
		return m.Why.String()
	case NotFound:
		return "404"
	case WrongMethod:
		return "405 " + m.Allow
	case Options:
		return "204 " + m.Allow
	}
	var b strings.Builder
	fmt.Fprint(&b, m.Number)
	for _, v := range m.Values {
		fmt.Fprintf(&b, " %s=%s", v.Name, v.Raw)
		if string(v.Raw) != string(v.Decoded) {
			fmt.Fprintf(&b, ">%s", v.Decoded)
		}
	}
	return b.String()
}

func lookUp(t *Table, host, method, path string) string {
	var m Match
	t.Match(&m, []byte(host), []byte(method), []byte(path))
	return say(&m)
}

func TestMatchPicksTheMostSpecificPathBeforeTheMethod(t *testing.T) {
	list := entries(
		"GET /", // 0
		"GET /users/me",
		"GET /users/{id}",
		"DELETE /users/{id}",
		"GET /users/{id}.json",
		"GET /users/v{major}.{minor}", // 5
		"GET /users/{id}/posts/{post}",
		"GET /users/me/posts/latest",
		"GET /pets/",
		"GET /compare/{base}...{head}",
		"POST /compare/{any}", // 10
		"GET /files/{path*}",
		"GET /branches/{branch*}/protection",
		"GET /range/{from*}..{to*}",
		"GET /matrix/{id;}",
		"GET /a%20b/{x}", // 15
		"GET /caf\u00e9",
		"OPTIONS /cors",
		"PUT /cors",
		"GET /x/{a}/c/{b}",
		"GET /x/b/c/d/e", // 20
		"GET /lists/{ids}/items",
		"GET /lists/{id;}",
		"GET /odd;name",
	)
	tbl := table(t, list)
	for _, row := range []struct{ name, method, path, want string }{
		{"root", "GET", "/", "0"},
		{"literal-before-parameter", "GET", "/users/me", "1"},
		{"parameter", "GET", "/users/17", "2 id=17"},
		{"merged-methods", "DELETE", "/users/17", "3 id=17"},
		{"method-never-falls-to-a-wider-path", "DELETE", "/users/me", "405 GET, HEAD"},
		{"head-is-implied", "HEAD", "/users/17", "2 id=17"},
		{"options-is-answered", "OPTIONS", "/users/17", "204 DELETE, GET, HEAD"},
		{"options-declared", "OPTIONS", "/cors", "17"},
		{"no-head-without-get", "HEAD", "/cors", "405 OPTIONS, PUT"},
		{"unknown-method", "BREW", "/users/17", "405 DELETE, GET, HEAD"},
		{"method-in-lower-case", "get", "/users/17", "405 DELETE, GET, HEAD"},
		{"empty-method", "", "/users/17", "405 DELETE, GET, HEAD"},
		{"unknown-method-unknown-path", "BREW", "/nothing", "404"},
		{"mixed-before-parameter", "GET", "/users/a.json", "4 id=a"},
		{"mixed-hides-the-method-below", "DELETE", "/users/a.json", "405 GET, HEAD"},
		{"mixed-is-not-empty", "GET", "/users/.json", "2 id=.json"},
		{"mixed-two-parameters", "GET", "/users/v1.20", "5 major=1 minor=20"},
		{"longer-beginning-wins", "GET", "/users/v1.json", "5 major=1 minor=json"},
		{"mixed-shortest-first", "GET", "/users/v1.2.3", "5 major=1 minor=2.3"},
		{"mixed-escaped-literal", "GET", "/users/a%2Ejson", "4 id=a"},
		{"mixed-escaped-value", "GET", "/users/a%2eb%20c.json", "4 id=a%2eb%20c>a.b c"},
		{"backtracks-to-the-parameter", "GET", "/users/me/posts/7", "6 id=me post=7"},
		{"longest-literal-path", "GET", "/users/me/posts/latest", "7"},
		{"compare", "GET", "/compare/main...topic", "9 base=main head=topic"},
		{"compare-four-dots", "GET", "/compare/a....b", "9 base=a head=.b"},
		{"compare-twice", "GET", "/compare/a...b...c", "9 base=a head=b...c"},
		{"compare-hides-post", "POST", "/compare/a...b", "405 GET, HEAD"},
		{"compare-does-not-fit", "POST", "/compare/a..b", "10 any=a..b"},
		{"slash-significant", "GET", "/pets", "404"},
		{"slash-at-the-end", "GET", "/pets/", "8"},
		{"slash-at-the-end-not-declared", "GET", "/users/me/", "404"},
		{"case-significant", "GET", "/Users/me", "404"},
		{"empty-value", "GET", "/users/", "404"},
		{"raw-slashes", "GET", "/files/a/b/c", "11 path=a/b/c"},
		{"encoded-slashes", "GET", "/files/a%2Fb/c", "11 path=a%2Fb/c>a/b/c"},
		{"encoded-backslash-with-opt-in", "GET", "/files/a%5Cb", `11 path=a%5Cb>a\b`},
		{"one-segment", "GET", "/files/a", "11 path=a"},
		{"raw-slashes-end-with-one", "GET", "/files/a/", "404"},
		{"slashes-none", "GET", "/files/", "404"},
		{"slashes-in-the-middle", "GET", "/branches/feature/x/protection", "12 branch=feature/x"},
		{"slashes-as-few-as-possible", "GET", "/branches/protection/protection", "12 branch=protection"},
		{"slashes-go-on", "GET", "/branches/protection/protection/protection", "12 branch=protection/protection"},
		{"encoded-slash-in-the-middle", "GET", "/branches/feature%2fx/protection", "12 branch=feature%2fx>feature/x"},
		{"slashes-with-text", "GET", "/range/a/b..c/d", "13 from=a/b to=c/d"},
		{"matrix", "GET", "/matrix/;id=5", "14 id=;id=5"},
		{"matrix-encoded-semicolon", "GET", "/matrix/%3Bid=5", "14 id=%3Bid=5>;id=5"},
		{"template-escapes", "GET", "/a%20b/1", "15 x=1"},
		{"literal-escaped-needlessly", "GET", "/%75sers/me", "1"},
		{"literal-utf8", "GET", "/caf%C3%A9", "16"},
		{"value-utf8", "GET", "/users/%E2%82%AC", "2 id=%E2%82%AC>€"},
		{"value-percent", "GET", "/users/100%25", "2 id=100%25>100%"},
		{"value-question-mark", "GET", "/users/a%3Fb%23c", "2 id=a%3Fb%23c>a?b#c"},
		{"backtracks-across-two", "GET", "/x/b/c/d", "19 a=b b=d"},
		{"literals-all-the-way", "GET", "/x/b/c/d/e", "20"},
		{"plain-and-semicolon-parameter-apart", "GET", "/lists/5/items", "21 ids=5"},
		{"semicolon-parameter-without-one", "GET", "/lists/5", "22 id=5"},
		{"semicolon-parameter-with-one", "GET", "/lists/;id=5", "22 id=;id=5"},
		{"semicolon-where-the-plain-one-is", "GET", "/lists/;id=5/items", "semicolon"},
		{"semicolon-of-the-template", "GET", "/odd;name", "23"},
		{"dots-in-value", "GET", "/users/...", "2 id=..."},
		{"sub-delimiters", "GET", "/users/a!$&'()*+,=:@-._~", "2 id=a!$&'()*+,=:@-._~"},
		{"encoded-slash-without-opt-in", "GET", "/users/a%2Fb", "encoded-slash"},
		{"encoded-backslash-without-opt-in", "GET", "/users/a%5cb", "backslash"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := lookUp(tbl, "", row.method, row.path); got != row.want {
				t.Errorf("%s %s: got %q, want %q", row.method, row.path, got, row.want)
			}
		})
	}
}
