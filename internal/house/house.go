// Package house holds the rules of the repository that the compiler does not
// know: which package may import which, that each package says what it is for,
// how long a file may be, how the changelog reads. Its tests apply them to the
// repository; nothing else imports it.
//
// A rule takes the repository as a file system and returns complaints, so that
// each is also tried on a small tree that breaks it.
package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Module is the path of the product's module.
const Module = "github.com/gatehouse-api/gatehouse"

// maxLines bounds a Go file: beyond it a reader cannot find their room.
const maxLines = 400

// file is one parsed Go file of the product's module.
type file struct {
	name  string // "gate/plan.go"
	text  string
	tree  *ast.File
	lines int
}

func (f *file) folder() string { return path.Dir(f.name) }
func (f *file) test() bool     { return strings.HasSuffix(f.name, "_test.go") }

// imports returns the import paths with their places.
func (f *file) imports() []string {
	var list []string
	for _, s := range f.tree.Imports {
		list = append(list, strings.Trim(s.Path.Value, `"`))
	}
	return list
}

// goFiles parses every Go file of the module at the root of tree. Nested
// modules and folders that the go command leaves out are left out.
func goFiles(tree fs.FS) ([]*file, error) {
	var files []*file
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return foreign(tree, name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, &file{name, string(text), parsed, strings.Count(string(text), "\n")})
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there are no Go files here")
	}
	return files, err
}

func foreign(tree fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// Comments demands one package comment for each package, of at least two
// sentences' length: what it is for, who may import it, what it must not know.
func Comments(files []*file) (complaints []string) {
	found := map[string][]string{}
	for _, f := range files {
		if f.test() {
			continue
		}
		docs := found[f.folder()]
		if f.tree.Doc != nil {
			docs = append(docs, f.tree.Doc.Text())
		}
		found[f.folder()] = docs
	}
	for folder, docs := range found {
		switch {
		case len(docs) != 1:
			complaints = append(complaints, fmt.Sprintf("%s: has %d package comments, must have one", folder, len(docs)))
		case len(strings.Fields(docs[0])) < 20:
			complaints = append(complaints, fmt.Sprintf("%s: the package comment must say what the package is for, who may import it and what it must not know", folder))
		}
	}
	slices.Sort(complaints)
	return complaints
}

// Lengths bounds the files.
func Lengths(files []*file) (complaints []string) {
	for _, f := range files {
		if f.lines > maxLines && !ast.IsGenerated(f.tree) {
			complaints = append(complaints, fmt.Sprintf("%s: has %d lines, at most %d", f.name, f.lines, maxLines))
		}
	}
	return complaints
}

// unfinished are words that must not stand in code that is committed.
var unfinished = []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:", "not imple" + "mented", "no" + "lint"}

// Unfinished refuses marks of unfinished work.
func Unfinished(files []*file) (complaints []string) {
	for _, f := range files {
		for i, line := range strings.Split(f.text, "\n") {
			for _, word := range unfinished {
				if strings.Contains(line, word) {
					complaints = append(complaints, fmt.Sprintf("%s:%d: holds %q: finish it or say what is missing in docs", f.name, i+1, word))
				}
			}
		}
	}
	return complaints
}

// Tested demands that each package has a test or a fuzz target.
// Packages that help tests need none.
func Tested(files []*file, rooms map[string]room) (complaints []string) {
	tests := map[string]int{}
	for _, f := range files {
		tests[f.folder()] += 0
		if !f.test() {
			continue
		}
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") && fn.Name.Name != "TestMain" || strings.HasPrefix(fn.Name.Name, "Fuzz")) {
				tests[f.folder()]++
			}
		}
	}
	for folder, n := range tests {
		if n == 0 && !rooms[folder].helper {
			complaints = append(complaints, folder+": has no test")
		}
	}
	slices.Sort(complaints)
	return complaints
}
