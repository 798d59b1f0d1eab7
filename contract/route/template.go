package route

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// template is a parsed path. A literal segment is a pattern with one text.
type template struct {
	segments []pattern
	names    []string // of the parameters, in order
}

// fault is what is wrong with a template.
type fault struct{ text, hint string }

const literalHint = "write the text of the path as a client sends it, percent-encoded where a path needs it"

// parse reads the whole path of an entry.
func parse(e *Entry) (*template, *fault) {
	mount := strings.TrimSuffix(e.Prefix, "/") + strings.TrimSuffix(e.Base, "/")
	switch {
	case strings.ContainsAny(mount, "{}"):
		return nil, &fault{"the prefix or base path of this operation holds a brace", "give the variables of the server's URL a value"}
	case mount != "" && mount[0] != '/', e.Base != "" && e.Base[0] != '/':
		return nil, &fault{"the prefix and the base path must begin with a slash", ""}
	case e.Template == "" || e.Template[0] != '/':
		return nil, &fault{"a path must begin with a slash", "write it as \"/" + e.Template + "\""}
	case len(mount)+len(e.Template) > maxPath:
		return nil, &fault{TooLong.Words(), ""}
	}
	t := new(template)
	parts := strings.Split(mount[min(1, len(mount)):], "/")
	if mount == "" {
		parts = nil
	}
	parts = append(parts, strings.Split(e.Template[1:], "/")...)
	if len(parts) > maxSegments {
		return nil, &fault{TooDeep.Words(), ""}
	}
	for i, part := range parts {
		if part == "" && i < len(parts)-1 {
			return nil, &fault{EmptySegment.Words(), "remove one of the slashes"}
		}
		if f := t.segment(e, part); f != nil {
			return nil, f
		}
	}
	return t, t.check()
}

// segment reads one segment and appends it.
func (t *template) segment(e *Entry, part string) *fault {
	var p pattern
	for {
		text, rest, found := strings.Cut(part, "{")
		if strings.Contains(text, "}") {
			return &fault{"a closing brace has no opening one", "write a parameter as {name}"}
		}
		decoded, f := literal(text, len(text) == len(part) && len(p.texts) == 0)
		if f != nil {
			return f
		}
		if n := len(p.texts); found && decoded == "" && n > 0 {
			return &fault{"two parameters stand side by side", "put text between them: nothing says where the first one ends"}
		}
		p.texts = append(p.texts, decoded)
		if !found {
			break
		}
		name, rest, closed := strings.Cut(rest, "}")
		if f := t.parameter(e, &p, name, closed); f != nil {
			return f
		}
		part = rest
	}
	t.segments = append(t.segments, p)
	return nil
}

// parameter reads the name of a parameter of p.
func (t *template) parameter(e *Entry, p *pattern, name string, closed bool) *fault {
	i := len(p.texts) - 1
	switch {
	case !closed || strings.Contains(name, "{"):
		return &fault{"a parameter of the path is not closed", "write it as {name}, without slashes in the name"}
	case name == "":
		return &fault{"a parameter of the path has no name", "write it as {name}"}
	case slices.Contains(t.names, name):
		return &fault{"the parameter {" + name + "} stands twice in this path", "give each parameter a name of its own"}
	case i == maxParameters:
		return &fault{"one segment of this path has more than 16 parameters", ""}
	}
	t.names = append(t.names, name)
	if slices.Contains(e.Slash, name) {
		p.slash |= 1 << i
	}
	if slices.Contains(e.Semicolon, name) {
		p.semi |= 1 << i
	}
	return nil
}

// literal decodes text of a template and refuses what no request can hold.
// whole says that it is the whole segment.
func literal(text string, whole bool) (string, *fault) {
	var out []byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '?' || c == '#':
			return "", &fault{"a path must not hold a query or a fragment", "declare the fields of the query as parameters"}
		case c == '%':
			if i+2 >= len(text) || hexDigits[text[i+1]] == 0 || hexDigits[text[i+2]] == 0 {
				return "", &fault{BadEscape.Words(), literalHint}
			}
			c = (hexDigits[text[i+1]]-1)<<4 | (hexDigits[text[i+2]] - 1)
			i += 2
		}
		out = append(out, c)
	}
	var m Match
	var s segment
	f := m.judge(&s, out)
	switch {
	case f == DotSegment && !whole: // as in "{major}.{minor}"
		f = Unread
	case f == Unread && m.unusual != Unread:
		f = m.unusual
	case f == Unread && twiceEncoded(out):
		f = DoubleEncoded
	}
	if f != Unread {
		return "", &fault{f.Words(), literalHint}
	}
	return string(out), nil
}

// check looks at the path as a whole.
func (t *template) check() *fault {
	spans := 0
	for i := range t.segments {
		if t.segments[i].slash != 0 {
			spans++
		}
	}
	if spans > 1 {
		return &fault{"more than one segment of this path may hold slashes", "allow them in one: nothing says where the first one ends"}
	}
	return nil
}

// shape is what two templates have in common when they fit the same paths:
// everything but names and opt-ins.
func (t *template) shape() string {
	var b strings.Builder
	for i := range t.segments {
		b.WriteString("/" + strings.Join(t.segments[i].texts, "\x00"))
	}
	return b.String()
}

// optIns are the opt-ins of all parameters.
func (t *template) optIns() string {
	var b strings.Builder
	for i := range t.segments {
		b.WriteString("/" + t.segments[i].key())
	}
	return b.String()
}

// problem turns a fault into a message with a place.
func (f *fault) problem(e *Entry) source.Problem {
	return source.At(e.Node, f.hint, "%s %.120s: %s", e.Method, e.Template, f.text)
}
