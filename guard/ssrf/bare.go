package ssrf

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/gatehouse-api/gatehouse/guard/internal/percent"
)

// bare reads what has no scheme and no slash in front. Whoever fetches it may
// put a scheme before it, as curl does, and then it begins with a host. A field
// for URLs alone has nothing else to mean by it; a reference may be a path (RFC
// 3986 section 4.2, path-noscheme), and is one unless it can be no file.
func (s *scratch) bare(b []byte, c class) (t target, bad issue) {
	end := bytes.IndexAny(b, `/?#\`)
	if end < 0 {
		end = len(b)
	}
	first := b[:end]
	if len(first) == 0 { // a query or a fragment
		return target{relative: true}, fine
	}
	if c == address {
		return s.authority(first)
	}
	mail := end == len(b)
	if bytes.IndexByte(first, '%') >= 0 { // some decode hosts (RFC 3986 section 3.2.2, reg-name), and few files are named like one
		if t, bad = s.reference(s.decoded(first), mail); bad != fine || !t.relative {
			return t, form
		}
		return t, fine
	}
	return s.reference(first, mail)
}

// reference reads the first segment of a reference, which may be an address of
// mail if it is all.
func (s *scratch) reference(first []byte, mail bool) (t target, bad issue) {
	at := bytes.LastIndexByte(first, '@')
	if at < 0 {
		return s.mayBeHost(first)
	}
	// Behind a user stands an address of mail, the rest of a file's name, or a
	// host for which the user is a veil.
	t, bad = s.mayBeHost(first[at+1:])
	if bad == fine && (t.relative || mail && at > 0 && t.host != nil && string(t.host) != "localhost") {
		return target{relative: true}, fine
	}
	return t, form
}

// mayBeHost reads the first segment of a reference without a user.
func (s *scratch) mayBeHost(first []byte) (t target, bad issue) {
	s.host = s.host[:0]
	t, bad = s.authority(first)
	switch {
	case bytes.IndexByte(first, ':') >= 0 || len(first) > 0 && first[0] == '[': // no path begins like that
		return t, bad
	case bad == form && (t.addr.IsValid() || string(t.host) == "localhost" || loose(bytes.TrimSuffix(s.host, dot))):
		return t, form
	case bad == form:
		return target{relative: true}, fine
	case t.host == nil, string(t.host) == "localhost":
		return t, fine
	}
	dot := bytes.LastIndexByte(t.host, '.')
	if dot < 0 || isFile(t.host[dot+1:]) {
		return target{relative: true}, fine
	}
	t.file = !internal(t.host)
	return t, fine
}

// decoded undoes percent signs (RFC 3986 section 2.1), up to what ends a host.
func (s *scratch) decoded(b []byte) []byte {
	out := s.name[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if octet, ok := percent.Octet(b, i); ok {
			c, i = octet, i+2
		}
		if bytes.IndexByte([]byte(`/?#\:`), c) >= 0 {
			break
		}
		out = append(out, c)
	}
	s.name = out
	return out
}

var dot = []byte{'.'}

// files are ends of names of files that no public name of DNS has at its end.
var files = []string{"png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp", "tif", "tiff", "heic",
	"htm", "html", "xhtml", "php", "asp", "aspx", "jsp", "css", "js", "mjs", "json", "jsonl", "xml", "yaml", "yml", "csv", "tsv", "txt",
	"pdf", "rtf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "tar", "gz", "tgz", "rar", "wav", "ogg", "webm", "mkv", "avi", "ttf", "woff"}

// isFile reports whether a name with that label at its end is no public host's:
// those end in letters (RFC 3696 section 2), or in a label of IDNA.
func isFile(label []byte) bool {
	if bytes.HasPrefix(label, []byte("xn--")) {
		return false
	}
	for _, c := range label {
		if !isLetter(c) {
			return true
		}
	}
	return slices.Contains(files, string(label))
}

// loose reports whether a name, in small letters, is an address that is not
// public in one of the forms that inet_aton of C takes, or in one that is read
// in two ways. Versions and numbers have their form, too: those of a few digits
// alone are numbers, since addresses that are not public have nine and more.
func loose(b []byte) bool {
	var value uint64
	parts, odd := 0, false
	for rest, more := b, true; more; parts++ {
		var label []byte
		if label, rest, more = bytes.Cut(rest, dot); !number(label) {
			return false
		}
		odd = odd || len(label) > 1 && label[0] == '0' // octal, hexadecimal, or just zeros
		n, room := uint64(0), uint64(8)
		for _, c := range label {
			n = min(10*n+uint64(c-'0'), 1<<32)
		}
		if !more {
			room = 32 - 8*uint64(min(parts, 3))
		}
		if !odd && n >= 1<<room {
			return parts == 3 && !more // nearly an address
		}
		value = value<<room | n
	}
	switch {
	case parts == 1 && len(b) < 9 && portEnd(b) == len(b), parts > 4:
		return false
	case parts == 4 || odd:
		return true
	}
	return !Public(netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}))
}
