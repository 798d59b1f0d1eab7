package openapi_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Every document under testdata/bad stands beside the text of its problems.
func TestBadDocuments(t *testing.T) {
	docs, err := filepath.Glob("testdata/bad/*")
	docs = slices.DeleteFunc(docs, func(name string) bool { return filepath.Ext(name) == ".txt" })
	if err != nil || len(docs) == 0 {
		t.Fatal("no documents:", err)
	}
	texts, _ := filepath.Glob("testdata/bad/*.txt")
	if len(texts) != len(docs) && !*update {
		t.Errorf("%d documents, but %d expectations", len(docs), len(texts))
	}
	for _, doc := range docs {
		t.Run(strings.ReplaceAll(filepath.Base(doc), ".", "-"), func(t *testing.T) {
			_, problems := openapi.Load(doc)
			got := strings.ReplaceAll(problems.Error(), filepath.FromSlash("testdata/bad/"), "") + "\n"
			golden := doc + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("problems of %s:\n%s\nwant:\n%s", doc, got, want)
			}
		})
	}
}
