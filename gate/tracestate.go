package gate

import "bytes"

// maxMembers is how many a tracestate may have (Trace Context section 3.3, header field values).
const maxMembers = 32

// traceState is what was read of a tracestate.
type traceState struct {
	keys [maxMembers][]byte
	n    int
}

// read reads the members of one field, of which empty ones do no harm.
func (s *traceState) read(list []byte) bool {
	for len(list) > 0 {
		member := list
		if end := bytes.IndexByte(list, ','); end >= 0 {
			member, list = list[:end], list[end+1:]
		} else {
			list = nil
		}
		if member = trimSpace(member); len(member) > 0 && !s.add(member) {
			return false
		}
	}
	return true
}

// maxStateBytes bounds a key and a value (section 3.3).
const maxStateBytes = 256

// add takes a member: a key that stands once, and a value. Space around it is
// gone.
func (s *traceState) add(member []byte) bool {
	n := 0
	for n < len(member) && stateBytes[member[n]]&ofKeys != 0 {
		n++
	}
	if n == 0 || n > maxStateBytes || n == len(member) || member[n] != '=' || stateBytes[member[0]]&beginsKeys == 0 {
		return false
	}
	key, value := member[:n], member[n+1:]
	if len(value) == 0 || len(value) > maxStateBytes || s.n == maxMembers {
		return false
	}
	for _, c := range value {
		if stateBytes[c]&ofValues == 0 {
			return false
		}
	}
	for _, known := range s.keys[:s.n] {
		if string(known) == string(key) {
			return false
		}
	}
	s.keys[s.n] = key
	s.n++
	return true
}

// stateBytes says where each byte may stand (section 3.3, key and value).
var stateBytes = func() (table [256]uint8) {
	for c := ' '; c <= '~'; c++ {
		if c != ',' && c != '=' {
			table[c] = ofValues
		}
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			table[c] |= ofKeys | beginsKeys
		case c == '_', c == '-', c == '*', c == '/', c == '@':
			table[c] |= ofKeys
		}
	}
	return table
}()

const (
	ofKeys uint8 = 1 << iota
	beginsKeys
	ofValues
)
