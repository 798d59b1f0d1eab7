package h1

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// framing reads the fields that decide where a message ends and whose it is.
// Few fields have the length of one of them.
func (h *head) framing(name, value []byte) gate.Code {
	switch len(name) {
	case len("Host"):
		if gate.EqualFold(name, "Host") {
			return h.hostField(value)
		}
	case len("Expect"):
		if gate.EqualFold(name, "Expect") {
			return h.expect(value)
		}
	case len("Connection"):
		if gate.EqualFold(name, "Connection") {
			return h.connection(value)
		}
	case len("Content-Length"):
		if gate.EqualFold(name, "Content-Length") {
			return h.contentLength(value)
		}
	case len("Transfer-Encoding"):
		if gate.EqualFold(name, "Transfer-Encoding") {
			return h.transferEncoding(value)
		}
	}
	return gate.Undecided
}

// contentLength takes one field of digits and no list (RFC 9110 section 8.6
// lets a server refuse repeats).
func (h *head) contentLength(v []byte) gate.Code {
	if h.lengths++; h.lengths > 1 || bytes.IndexByte(v, ',') >= 0 {
		return gate.LengthConflict
	}
	n, ok := octet.Number(v)
	if !ok {
		return gate.Malformed
	}
	h.length = n
	return gate.Undecided
}

// transferEncoding takes exactly "chunked", once (RFC 9112 section 6.1: a
// coding that is not understood is 501).
func (h *head) transferEncoding(v []byte) gate.Code {
	if h.codings++; h.codings > 1 || !gate.EqualFold(v, "chunked") {
		return gate.TransferCoding
	}
	return gate.Undecided
}

func (h *head) hostField(v []byte) gate.Code {
	if h.hosts++; h.hosts > 1 || !octet.IsAuthority(v) {
		return gate.HostInvalid
	}
	h.host = v
	return gate.Undecided
}

// maxOptions bounds what Connection lists: each option is looked for among all
// fields.
const maxOptions = 64

// connection notes the two options that decide about the connection itself
// (RFC 9112 section 9.3); the gate removes the fields that it names.
func (h *head) connection(v []byte) gate.Code {
	for len(v) > 0 {
		if h.options++; h.options > maxOptions {
			return gate.FieldsTooLarge
		}
		var option []byte
		option, v, _ = bytes.Cut(v, comma)
		option = bytes.Trim(option, " \t")
		h.closes = h.closes || gate.EqualFold(option, "close")
		h.keeps = h.keeps || gate.EqualFold(option, "keep-alive")
	}
	return gate.Undecided
}

// expect takes the one expectation that is registered (RFC 9110 section
// 10.1.1).
func (h *head) expect(v []byte) gate.Code {
	if !gate.EqualFold(v, "100-continue") {
		return gate.Malformed
	}
	h.expects = true
	return gate.Undecided
}
