package gate

import "bytes"

// maxMembers is how many a tracestate may have (Trace Context section 3.3, header field values).
const maxMembers = 32

// stateSound reports whether all tracestate fields of the call together are one
// list: what is not is not passed on. The gate adds nothing.
func (x *Exchange) stateSound() bool {
	var s traceState
	for i := range x.Fields {
		f := &x.Fields[i]
		if len(f.Name) == len(nameState) && !f.Gone && EqualFold(f.Name, nameState) && !s.read(f.Value) {
			return false
		}
	}
	return true
}

// traceState is what was read of a tracestate.
type traceState struct {
	keys [maxMembers][]byte
	n    int
}

// read reads the members of one field, of which empty ones do no harm.
func (s *traceState) read(list []byte) bool {
	for more := true; more; {
		var member []byte
		member, list, more = bytes.Cut(list, comma)
		if member = trimSpace(member); len(member) > 0 && !s.add(member) {
			return false
		}
	}
	return true
}

// add takes a member: a key that stands once, and a value.
func (s *traceState) add(member []byte) bool {
	key, value, found := bytes.Cut(member, equals)
	if !found || s.n == maxMembers || !isStateKey(key) || !isStateValue(value) {
		return false
	}
	for _, known := range s.keys[:s.n] {
		if bytes.Equal(known, key) {
			return false
		}
	}
	s.keys[s.n] = key
	s.n++
	return true
}

var comma, equals = []byte{','}, []byte{'='}

// isStateKey knows keys (section 3.3, key).
func isStateKey(b []byte) bool {
	if len(b) == 0 || len(b) > 256 || !isSmallAlphanumeric(b[0]) {
		return false
	}
	for _, c := range b[1:] {
		if !isSmallAlphanumeric(c) && c != '_' && c != '-' && c != '*' && c != '/' && c != '@' {
			return false
		}
	}
	return true
}

// isStateValue knows values (section 3.3, value). Space around them is gone.
func isStateValue(b []byte) bool {
	if len(b) == 0 || len(b) > 256 {
		return false
	}
	for _, c := range b {
		if c < ' ' || c > '~' || c == '=' {
			return false
		}
	}
	return true
}

func isSmallAlphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
