// Command tally reads the output of "go test -json ./..." on standard input,
// prints what a person wants to see of it and counts what ran. It fails when a
// test failed, when a package with test files ran no test, and when a test that
// makes cases made none: a suite that runs nothing must not pass. It fails as
// well when anything that was written holds a secret that tests plant. (Which
// packages need tests is a rule of internal/house.) It is a tool of the
// repository, no part of the product.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(folder, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run tallies in for the module in folder.
func run(folder string, in io.Reader, out io.Writer) error {
	makers, err := caseMakers(folder)
	if err != nil {
		return err
	}
	t := newTally(out)
	if err := t.read(in); err != nil {
		return err
	}
	return t.close(makers)
}

// event is one line of go test -json (cmd/test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

// tally is what was seen so far.
type tally struct {
	out      io.Writer
	passed   int
	failed   int
	skipped  int
	printed  map[string][]string // output of each running test
	tests    map[string]int      // by package: how many tests ran
	cases    map[string]int      // by package and top-level test: its cases
	empty    map[string]bool     // packages without test files
	skips    map[string]bool     // top-level tests that were skipped
	leaked   map[string]bool     // tests that wrote a planted secret
	failures []string
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, printed: map[string][]string{}, tests: map[string]int{}, cases: map[string]int{}, empty: map[string]bool{}, skips: map[string]bool{}, leaked: map[string]bool{}}
}

func (t *tally) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(t.out, lines.Text())
			continue
		}
		t.see(&e)
	}
	return lines.Err()
}

func (t *tally) see(e *event) {
	t.search(e)
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		if e.Test == "" {
			t.packageLine(e)
		} else {
			t.printed[key] = append(t.printed[key], e.Output)
		}
	case "pass", "fail", "skip":
		t.end(e, key)
	}
}

// packageLine prints the lines that close a package and everything odd.
func (t *tally) packageLine(e *event) {
	line := e.Output
	if strings.HasSuffix(line, "[no test files]\n") {
		t.empty[e.Package] = true
		return
	}
	if line != "PASS\n" && line != "FAIL\n" && !strings.HasPrefix(line, "coverage:") {
		fmt.Fprint(t.out, line)
	}
}

func (t *tally) end(e *event, key string) {
	if e.Test == "" {
		if e.Action == "fail" {
			t.failures = append(t.failures, e.Package+" failed")
		} else if t.tests[e.Package] == 0 && !t.empty[e.Package] {
			t.failures = append(t.failures, e.Package+" ran no test")
		}
		return
	}
	t.tests[e.Package]++
	if top, _, sub := strings.Cut(e.Test, "/"); sub {
		t.cases[e.Package+" "+top]++
	} else {
		t.skips[key] = e.Action == "skip"
	}
	switch e.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped++
		t.show(key)
	case "fail":
		t.failed++
		t.show(key)
	}
	delete(t.printed, key)
}

// maxShown bounds the lines of one test; the last ones say most.
const maxShown = 60

func (t *tally) show(key string) {
	lines := t.printed[key]
	if n := len(lines) - maxShown; n > 0 {
		fmt.Fprintf(t.out, "    (%d lines left out)\n", n)
		lines = lines[n:]
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(t.out, line)
		}
	}
}

// close prints the count and says what is wrong. makers are the top-level
// tests that make cases.
func (t *tally) close(makers []string) error {
	for _, m := range makers {
		if skipped, ran := t.skips[m]; ran && !skipped && t.cases[m] == 0 {
			t.failures = append(t.failures, m+" makes cases and ran none")
		}
	}
	if t.passed+t.failed+t.skipped == 0 {
		t.failures = append(t.failures, "no test ran")
	}
	fmt.Fprintf(t.out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if len(t.failures) > 0 {
		return errors.New(strings.Join(t.failures, "\n"))
	}
	return nil
}
