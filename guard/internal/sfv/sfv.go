// Package sfv reads structured fields (RFC 9651), as far as signatures and
// digests of messages use them: dictionaries of items and inner lists. Guards
// import it; it knows nothing of what a field means. It is strict: what the
// standard does not allow fails the whole field.
package sfv

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// Bounds of a field.
const (
	MaxBytes = 16 << 10
	maxItems = 64 // of a dictionary, of an inner list, of parameters
)

// Kind is the type of a bare item. The zero Kind is none.
type Kind uint8

// The kinds. Decimals, dates and display strings are not read.
const (
	None Kind = iota
	Integer
	String
	Token
	Bytes
	Boolean
)

// Item is a bare item with its parameters.
type Item struct {
	Kind   Kind
	Number int64  // of Integer; 1 for a true Boolean
	Text   string // of String and Token; the bytes of Bytes
	Params []Param
}

// Param is one parameter.
type Param struct {
	Key   string
	Value Item
}

// Member is one of a dictionary: an item, or an inner list with parameters.
type Member struct {
	Key    string
	Inner  bool
	Items  []Item // of an inner list
	Item   Item   // else
	Params []Param
}

// Param returns the parameter called key, nil for none.
func (m *Member) Param(key string) *Item { return find(m.Params, key) }

// Param returns the parameter called key, nil for none.
func (i *Item) Param(key string) *Item { return find(i.Params, key) }

func find(list []Param, key string) *Item {
	for i := range list {
		if list[i].Key == key {
			return &list[i].Value
		}
	}
	return nil
}

type reader struct{ rest string }

// Dictionary reads one (RFC 9651 section 4.2.2). A key that stands twice, which
// the standard lets win the last, fails it: others may take the first.
func Dictionary(text string) (list []Member, ok bool) {
	if len(text) > MaxBytes {
		return nil, false
	}
	r := reader{strings.Trim(text, " ")}
	for len(r.rest) > 0 {
		m, ok := r.member()
		if !ok || len(list) == maxItems {
			return nil, false
		}
		for i := range list {
			if list[i].Key == m.Key {
				return nil, false
			}
		}
		list = append(list, m)
		r.rest = strings.TrimLeft(r.rest, " \t")
		if r.rest == "" {
			return list, true
		}
		if !r.take(',') {
			return nil, false
		}
		if r.rest = strings.TrimLeft(r.rest, " \t"); r.rest == "" {
			return nil, false
		}
	}
	return list, true
}

func (r *reader) take(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *reader) member() (m Member, ok bool) {
	if m.Key, ok = r.key(); !ok {
		return m, false
	}
	switch {
	case !r.take('='):
		m.Item = Item{Kind: Boolean, Number: 1}
	case strings.HasPrefix(r.rest, "("):
		m.Inner = true
		if m.Items, ok = r.inner(); !ok {
			return m, false
		}
	default:
		if m.Item, ok = r.bare(); !ok {
			return m, false
		}
	}
	m.Params, ok = r.params()
	return m, ok
}

// inner is section 4.2.1.2.
func (r *reader) inner() (items []Item, ok bool) {
	r.take('(')
	for {
		r.rest = strings.TrimLeft(r.rest, " ")
		if r.take(')') {
			return items, true
		}
		item, ok := r.bare()
		if !ok || len(items) == maxItems {
			return nil, false
		}
		if item.Params, ok = r.params(); !ok {
			return nil, false
		}
		items = append(items, item)
		if r.rest == "" || r.rest[0] != ' ' && r.rest[0] != ')' {
			return nil, false
		}
	}
}

// params is section 4.2.3.2. A key that stands twice fails it, as in
// Dictionary.
func (r *reader) params() (list []Param, ok bool) {
	for r.take(';') {
		r.rest = strings.TrimLeft(r.rest, " ")
		p := Param{Value: Item{Kind: Boolean, Number: 1}}
		if p.Key, ok = r.key(); !ok || len(list) == maxItems || find(list, p.Key) != nil {
			return nil, false
		}
		if r.take('=') {
			if p.Value, ok = r.bare(); !ok {
				return nil, false
			}
		}
		list = append(list, p)
	}
	return list, true
}

