package forwarded

import (
	"bytes"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// standard walks along Forwarded (RFC 7239 section 4). A line that is not
// written as the standard says ends the walk: nobody knows where its
// elements, those of the trusted proxy among them, begin.
func (w *walk) standard(fields []gate.Field) bool {
	for i := len(fields) - 1; i >= 0; i-- {
		f := &fields[i]
		if f.Gone || !gate.EqualFold(f.Name, nameForwarded) {
			continue
		}
		var last [maxHops]element
		n, ok := scanLine(f.Value, &last)
		if !ok {
			w.word = word{}
			return true
		}
		for k := range n {
			if k == maxHops {
				return false
			}
			e := &last[(n-1-k)%maxHops]
			if !w.step(e.node, e.word) {
				return true
			}
			if w.far() {
				return false
			}
		}
	}
	return true
}

// element is what one proxy says.
type element struct {
	word
	node netip.Addr // not valid when it is hidden, unknown or not said
}

// scanLine reads a list of elements and keeps the last of them: element i is
// in last[i%maxHops].
func scanLine(b []byte, last *[maxHops]element) (n int, ok bool) {
	for {
		b = bytes.TrimLeft(b, " \t")
		switch {
		case len(b) == 0:
			return n, true
		case b[0] == ',': // an empty element (RFC 9110 section 5.6.1.2)
			b = b[1:]
			continue
		}
		e := &last[n%maxHops]
		if b, ok = e.scan(b); !ok {
			return 0, false
		}
		n++
		if b = bytes.TrimLeft(b, " \t"); len(b) > 0 && b[0] != ',' {
			return 0, false
		}
	}
}

// scan reads pairs of names and values with ";" between them and returns what
// is behind. There is no white space in an element, and no name stands twice.
func (e *element) scan(b []byte) (rest []byte, ok bool) {
	*e = element{}
	var seen [len(parameters)]bool
	for {
		n := tokenLen(b)
		if n == 0 || n == len(b) || b[n] != '=' {
			return nil, false
		}
		name := b[:n]
		value, rest, ok := scanValue(b[n+1:])
		if !ok {
			return nil, false
		}
		for i, p := range parameters {
			if gate.EqualFold(name, p) {
				if seen[i] {
					return nil, false
				}
				seen[i] = true
				e.read(p, value)
			}
		}
		if len(rest) == 0 || rest[0] != ';' {
			return rest, true
		}
		b = rest[1:]
	}
}

// parameters are those of RFC 7239 section 5. Others may come.
var parameters = [...]string{"for", "proto", "host", "by"}

// read takes a parameter.
func (e *element) read(name string, v []byte) {
	switch name {
	case "for":
		e.node = strictNode(v)
	case "proto":
		e.proto = protoOf(v)
	case "host":
		e.host = authority(v)
	}
}

// scanValue reads a token or a quoted string (RFC 9110 section 5.6.4). One
// with escapes keeps them, so that it is no node and no authority: neither
// needs any.
func scanValue(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		n := tokenLen(b)
		return b[:n], b[n:], n > 0
	}
	b = b[1:]
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return b[:i], b[i+1:], true
		case b[i] == '\\':
			i++
		case !octet.Is(b[i], octet.Value):
			return nil, nil, false
		}
	}
	return nil, nil, false
}

func tokenLen(b []byte) int {
	for i, c := range b {
		if !octet.Is(c, octet.Token) {
			return i
		}
	}
	return len(b)
}
