package schema

// skip reads a value that no schema looks into. Syntax and names are checked
// all the same.
func (st *State) skip(d []byte, i int) int {
	if uint(i) >= uint(len(d)) {
		return st.syntax(i)
	}
	switch d[i] {
	case '"':
		end, _ := st.str(d, i)
		return st.free(TagLoose, i, end)
	case '{':
		return st.skipObject(d, i)
	case '[':
		return st.skipArray(d, i)
	case 't':
		return st.literal(d, i, "true")
	case 'f':
		return st.literal(d, i, "false")
	case 'n':
		return st.literal(d, i, "null")
	}
	if end := plainNumber(d, i); end >= 0 {
		return end
	}
	var num numeral
	return st.numeral(d, i, &num)
}

// plainNumber returns the end of a number of few digits and without an
// exponent; otherwise -1, which says nothing.
func plainNumber(d []byte, i int) int {
	if d[i] == '-' {
		i++
	}
	first := i
	for uint(i) < uint(len(d)) && d[i]-'0' <= 9 {
		i++
	}
	if i == first || i-first > 1 && d[first] == '0' || i-first > smallDigits {
		return -1
	}
	if uint(i) < uint(len(d)) && d[i] == '.' {
		i++
		point := i
		for uint(i) < uint(len(d)) && d[i]-'0' <= 9 {
			i++
		}
		if i == point {
			return -1
		}
	}
	if uint(i) < uint(len(d)) && d[i]|0x20 == 'e' {
		return -1
	}
	return i
}

func (st *State) skipArray(d []byte, i int) int {
	if st.depth++; st.depth > maxDepth {
		return st.stop(wDepth, i)
	}
	i = space(d, i+1)
	if i < len(d) && d[i] == ']' {
		st.depth--
		return i + 1
	}
	for {
		if i = st.skip(d, i); i < 0 {
			return -1
		}
		i = space(d, i)
		if i >= len(d) {
			return st.syntax(i)
		}
		if d[i] == ']' {
			st.depth--
			return i + 1
		}
		if d[i] != ',' {
			return st.syntax(i)
		}
		i = space(d, i+1)
	}
}

func (st *State) skipObject(d []byte, i int) int {
	if st.depth++; st.depth > maxDepth {
		return st.stop(wDepth, i)
	}
	i = space(d, i+1)
	if i < len(d) && d[i] == '}' {
		st.depth--
		return i + 1
	}
	set := st.openNames()
	for {
		key := i
		if i = st.free(TagName, key, st.name(d, i, &set)); i < 0 {
			return -1
		}
		if i = colon(d, i); i < 0 {
			return st.syntax(key)
		}
		if i = st.skip(d, i); i < 0 {
			return -1
		}
		i = space(d, i)
		if i >= len(d) {
			return st.syntax(i)
		}
		if d[i] == '}' {
			st.depth--
			st.closeNames(&set)
			return i + 1
		}
		if d[i] != ',' {
			return st.syntax(i)
		}
		i = space(d, i+1)
	}
}

// colon reads the colon after a name and returns where the value begins.
func colon(d []byte, i int) int {
	if uint(i) < uint(len(d)) && d[i] != ':' {
		i = space(d, i)
	}
	if uint(i) >= uint(len(d)) || d[i] != ':' {
		return -1
	}
	if i++; uint(i) < uint(len(d)) && d[i] > ' ' {
		return i
	}
	return space(d, i)
}

// jump returns the end of a value that has been read before, or -1 when it
// has not and is malformed. It checks nothing.
func jump(d []byte, i int) int {
	depth := 0
	for i < len(d) {
		switch d[i] {
		case '"':
			if i = jumpString(d, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth <= 0 {
				return -1
			}
			i++
			continue
		default:
			for i < len(d) && isWord[d[i]] {
				i++
			}
			if i < len(d) && !ends[d[i]] {
				return -1
			}
		}
		if depth <= 0 {
			return i
		}
	}
	return -1
}

// jumpString returns the end of the string at i.
func jumpString(d []byte, i int) int {
	for i++; i < len(d); {
		i = plain(d, i)
		if i >= len(d) {
			return -1
		}
		switch d[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
		i++
	}
	return -1
}

// isWord holds the bytes of numbers and of true, false and null; ends what may
// follow them.
var isWord, ends = byteSet("+-.0123456789Eaeflnrstu"), byteSet(",:]} \n\r\t")

func byteSet(s string) (set [256]bool) {
	for _, c := range []byte(s) {
		set[c] = true
	}
	return set
}
