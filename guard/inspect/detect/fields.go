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

// barred says which classes a field cannot carry: what would be an attack
// elsewhere is there what the field is for. Lines are no forgery in a text,
// and a link in a text leads nobody away by itself.
var barred = [fields]Classes{
	FreeText: Only(Redirect, Log),
	Markup:   Only(Redirect, Log),
	Search:   Only(Redirect),
	Name:     Only(Redirect),
	Email:    Only(Redirect),
}

// carried are those of among that field can carry.
func carried(among Classes, field Field) Classes {
	if field < fields {
		among &^= barred[field]
	}
	return among
}
