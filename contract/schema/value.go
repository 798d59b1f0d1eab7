package schema

// kindOf tells the kind of a value by its first byte. Both booleans and all
// that is no value are 0 or a set.
var kindOf = [256]kinds{
	'{': kObject, '[': kArray, '"': kString, 't': kTrue, 'f': kFalse, 'n': kNull,
	'-': kNumber | kInteger, '0': kNumber | kInteger, '1': kNumber | kInteger, '2': kNumber | kInteger,
	'3': kNumber | kInteger, '4': kNumber | kInteger, '5': kNumber | kInteger, '6': kNumber | kInteger,
	'7': kNumber | kInteger, '8': kNumber | kInteger, '9': kNumber | kInteger,
}

// value judges the value that begins at i, which is no blank, and returns its
// end, or -1. With track, the members and items that n evaluates are marked
// in the current frame: the value is read on behalf of a schema around n.
func (st *State) value(n *node, d []byte, i int, track bool) int {
	if n.more != nil || n.tags != nil {
		return st.composite(n, d, i, track)
	}
	return st.plainValue(n, d, i, track)
}

// plainValue judges by the rules of n alone, without its composites.
func (st *State) plainValue(n *node, d []byte, i int, track bool) int {
	if uint(i) >= uint(len(d)) {
		return st.syntax(i)
	}
	c := d[i]
	switch c {
	case '"':
		if n.types&kString == 0 {
			break
		}
		if n.str != nil {
			return st.stringValue(n, d, i)
		}
		end, _ := st.str(d, i)
		if n == always {
			return st.free(TagLoose, i, end)
		}
		return end
	case '{':
		if n.types&kObject == 0 {
			break
		}
		if n.obj != nil {
			return st.object(n, d, i, track)
		}
		return st.skipObject(d, i)
	case '[':
		if n.types&kArray == 0 {
			break
		}
		if n.arr != nil {
			return st.array(n, d, i, track)
		}
		return st.skipArray(d, i)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return st.numberValue(n, d, i)
	case 't':
		if n.types&kTrue == 0 {
			break
		}
		return st.literal(d, i, "true")
	case 'f':
		if n.types&kFalse == 0 {
			break
		}
		return st.literal(d, i, "false")
	case 'n':
		if n.types&kNull == 0 {
			break
		}
		return st.literal(d, i, "null")
	default:
		return st.syntax(i)
	}
	if n.flags&broken != 0 {
		return st.stop(wBroken, i)
	}
	return st.fail(refusedBy(n, c), n, i, i, 0)
}

// refusedBy tells enumerations of booleans from types that are missing.
func refusedBy(n *node, c byte) keyword {
	if kindOf[c]&kBool != 0 && n.types&kBool != 0 {
		return wEnum
	}
	return wType
}
