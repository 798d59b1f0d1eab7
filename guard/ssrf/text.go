package ssrf

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// scratch is the memory of one judging. It is pooled.
type scratch struct {
	spare.Mark
	style.Writer
	scheme [12]byte
	host   []byte
	value  []byte    // a string that was written with escapes
	name   []byte    // of a member, likewise
	free   parameter // of a query, that nobody declares
}

const maxKept = 64 << 10

var scratches = spare.Pool[scratch, *scratch]{New: func() *scratch { return fresh() }}

func fresh() *scratch { return &scratch{free: parameter{in: "query"}} }

func open() *scratch { return scratches.Get() }

func (s *scratch) close() {
	if cap(s.JSON)+cap(s.Text)+cap(s.value)+cap(s.name)+cap(s.host) > maxKept {
		*s = *fresh()
	}
	scratches.Put(s)
}

// plainly returns what a JSON string means that stands between quotes, in the
// memory of out where it has escapes (RFC 8259 section 7).
func plainly(out *[]byte, b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	*out = schema.Unescape((*out)[:0], b)
	return *out
}

// nameOf returns the name of the member whose value begins at i of JSON text;
// nil for an item, or for the whole.
func (s *scratch) nameOf(json []byte, i int) []byte {
	i = back(json, i)
	if i == 0 || json[i-1] != ':' {
		return nil
	}
	end := back(json, i-1) - 1 // at the closing quote
	for i = end - 1; i >= 0; i-- {
		if json[i] == '"' && !escaped(json, i) {
			return plainly(&s.name, json[i+1:end])
		}
	}
	return nil
}

// escaped reports whether an odd number of backslashes stands before i.
func escaped(b []byte, i int) bool {
	n := 0
	for i-1-n >= 0 && b[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// back goes back over white space (RFC 8259 section 2).
func back(b []byte, i int) int {
	for i > 0 && (b[i-1] == ' ' || b[i-1] == '\t' || b[i-1] == '\n' || b[i-1] == '\r') {
		i--
	}
	return i
}

// strings calls f with each string within JSON text that is no name of a
// member, and with the name of the member that it is, or that the list is of
// which it is an item, and with where it begins. It ends when f says so.
func (s *scratch) strings(json []byte, f func(name, value []byte, at int) bool) {
	var names [maxDepth]struct{ start, end int } // by depth
	depth := 0
	for i := 0; i < len(json); i++ {
		switch json[i] {
		case '{', '[':
			if depth++; depth < maxDepth {
				n := names[depth-1]
				if json[i] == '{' {
					n.start, n.end = 0, 0
				}
				names[depth] = n
			}
		case '}', ']':
			depth--
		case '"':
			end := i + 1
			for end < len(json) && json[end] != '"' {
				if json[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(json))
			next := end + 1
			for next < len(json) && (json[next] == ' ' || json[next] == '\t' || json[next] == '\n' || json[next] == '\r') {
				next++
			}
			if level := min(max(depth, 0), maxDepth-1); next < len(json) && json[next] == ':' {
				names[level].start, names[level].end = i+1, end
			} else if n := names[level]; !f(plainly(&s.name, json[n.start:n.end]), plainly(&s.value, json[i+1:end]), i) {
				return
			}
			i = end
		}
	}
}

// maxDepth is how deep names of members are told apart.
const maxDepth = 64
