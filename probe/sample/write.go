package sample

import "github.com/gatehouse-api/gatehouse/contract/source"

// copied takes a value over that a document gives.
func copied(n *source.Node) *value {
	v := &value{kind: n.Kind(), text: n.Text()}
	switch n.Kind() {
	case source.Null:
		v.text = "null"
	case source.String:
		v.text = string(quote(nil, n.Str()))
	case source.Array:
		for _, item := range n.Items() {
			v.items = append(v.items, copied(item))
		}
	case source.Object:
		for name, member := range n.Members() {
			v.names, v.items = append(v.names, name), append(v.items, copied(member))
		}
	}
	return v
}

// appendValue writes v as JSON.
func appendValue(b []byte, v *value) []byte {
	open, end := byte('['), byte(']')
	switch v.kind {
	case source.Object:
		open, end = '{', '}'
	case source.Array:
	default:
		return append(b, v.text...)
	}
	b = append(b, open)
	for i, item := range v.items {
		if i > 0 {
			b = append(b, ',')
		}
		if v.kind == source.Object {
			b = append(quote(b, v.names[i]), ':')
		}
		b = appendValue(b, item)
	}
	return append(b, end)
}

// quote writes s as a string of JSON (RFC 8259 section 7).
func quote(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
