package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gatehouse-api/gatehouse/gate"
)

// repository is the root of the checkout.
func repository(t *testing.T) fs.FS {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return os.DirFS(root)
}

func read(t *testing.T, tree fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRepository applies every rule to the repository.
func TestRepository(t *testing.T) {
	tree := repository(t)
	files, err := goFiles(tree)
	if err != nil {
		t.Fatal(err)
	}
	rules := []struct {
		name  string
		apply func(t *testing.T) []string
	}{
		{"imports", func(*testing.T) []string { return Imports(files, rooms) }},
		{"stale-imports", func(*testing.T) []string { return Stale(files, rooms) }},
		{"package-comments", func(*testing.T) []string { return Comments(files) }},
		{"file-lengths", func(*testing.T) []string { return Lengths(files) }},
		{"finished", func(*testing.T) []string { return Unfinished(files) }},
		{"every-package-has-tests", func(*testing.T) []string { return Tested(files, rooms) }},
		{"dependencies", func(*testing.T) []string { return Dependencies(tree) }},
		{"changelog", func(t *testing.T) []string { return Changelog(read(t, tree, "CHANGELOG.md")) }},
		{"refusals", func(t *testing.T) []string { return Refusals(read(t, tree, "docs/refusals.md"), codes()) }},
		{"bounds", func(t *testing.T) []string { return Bounds(tree, read(t, tree, "docs/reference/bounds.md")) }},
		{"links", func(t *testing.T) []string { return allLinks(t, tree) }},
		{"architecture", func(t *testing.T) []string { return Architecture(read(t, tree, "docs/architecture.md"), rooms) }},
		{"packages", func(t *testing.T) []string { return Listed(read(t, tree, "README.md"), rooms) }},
		{"fail-states", func(t *testing.T) []string { return FailStates(files, read(t, tree, "docs/reference/fail-states.md")) }},
		{"threats", func(t *testing.T) []string { return Threats(files, read(t, tree, "docs/threat-model.md")) }},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, complaint := range rule.apply(t) {
				t.Error(complaint)
			}
		})
	}
}

func codes() (list []Code) {
	for c := range gate.Codes {
		list = append(list, Code{c.String(), c.Title(), c.Status()})
	}
	return list
}

func allLinks(t *testing.T, tree fs.FS) (complaints []string) {
	t.Helper()
	n := 0
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".md") {
			n++
			complaints = append(complaints, Links(tree, name, read(t, tree, name))...)
		}
		return nil
	})
	if err != nil || n < 5 {
		t.Errorf("%d documents were read, %v", n, err)
	}
	return complaints
}

