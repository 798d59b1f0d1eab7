package detect

// Lookups of logging libraries: ${prefix:name:-default}, which may hold others
// that spell the prefix. They are resolved here as the library would, into a
// small buffer, to see which lookup remains.

// maxLookup bounds the text and the depth of one lookup.
const maxLookup = 128

// lookup is one reading of nested lookups.
type lookup struct {
	text  [maxLookup]byte
	n     int
	open  [16]uint8 // where in text each open lookup begins
	depth int
}

// dangerous prefixes fetch or run something; telling ones read settings.
var prefixes = func() *words {
	t := vocabulary(runs, "jndi script dns url", nil)
	return vocabulary(odd, "env sys ctx java main bundle log4j docker k8s spring sd marker map event web const", t)
}()

// lookups finds lookups that fetch or run something.
func (v *view) lookups(b []byte, i int) {
	var l lookup
	for end := min(len(b), i+8*maxLookup); i < end; i++ {
		c := b[i]
		if c == 0xc4 && peek(b, i+1) == 0xb1 { // a dotless i becomes I in upper case
			c = 'i'
			i++
		}
		switch {
		case c == '{' && l.n > 0 && l.text[l.n-1] == '$':
			if l.n--; l.depth == len(l.open) {
				return
			}
			l.open[l.depth] = uint8(l.n)
			l.depth++
		case c == '}' && l.depth > 0:
			l.close()
			if l.depth == 0 && !(l.n > 0 && l.text[l.n-1] == '$') {
				return
			}
		case l.n < maxLookup:
			l.text[l.n] = small(c)
			l.n++
		}
		if l.depth > 0 {
			switch l.prefix() {
			case runs:
				v.found(Code, runs, Lookup)
				return
			case odd:
				v.found(Code, odd, Lookup)
			}
		}
	}
}

// close puts what a lookup stands for in its place.
func (l *lookup) close() {
	l.depth--
	from := int(l.open[l.depth])
	inside := l.text[from:l.n]
	keep := 0 // how many bytes of its end stay
	for k := len(inside) - 1; k > 0; k-- {
		if inside[k] == '-' && inside[k-1] == ':' {
			keep = len(inside) - k - 1
			break
		}
	}
	if keep == 0 && (starts(inside, 0, "lower:") || starts(inside, 0, "upper:")) {
		keep = len(inside) - 6
	}
	if keep == 0 && starts(inside, 0, "date:") { // a format, in which quotes hold text
		to := from
		for _, c := range inside[5:] {
			if c != '\'' {
				l.text[to] = c
				to++
			}
		}
		l.n = to
		return
	}
	copy(l.text[from:], inside[len(inside)-keep:])
	l.n = from + keep
}

// prefix is the meaning of the prefix of the innermost open lookup, once its
// colon was read.
func (l *lookup) prefix() uint8 {
	for d := range l.depth {
		inside := l.text[l.open[d]:l.n]
		for k := range min(len(inside), 8) {
			if inside[k] == ':' {
				if m := prefixes.get(inside[:k]); m != 0 && (m == runs || k+1 < len(inside) && inside[k+1] != '-') {
					return m
				}
				break
			}
		}
	}
	return 0
}
