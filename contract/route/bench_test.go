package route

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// thousand is an API of 1,000 operations, 100 resources of ten, and of a few odd ones.
func thousand() []Entry {
	var lines []string
	for i := range 100 {
		r := fmt.Sprintf("/organisations/{org}/resource-%02d", i)
		top := fmt.Sprintf("/resource-%02d", i)
		lines = append(lines,
			"GET "+top, "POST "+top, "GET "+top+"/latest", "GET "+top+"/{id}", "DELETE "+top+"/{id}",
			"GET "+r, "GET "+r+"/{id}", "PUT "+r+"/{id}", "GET "+r+"/{id}/parts/{part}", "GET "+r+"/{id}/parts/latest")
	}
	lines = append(lines,
		"GET /compare/{base}...{head}", "GET /between/{a}-and-some-text-of-more-than-32-bytes-{b}", "GET /files/{path*}", "GET /matrix/{id;}")
	return entries(lines...)
}

// wide is a path through a tree whose every node has a literal and a
// parameter, so that a look-up which fails at the end visits all of it.
func wide(depth int) (list []Entry, path string) {
	var lines []string
	for i := range 1 << depth {
		line := "GET "
		for bit := range depth {
			line += [2]string{"/a", fmt.Sprintf("/{p%d}", bit)}[i>>bit&1]
		}
		lines = append(lines, line+"/end")
	}
	for range depth {
		path += "/a"
	}
	return entries(lines...), path + "/none"
}

// slashes is an API whose parameters hold slashes in hard places.
func slashes() []Entry {
	return entries("GET /m/{p*}/a/a/a/a/a/a/a/a/end", "GET /t/{a*}..{b*}/c", "GET /t/{a*}.{b*}.{c*}.{d*}/c", "GET /e/{p*}", "GET /t/{x}-{y*}/c")
}

// hostileSlashes are long paths that fit these nearly.
var hostileSlashes = []struct{ name, path string }{
	{"slashes-in-the-middle", "/m" + strings.Repeat("/a", 250)},
	{"slashes-and-text", "/t" + strings.Repeat("/"+strings.Repeat("a.b", 10), 250)},
	{"slashes-and-dots", "/t" + strings.Repeat("/"+strings.Repeat(".", 30), 250)},
	{"slashes-at-the-end", "/e" + strings.Repeat("/aaa", 250) + "/"},
	{"escapes", "/e" + strings.Repeat("/%61%2F%62", 250)},
}

// lookups are what is measured and may not allocate.
var lookups = []struct{ name, method, path, want string }{
	{"static", "GET", "/resource-57/latest", "572"},
	{"one-parameter", "GET", "/resource-57/1234567", "573 id=1234567"},
	{"three-parameters", "GET", "/organisations/acme/resource-57/1234567/parts/wheel", "578 org=acme id=1234567 part=wheel"},
	{"encoded", "GET", "/resource-57/caf%C3%A9%20au%20lait", "573 id=caf%C3%A9%20au%20lait>café au lait"},
	{"mixed", "GET", "/compare/main...topic", "1000 base=main head=topic"},
	{"mixed-long", "GET", "/between/x-and-some-text-of-more-than-32-bytes-y", "1001 a=x b=y"},
	{"slashes", "GET", "/files/a/b%2Fc/d", "1002 path=a/b%2Fc/d>a/b/c/d"},
	{"semicolon", "GET", "/matrix/;id=5", "1003 id=;id=5"},
	{"miss", "GET", "/organisations/acme/resource-57/1234567/none", "404"},
	{"wrong-method", "PATCH", "/organisations/acme/resource-57/1234567", "405 GET, HEAD, PUT"},
	{"refused", "GET", "/organisations/acme/resource-57/../../parts", "dot-segment"},
}

func TestMatchAllocatesNothing(t *testing.T) {
	tbl := table(t, thousand())
	var m Match
	for _, row := range lookups {
		t.Run(row.name, func(t *testing.T) {
			if got := lookUp(tbl, "", row.method, row.path); got != row.want {
				t.Fatalf("got %q, want %q", got, row.want)
			}
			host, method, path := []byte("API.example:8080"), []byte(row.method), []byte(row.path)
			if n := testing.AllocsPerRun(100, func() { tbl.Match(&m, host, method, path) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// promised is how long one look-up among 1,000 operations may take.
const promised = 150 * time.Nanosecond

// TestMatchTimeWithoutAlloc wants one of many short rounds to be as quick as is
// promised, so that a busy machine does not matter. The race detector does; its
// run leaves out tests of this name.
func TestMatchTimeWithoutAlloc(t *testing.T) {
	const lookUps, rounds = 200, 20_000
	tbl := table(t, thousand())
	var m Match
	for _, row := range lookups[:3] {
		t.Run(row.name, func(t *testing.T) {
			host, method, path := []byte("api.example"), []byte(row.method), []byte(row.path)
			least := time.Hour
			for round := 0; least > promised && round < rounds; round++ {
				begin := time.Now()
				for range lookUps {
					tbl.Match(&m, host, method, path)
				}
				least = min(least, time.Since(begin)/lookUps)
			}
			if least > promised {
				t.Errorf("%v in the best round, promised %v", least, promised)
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	tbl := table(b, thousand())
	for _, row := range lookups {
		b.Run(row.name, func(b *testing.B) { benchmark(b, tbl, row.method, row.path) })
	}
	list, path := wide(8)
	tbl = table(b, list)
	b.Run("hostile-backtracking", func(b *testing.B) { benchmark(b, tbl, "GET", path) })
	tbl = table(b, slashes())
	for _, row := range hostileSlashes {
		b.Run("hostile-"+row.name, func(b *testing.B) { benchmark(b, tbl, "GET", row.path) })
	}
}

func benchmark(b *testing.B, tbl *Table, method, path string) {
	var m Match
	h, n, p := []byte("api.example"), []byte(method), []byte(path)
	b.ReportAllocs()
	for b.Loop() {
		tbl.Match(&m, h, n, p)
	}
}
