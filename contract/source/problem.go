package source

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Position is a place in a document. Lines and columns count from 1; columns
// count bytes. The zero Position is no place.
type Position struct {
	File   string
	Line   int
	Column int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity says whether a problem stops a document from being used.
type Severity uint8

const (
	Error   Severity = iota // the document cannot be used
	Warning                 // it can, but something is loose or ignored
)

// Problem is one thing that is wrong with a document: where, what, and what
// to do next.
type Problem struct {
	Position
	Pointer  string // JSON pointer as a URI fragment, "" when unknown
	Text     string // what is wrong, in one sentence without a full stop
	Hint     string // what to do next, "" when the text says it
	Severity Severity
}

// maxText bounds text, hint and pointer of a problem, which may quote names of
// any length.
const maxText = 400

// clip shortens what is longer than maxText.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// printable escapes what could move a terminal's cursor: names in documents
// hold any character.
func printable(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if unicode.IsControl(c) {
			fmt.Fprintf(&b, "\\u%04x", c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// String renders the problem as file:line:column, pointer, text and hint on
// at most two lines.
func (p Problem) String() string {
	var b strings.Builder
	if p.Position != (Position{}) {
		b.WriteString(printable(p.Position.String()))
		b.WriteString(": ")
	}
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	if p.Pointer != "" {
		b.WriteString(printable(p.Pointer) + ": ")
	}
	b.WriteString(printable(p.Text))
	if p.Hint != "" {
		b.WriteString("\n  hint: " + printable(p.Hint))
	}
	return b.String()
}

// At returns an error-severity problem at n.
func At(n *Node, hint, format string, args ...any) Problem {
	return Problem{
		Position: n.Position(), Pointer: clip(n.Pointer()), Text: clip(fmt.Sprintf(format, args...)), Hint: clip(hint),
	}
}

// Warn returns a warning at n.
func Warn(n *Node, hint, format string, args ...any) Problem {
	p := At(n, hint, format, args...)
	p.Severity = Warning
	return p
}

// Problems is every problem of a document at once. It is an error when it is
// not empty; use Err to return it as one.
type Problems []Problem

// Error renders one problem a line (and its hint on the next).
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps as an error when it holds a problem of severity Error,
// otherwise nil.
func (ps Problems) Err() error {
	if slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error }) {
		return ps
	}
	return nil
}

// Sort orders the problems by place and drops repeats.
func (ps Problems) Sort() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.Compact(ps)
}
