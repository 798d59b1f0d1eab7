package ssrf

import (
	"bytes"
	"net/netip"
	"slices"

	"golang.org/x/net/idna"
)

// issue is why a value cannot be let through. The zero issue is none.
type issue uint8

const (
	fine         issue = iota
	form               // programs read it differently
	scheme             // of the URL
	port               // of the URL
	internalHost       // it leads, or may lead, to what is not public
	unresolved         // where it leads cannot be found out for now
	absent             // nobody knows the name
)

// target is where a URL leads.
type target struct {
	relative bool       // to nowhere else than where it stands
	file     bool       // host may as well be the beginning of a path
	host     []byte     // a name in small letters, of ASCII, without a dot at its end; nil for an address
	addr     netip.Addr // of the URL
	port     int        // 0 for none stated
}

// maxURL bounds what is read of a value; a longer one is refused where it is a
// URL.
const maxURL = 8 << 10

// web are schemes that say where they lead by //host, and that browsers' parser
// treats alike (WHATWG URL, "special scheme").
var web = []string{"http", "https", "ws", "wss", "ftp"}

// fetched are schemes that libraries which fetch URLs know beyond the web's, and
// that no text has in front of "//" by chance.
var fetched = []string{"file", "gopher", "dict", "ldap", "ldaps", "ldapi", "tftp", "sftp", "ftps", "scp", "smb", "smbs", "telnet", "imap", "imaps", "pop3", "pop3s",
	"smtp", "smtps", "rtsp", "rtmp", "mqtt", "jar", "netdoc", "phar", "php", "zip", "expect", "glob", "ogg", "rar", "data", "redis", "mysql", "postgres", "mongodb", "memcached", "amqp", "jdbc", "rmi", "jndi", "view-source", "unix"}

// cutScheme splits s at the colon behind its scheme (RFC 3986 section 3.1).
// Tabs and line ends, which browsers' parser removes (WHATWG URL, basic URL
// parser), are looked through, and dirty says so.
func (s *scratch) cutScheme(b []byte) (name, rest []byte, dirty, ok bool) {
	name = s.scheme[:0]
	for i, c := range b {
		switch {
		case c == '\t' || c == '\n' || c == '\r':
			dirty = true
		case isLetter(c), len(name) > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
			if len(name) == cap(s.scheme) {
				return nil, nil, false, false
			}
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			name = append(name, c)
		case c == ':' && len(name) > 0:
			return name, b[i+1:], dirty, true
		default:
			return nil, nil, false, false
		}
	}
	return nil, nil, false, false
}

// url reads a value of class c, which is meant as a URL or as a reference to one
// (RFC 3986 section 4.1), as strictly as all of its readers agree. What they
// read differently has the issue form.
func (s *scratch) url(b []byte, schemes []string, c class) (t target, bad issue) {
	if len(b) > maxURL {
		return t, form
	}
	for _, c := range b {
		if c <= ' ' || c == 0x7f {
			return t, form // removed by some, refused by others
		}
	}
	name, rest, _, absolute := s.cutScheme(b)
	switch {
	case absolute && isPort(rest): // host:port, or a scheme
		if slices.Contains(schemes, string(name)) {
			return t, form
		}
		return s.authority(b[:len(name)+1+portEnd(rest)])
	case absolute && !slices.Contains(schemes, string(name)):
		return t, scheme
	case absolute:
	case len(b) > 0 && (b[0] == '/' || b[0] == '\\'):
		if rest = b; len(b) < 2 || b[1] != '/' && b[1] != '\\' {
			t.relative = b[0] == '/'
			if !t.relative {
				bad = form
			}
			return t, bad
		}
	default:
		return s.bare(b, c)
	}
	// WHATWG URL takes "http:host", "http:/host" and "http:\\host" for
	// "http://host"; RFC 3986 section 3 has an authority behind "//" alone.
	if len(rest) < 3 || rest[0] != '/' || rest[1] != '/' || rest[2] == '/' || rest[2] == '\\' {
		return t, form
	}
	rest = rest[2:]
	end := bytes.IndexAny(rest, `/?#\`)
	if end < 0 {
		end = len(rest)
	} else if rest[end] == '\\' {
		return t, form // a slash for browsers, part of the user or the host for others
	}
	return s.authority(rest[:end])
}

// isPort reports whether b begins with a port and what may stand behind it.
func isPort(b []byte) bool {
	n := portEnd(b)
	return n > 0 && (n == len(b) || bytes.IndexByte([]byte(`/?#\`), b[n]) >= 0)
}

func portEnd(b []byte) (n int) {
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	return n
}

// hostAlone reads a value that is a host, with or without a port. An address of
// IPv6 stands in brackets in URLs alone (RFC 4291 section 2.2).
func (s *scratch) hostAlone(b []byte) (t target, bad issue) {
	if len(b) > maxURL {
		return t, form
	}
	if len(b) <= len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255") && bytes.Count(b, []byte{':'}) > 1 {
		if a, err := netip.ParseAddr(string(b)); err == nil && a.Zone() == "" {
			t.addr = a
			return t, fine
		}
	}
	return s.authority(b)
}

