package route

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

var httpMethods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// The paths of GitHub's API: each operation is found at its own path, and the
// table is small and keeps nothing of the document.
func TestGitHubPaths(t *testing.T) {
	folder := testdata.Path(t, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi")
	data, err := os.ReadFile(filepath.Join(folder, "github.json"))
	if err != nil {
		t.Fatal(err)
	}
	file, problems := source.Parse("github.json", data)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var list []Entry
	for path, item := range file.Root.Get("paths").Members() {
		for method, node := range item.Members() {
			if slices.Contains(httpMethods, method) {
				list = append(list, Entry{Template: path, Method: strings.ToUpper(method), Number: len(list), Node: node})
			}
		}
	}
	if len(list) < 1_000 {
		t.Fatalf("only %d operations", len(list))
	}
	tbl := table(t, list)
	found := 0
	for i := range list {
		var m Match
		tbl.Match(&m, []byte("api.github.com"), []byte(list[i].Method), []byte(filled(list[i].Template)))
		if m.Outcome == Found && m.Number == i {
			found++
		} else {
			t.Errorf("%s %s: got %s (%d)", list[i].Method, list[i].Template, say(&m), m.Number)
		}
	}
	t.Logf("%d of %d operations found", found, len(list))
	// What the table alone keeps alive, the document being gone.
	data, file, list = nil, nil, nil
	with := heap()
	runtime.KeepAlive(tbl)
	tbl = nil
	if kept := with - heap(); kept > 1<<20 {
		t.Errorf("the table keeps %d KiB alive, want at most 1024", kept>>10)
	} else {
		t.Logf("the table keeps %d KiB alive", kept>>10)
	}
}

// filled puts values into a template that no literal text is like.
func filled(template string) string {
	for strings.Contains(template, "{") {
		begin, rest, _ := strings.Cut(template, "{")
		_, end, _ := strings.Cut(rest, "}")
		template = begin + "VALUE" + end
	}
	return template
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
