package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
		Env:  func(string) (string, bool) { return "planted", true },
		File: func(string, int) ([]byte, bool, error) { return []byte("planted"), false, nil },
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
// shows: none is open or loose.
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
			if len(e.Open)+len(e.Loose) > 0 {
				t.Errorf("%s: %s is open %q, loose %q", name, e.Operation, e.Open, e.Loose)
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