// authority reads host and port (RFC 3986 section 3.2).
func (s *scratch) authority(b []byte) (t target, bad issue) {
	if bytes.IndexByte(b, '@') >= 0 {
		return t, form // a user is no part of where it leads, and hides it
	}
	name := b
	if len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 {
			return t, form
		}
		a, err := netip.ParseAddr(string(b[1:end])) // RFC 3986 section 3.2.2, IPv6address
		if err != nil || !a.Is6() || a.Zone() != "" {
			return t, form
		}
		t.addr, name = a, b[end+1:]
		if len(name) > 0 && name[0] != ':' {
			return t, form
		}
		t.port, bad = readPort(name)
		return t, bad
	}
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		if t.port, bad = readPort(b[i:]); bad != fine {
			return t, bad
		}
		name = b[:i]
	}
	bad = s.hostName(name, &t)
	return t, bad
}

// readPort reads what stands behind the host: nothing, or ":" and a port.
func readPort(b []byte) (n int, bad issue) {
	if len(b) == 0 {
		return 0, fine
	}
	digits := b[1:]
	if len(digits) > 5 || len(digits) > 0 && digits[0] == '0' {
		return 0, form
	}
	for _, c := range digits {
		if !isDigit(c) {
			return 0, form
		}
		n = 10*n + int(c-'0')
	}
	if n > 65535 {
		return 0, form
	}
	return n, fine
}

// hostName reads the name of a host, or an IPv4 address, into t.
func (s *scratch) hostName(b []byte, t *target) issue {
	s.host = s.host[:0]
	for _, c := range b {
		if c >= 0x80 {
			return s.foreign(b, t)
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		s.host = append(s.host, c)
	}
	return s.plain(t)
}

// foreign reads a name that is not of ASCII (UTS 46). Fullwidth letters, digits
// and dots become plain ones; what names of two editions of IDNA mean
// differently (UTS 46 section 7), and what becomes an address, has no one
// meaning.
func (s *scratch) foreign(b []byte, t *target) issue {
	text := string(b)
	for _, r := range text {
		if r == 'ß' || r == 'ẞ' || r == 'ς' || r == 0x200c || r == 0x200d || r == 0xad || r == 0xfffd {
			return form
		}
	}
	ascii, err := idna.Lookup.ToASCII(text)
	if err != nil {
		return form
	}
	s.host = append(s.host[:0], ascii...)
	bad := s.plain(t)
	if bad == fine && t.host == nil || string(t.host) == "localhost" {
		return form
	}
	return bad
}

// plain judges the letters of s.host.
func (s *scratch) plain(t *target) issue {
	h := bytes.TrimSuffix(s.host, dot) // the root, which is nobody's label
	if len(h) == 0 || len(h) > 253 {
		return form
	}
	label := 0
	for i, c := range h {
		switch {
		case c == '.':
			if label == 0 {
				return form
			}
			label = 0
			continue
		case isLetter(c), isDigit(c), c == '-', c == '_':
		default: // encoded and other characters: each decoder has a host of its own
			return form
		}
		if label++; label > 63 || i == len(h)-1 && c == '-' {
			return form
		}
	}
	if label == 0 {
		return form
	}
	if numeric(h) {
		// Dotted decimal alone is read by all as the same address; octal,
		// hexadecimal and short forms are not (RFC 6943 section 3.1.1).
		a, err := netip.ParseAddr(string(h))
		if err != nil || len(h) != len(s.host) {
			return form
		}
		t.addr = a
		return fine
	}
	t.host = h
	return fine
}
