package ssrf

import "bytes"

// wanted are the words by which names of fields say that their value is
// fetched or followed. A name is split into words at signs and at capital
// letters: callbackUrl, callback_url and Callback-URL are alike.
var wanted = map[string]class{
	"url": reference, "uri": reference, "href": reference, "link": reference, "iri": reference,
	"callback": reference, "webhook": reference, "hook": reference, "endpoint": reference, "redirect": reference, "return": reference,
	"next": reference, "continue": reference, "destination": reference, "dest": reference, "forward": reference, "goto": reference,
	"image": reference, "img": reference, "avatar": reference, "picture": reference, "logo": reference, "icon": reference, "thumbnail": reference,
	"feed": reference, "rss": reference, "source": reference, "src": reference, "proxy": reference, "fetch": reference, "site": reference, "website": reference, "domain": host,
	"host": host, "hostname": host, "server": host, "upstream": reference, "origin": reference, "target": reference, "import": reference, "remote": reference,
}

// named says what a field of that name holds, as far as its name tells.
func named(name []byte) class {
	var word [24]byte
	n, best := 0, none
	flush := func() {
		c := wanted[string(word[:n])]
		if c == none && n > 1 && word[n-1] == 's' {
			c = wanted[string(word[:n-1])]
		}
		if n = 0; c > best {
			best = c
		}
	}
	for i, c := range name {
		switch {
		case isLetter(c):
			if big := c < 'a'; big && i > 0 && name[i-1] >= 'a' && isLetter(name[i-1]) {
				flush()
			}
			if n < len(word) {
				word[n] = c | 0x20
				n++
			}
		default:
			flush()
		}
	}
	flush()
	if best == none && len(name) > 3 {
		for _, end := range [...]string{"url", "uri"} { // imageurl
			if tail := name[len(name)-3:]; bytes.EqualFold(tail, []byte(end)) {
				return reference
			}
		}
	}
	return best
}

// inside are names at the end of hosts that public DNS does not have: special
// use (RFC 6761, RFC 6762, RFC 8375, RFC 9476), names that are kept for private
// use (internal), and those of clusters and home routers.
var inside = [][]byte{
	[]byte("localhost"), []byte("local"), []byte("internal"), []byte("intranet"), []byte("private"), []byte("corp"), []byte("home"), []byte("lan"),
	[]byte("home.arpa"), []byte("in-addr.arpa"), []byte("ip6.arpa"), []byte("svc"), []byte("cluster"), []byte("consul"), []byte("localdomain"),
	[]byte("test"), []byte("invalid"), []byte("example"), []byte("onion"), []byte("alt"), []byte("nomad"), []byte("docker"),
}

// internal reports whether host cannot be the name of a public host: it has one
// label, or an end that is not in public DNS. It is in small letters.
func internal(host []byte) bool {
	if bytes.IndexByte(host, '.') < 0 {
		return true
	}
	for _, end := range inside {
		if under(host, end) {
			return true
		}
	}
	return false
}

// under reports whether host is end or a name below it.
func under(host, end []byte) bool {
	return bytes.HasSuffix(host, end) && (len(host) == len(end) || host[len(host)-len(end)-1] == '.')
}
