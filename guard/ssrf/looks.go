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
	name, rest, dirty, ok := s.cutScheme(b)
	for range maxWrapped { // jar:http://host/!/, whose reader fetches what is inside
		if !ok || !slices.Contains(wrappers, string(name)) || len(rest) == 0 || !isLetter(rest[0]) {
			break
		}
		b = rest
		name, rest, dirty, ok = s.cutScheme(b)
	}
	special := ok && (slices.Contains(web, string(name)) || slices.Contains(schemes, string(name)))
	switch {
	case ok && !special && !slices.Contains(fetched, string(name)):
		return t, fine, false
	case ok && special && s.reaches(rest):
		return t, form, true // WHATWG URL has a host there without slashes
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
	t, bad = s.url(b, schemes)
	return t, bad, bad != form || !harmless(b, ok)
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
	switch {
	case len(b) == 0, bytes.ContainsAny(b, "<>{}$*"):
		return true
	case scheme, isDigit(b[0]), b[0] == '[':
		return false
	}
	return !bytes.ContainsAny(b, `@%\`)
}

// wrappers are schemes in front of another URL: of archives and of viewers, and
// the word that java.net.URL takes away.
var wrappers = []string{"jar", "url", "view-source", "feed", "zip", "jdbc"}

const maxWrapped = 4

// reaches reports whether what stands behind the colon of a scheme is a host
// that is not public, as in http:127.0.0.1. Words and times are none.
func (s *scratch) reaches(rest []byte) bool {
	if len(rest) == 0 || rest[0] == '/' || rest[0] == '\\' {
		return false
	}
	if end := bytes.IndexAny(rest, "/?#\\ \t\r\n"); end >= 0 {
		rest = rest[:end]
	}
	t, bad := s.authority(rest)
	if bad != fine {
		return false
	}
	return t.host == nil && !Public(t.addr) || string(t.host) == "localhost"
}
