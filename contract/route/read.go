package route

import (
	"bytes"
	"unicode/utf8"
)

const (
	maxPath     = 8 << 10
	maxSegments = 256
)

// segment is one part of the path between slashes. The last one is empty when
// the path ends with a slash.
type segment struct {
	start, end uint16 // in the decoded path
	raw        uint16 // where it begins in the raw path
	flags      uint8
}

const (
	flagEscaped   uint8 = 1 << iota // has percent-escapes
	flagSeparator                   // decoded it holds a slash or a backslash
	flagSemicolon                   // has a raw ";"
)

// read judges the form of path and splits it into segments. It returns Unread
// when the path has a good form.
func (m *Match) read(path []byte) Form {
	m.unusual, m.escaped, m.text = Unread, false, path
	if len(path) == 0 || path[0] != '/' {
		return NotAbsolute
	}
	if len(path) > maxPath {
		return TooLong
	}
	var f Form
	if m.segments, f = m.split(m.segments[:0], path); f == Unread && m.escaped {
		f = m.decode(path)
	}
	return f
}

// split judges the raw bytes of path and appends its segments.
func (m *Match) split(segments []segment, path []byte) ([]segment, Form) {
	start, flags := 1, uint8(0)
	for i := 1; ; i++ {
		for i < len(path) && classes[path[i]] == classPlain {
			i++
		}
		if i < len(path) && path[i] != '/' {
			switch c := classes[path[i]]; c {
			case classPercent:
				if i+2 >= len(path) || hexDigits[path[i+1]] == 0 || hexDigits[path[i+2]] == 0 {
					return segments, BadEscape
				}
				i += 2
				flags |= flagEscaped
				m.escaped = true
			case classSemicolon:
				flags |= flagSemicolon
				m.unusual = Semicolon
			default:
				return segments, Form(c)
			}
			continue
		}
		last := i >= len(path)
		switch {
		case start == i && !last:
			return segments, EmptySegment
		case len(segments) == maxSegments:
			return segments, TooDeep
		case start < i && path[start] == '.' && dotted(path[start:i]):
			return segments, DotSegment
		}
		segments = append(segments, segment{uint16(start), uint16(i), uint16(start), flags})
		if last {
			return segments, Unread
		}
		start, flags = i+1, 0
	}
}

// decode undoes the percent-encoding, once, and judges what comes out.
func (m *Match) decode(path []byte) Form {
	text, percent := append(m.scratch[:0], '/'), false
	for i := range m.segments {
		s := &m.segments[i]
		raw := path[s.raw : s.raw+(s.end-s.start)]
		begin := len(text)
		if i > 0 {
			text = append(text, '/')
			begin++
		}
		if s.flags&flagEscaped == 0 {
			text = append(text, raw...)
		} else {
			for j := 0; j < len(raw); j++ {
				c := raw[j]
				if c == '%' {
					c = (hexDigits[raw[j+1]]-1)<<4 | (hexDigits[raw[j+2]] - 1)
					j += 2
					percent = percent || c == '%'
				}
				text = append(text, c)
			}
			if f := m.judge(s, text[begin:]); f != Unread {
				m.scratch = text
				return f
			}
		}
		s.start, s.end = uint16(begin), uint16(len(text))
	}
	m.text, m.scratch = text, text
	if percent && twiceEncoded(text) {
		return DoubleEncoded
	}
	return Unread
}

// judge applies the rules for one decoded segment.
func (m *Match) judge(s *segment, text []byte) Form {
	ascii := true
	for _, c := range text {
		if c < 0x20 || c == 0x7F {
			return Control
		}
		switch c {
		case '/':
			s.flags |= flagSeparator
			m.unusual = EncodedSlash
		case '\\':
			s.flags |= flagSeparator
			if m.unusual != EncodedSlash {
				m.unusual = Backslash
			}
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii {
		if f := judgeUTF8(text); f != Unread {
			return f
		}
	}
	if s.flags&flagSeparator != 0 {
		return judgeParts(text)
	}
	if dotted(text) {
		return DotSegment
	}
	return Unread
}

// judgeParts looks at what a server that takes encoded slashes or backslashes
// for separators would see.
func judgeParts(text []byte) Form {
	for more := true; more; {
		part := text
		at := bytes.IndexAny(text, `/\`)
		if more = at >= 0; more {
			part, text = text[:at], text[at+1:]
		}
		if len(part) == 0 {
			return EmptySegment
		}
		if dotted(part) {
			return DotSegment
		}
	}
	return Unread
}

// judgeUTF8 looks at text that is not ASCII (RFC 3629 section 3).
func judgeUTF8(text []byte) Form {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			if overlong(text[i:]) {
				return Overlong
			}
			return BadUTF8
		}
		if r >= 0x80 && r < 0xA0 { // the second set of control characters
			return Control
		}
		i += size
	}
	return Unread
}

// overlong reports whether text begins as an overlong form does: a character
// written with more bytes than it needs.
func overlong(text []byte) bool {
	if text[0] == 0xC0 || text[0] == 0xC1 {
		return true
	}
	if len(text) < 2 || text[1]&0xC0 != 0x80 {
		return false
	}
	return text[0] == 0xE0 && text[1] < 0xA0 || text[0] == 0xF0 && text[1] < 0x90
}

// dotted reports whether text is "." or "..", or would be to a server that
// cuts segments at ";" (RFC 3986 section 3.3 speaks of this use).
func dotted(text []byte) bool {
	if len(text) == 0 || text[0] != '.' {
		return false
	}
	if i := bytes.IndexByte(text, ';'); i > 0 {
		text = text[:i]
	}
	return len(text) == 1 || len(text) == 2 && text[1] == '.'
}

// twiceEncoded reports whether decoded text still holds an escape.
func twiceEncoded(text []byte) bool {
	for i := 0; i+2 < len(text); i++ {
		if text[i] == '%' && hexDigits[text[i+1]] != 0 && hexDigits[text[i+2]] != 0 {
			return true
		}
	}
	return false
}
