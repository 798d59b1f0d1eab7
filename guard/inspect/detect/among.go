package detect

// Classes is a set of classes. The zero value is empty.
type Classes uint32

// AllClasses has every class.
const AllClasses = Classes(1<<classes - 1)

// Only returns the set of these classes.
func Only(list ...Class) (s Classes) {
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in s.
func (s Classes) Has(c Class) bool { return s>>c&1 != 0 }

// Without returns s without the class of that name.
func (s Classes) Without(name string) Classes {
	if c, ok := ClassOf(name); ok {
		s &^= 1 << c
	}
	return s
}

// ClassOf returns the class of a name; false for a name that no class has that
// can be found.
func ClassOf(name string) (Class, bool) {
	for c := None + 1; c < classes; c++ {
		if classNames[c] == name {
			return c, true
		}
	}
	return None, false
}

// JudgeAmong is Judge for those who look for some classes alone: it returns the
// worst of these.
func JudgeAmong(value []byte, at Position, field Field, among Classes) Verdict {
	m := scan(value)
	if m&loud == 0 && !leadsQuery(value, m) {
		return Verdict{}
	}
	return judge(value, m, at, field, among)
}
