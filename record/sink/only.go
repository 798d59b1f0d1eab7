package sink

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Only says which lines a sink gets: those of which every field that is named
// here has one of its values. The zero Only means all.
type Only struct {
	Event, Outcome, Code, API, Operation []string

	Told, Untold []string // alerts that are meant whatever is named here, and those that are not
}

// pick appends the lines that are meant to b and counts them.
func (o *Only) pick(b, lines []byte) ([]byte, int) {
	n := 0
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		if end == 0 {
			break // no line
		}
		if line := lines[:end]; len(line) > 1 && o.means(line) {
			b = append(b, line...)
			n++
		}
		lines = lines[end:]
	}
	return b, n
}

func (o *Only) means(line []byte) bool {
	if len(o.Told)+len(o.Untold) > 0 && oneOf(line, `"event":"`, alerts) {
		name, _ := Field(line, `"alert":"`)
		if same := func(n string) bool { return n == string(name) }; slices.ContainsFunc(o.Told, same) {
			return true
		} else if slices.ContainsFunc(o.Untold, same) {
			return false
		}
	}
	return oneOf(line, `"event":"`, o.Event) && oneOf(line, `"outcome":"`, o.Outcome) && oneOf(line, `"code":"`, o.Code) &&
		oneOf(line, `"api":"`, o.API) && oneOf(line, `"operation":"`, o.Operation)
}

// alerts is the kind of events that alerts are.
var alerts = []string{"alert"}

func oneOf(line []byte, field string, values []string) bool {
	if len(values) == 0 {
		return true
	}
	value, ok := Field(line, field)
	return ok && slices.ContainsFunc(values, func(v string) bool { return v == string(value) })
}

// Field returns the text of a field of a line, without reading the rest; field
// is written as it stands there, as in `"code":"`. Lines are the gate's own:
// within a text a quotation mark is escaped, so that what looks like a field
// behind a comma is one.
func Field(line []byte, field string) ([]byte, bool) {
	for from := 0; ; {
		at := bytes.Index(line[from:], []byte(field))
		if at < 0 {
			return nil, false
		}
		at += from
		from = at + len(field)
		if at == 0 || line[at-1] != ',' && line[at-1] != '{' {
			continue
		}
		value := line[from:]
		for i := 0; i < len(value); i++ {
			switch value[i] {
			case '\\':
				return unescaped(value)
			case '"':
				return value[:i], true
			}
		}
		return nil, false
	}
}

// unescaped reads the text that value begins with.
func unescaped(value []byte) ([]byte, bool) {
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case '"':
			var text string
			if json.Unmarshal(append(append([]byte{'"'}, value[:i]...), '"'), &text) != nil {
				return nil, false
			}
			return []byte(text), true
		}
	}
	return nil, false
}
