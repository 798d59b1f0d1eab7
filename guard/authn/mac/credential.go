package mac

import (
	"bytes"
	"hash"
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
)

// scheme is the authentication scheme, and the first line of what is signed, so
// that a signature for anything else is none for a request.
const scheme = "HMAC-SHA256"

// Bounds of a credential.
const (
	maxNonce   = 128 // bytes
	maxHeaders = 32
)

// credential is what a request says of its signature. Its slices are views of
// the request.
type credential struct {
	keyID, timestamp, nonce, headers []byte
	digest, signature                [32]byte
	seconds                          int64
}

// find reads the credential of x.
func (c *credential) find(x *gate.Exchange) *gate.Refusal {
	value, n := x.Field("Authorization")
	switch {
	case n == 0, n == 1 && !isOurs(value):
		return party.Missing
	case n > 1 || !c.read(value[len(scheme)+1:]):
		return badForm
	}
	return nil
}

func isOurs(value []byte) bool {
	return len(value) > len(scheme) && value[len(scheme)] == ' ' && gate.EqualFold(value[:len(scheme)], scheme)
}

// read takes the parameters apart (RFC 9110 section 11.2): each once, in any
// order, and no others.
func (c *credential) read(text []byte) bool {
	var digest, signature []byte
	for len(text) > 0 {
		name, value, rest, ok := parameter(text)
		if !ok || len(value) == 0 && string(name) != "headers" {
			return false
		}
		var to *[]byte
		switch string(name) {
		case "keyId":
			to = &c.keyID
		case "timestamp":
			to = &c.timestamp
		case "nonce":
			to = &c.nonce
		case "headers":
			to = &c.headers
		case "digest":
			to = &digest
		case "signature":
			to = &signature
		default:
			return false
		}
		if *to != nil {
			return false
		}
		*to, text = value, rest
	}
	return c.keyID != nil && isWord(c.nonce) && len(c.nonce) <= maxNonce && c.time() && c.fields() && decode(&c.digest, digest) && decode(&c.signature, signature)
}

// parameter cuts name="value" or name=token off text, with the comma behind it.
func parameter(text []byte) (name, value, rest []byte, ok bool) {
	text = bytes.TrimLeft(text, " ")
	i := bytes.IndexByte(text, '=')
	if i <= 0 {
		return nil, nil, nil, false
	}
	name, text = text[:i], text[i+1:]
	if len(text) > 0 && text[0] == '"' {
		end := bytes.IndexByte(text[1:], '"')
		if end < 0 || bytes.IndexByte(text[1:1+end], '\\') >= 0 {
			return nil, nil, nil, false
		}
		value, rest = text[1:1+end:1+end], text[2+end:]
	} else {
		end := bytes.IndexByte(text, ',')
		if end < 0 {
			end = len(text)
		}
		value, rest = text[:end:end], text[end:]
		if bytes.IndexByte(value, '"') >= 0 || bytes.IndexByte(value, ' ') >= 0 {
			return nil, nil, nil, false
		}
	}
	if value == nil {
		value = text[:0]
	}
	if len(rest) == 0 {
		return name, value, nil, true
	}
	rest = bytes.TrimLeft(rest, " ")
	return name, value, rest[1:], rest[0] == ',' && len(rest) > 1
}

// time reads whole seconds since 1970, written without a sign or zeros before.
func (c *credential) time() bool {
	if len(c.timestamp) == 0 || len(c.timestamp) > 11 || c.timestamp[0] == '0' || c.timestamp[0] == '+' || c.timestamp[0] == '-' {
		return false
	}
	n, err := strconv.ParseInt(string(c.timestamp), 10, 64)
	c.seconds = n
	return err == nil
}

// fields holds the list of names to its form: in lower case, one space between,
// none twice, and not the one that holds the signature.
func (c *credential) fields() bool {
	if len(c.headers) == 0 {
		return true
	}
	for i, rest := 0, c.headers; ; i++ {
		name, after, more := bytes.Cut(rest, []byte(" "))
		if i == maxHeaders || !isName(name) || string(name) == "authorization" || holds(c.headers[:len(c.headers)-len(rest)], name) {
			return false
		}
		if !more {
			return true
		}
		rest = after
	}
}

// holds reports whether name is one of a list with a space behind each.
func holds(list, name []byte) bool {
	for len(list) > 0 {
		one, rest, _ := bytes.Cut(list, []byte(" "))
		if bytes.Equal(one, name) {
			return true
		}
		list = rest
	}
	return false
}

// covers reports whether a field is among those that were signed.
func (c *credential) covers(name string) bool {
	for list := c.headers; len(list) > 0; {
		one, rest, _ := bytes.Cut(list, []byte(" "))
		if gate.EqualFold(one, name) {
			return true
		}
		list = rest
	}
	return false
}

// write gives mac what is signed: a line for each part, none of which can hold
// the end of a line. It reports false when a field is not there once.
func (c *credential) write(mac hash.Hash, x *gate.Exchange) bool {
	line := func(parts ...[]byte) {
		for _, p := range parts {
			mac.Write(p)
		}
		mac.Write(newline)
	}
	authority, proto := x.Host, plain
	if x.ClientHost != nil {
		authority = x.ClientHost
	}
	if x.ClientSecure {
		proto = secure
	}
	line(first)
	line(c.timestamp)
	line(c.nonce)
	line(x.Method)
	line(proto, authority, x.Target)
	for list := c.headers; len(list) > 0; {
		name, rest, _ := bytes.Cut(list, []byte(" "))
		value, n := find(x, name)
		if n != 1 {
			return false
		}
		line(name, colon, value)
		list = rest
	}
	mac.Write(c.digest[:])
	return true
}

var (
	newline, colon = []byte("\n"), []byte(":")
	first          = []byte(scheme)
	plain, secure  = []byte("http://"), []byte("https://")
)

// find is x.Field for a name that is no string yet.
func find(x *gate.Exchange, name []byte) (value []byte, n int) {
	for i := range x.Fields {
		f := &x.Fields[i]
		if !f.Gone && len(f.Name) == len(name) && bytes.EqualFold(f.Name, name) {
			value = f.Value
			n++
		}
	}
	return value, n
}

// isWord knows names and nonces: unreserved characters of RFC 3986.
func isWord(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '-' || c == '.' || c == '_' || c == '~') {
			return false
		}
	}
	return len(b) > 0
}

// isName knows names of fields in lower case.
func isName(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '-' || c == '_') {
			return false
		}
	}
	return len(b) > 0
}