// TestRulesGoRed plants one failure for each rule.
func TestRulesGoRed(t *testing.T) {
	const comment = "// Package a holds words that are long enough to be a comment which says what it is for, who may import it and what it must not know.\n"
	parse := func(t *testing.T, tree fstest.MapFS) []*file {
		t.Helper()
		files, err := goFiles(tree)
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	plan := map[string]room{
		"a": {floor: 1, ours: []string{"b", "c", "h"}, outside: []string{"good.example/x"}},
		"b": {floor: 0}, "c": {floor: 1}, "h": {floor: 0, helper: true},
	}
	imports := func(tree fstest.MapFS, t *testing.T) []string { return Imports(parse(t, tree), plan) }
	importing := func(name, path string) fstest.MapFS {
		return fstest.MapFS{name: {Data: []byte(comment + "package a\nimport _ \"" + path + "\"\n")}}
	}
	stale := func(r room) func(fstest.MapFS, *testing.T) []string {
		return func(tree fstest.MapFS, t *testing.T) []string { return Stale(parse(t, tree), map[string]room{"a": r}) }
	}
	tests := []struct {
		name  string
		tree  fstest.MapFS
		apply func(tree fstest.MapFS, t *testing.T) []string
		want  string // part of the one complaint; "" for none
	}{
		{"import-down", importing("a/a.go", Module+"/b"), imports, ""},
		{"import-sideways", importing("a/a.go", Module+"/c"), imports, "not on a lower floor"},
		{"import-unlisted", importing("b/b.go", Module+"/a"), imports, "not in the list of package b"},
		{"import-helper", importing("a/a.go", Module+"/h"), imports, "for tests"},
		{"import-helper-in-test", importing("a/a_test.go", Module+"/h"), imports, ""},
		{"import-root", importing("a/a.go", Module), imports, "not in the list of package a"},
		{"import-http", importing("a/a.go", "net/http/httputil"), imports, "net/http"},
		{"import-module", importing("a/a.go", "good.example/x"), imports, ""},
		{"import-other-module", importing("a/a.go", "bad.example/x"), imports, "a module that is not in the list"},
		{"import-module-in-test", importing("a/a_test.go", "bad.example/x"), imports, "in no list"},
		{"import-http-in-test", importing("a/a_test.go", "net/http"), imports, ""},
		{"package-unlisted", importing("d/d.go", "fmt"), imports, "not in the plan"},
		{"edge-that-is-used", importing("a/a.go", Module+"/b"), stale(room{ours: []string{"b"}}), ""},
		{"edge-that-is-gone", importing("a/a.go", "fmt"), stale(room{ours: []string{"b"}}), "a may import b and does not"},
		{"edge-of-tests-only", fstest.MapFS{"a/a_test.go": importing("a/a.go", Module+"/b")["a/a.go"]}, stale(room{ours: []string{"b"}}), "a may import b and does not"},
		{"module-that-is-gone", importing("a/a.go", "fmt"), stale(room{outside: []string{"good.example/x"}}), "a may import good.example/x and does not"},
		{"http-that-is-gone", importing("a/a.go", "fmt"), stale(room{nethttp: true}), "a may import net/http and does not"},
		{"package-that-is-gone", importing("b/b.go", "fmt"), stale(room{}), "a is no package any more"},
		{"comment-missing", fstest.MapFS{"a/a.go": {Data: []byte("package a\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Comments(parse(t, tree)) }, "0 package comments"},
		{"comment-twice", fstest.MapFS{"a/a.go": {Data: []byte(comment + "package a\n")}, "a/b.go": {Data: []byte(comment + "package a\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Comments(parse(t, tree)) }, "2 package comments"},
		{"comment-says-nothing", fstest.MapFS{"a/a.go": {Data: []byte("// Package a is a.\npackage a\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Comments(parse(t, tree)) }, "must say what"},
		{"long-file", fstest.MapFS{"a/a.go": {Data: []byte("package a\n" + strings.Repeat("\n", maxLines))}},
			func(tree fstest.MapFS, t *testing.T) []string { return Lengths(parse(t, tree)) }, "401 lines"},
		{"unfinished", fstest.MapFS{"a/a.go": {Data: []byte("package a\n// TO" + "DO: later\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Unfinished(parse(t, tree)) }, "a/a.go:2"},
		{"untested", fstest.MapFS{"a/a.go": {Data: []byte("package a\n")}, "a/a_test.go": {Data: []byte("package a\nfunc TestMain() {}\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Tested(parse(t, tree), plan) }, "a: has no test"},
		{"dependency-unlisted", fstest.MapFS{"go.mod": {Data: []byte("module m\n\nrequire (\n\tbad.example/x v1.0.0\n\tbad.example/y v1.0.0 // indirect\n)\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Dependencies(tree) }, "bad.example/x, which is in no list"},
		{"dependency-not-argued", fstest.MapFS{"go.mod": {Data: []byte("module m\n\nrequire github.com/spf13/cobra v1.0.0\n")}},
			func(tree fstest.MapFS, t *testing.T) []string { return Dependencies(tree) }, "does not argue"},
		{"changelog-untyped", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Changelog("# Changelog\n\n## Unreleased\n- [add] the gate\n- new things\n")
		}, "CHANGELOG.md:5"},
		{"changelog-empty", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string { return Changelog("# Changelog\n") }, "no release"},
		{"refusal-undocumented", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Refusals("| <a id=\"a\"></a>`a` | 400 | A. | x |\n", []Code{{"a", "A.", 400}, {"b", "B.", 400}})
		}, "row 2 must be"},
		{"refusal-unknown", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Refusals("| <a id=\"a\"></a>`a` | 400 | A. | x |\n| <a id=\"b\"></a>`b` | 400 | B. | x |\n", []Code{{"a", "A.", 400}})
		}, "has 2 rows"},
		{"bound-that-moved", fstest.MapFS{"a/a.go": {Data: []byte("const most = 2")}}, func(tree fstest.MapFS, _ *testing.T) []string {
			return Bounds(tree, "| what | in |\n|---|---|\n| things | 1 | | `a/a.go` `most = 1` |\n")
		}, `a/a.go does not say "most = 1"`},
		{"bound-without-a-place", fstest.MapFS{}, func(tree fstest.MapFS, _ *testing.T) []string {
			return Bounds(tree, "| what | in |\n|---|---|\n| things | 1 |\n")
		}, "bounds.md:3: the row must end"},
		{"no-bounds", fstest.MapFS{}, func(tree fstest.MapFS, _ *testing.T) []string { return Bounds(tree, "") }, "has no row"},
		{"package-on-another-floor", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Architecture("| 1 | `b` | x |\n| 1 | `a`, `c` | x |\n", plan)
		}, "b stands on floor 0, not 1"},
		{"package-in-no-picture", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Architecture("| 0 | `b` | x |\n| 1 | `a` | x |\n", plan)
		}, "does not name c"},
		{"package-that-is-none", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Architecture("| 0 | `b` | x |\n| 1 | `a`, `c`, `d` | x |\n", plan)
		}, "d is no package"},
		{"threat-without-an-answer", fstest.MapFS{"a/a_test.go": {Data: []byte("package a\nfunc TestB() {}\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return Threats(parse(t, tree), "| id | threat | answered by | open |\n|---|---|---|---|\n| X1 | S | `a: TestB` | |\n| X2 | T | | |\n")
		}, "threat-model.md:4: says neither"},
		{"threat-whose-test-is-gone", fstest.MapFS{"a/a_test.go": {Data: []byte("package a\nfunc TestB() {}\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return Threats(parse(t, tree), "| id | threat | answered by | open |\n|---|---|---|---|\n| X1 | S | `a: TestB` and `a: TestC` | |\n")
		}, "there is no test TestC in a"},
		{"fail-state-that-nobody-shows", fstest.MapFS{"a/a_test.go": {Data: []byte("package a\nfunc TestB() {}\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return FailStates(parse(t, tree), "| what fails | then | shown by |\n|---|---|---|\n| S | x | `a: TestB` |\n| T | x | |\n")
		}, "fail-states.md:4: does not say"},
		{"fail-state-whose-test-is-gone", fstest.MapFS{"a/a_test.go": {Data: []byte("package a\nfunc TestB() {}\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return FailStates(parse(t, tree), "| what fails | then | shown by |\n|---|---|---|\n| S | x | `a: TestC` |\n")
		}, "fail-states.md:3: there is no test TestC in a"},
		{"no-fail-states", fstest.MapFS{"a/a.go": {Data: []byte("package a\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return FailStates(parse(t, tree), "# Fail states\n")
		}, "has no row"},
		{"package-in-no-list", fstest.MapFS{}, func(fstest.MapFS, *testing.T) []string {
			return Listed("`a`, `b`", plan)
		}, "does not name c"},
		{"threats-with-one-id", fstest.MapFS{"a/a_test.go": {Data: []byte("package a\nfunc TestB() {}\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return Threats(parse(t, tree), "| id | threat | answered by | open |\n|---|---|---|---|\n| X1 | S | `a: TestB` | |\n| X1 | T | `a: TestB` | |\n")
		}, "threat-model.md:4: another threat has the id X1"},
		{"no-threats", fstest.MapFS{"a/a.go": {Data: []byte("package a\n")}}, func(tree fstest.MapFS, t *testing.T) []string {
			return Threats(parse(t, tree), "# Threats\n")
		}, "has no row"},
		{"broken-link", fstest.MapFS{"docs/a.md": {}}, func(tree fstest.MapFS, _ *testing.T) []string {
			return Links(tree, "docs/b.md", "[a](a.md) [top](../x.md#y) [web](https://example.org)")
		}, "links to x.md"},
		{"link-in-code", fstest.MapFS{}, func(tree fstest.MapFS, _ *testing.T) []string {
			return Links(tree, "b.md", "`[a](a.md)`\n```\n[a](a.md)\n```\n")
		}, ""},
		{"broken-anchor", fstest.MapFS{"docs/a.md": {Data: []byte("# Say `it`, twice\n# Say it twice\n<a id=\"x\"></a>\n```\n# code\n```\n")}}, func(tree fstest.MapFS, _ *testing.T) []string {
			return Links(tree, "docs/b.md", "# Here\n[a](a.md#say-it-twice) [b](a.md#say-it-twice-1) [x](a.md#x) [here](#here) [c](a.md#code)")
		}, "links to #code of docs/a.md"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			complaints := test.apply(test.tree, t)
			got := strings.Join(complaints, "\n")
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) || len(complaints) > 1 {
				t.Errorf("complaints %q, want one with %q", got, test.want)
			}
		})
	}
}

func TestNoGoFiles(t *testing.T) {
	if _, err := goFiles(fstest.MapFS{}); err == nil {
		t.Error("an empty tree passes")
	}
}
