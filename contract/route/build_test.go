package route

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

func TestBuildReportsWhatCannotBeRouted(t *testing.T) {
	for _, row := range []struct {
		name  string
		lines []string
		want  string // part of the one problem; "" for none
	}{
		{"same-path-twice", []string{"GET /a/{x}", "GET /a/{y}"}, "GET /a/{y}: the same method and path as /a/{x} (api.yaml:1:5)"},
		{"same-path-other-method", []string{"GET /a/{x}", "PUT /a/{y}"}, ""},
		{"same-literal-encoded", []string{"GET /a", "GET /%61"}, "GET /%61: the same method and path as /a (api.yaml:1:5)"},
		{"same-mixed", []string{"GET /{a}.{b}", "GET /{b}.{a}"}, "the same method and path"},
		{"other-slash-opt-in", []string{"GET /a/{x}", "PUT /a/{y*}"}, "PUT /a/{y}: the same path as GET /a/{x} (api.yaml:1:5), but other parameters"},
		{"other-semicolon-opt-in", []string{"GET /a/{x;}", "PUT /a/{y}"}, "but other parameters"},
		{"no-slash-first", []string{"GET a"}, "a path must begin with a slash"},
		{"empty-path", []string{"GET "}, "a path must begin with a slash"},
		{"two-slashes", []string{"GET /a//b"}, "empty segment"},
		{"dots", []string{"GET /a/../b"}, "the segments"},
		{"encoded-dots", []string{"GET /a/%2e%2e/b"}, "the segments"},
		{"dots-beside-parameters", []string{"GET /{a}..{b}"}, ""},
		{"not-closed", []string{"GET /a/{x"}, "is not closed"},
		{"slash-in-name", []string{"GET /a/{x/y}"}, "is not closed"},
		{"not-opened", []string{"GET /a/x}"}, "no opening one"},
		{"brace-in-name", []string{"GET /{a{b}}"}, "is not closed"},
		{"no-name", []string{"GET /a/{}"}, "has no name"},
		{"name-twice", []string{"GET /{a}/{a}"}, "{a} stands twice"},
		{"side-by-side", []string{"GET /{a}{b}"}, "side by side"},
		{"query", []string{"GET /a?b=c"}, "a query or a fragment"},
		{"fragment", []string{"GET /a#b"}, "a query or a fragment"},
		{"bad-escape", []string{"GET /a%2"}, "two hexadecimal digits"},
		{"double-encoded", []string{"GET /a%2525"}, "encoded twice"},
		{"encoded-slash", []string{"GET /a%2Fb"}, "encoded slash"},
		{"backslash", []string{`GET /a\b`}, "backslash"},
		{"control", []string{"GET /a%00"}, "control characters"},
		{"not-utf8", []string{"GET /a%ff"}, "UTF-8"},
		{"two-segments-with-slashes", []string{"GET /{a*}/x/{b*}"}, "more than one segment"},
		{"one-segment-with-slashes", []string{"GET /{a*}..{b*}"}, ""},
		{"no-method", []string{" /a"}, `"" is no method`},
		{"method-with-delete", []string{"G\x7fT /a"}, `is no method`},
		{"method-with-blank", []string{"\tGET /a"}, `is no method`},
		{"bad-method", []string{"GE:T /a"}, `"GE:T" is no method`},
		{"too-deep", []string{"GET " + strings.Repeat("/a", maxSegments+1)}, "more than 256 segments"},
		{"too-long", []string{"GET /" + strings.Repeat("a", maxPath)}, "longer than 8 KiB"},
		{"too-many-parameters", []string{"GET /" + manyParameters(17)}, "more than 16 parameters"},
		{"many-parameters", []string{"GET /" + manyParameters(16)}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			list := entries(row.lines...)
			locate(t, list)
			tbl, problems := Build(list)
			if tbl == nil {
				t.Fatal("no table")
			}
			if row.want == "" {
				if len(problems) > 0 {
					t.Errorf("problems: %v", problems)
				}
				return
			}
			if len(problems) != 1 || !strings.Contains(problems[0].Text, row.want) {
				t.Fatalf("got %v, want one problem with %q", problems, row.want)
			}
			if p := problems[0]; p.File != "api.yaml" || p.Line != len(list) || p.Severity != source.Error {
				t.Errorf("the problem stands at %v, want line %d", p.Position, len(list))
			}
		})
	}
}

// locate gives each entry a node of its own, one a line.
func locate(t *testing.T, list []Entry) {
	t.Helper()
	text := ""
	for i := range list {
		text += fmt.Sprintf("e%d: {}\n", i)
	}
	f, problems := source.Parse("api.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i := range list {
		list[i].Node = &f.Root.Member(i).Value
	}
	for i := range list {
		if list[i].Node.Position().Line != i+1 {
			t.Fatalf("entry %d stands at %v", i, list[i].Node.Position())
		}
	}
}

