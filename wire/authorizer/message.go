package authorizer

import (
	"bytes"
	"net/netip"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gatehouse-api/gatehouse/gate"
)

// message is what is used of envoy.service.auth.v3.CheckRequest. All of it are
// views of the bytes that were read.
type message struct {
	method, path, host, scheme, client []byte
	size                               int64 // of the body as Envoy knows it; -1 for unknown
	body                               []byte
	joined                             []gate.Field // headers, where Envoy joins those of one name
	raw                                []gate.Field // header_map
}

// field is one field of a message as it stands on the wire.
type field struct {
	number protowire.Number
	bytes  []byte // of a field with a length
	value  uint64 // of a number
}

// each calls f for every field of a message. It reports false where the bytes
// are no message, or f does.
func each(b []byte, f func(*field) bool) bool {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		at := field{number: number}
		switch kind {
		case protowire.BytesType:
			at.bytes, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			at.value, n = protowire.ConsumeVarint(b)
		default: // none of these is used here; groups are not written any more
			n = protowire.ConsumeFieldValue(number, kind, b)
			at.number = 0
		}
		if n < 0 || !f(&at) {
			return false
		}
		b = b[n:]
	}
	return true
}

// text takes a field that may stand once: others take the last one of several,
// or join them.
func (f *field) text(at *[]byte) bool {
	once := *at == nil && f.bytes != nil
	*at = f.bytes
	return once
}

// read reads a CheckRequest. It reports false for what is none, and for what
// holds a field twice that it uses.
func (m *message) read(b []byte) bool {
	var attributes, source, request []byte
	return each(b, func(f *field) bool {
		return f.number != 1 || f.text(&attributes)
	}) && each(attributes, func(f *field) bool {
		switch f.number {
		case 1:
			return f.text(&source)
		case 4:
			return f.text(&request)
		}
		return true
	}) && m.source(source) && m.request(request)
}

// source reads AttributeContext.Peer: who the client is.
func (m *message) source(b []byte) bool {
	var address, socket []byte
	return each(b, func(f *field) bool {
		return f.number != 1 || f.text(&address)
	}) && each(address, func(f *field) bool {
		return f.number != 1 || f.text(&socket)
	}) && each(socket, func(f *field) bool {
		return f.number != 2 || f.text(&m.client)
	})
}

// request reads AttributeContext.Request and the HttpRequest in it.
func (m *message) request(b []byte) bool {
	var http, body, raw []byte
	sizes := 0
	ok := each(b, func(f *field) bool {
		return f.number != 2 || f.text(&http)
	}) && each(http, func(f *field) bool {
		switch f.number {
		case 2:
			return f.text(&m.method)
		case 3:
			return m.header(f.bytes, &m.joined, 1, 2, 0)
		case 4:
			return f.text(&m.path)
		case 5:
			return f.text(&m.host)
		case 6:
			return f.text(&m.scheme)
		case 9:
			m.size = int64(f.value)
			sizes++
			return f.bytes == nil && sizes == 1
		case 11:
			return f.text(&body)
		case 12:
			return f.text(&raw)
		case 13:
			return each(f.bytes, func(f *field) bool { return f.number != 1 || m.header(f.bytes, &m.raw, 1, 2, 3) })
		}
		return true
	})
	if m.body = raw; raw == nil {
		m.body = body
	}
	return ok && m.size >= -1 && (len(raw) == 0 || len(body) == 0)
}

// header reads an entry of headers, or a HeaderValue, of which raw_value stands
// in the place of value.
func (m *message) header(b []byte, list *[]gate.Field, name, value, raw protowire.Number) bool {
	var h gate.Field
	var other []byte
	ok := each(b, func(f *field) bool {
		switch {
		case f.number == name:
			return f.text(&h.Name)
		case f.number == value:
			return f.text(&h.Value)
		case f.number == raw && raw != 0:
			return f.text(&other)
		}
		return true
	})
	if len(other) > 0 {
		if len(h.Value) > 0 && !bytes.Equal(h.Value, other) {
			return false
		}
		h.Value = other
	}
	*list = append(*list, h)
	return ok && len(*list) <= maxHeaders
}

// maxHeaders is more than any engine takes in a head.
const maxHeaders = 1 << 10

// address is who the client is.
func (m *message) address() (netip.Addr, bool) {
	a, err := netip.ParseAddr(string(m.client))
	return a.Unmap().WithZone(""), err == nil
}

// What is written: envoy.service.auth.v3.CheckResponse.

// statusOf is google.rpc.Code: anything but OK denies.
const (
	codeOK     = 0
	codeDenied = 7
)

// appendGrant appends the answer that gives leave: with fields to set on the
// call, names to remove from it, and fields to add to what the client gets.
func appendGrant(b []byte, set []gate.Field, remove [][]byte, client []gate.Field) []byte {
	var ok []byte
	ok = appendFields(ok, 2, set)
	for _, name := range remove {
		ok = appendBytes(ok, 5, name)
	}
	ok = appendFields(ok, 6, client)
	return appendBytes(appendStatus(b, codeOK), 3, ok)
}

// appendDenial appends the answer that denies: what the client is to get.
func appendDenial(b []byte, status int, fields []gate.Field, body []byte) []byte {
	denied := appendBytes(nil, 1, appendNumber(nil, 1, uint64(status)))
	denied = appendFields(denied, 2, fields)
	denied = appendBytes(denied, 3, body)
	return appendBytes(appendStatus(b, codeDenied), 2, denied)
}

func appendStatus(b []byte, code uint64) []byte {
	return appendBytes(b, 1, appendNumber(nil, 1, code))
}

// appendFields appends each field as a HeaderValueOption. The first one of a
// name takes the place of what is there, others go beside it.
func appendFields(b []byte, number protowire.Number, list []gate.Field) []byte {
	for i := range list {
		f := &list[i]
		if f.Gone {
			continue
		}
		h := appendBytes(appendBytes(nil, 1, f.Name), 2, f.Value)
		beside := uint64(0)
		if holds(list[:i], f.Name) {
			beside = 1
		}
		option := appendBytes(appendBytes(nil, 1, h), 2, appendNumber(nil, 1, beside)) // append
		b = appendBytes(b, number, option)
	}
	return b
}

func appendBytes(b []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}

func appendNumber(b []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), value)
}
