package session

import "github.com/gatehouse-api/gatehouse/gate"

// Framed reports whether a field of an answer is the engine's own to write: it
// frames the message or belongs to one connection (RFC 9110 section 7.6.1, RFC
// 9113 section 8.2.2).
func Framed(name []byte) bool {
	switch len(name) {
	case len("TE"):
		return gate.EqualFold(name, "TE")
	case len("Trailer"):
		return gate.EqualFold(name, "Trailer") || gate.EqualFold(name, "Upgrade")
	case len("Connection"):
		return gate.EqualFold(name, "Connection") || gate.EqualFold(name, "Keep-Alive")
	case len("Content-Length"):
		return gate.EqualFold(name, "Content-Length")
	case len("Proxy-Connection"):
		return gate.EqualFold(name, "Proxy-Connection")
	case len("Transfer-Encoding"):
		return gate.EqualFold(name, "Transfer-Encoding")
	}
	return false
}
