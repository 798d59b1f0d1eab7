package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// guides calls f with each block of code of every document.
func guides(t *testing.T, f func(name string, b block)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if filepath.Ext(name) == ".md" {
			for _, b := range blocks(t, name) {
				f(name, b)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestConfigurationsInDocuments reads every gatehouse.yaml that a document shows.
func TestConfigurationsInDocuments(t *testing.T) {
	n := 0
	look := config.Environment{
		Env:  func(string) (string, bool) { return strings.Repeat("planted-", 6), true },
		File: func(string, int) ([]byte, bool, error) { return []byte(strings.Repeat("planted-", 6)), false, nil },
	}
	guides(t, func(name string, b block) {
		if b.language != "yaml" || !strings.HasPrefix(b.text, "version:") {
			return
		}
		n++
		if _, problems := config.Parse("gatehouse.yaml", []byte(b.text), look); problems.Err() != nil {
			t.Errorf("%s: %v\n%s", name, problems, b.text)
		}
	})
	if n < 5 {
		t.Errorf("%d configurations", n)
	}
}

// TestContractsInDocuments compiles every OpenAPI document that a document
// shows: none is open or loose, but for messages of gRPC, which have no schema.
func TestContractsInDocuments(t *testing.T) {
	n := 0
	guides(t, func(name string, b block) {
		if b.language != "yaml" || !strings.HasPrefix(b.text, "openapi:") {
			return
		}
		n++
		file, problems := source.Parse("openapi.yaml", []byte(b.text))
		c, more := openapi.Read(source.NewSet(file), file)
		if problems = append(problems, more...); len(problems) > 0 {
			t.Fatalf("%s: %v", name, problems)
		}
		if _, problems = gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Authentication: gatehouse.Upstream}}); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		for _, e := range gatehouse.Survey(c, nil) {
			loose := slices.DeleteFunc(e.Loose, func(what string) bool { return strings.HasSuffix(what, " application/grpc has no schema") })
			if len(e.Open)+len(loose) > 0 {
				t.Errorf("%s: %s is open %q, loose %q", name, e.Operation, e.Open, loose)
			}
		}
	})
	if n < 2 {
		t.Errorf("%d contracts", n)
	}
}

// TestProgramsInDocuments compiles every Go program that a document shows.
func TestProgramsInDocuments(t *testing.T) {
	n := 0
	guides(t, func(name string, b block) {
		if b.language != "go" {
			return
		}
		n++
		main := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(main, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("go", "vet", main).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	})
	if n < 2 {
		t.Errorf("%d programs", n)
	}
}

// TestCheckInGuide checks the contract of the guide and compares what it shows.
func TestCheckInGuide(t *testing.T) {
	var contract, want string
	for _, b := range blocks(t, "../../docs/guide/write-a-contract.md") {
		switch {
		case strings.HasPrefix(b.text, "openapi:"):
			contract = b.text
		case strings.Contains(b.text, "\nMETHOD  PATH"):
			want = b.text
		}
	}
	name := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(name, []byte(contract), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	if status := Run(t.Context(), []string{"check", "--contract", name}, nil, &out, &stderr, nil); status != statusOK || stderr.Len() > 0 {
		t.Errorf("status %d: %s", status, stderr.String())
	}
	if out.String() != want {
		t.Errorf("check prints\n%s\nthe guide shows\n%s", out.String(), want)
	}
}

// TestShortenedChecksInGuides holds what guides show of a check, shortened by
// "...", to what is printed.
func TestShortenedChecksInGuides(t *testing.T) {
	t.Setenv("STOCK_KEY", "planted")
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	small := func(title, version, path, id string) string {
		return "openapi: 3.1.0\ninfo: {title: " + title + ", version: " + version + "}\nsecurity: []\npaths:\n  " + path +
			": {get: {operationId: " + id + ", responses: {\"200\": {description: OK}}}}\n"
	}
	write("shop.yaml", small("Shop", "2.3.0", "/products", "listProducts"))
	write("stock.yaml", small("Stock", "0.9.0", "/items", "listItems"))
	write("books.yaml", small("Bookshop", "1.0.0", "/books", "listBooks"))
	write("gatehouse.yaml", blocks(t, "../../docs/guide/several-apis.md")[0].text)
	for _, row := range []struct{ guide, begins, args string }{
		{"first-api", "Corner Shop ", "--contract ../../lab/openapi.yaml"},
		{"several-apis", "$ gatehouse check ", "--config " + filepath.Join(folder, "gatehouse.yaml")},
	} {
		t.Run(row.guide, func(t *testing.T) {
			var out, stderr bytes.Buffer
			if status := Run(t.Context(), append([]string{"check"}, strings.Fields(row.args)...), nil, &out, &stderr, nil); status != statusOK {
				t.Fatalf("status %d: %s", status, stderr.String())
			}
			printed, n := strings.ReplaceAll(out.String(), folder+"/", ""), 0
			for _, b := range blocks(t, "../../docs/guide/"+row.guide+".md") {
				if !strings.HasPrefix(b.text, row.begins) {
					continue
				}
				text := strings.TrimPrefix(b.text, "$ gatehouse check --config gatehouse.yaml\n")
				for part := range strings.SplitSeq(text, "...\n") {
					_, rest, ok := strings.Cut(printed, part)
					if n++; !ok {
						t.Errorf("the guide shows\n%s\nand check prints\n%s", part, out.String())
					}
					printed = rest
				}
			}
			if n < 2 {
				t.Error("the guide has lost what check prints")
			}
		})
	}
}
