// Package detect says whether one decoded value looks like an attack: SQL,
// markup, shell, path and so on. It is for guard/inspect and the command's
// inspect and attack; it imports nothing of ours and must not know requests,
// contracts or configuration. It keeps nothing between calls, allocates
// nothing for a harmless value, never backtracks, and its work is linear in
// the size of the value.
//
// A value passes three gates. One scan over its bytes (triage.go) notes which
// kinds of characters occur; a plain word, number, address or sentence ends
// there. Grammars whose characters occur (grammar.go) read the value. Then
// what may hide under a coding (layer.go) is undone, at most three deep, and
// read in the same way.
//
// To add a grammar: write func name(v *view) in a file of its own, which reads
// v.text or v.lower() and calls v.found(class, score, reasons...) for what it
// finds; put a row into the table in grammar.go with the characters without
// which it can find nothing; name its reasons in reason.go; and say in
// fields.go which fields cannot carry its class. A score is 0 to 100: from 50
// on a value of unknown meaning is refused, from 70 on also free text, so a
// structure that people write in prose or code stays below 70, and one that
// only its context makes dangerous stays below 50. sql.go is an example.
package detect

// Position is where in a request a value stands.
type Position uint8

// The positions. The zero value is read like a query parameter.
const (
	Query Position = iota
	Path
	Header
	Cookie
	JSON
	Form
)

// Field is what a value is meant for, as its schema tells.
type Field uint8

// The fields. The zero value claims nothing.
const (
	Unknown Field = iota
	FreeText
	Name
	Identifier
	URL
	Filename
	Email
	Search
	Markup
	fields // how many there are
)

// Class is the kind of an attack.
type Class uint8

// The classes. None is the class of a harmless value.
const (
	None Class = iota
	SQL
	NoSQL
	LDAP
	XPath
	Command
	Code
	Template
	Traversal
	XSS
	XML
	SSI
	CRLF
	Log
	Mail
	Prototype
	Deserialization
	Redirect
	classes // how many there are
)

var classNames = [classes]string{"none", "sql", "nosql", "ldap", "xpath", "command", "code", "template", "traversal",
	"xss", "xml", "ssi", "crlf", "log", "mail", "prototype", "deserialization", "redirect"}

func (c Class) String() string {
	if c >= classes {
		return "unknown"
	}
	return classNames[c]
}

// Verdict is the worst that was found in a value. The zero Verdict is that of
// a value in which nothing was found; whether a score refuses is the caller's
// decision, with Threshold as the default.
type Verdict struct {
	Class   Class
	Score   uint8   // 0 to 100
	Reasons Reasons // why, the weightiest first
	Layer   uint8   // how many codings were undone to find it
}

// Judge returns the worst of all classes that field can carry. It may run on
// many goroutines at once and keeps nothing of value.
func Judge(value []byte, at Position, field Field) Verdict {
	return JudgeAmong(value, at, field, AllClasses)
}
