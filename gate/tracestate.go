package gate

import "math"

// maxMembers is how many a tracestate may have (Trace Context section 3.3, header field values).
const maxMembers = 32

// traceState is what was read of the fields called tracestate. It has places in
// them and no slices: it is made for each call, and small then.
type traceState struct {
	fields []Field
	keys   [maxMembers]stateKey
	n      int
}

// stateKey is where a key stands.
type stateKey struct {
	start         uint32
	field, length uint16
}

// soundStates reports whether the fields called tracestate can be read, together.
// The first of them is at first.
func soundStates(fields []Field, first int) bool {
	s := traceState{fields: fields}
	if !s.read(first) {
		return false
	}
	for i := first + 1; i < len(fields); i++ {
		if f := &fields[i]; len(f.Name) == len(nameState) && !f.Gone && EqualFold(f.Name, nameState) && !s.read(i) {
			return false
		}
	}
	return true
}

// maxStateBytes bounds a key and a value (section 3.3).
const maxStateBytes = 256

// read reads the members of one field: a key that stands once, and a value, with
// space around them. Empty members do no harm.
func (s *traceState) read(field int) bool {
	list := s.fields[field].Value
	if uint64(len(list)) > math.MaxUint32 || field > math.MaxUint16 {
		return false
	}
	for i := 0; i < len(list); {
		if c := list[i]; c == ',' || isSpace(c) {
			i++
			continue
		}
		start := i
		for i < len(list) && stateBytes[list[i]]&ofKeys != 0 {
			i++
		}
		if i == start || i-start > maxStateBytes || i == len(list) || list[i] != '=' || stateBytes[list[start]]&beginsKeys == 0 {
			return false
		}
		key := stateKey{uint32(start), uint16(field), uint16(i - start)}
		if i = skipValue(list, i+1); i < 0 || !s.add(key) {
			return false
		}
	}
	return true
}

// skipValue returns where the value that begins at start, and the space behind it,
// end; -1 where there is none.
func skipValue(list []byte, start int) int {
	i := start
	for i < len(list) && stateBytes[list[i]]&ofValues != 0 {
		i++
	}
	end := i
	for end > start && isSpace(list[end-1]) {
		end--
	}
	for i < len(list) && isSpace(list[i]) {
		i++
	}
	if end == start || end-start > maxStateBytes || i < len(list) && list[i] != ',' {
		return -1
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// add notes a key, of which there was none before.
func (s *traceState) add(key stateKey) bool {
	if s.n == maxMembers {
		return false
	}
	text := s.text(key)
	for _, known := range s.keys[:s.n] {
		if string(s.text(known)) == string(text) {
			return false
		}
	}
	s.keys[s.n] = key
	s.n++
	return true
}

func (s *traceState) text(k stateKey) []byte {
	return s.fields[k.field].Value[k.start:][:k.length]
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