func manyParameters(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{p%d}-", i)
	}
	return b.String()
}

func TestBuildLeavesOutWhatHasAProblem(t *testing.T) {
	tbl, problems := Build(entries("GET /a/{x}", "GET /a/{y}", "GET /b//c", "PUT /a/{z}"))
	if len(problems) != 2 {
		t.Fatalf("problems: %v", problems)
	}
	for path, want := range map[string]string{"/a/1": "0 x=1", "/b/c": "404"} {
		if got := lookUp(tbl, "", "GET", path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if got := lookUp(tbl, "", "PUT", "/a/1"); got != "3 z=1" {
		t.Errorf("names belong to the operation: got %q", got)
	}
}

// api is entries of one API at a place.
func api(number int, hosts, prefix, base string, lines ...string) []Entry {
	list := entries(lines...)
	for i := range list {
		list[i].API, list[i].Number = number, number*100+i
		list[i].Prefix, list[i].Base = prefix, base
		list[i].Hosts = strings.Fields(hosts)
	}
	return list
}

func TestMatchPicksTheHostThenTheLongestPrefix(t *testing.T) {
	list := api(1, "shop.example", "", "/v1", "GET /pets", "GET /v1/x")
	list = append(list, api(2, "shop.example", "/admin", "", "GET /pets", "GET /{any}")...)
	list = append(list, api(3, "shop.example", "/admin/deep", "/v1/", "GET /pets")...)
	list = append(list, api(4, "bank.example [::1] 192.0.2.1", "/", "", "GET /pets", "GET /")...)
	list = append(list, api(5, "", "", "/any", "GET /pets")...)
	list = append(list, api(6, "", "", "/other", "GET /pets")...)
	tbl := table(t, list)
	for _, row := range []struct {
		name, host, path, want string
		api                    int
	}{
		{"base-path", "shop.example", "/v1/pets", "100", 1},
		{"beside-the-base-path", "shop.example", "/pets", "404", 1},
		{"longer-prefix", "shop.example", "/admin/pets", "200", 2},
		{"longest-prefix", "shop.example", "/admin/deep/v1/pets", "300", 3},
		{"longest-prefix-is-final", "shop.example", "/admin/deep", "404", 3},
		{"prefix-in-whole-segments", "shop.example", "/administrator", "404", 1},
		{"prefix-alone", "shop.example", "/admin", "404", 2},
		{"prefix-encoded", "shop.example", "/%61dmin/pets", "200", 2},
		{"prefix-with-encoded-slash", "shop.example", "/admin%2Fdeep/v1/pets", "encoded-slash", 1},
		{"port", "shop.example:8443", "/v1/pets", "100", 1},
		{"empty-port", "shop.example:", "/v1/pets", "100", 1},
		{"upper-case", "SHOP.Example", "/v1/pets", "100", 1},
		{"dot-at-the-end", "shop.example.:80", "/v1/pets", "100", 1},
		{"two-dots-at-the-end", "shop.example..", "/v1/pets", "404", -1},
		{"other-host", "bank.example", "/pets", "400", 4},
		{"other-host-has-not-the-first-ones-paths", "bank.example", "/v1/pets", "404", 4},
		{"prefix-of-a-slash", "bank.example", "/", "401", 4},
		{"ipv6", "[::1]", "/pets", "400", 4},
		{"ipv6-with-port", "[::1]:80", "/pets", "400", 4},
		{"ipv6-without-brackets", "::1", "/pets", "404", -1},
		{"ipv4", "192.0.2.1:80", "/pets", "400", 4},
		{"unknown-host", "evil.example", "/any/pets", "500", 5},
		{"unknown-host-second", "evil.example", "/other/pets", "600", 6},
		{"unknown-host-and-prefix", "evil.example", "/v1/pets", "404", -1},
		{"exact-host-is-final", "shop.example", "/any/pets", "404", 1},
		{"user-information", "x@shop.example", "/v1/pets", "404", -1},
		{"two-ports", "shop.example:80:80", "/v1/pets", "404", -1},
		{"port-that-is-none", "shop.example:http", "/v1/pets", "404", -1},
		{"no-host", "", "/v1/pets", "404", -1},
		{"long-host", strings.Repeat("a", 300), "/v1/pets", "404", -1},
		{"path-in-host", "shop.example/", "/v1/pets", "404", -1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m Match
			tbl.Match(&m, []byte(row.host), []byte("GET"), []byte(row.path))
			if got := say(&m); !strings.HasPrefix(got, row.want) || m.API != row.api {
				t.Errorf("%s%s: got %q of API %d, want %q of API %d", row.host, row.path, got, m.API, row.want, row.api)
			}
		})
	}
}

func TestUnknownHostIsNotFoundWhenAllAreNamed(t *testing.T) {
	tbl := table(t, api(0, "shop.example", "", "", "GET /{any}"))
	var m Match
	tbl.Match(&m, []byte("evil.example"), []byte("GET"), []byte("/pets"))
	if m.Outcome != NotFound || m.API != -1 {
		t.Errorf("got %v of API %d", m.Outcome, m.API)
	}
}

func TestBuildReportsOverlap(t *testing.T) {
	for _, row := range []struct {
		name string
		list [][]Entry
		want []string
	}{
		{"same-place", [][]Entry{api(1, "", "", "/v1", "GET /a"), api(2, "", "", "/v1", "GET /b", "GET /c")}, []string{`two APIs stand at the path "/v1/"`}},
		{"same-place-one-host-of-two", [][]Entry{api(1, "a b", "", "", "GET /a"), api(2, "b c", "", "", "GET /b")}, []string{"two APIs stand at"}},
		{"prefix-and-base-path", [][]Entry{api(1, "", "/v1", "", "GET /a"), api(2, "", "", "/v1", "GET /b")}, []string{"two APIs stand at"}},
		{"other-hosts", [][]Entry{api(1, "a", "", "", "GET /a"), api(2, "b", "", "", "GET /a")}, nil},
		{"any-host-and-one", [][]Entry{api(1, "", "", "", "GET /a"), api(2, "b", "", "", "GET /a")}, nil},
		{"nested", [][]Entry{api(1, "", "", "", "GET /a", "GET /{x}/y"), api(2, "", "/shop", "", "GET /a")}, nil},
		{"never-reached", [][]Entry{api(1, "", "", "", "GET /shop/a", "GET /shopping"), api(2, "", "/shop", "", "GET /a")}, []string{"GET /shop/a: can never be reached"}},
		{"two-base-paths-of-one-api", [][]Entry{api(1, "", "", "", "GET /a"), api(1, "", "", "/v1", "GET /a")}, nil},
		{"two-base-paths-that-meet", [][]Entry{api(1, "", "", "", "GET /v1/a", "GET /x"), api(1, "", "", "/v1", "PUT /b", "GET /a")}, []string{"the same method and path"}},
		{"one-api-two-prefixes", [][]Entry{api(1, "", "", "", "GET /a"), api(1, "", "/b", "", "GET /a")}, []string{"must have the same hosts"}},
		{"one-api-other-hosts", [][]Entry{api(1, "a", "", "", "GET /a"), api(1, "b", "", "", "GET /b")}, []string{"must have the same hosts"}},
		{"brace-in-prefix", [][]Entry{api(1, "", "/{v}", "", "GET /a")}, []string{"holds a brace"}},
		{"prefix-without-slash", [][]Entry{api(1, "", "v1", "", "GET /a")}, []string{"must begin with a slash"}},
		{"base-without-slash", [][]Entry{api(1, "", "/a", "v1", "GET /a")}, []string{"must begin with a slash"}},
		{"empty-segment-in-prefix", [][]Entry{api(1, "", "/a//b", "", "GET /a")}, []string{"empty segment"}},
		{"host-with-port", [][]Entry{api(1, "a:80", "", "", "GET /a")}, []string{`"a:80" is no host`}},
		{"host-with-bad-address", [][]Entry{api(1, "[::g]", "", "", "GET /a")}, []string{"is no host"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var list []Entry
			for _, part := range row.list {
				list = append(list, part...)
			}
			_, problems := Build(list)
			if len(problems) != len(row.want) {
				t.Fatalf("got %v, want %q", problems, row.want)
			}
			for i, p := range problems {
				if !strings.Contains(p.Text, row.want[i]) {
					t.Errorf("got %q, want %q", p.Text, row.want[i])
				}
			}
		})
	}
}

func TestBuildRefusesUnknownNamesOfOptIns(t *testing.T) {
	_, problems := Build([]Entry{{Method: "GET", Template: "/{a}", Slash: []string{"b"}}})
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "no parameter {b}") {
		t.Errorf("got %v", problems)
	}
}

// The table of 1,000 operations is small, beside the texts that it shares
// with the entries.
func TestTableIsSmall(t *testing.T) {
	list := thousand()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tbl := table(t, list)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(tbl)
	runtime.KeepAlive(list)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d operations: %d KiB", len(list), grown>>10)
	if grown > 512<<10 {
		t.Errorf("the table holds %d KiB, want at most 512", grown>>10)
	}
}

func TestBuildIsDeterministic(t *testing.T) {
	list := thousand()
	a, b := table(t, list), table(t, list)
	if fmt.Sprint(*a) != fmt.Sprint(*b) {
		t.Error("two tables of the same entries differ")
	}
}
