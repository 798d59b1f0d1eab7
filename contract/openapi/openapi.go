// Package openapi reads documents of OpenAPI 3.0 and 3.1, those of 3.2 that
// keep to what 3.1 knows, and those of Swagger 2.0 into a contract.Contract,
// and reports everything that is wrong with a document at once. Commands and
// the root package use it; it knows documents only, nothing of traffic or of
// gatehouse.yaml. Schemas are not compiled here: the model points at their
// nodes.
package openapi

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Load reads the document at path and the local files it refers to. The
// contract is nil when the document cannot be read at all; a contract whose
// problems hold an error must not be served. Files that only schemas refer
// to are read later, by the schema compiler: their problems are in
// Contract.Files.Problems.
func Load(path string) (*contract.Contract, source.Problems) {
	set, main, err := source.Open(path)
	if err != nil {
		p := source.Problem{Position: source.Position{File: path}, Text: err.Error()}
		if errors.Is(err, fs.ErrNotExist) {
			p.Hint = NearestTo(path, "check the path; it counts from the current folder")
		}
		return nil, source.Problems{p}
	}
	return Read(set, main)
}

// NearestTo is a hint for a path at which there is no document: the nearest name
// in its folder, or otherwise.
func NearestTo(path, otherwise string) string {
	var names []string
	list, _ := os.ReadDir(filepath.Dir(path)) // which may be missing as well
	for _, e := range list[:min(len(list), 1000)] {
		switch filepath.Ext(e.Name()) {
		case ".yaml", ".yml", ".json":
			names = append(names, e.Name())
		}
	}
	return source.DidYouMean(otherwise, filepath.Base(path), names...)
}

// Read reads the contract whose main document is main, a file of set. What
// was wrong with the text of a file that set did not load itself is known to
// whoever parsed it.
func Read(set *source.Set, main *source.File) (*contract.Contract, source.Problems) {
	r := &reader{
		set: set, root: main.Root, seenRefs: make(map[*source.Node]bool),
		params: make(map[*source.Node]*contract.Parameter), responses: make(map[*source.Node]*contract.Response),
		bodies: make(map[*source.Node]*contract.Body), schemes: make(map[string]*contract.Scheme),
		ids: make(map[string]*source.Node),
	}
	if main.Root == nil || !r.identify() {
		return nil, append(r.problems, set.Problems()...).Sort()
	}
	r.document(set)
	return r.doc, append(r.problems, set.Problems()...).Sort()
}

// reader reads one contract.
type reader struct {
	set      *source.Set
	root     *source.Node
	version  versions // exactly one
	doc      *contract.Contract
	problems source.Problems

	// What references reach is read once and shared.
	params    map[*source.Node]*contract.Parameter
	responses map[*source.Node]*contract.Response
	bodies    map[*source.Node]*contract.Body
	schemes   map[string]*contract.Scheme
	// schemeNames are the names of schemes in document order.
	schemeNames []string
	seenRefs    map[*source.Node]bool
	ids         map[string]*source.Node // operationId to where it stood first
}

// maxProblems bounds what one document makes us say.
const maxProblems = 1000

func (r *reader) add(p source.Problem) {
	switch {
	case len(r.problems) < maxProblems:
		r.problems = append(r.problems, p)
	case len(r.problems) == maxProblems:
		r.problems = append(r.problems, source.Problem{
			Position: source.Position{File: p.File}, Text: "there are more problems than are listed",
			Hint: "mend these first",
		})
	}
}

func (r *reader) full() bool { return len(r.problems) > maxProblems }

func (r *reader) fail(n *source.Node, hint, format string, args ...any) {
	if !r.full() {
		r.add(source.At(n, hint, format, args...))
	}
}

func (r *reader) warn(n *source.Node, hint, format string, args ...any) {
	if !r.full() {
		r.add(source.Warn(n, hint, format, args...))
	}
}

// failAt and warnAt report at the name of a member.
func (r *reader) failAt(m *source.Member, hint, format string, args ...any) {
	if !r.full() {
		p := source.At(&m.Value, hint, format, args...)
		p.Position = m.NamePosition()
		r.add(p)
	}
}

func (r *reader) warnAt(m *source.Member, hint, format string, args ...any) {
	if !r.full() {
		p := source.Warn(&m.Value, hint, format, args...)
		p.Position = m.NamePosition()
		r.add(p)
	}
}

// dialects of the versions and what a version's text begins with.
var editions = []struct {
	field, prefix string
	version       versions
	dialect       schema.Dialect
}{
	{"swagger", "2.0", v20, schema.Swagger20},
	{"openapi", "3.0", v30, schema.OpenAPI30},
	{"openapi", "3.1", v31, schema.Draft202012},
	{"openapi", "3.2", v32, schema.Draft202012},
}

// identify finds the version; without one nothing else makes sense.
func (r *reader) identify() bool {
	const hint = `OpenAPI 3.0 to 3.2 and Swagger 2.0 are read: begin with openapi: "3.1.0"`
	if !r.root.Is(source.Object) {
		r.fail(r.root, hint, "an API description must be an object, not %s", article(r.root.Kind().String()))
		return false
	}
	at := r.root.Get("openapi")
	if at == nil {
		at = r.root.Get("swagger")
	}
	if at == nil {
		r.fail(r.root, hint, "this is no API description: it has neither %q nor %q", "openapi", "swagger")
		return false
	}
	for _, e := range editions {
		n := r.root.Get(e.field)
		rest, ok := strings.CutPrefix(n.Text(), e.prefix)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '-') {
			r.version = e.version
			r.doc = &contract.Contract{Root: r.root, Files: r.set, Dialect: e.dialect, Spec: n.Text()}
			if n.Is(source.Number) {
				r.warn(n, "put it in quotes", "the version must be a string")
			}
			return true
		}
	}
	r.fail(at, hint, "the version %q is not supported", at.Text())
	return false
}
