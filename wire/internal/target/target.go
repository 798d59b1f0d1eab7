// Package target judges the method and the target of a request line, so that
// all engines refuse alike. The packages below wire import it; it knows nothing
// of connections.
package target

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
)

var (
	root = []byte("/")
	star = []byte("*")
)

// RefusedMethod refuses the two methods that no contract can open: a tunnel
// and an echo of credentials (RFC 9110 sections 9.3.6 and 9.3.8).
func RefusedMethod(m []byte) gate.Code {
	if string(m) == "CONNECT" || string(m) == "TRACE" {
		return gate.MethodUnknown
	}
	return gate.Undecided
}

// Origin brings a target, which is not empty, into origin form. An absolute
// form must name the scheme of the connection and the authority of Host: RFC
// 9112 section 3.2.2 says that it wins over Host, so a difference means that two
// readers would go to two places. The authority form belongs to CONNECT alone,
// the asterisk form to OPTIONS (sections 3.2.3 and 3.2.4).
func Origin(method, t, host []byte, secure bool) ([]byte, gate.Code) {
	switch {
	case t[0] == '/':
		return t, gate.Undecided
	case len(t) == 1 && t[0] == '*':
		if string(method) != "OPTIONS" {
			return t, gate.Malformed
		}
		return t, gate.Undecided
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	if len(t) <= len(scheme) || !gate.EqualFold(t[:len(scheme)], scheme) {
		return t, gate.Malformed
	}
	rest := t[len(scheme):]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if !bytes.EqualFold(rest[:end], host) {
		return t, gate.HostInvalid
	}
	switch rest = rest[end:]; {
	case len(rest) > 0 && rest[0] == '/':
		return rest, gate.Undecided
	case len(rest) > 0: // "http://host?query": the path is empty, which means "/"
		return append([]byte("/"), rest...), gate.Undecided
	case string(method) == "OPTIONS":
		return star, gate.Undecided
	}
	return root, gate.Undecided
}
