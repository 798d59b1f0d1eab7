package edge

import "strings"

// names finds what a host name belongs to: exact names come before those
// that are written *.example.com, which are for one label more (RFC 6125
// section 6.4.3). It is read-only once filled.
type names[T any] struct {
	exact, wild map[string]T
}

// add gives a name, as certificates and configurations write it, to what; the
// first one to have it keeps it.
func (n *names[T]) add(name string, what T) {
	name = strings.ToLower(name)
	table := &n.exact
	if parent, ok := strings.CutPrefix(name, "*."); ok {
		name, table = parent, &n.wild
	}
	if *table == nil {
		*table = make(map[string]T)
	}
	if _, taken := (*table)[name]; !taken {
		(*table)[name] = what
	}
}

// maxName is more than a name of the domain name system has (RFC 1035 section
// 2.3.4).
const maxName = 255

// find returns what a name belongs to. The name may have upper case, a port and
// a dot at its end, as authorities of requests do. It allocates nothing.
func find[T any, Name string | []byte](n *names[T], host Name) (what T, ok bool) {
	var buffer [maxName]byte
	end := hostEnd(host)
	if end > len(buffer) {
		return what, false
	}
	name := buffer[:end]
	for i := range name {
		c := host[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		name[i] = c
	}
	if what, ok = n.exact[string(name)]; ok {
		return what, true
	}
	for i, c := range name {
		if c == '.' && i > 0 {
			what, ok = n.wild[string(name[i+1:])]
			return what, ok
		}
	}
	return what, false
}

// hostEnd is where the name in an authority ends: before the port and a dot at
// the end. An IPv6 address in brackets is no name, wherever it ends.
func hostEnd[Name string | []byte](host Name) int {
	end := len(host)
	for i := end; i > 0; i-- {
		if c := host[i-1]; c == ':' {
			end = i - 1
			break
		} else if c < '0' || c > '9' {
			break
		}
	}
	if end > 0 && host[end-1] == '.' {
		end--
	}
	return end
}
