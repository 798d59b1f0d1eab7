package route

import "slices"

// Match looks an operation up. host is the value of the Host field or the
// authority, with or without port; path is the raw path of the target,
// without query. m holds the outcome.
func (t *Table) Match(m *Match, host, method, path []byte) {
	m.Outcome, m.Why, m.Number, m.API = Refused, Unread, -1, -1
	m.Allow, m.Template, m.Values = "", "", m.Values[:0]
	if m.Why = m.read(path); m.Why != Unread {
		return
	}
	m.captures = m.captures[:0]
	end := int32(-1)
	if at := t.mountOf(m, t.hostRoot(m, host)); at >= 0 {
		m.API = t.mounts[at].api
		end = t.find(m, t.mounts[at].root, 0)
	}
	switch {
	case end >= 0:
		t.choose(m, &t.leaves[end], method, path)
	case m.unusual != Unread:
		m.Why = m.unusual
	default:
		m.Outcome = NotFound
	}
}

// choose picks the operation of a path by its method.
func (t *Table) choose(m *Match, l *leaf, name, path []byte) {
	list := t.methods[l.methods : l.methods+l.count]
	for i := range list {
		op := &list[i]
		if string(name) != op.name {
			continue
		}
		m.Outcome, m.Number, m.Template = Found, op.number, op.template
		m.values(t.names[op.names:op.names+uint32(op.count)], path)
		return
	}
	m.Outcome, m.Allow, m.Template = WrongMethod, l.allow, list[0].template
	if string(name) == "OPTIONS" { // RFC 9110 section 9.3.7
		m.Outcome = Options
	}
}

// values makes values of what was captured.
func (m *Match) values(names []string, path []byte) {
	n := len(m.captures)
	m.Values = slices.Grow(m.Values, n)[:n]
	for i := range m.Values {
		c, v := m.captures[i], &m.Values[i]
		v.Name = names[i]
		v.Decoded = m.text[c.start:c.end:c.end]
		v.Raw = v.Decoded
		if m.escaped {
			start, end := m.rawOffset(path, c.start), m.rawOffset(path, c.end)
			v.Raw = path[start:end:end]
		}
	}
}

// rawOffset returns where in the raw path a place of the decoded one is.
func (m *Match) rawOffset(path []byte, at uint16) int {
	i := 0
	for i+1 < len(m.segments) && m.segments[i+1].start <= at {
		i++
	}
	raw := int(m.segments[i].raw)
	for n := at - m.segments[i].start; n > 0; n-- {
		if path[raw] == '%' {
			raw += 2
		}
		raw++
	}
	return raw
}
