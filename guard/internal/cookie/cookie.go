// Package cookie splits cookie strings in the one way in which all servers do,
// and refuses those that some would split in another. The guards import it:
// one of them judges declared cookies, another looks for keys, and a string
// must not mean one thing to one and another to the other. It knows nothing of
// contracts or exchanges, and makes nothing.
package cookie

import (
	"bytes"
	"strings"
)

// Max bounds the cookies of a request whose cookies are read.
const Max = 256

// Pair is where one cookie stands in a string.
type Pair struct {
	Start, Equals int // the name
	From, End     int // the value
}

// Name returns the name of p in raw.
func (p *Pair) Name(raw []byte) []byte { return raw[p.Start:p.Equals] }

// Value returns the value of p in raw.
func (p *Pair) Value(raw []byte) []byte { return raw[p.From:p.End] }

// octets are the bytes of a name, of which a token is a part, and of an
// unquoted value (RFC 6265 section 4.1.1).
var octets = func() (t [256]bool) {
	for i := 0x21; i < 0x7f; i++ {
		t[i] = i != '"' && i != ',' && i != '\\'
	}
	return t
}()

// Next reads the pair that begins at raw[at], with at below len(raw), and
// returns where the next one begins, len(raw) when there is none (RFC 6265
// section 4.2.1). It reports false when the name is not one for every server
// (beyond ASCII it could begin or end with white space that some cut off), or
// when a separator ends the string. The value is judged by Plain or Other.
func Next(raw []byte, at int) (p Pair, next int, ok bool) {
	end := at
	for end < len(raw) && raw[end] != ';' {
		end++
	}
	equals := at
	for equals < end && raw[equals] != '=' {
		equals++
	}
	p = Pair{at, equals, min(equals+1, end), end}
	if equals == at {
		return p, end, false
	}
	for _, c := range p.Name(raw) {
		if !octets[c] {
			return p, end, false
		}
	}
	if end == len(raw) {
		return p, end, true
	}
	if next = end + 1; next == len(raw) {
		return p, next, false
	}
	if raw[next] == ' ' {
		next++
	}
	return p, next, next < len(raw)
}

// Plain reports whether p, a cookie that somebody reads, has a value without
// quotes. Lists hold commas.
func (p *Pair) Plain(raw []byte) bool {
	if p.Equals == p.End {
		return false
	}
	for _, c := range p.Value(raw) {
		if !octets[c] && c != ',' {
			return false
		}
	}
	return true
}

// Other reports whether p, a cookie that nobody here reads, cannot be taken for
// several: blanks and commas are separators to readers of older standards (RFC
// 2109 section 4.3.4), and quotes hide a semicolon from some.
func (p *Pair) Other(raw []byte) bool {
	value := p.Value(raw)
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		for _, c := range value[1 : n-1] {
			if c == '"' || c == '\\' || c < 0x20 || c == 0x7f {
				return false
			}
		}
		return true
	}
	for _, c := range value {
		if c <= ' ' || c == '"' || c == 0x7f {
			return false
		}
	}
	comma := bytes.IndexByte(value, ',')
	return comma < 0 || bytes.IndexByte(value[comma:], '=') < 0
}

// Folds reports whether name and declared are one to a server that turns names
// of cookies into names of variables, as PHP does: when each is cut at "[" or,
// where that closes nowhere, written with "_" for it, and with "_" for ".".
// Blanks fold as well, but stand in no name of a cookie.
func Folds(name []byte, declared string) bool {
	short, _, _ := bytes.Cut(name, bracket)
	whole, _, _ := strings.Cut(declared, "[")
	return sameFolded(short, whole) || sameFolded(name, declared)
}

var bracket = []byte("[")

func sameFolded(a []byte, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if folded[a[i]] != folded[b[i]] {
			return false
		}
	}
	return true
}

// folded are the bytes of names of variables.
var folded = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	t['.'], t['['] = '_', '_'
	return t
}()
