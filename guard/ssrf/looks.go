package ssrf

import (
	"bytes"
	"slices"
	"unicode"
)

// quiet reports whether a text cannot be a URL by its looks: nothing in its
// beginning ends a scheme and no slash stands in front.
func quiet(b []byte) bool {
	for i, c := range b[:min(len(b), 16)] {
		switch {
		case c == ':', i < 2 && (c == '/' || c == '\\'), c < ' ', i == 0 && (c == ' ' || c >= 0x80):
			return false
		}
	}
	return true
}

// looks reads a text that nobody calls a URL. Where its first word begins as one
// that programs fetch, it is read as such.
func (s *scratch) looks(b []byte, schemes []string) (t target, bad issue, is bool) {
	if quiet(b) {
		return t, fine, false
	}
	b = bytes.TrimLeftFunc(b, func(r rune) bool { return r <= ' ' || unicode.IsSpace(r) || r == 0xfeff || r == 0x200b })
	b = s.unwrap(b)
	name, rest, dirty, ok := s.cutScheme(b)
	special := ok && (slices.Contains(web, string(name)) || slices.Contains(schemes, string(name)))
	switch {
	case ok && !special && !slices.Contains(fetched, string(name)):
		return t, fine, false
	case ok && (len(rest) == 0 || rest[0] != '/' && rest[0] != '\\'):
		return t, fine, false // words and a colon
	case ok && dirty:
		return t, form, true
	case ok && !special:
		if len(rest) < 2 || rest[1] != '/' && rest[1] != '\\' {
			return t, fine, false
		}
		return t, scheme, true
	case !ok && (len(b) < 3 || b[0] != '/' && b[0] != '\\' || b[1] != '/' && b[1] != '\\'):
		return t, fine, false
	case !ok && (b[2] == '/' || b[2] == '\\' || b[2] <= ' '):
		return t, fine, false // a line of slashes, a comment in code
	}
	if end := bytes.IndexAny(b, " \t\r\n\f\v"); end >= 0 {
		b = b[:end]
	}
	b = bytes.TrimRight(b, ".,;:!?)]}>'\"*_")
	if !slices.Contains(schemes, string(name)) {
		schemes = web // where a text may lead, any of them may
	}
	t, bad = s.url(b, schemes, reference)
	return t, bad, bad != form || !harmless(b, ok)
}

// wrapped are schemes of which programs fetch the URL that stands behind them:
// jar: and its like, and what some take for one (RFC 1738 appendix, "URL:").
func wrapped(name []byte) bool {
	return string(name) == "url" || slices.Contains(fetched, string(name))
}

// unwrap leaves out such schemes in front of a URL.
func (s *scratch) unwrap(b []byte) []byte {
	for range 4 { // nobody has more
		name, rest, _, ok := s.cutScheme(b)
		if !ok || !wrapped(name) || len(rest) == 0 || rest[0] == '/' || rest[0] == '\\' || quiet(rest) {
			break
		}
		b = rest
	}
	return b
}

// harmless reports whether a text that is no plain URL is one that people write:
// a comment of code, or a host that is still to be filled in.
func harmless(b []byte, scheme bool) bool {
	if scheme {
		b = b[bytes.IndexByte(b, ':')+1:]
	}
	b = bytes.TrimLeft(b, `/\\`)
	if end := bytes.IndexAny(b, "/?#"); end >= 0 {
		b = b[:end]
	}
	host := b[bytes.LastIndexByte(b, '@')+1:] // the signs of a user say nothing of it
	switch {
	case len(b) == 0, bytes.ContainsAny(host, "<>{}$*") && bytes.IndexByte(b, '\\') < 0:
		return true
	case scheme, isDigit(b[0]), b[0] == '[':
		return false
	}
	return !bytes.ContainsAny(b, `@%\`)
}
