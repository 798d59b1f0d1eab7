package detect

// thresholds are the scores from which a field is refused by default.
// People write anything into free text and markup; an identifier has little
// reason for quotes and words of a query.
var thresholds = [fields]uint8{
	Unknown:    50,
	FreeText:   70,
	Name:       50,
	Identifier: 40,
	URL:        50,
	Filename:   45,
	Email:      50,
	Search:     60,
	Markup:     70,
}

// Threshold is the score from which a value of field is refused by default.
func Threshold(field Field) uint8 {
	if field >= fields {
		return thresholds[Unknown]
	}
	return thresholds[field]
}

// classSet is a set of classes.
type classSet uint32

func only(list ...Class) (s classSet) {
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

func (s classSet) has(c Class) bool { return s>>c&1 != 0 }

// barred says which classes a field cannot carry: what would be an attack
// elsewhere is there what the field is for. Lines are no forgery in a text,
// and a link in a text leads nobody away by itself.
var barred = [fields]classSet{
	FreeText: only(Redirect, Log),
	Markup:   only(Redirect, Log),
	Search:   only(Redirect),
	Name:     only(Redirect),
	Email:    only(Redirect),
}

// carries says whether field can carry class.
func carries(field Field, class Class) bool {
	return field >= fields || !barred[field].has(class)
}
