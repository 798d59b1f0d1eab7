package house

import (
	"fmt"
	"go/ast"
	"regexp"
	"strings"
)

var (
	threatRow  = regexp.MustCompile(`^\| ([A-Z]\d+) \|.*\| *([^|]*?) *\| *([^|]*?) *\|$`)
	threatTest = regexp.MustCompile("`([a-z0-9/]+): ([A-Z]\\w+)`")
)

// Threats holds docs/threat-model.md against the code: each row ends with what
// answers the threat, which names tests as `package: TestName`, and with what
// remains open, and at least one of the two is said. Every test that is named
// exists, and every threat has an id of its own.
func Threats(files []*file, text string) (complaints []string) {
	complaints = Named(files, "docs/threat-model.md", text)
	ids, n := map[string]bool{}, 0
	for line := range strings.Lines(text) {
		n++
		m := threatRow.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		if ids[m[1]] {
			complaints = append(complaints, fmt.Sprintf("docs/threat-model.md:%d: another threat has the id %s", n, m[1]))
		}
		ids[m[1]] = true
		if !threatTest.MatchString(m[2]) && m[3] == "" {
			complaints = append(complaints, fmt.Sprintf("docs/threat-model.md:%d: says neither which test shows the answer nor what remains open", n))
		}
	}
	if len(ids) == 0 {
		complaints = append(complaints, "docs/threat-model.md: has no row")
	}
	return complaints
}

// Named says which tests a document names, as `package: TestName`, that do not
// exist.
func Named(files []*file, document, text string) (complaints []string) {
	tests := map[string]bool{}
	for _, f := range files {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.test() && fn.Recv == nil {
				tests[f.folder()+": "+fn.Name.Name] = true
			}
		}
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		for _, m := range threatTest.FindAllStringSubmatch(line, -1) {
			folder := m[1]
			if folder == "gatehouse" {
				folder = "."
			}
			if !tests[folder+": "+m[2]] {
				complaints = append(complaints, fmt.Sprintf("%s:%d: there is no test %s in %s", document, n, m[2], m[1]))
			}
		}
	}
	return complaints
}

// failRow is a row of docs/reference/fail-states.md below its heads.
var failRow = regexp.MustCompile(`^\| .*\|([^|]*)\|$`)

// FailStates holds docs/reference/fail-states.md against the code: each row ends
// with tests that show it, and they exist.
func FailStates(files []*file, text string) (complaints []string) {
	const document = "docs/reference/fail-states.md"
	complaints = Named(files, document, text)
	rows, n := 0, 0
	for line := range strings.Lines(text) {
		n++
		m := failRow.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || strings.HasPrefix(line, "| what fails ") {
			continue
		}
		if rows++; !threatTest.MatchString(m[1]) {
			complaints = append(complaints, fmt.Sprintf("%s:%d: does not say which test shows it", document, n))
		}
	}
	if rows == 0 {
		complaints = append(complaints, document+": has no row")
	}
	return complaints
}
