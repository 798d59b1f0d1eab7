package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// caseMakers lists, as "package Test", the tests of the module in folder that
// call t.Run and all its fuzz targets: each must have had a case.
func caseMakers(folder string) ([]string, error) {
	mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return nil, err
	}
	module := modulePath(mod)
	if module == "" {
		return nil, fmt.Errorf("%s/go.mod names no module", folder)
	}
	var makers []string
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skipFolder(folder, name)
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		inside, err := filepath.Rel(folder, filepath.Dir(name))
		if err != nil {
			return err
		}
		found, err := fileMakers(name)
		for _, f := range found {
			makers = append(makers, path.Join(module, filepath.ToSlash(inside))+" "+f)
		}
		return err
	})
	return makers, err
}

func modulePath(mod []byte) string {
	for line := range bytes.Lines(mod) {
		if rest, ok := bytes.CutPrefix(line, []byte("module ")); ok {
			return string(bytes.TrimSpace(rest))
		}
	}
	return ""
}

// skipFolder leaves out nested modules and what the go command leaves out.
func skipFolder(root, name string) error {
	if name == root {
		return nil
	}
	base := filepath.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func fileMakers(name string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var makers []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Body == nil {
			continue
		}
		fuzz := strings.HasPrefix(fn.Name.Name, "Fuzz")
		if fuzz || strings.HasPrefix(fn.Name.Name, "Test") && callsRun(fn.Body) {
			makers = append(makers, fn.Name.Name)
		}
	}
	return makers, nil
}

// callsRun reports whether a body calls t.Run(name, func).
func callsRun(body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 2 {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Run" {
				x, ok := sel.X.(*ast.Ident)
				found = found || ok && x.Name == "t"
			}
		}
		return !found
	})
	return found
}
