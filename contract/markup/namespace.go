package markup

import "bytes"

// binding is one namespace in scope; prefix is empty for the default one.
type binding struct{ prefix, space []byte }

// The namespaces that stand for themselves (Namespaces in XML 1.0 section 3).
const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// steers reports namespaces whose names tell the reader what to do with the
// document. They are never taken for what a contract leaves undeclared.
func steers(space []byte) bool {
	switch string(space) {
	case "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/2001/XInclude", "http://www.w3.org/2003/XInclude":
		return true
	}
	return false
}

// attr is one attribute of a start tag.
type attr struct {
	from       int // the white space before it
	name       int
	local      int
	nameEnd    int
	value, end int // between the quotes
	space      []byte
	declares   bool // a namespace
}

// bind adds the namespace that a declares (Namespaces in XML 1.0 section 3).
func (st *State) bind(a *attr) int {
	space := st.d[a.value:a.end]
	prefix := st.d[a.local:a.nameEnd]
	if a.local == a.name { // xmlns="..."
		prefix = nil
	}
	if len(space) > maxNamespace {
		return st.fail(longName)
	}
	for _, c := range space {
		if c == '&' || c == ' ' { // other blanks are in no attribute
			return st.fail(badNamespace)
		}
	}
	switch {
	case string(prefix) == "xmlns", string(space) == xmlnsSpace,
		(string(prefix) == "xml") != (string(space) == xmlSpace),
		prefix != nil && len(space) == 0: // undeclaring is for XML 1.1
		return st.fail(badNamespace)
	case len(st.bindings) == maxBindings:
		return st.fail(tooManyNamespaces)
	}
	st.bindings = append(st.bindings, binding{prefix, st.once(space)})
	return 0
}

// once returns the bytes that stand for space wherever it is bound, so that
// names of namespaces, which may be long, need not be compared for each attribute.
func (st *State) once(space []byte) []byte {
	if string(space) == xmlSpace {
		return xmlName
	}
	for k := range st.bindings {
		if b := &st.bindings[k]; bytes.Equal(b.space, space) {
			return b.space
		}
	}
	return space
}

// same reports whether two bound namespaces are one.
func same(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// resolve returns the namespace of a name (section 6). Attributes without
// prefix are in none.
func (st *State) resolve(start, local int, attribute bool) (space []byte, ok bool) {
	var prefix []byte
	if local > start {
		prefix = st.d[start : local-1]
	} else if attribute {
		return nil, true
	}
	for k := len(st.bindings) - 1; k >= 0; k-- {
		if b := &st.bindings[k]; bytes.Equal(b.prefix, prefix) {
			return b.space, true
		}
	}
	switch {
	case prefix == nil:
		return nil, true
	case string(prefix) == "xml":
		return xmlName, true
	}
	return nil, false
}

var xmlName = []byte(xmlSpace)
