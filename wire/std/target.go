package std

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
)

var (
	space = []byte(" ")
	colon = []byte(":")
	comma = []byte(",")
	root  = []byte("/")
	star  = []byte("*")
)

// originForm brings the target into origin form. An absolute form must name
// the scheme of the connection and the authority of Host: RFC 9112 section
// 3.2.2 says that it wins over Host, so a difference means that two readers
// would go to two places. The authority form belongs to CONNECT alone, the
// asterisk form to OPTIONS (sections 3.2.3 and 3.2.4).
func (h *head) originForm() gate.Code {
	t := h.target
	switch {
	case t[0] == '/':
		return gate.Undecided
	case len(t) == 1 && t[0] == '*':
		if string(h.method) != "OPTIONS" {
			return gate.Malformed
		}
		return gate.Undecided
	}
	scheme := "http://"
	if h.secure {
		scheme = "https://"
	}
	if len(t) <= len(scheme) || !gate.EqualFold(t[:len(scheme)], scheme) {
		return gate.Malformed
	}
	t = t[len(scheme):]
	end := bytes.IndexAny(t, "/?")
	if end < 0 {
		end = len(t)
	}
	if !bytes.EqualFold(t[:end], h.host) {
		return gate.HostInvalid
	}
	switch t = t[end:]; {
	case len(t) > 0 && t[0] == '/':
		h.target = t
	case len(t) > 0: // "http://host?query": the path is empty, which means "/"
		h.target = append([]byte("/"), t...)
	case string(h.method) == "OPTIONS":
		h.target = star
	default:
		h.target = root
	}
	return gate.Undecided
}