// key is section 4.2.3.3.
func (r *reader) key() (string, bool) {
	n := 0
	for n < len(r.rest) && (isLower(r.rest[n]) || r.rest[n] == '*' || n > 0 && (isDigit(r.rest[n]) || strings.IndexByte("_-.", r.rest[n]) >= 0)) {
		n++
	}
	key := r.rest[:n]
	r.rest = r.rest[n:]
	return key, n > 0
}

// bare is section 4.2.3.1.
func (r *reader) bare() (item Item, ok bool) {
	if r.rest == "" {
		return item, false
	}
	switch c := r.rest[0]; {
	case c == '"':
		item.Kind = String
		item.Text, ok = r.text()
	case c == ':':
		item.Kind = Bytes
		item.Text, ok = r.bytes()
	case c == '?':
		ok = len(r.rest) > 1 && (r.rest[1] == '0' || r.rest[1] == '1')
		if ok {
			item.Kind, item.Number, r.rest = Boolean, int64(r.rest[1]-'0'), r.rest[2:]
		}
	case c == '-' || isDigit(c):
		item.Kind = Integer
		item.Number, ok = r.integer()
	case c == '*' || isLower(c|0x20):
		item.Kind = Token
		n := 1
		for n < len(r.rest) && (isDigit(r.rest[n]) || isLower(r.rest[n]|0x20) || strings.IndexByte("!#$%&'*+-.^_`|~:/", r.rest[n]) >= 0) {
			n++
		}
		item.Text, r.rest, ok = r.rest[:n], r.rest[n:], true
	}
	return item, ok
}

func (r *reader) text() (string, bool) {
	var b strings.Builder
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			r.rest = r.rest[i+1:]
			return b.String(), true
		case c == '\\':
			if i++; i == len(r.rest) || r.rest[i] != '"' && r.rest[i] != '\\' {
				return "", false
			}
			b.WriteByte(r.rest[i])
		case c < ' ' || c > '~':
			return "", false
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// bytes reads base64 that is padded and written in the one way there is:
// section 4.2.7 lets others be read as well, which we need not.
func (r *reader) bytes() (string, bool) {
	end := strings.IndexByte(r.rest[1:], ':')
	if end < 0 {
		return "", false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(r.rest[1 : 1+end])
	if strings.ContainsAny(r.rest[1:1+end], "\r\n") {
		return "", false
	}
	r.rest = r.rest[end+2:]
	return string(b), err == nil
}

// integer reads at most 15 digits; one with a point is a decimal.
func (r *reader) integer() (int64, bool) {
	n := 0
	if r.rest[0] == '-' {
		n = 1
	}
	start := n
	for n < len(r.rest) && isDigit(r.rest[n]) {
		n++
	}
	if n == start || n-start > 15 || n < len(r.rest) && r.rest[n] == '.' {
		return 0, false
	}
	v, err := strconv.ParseInt(r.rest[:n], 10, 64)
	r.rest = r.rest[n:]
	return v, err == nil
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// AppendInner writes an inner list with its parameters (section 4.1.1.1).
func AppendInner(out []byte, items []Item, params []Param) []byte {
	out = append(out, '(')
	for i := range items {
		if i > 0 {
			out = append(out, ' ')
		}
		out = items[i].Append(out)
	}
	return appendParams(append(out, ')'), params)
}

// Append writes an item with its parameters (section 4.1.3).
func (i *Item) Append(out []byte) []byte {
	switch i.Kind {
	case Integer:
		out = strconv.AppendInt(out, i.Number, 10)
	case String:
		out = append(out, '"')
		for _, c := range []byte(i.Text) {
			if c == '"' || c == '\\' {
				out = append(out, '\\')
			}
			out = append(out, c)
		}
		out = append(out, '"')
	case Token:
		out = append(out, i.Text...)
	case Bytes:
		out = append(base64.StdEncoding.AppendEncode(append(out, ':'), []byte(i.Text)), ':')
	case Boolean:
		out = append(out, '?', byte('0'+i.Number))
	}
	return appendParams(out, i.Params)
}

func appendParams(out []byte, params []Param) []byte {
	for i := range params {
		p := &params[i]
		out = append(append(out, ';'), p.Key...)
		if p.Value.Kind != Boolean || p.Value.Number == 0 {
			out = p.Value.Append(append(out, '='))
		}
	}
	return out
}
