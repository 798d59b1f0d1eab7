package detect

// sqlWhen are the characters without which no fragment of SQL does anything
// where a value is put into a query.
var sqlWhen = []trigger{{any: cSingle | cDouble | cTick | cOpen | cSemi | cHash | cEqual | cLess | cGreater | cPipe | cStar}, {any: cDigit, and: cSpace | cTab | cNewline | cSlash}}

type token struct{}

// sql finds fragments of SQL. The grammar follows in the next change.
func sql(v *view) {
	s := v.lower()
	for i := 0; i+12 < len(s); i++ {
		if s[i] == 'u' && string(s[i:i+12]) == "union select" {
			v.found(SQL, 60, UnionSelect)
		}
	}
}
