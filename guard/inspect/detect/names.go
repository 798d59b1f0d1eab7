package detect

var positionNames = [...]string{Query: "query", Path: "path", Header: "header", Cookie: "cookie", JSON: "json", Form: "form"}

var fieldNames = [fields]string{Unknown: "unknown", FreeText: "free-text", Name: "name", Identifier: "identifier", URL: "url",
	Filename: "filename", Email: "email", Search: "search", Markup: "markup"}

func (p Position) String() string {
	if int(p) >= len(positionNames) {
		return "unknown"
	}
	return positionNames[p]
}

func (f Field) String() string {
	if f >= fields {
		return "unknown"
	}
	return fieldNames[f]
}

// ParsePosition returns the position that String calls name.
func ParsePosition(name string) (Position, bool) {
	for i, one := range positionNames {
		if one == name {
			return Position(i), true
		}
	}
	return 0, false
}

// ParseField returns the field that String calls name.
func ParseField(name string) (Field, bool) {
	for i, one := range fieldNames {
		if one == name {
			return Field(i), true
		}
	}
	return 0, false
}

// Positions are the names of all positions.
func Positions() []string { return positionNames[:] }

// Fields are the names of all fields.
func Fields() []string { return fieldNames[:] }

// FromWire undoes the coding in which a value stands in a query, a form or a
// path: percent (RFC 3986, section 2.1), and + for a space in a query and a
// form. What is not coded rightly stays as it is. It appends to dst.
func FromWire(dst, value []byte, at Position) []byte {
	coded := at == Query || at == Form || at == Path
	for i := 0; i < len(value); i++ {
		b := value[i]
		switch {
		case coded && b == '+' && at != Path:
			b = ' '
		case coded && b == '%' && i+2 < len(value):
			if c, ok := hexes(value[i+1 : i+3]); ok {
				b = byte(c)
				i += 2
			}
		}
		dst = append(dst, b)
	}
	return dst
}
