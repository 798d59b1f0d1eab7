package forwarded

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// older walks along X-Forwarded-For. X-Forwarded-Proto and -Host hold one
// value for the client's own connection, or one for each that
// X-Forwarded-For names; any other number says nothing.
func (w *walk) older(fields []gate.Field) bool {
	nodes := list{fields: fields, name: nameFor, at: len(fields)}
	protos := list{fields: fields, name: nameProto, at: len(fields)}
	hosts := list{fields: fields, name: nameHost, at: len(fields)}
	n := nodes.count()
	oneProto, oneHost := protos.count() != n, hosts.count() != n
	said := word{}
	if oneProto && protos.count() == 1 {
		said.proto = protoOf(protos.next())
	}
	if oneHost && hosts.count() == 1 {
		said.host = authority(hosts.next())
	}
	w.word = said
	for range n {
		if !oneProto {
			said.proto = protoOf(protos.next())
		}
		if !oneHost {
			said.host = authority(hosts.next())
		}
		if !w.step(looseNode(nodes.next()), said) {
			break
		}
		if w.far() {
			return false
		}
	}
	return true
}

// authority returns v when it is one.
func authority(v []byte) []byte {
	if octet.IsAuthority(v) {
		return v
	}
	return nil
}

// list goes through the elements of a field from the last one to the first.
// Several fields of one name are one list, and empty elements are none (RFC
// 9110 sections 5.3 and 5.6.1).
type list struct {
	fields []gate.Field
	name   string
	at     int    // of the field that rest is of
	rest   []byte // of its value, before what was returned
}

// next returns the element before the last one; nil when there is none.
func (l *list) next() []byte {
	for {
		for len(l.rest) > 0 {
			i := bytes.LastIndexByte(l.rest, ',')
			e := bytes.Trim(l.rest[i+1:], " \t")
			l.rest = l.rest[:max(i, 0)]
			if len(e) > 0 {
				return e
			}
		}
		if l.at--; l.at < 0 {
			return nil
		}
		if f := &l.fields[l.at]; !f.Gone && gate.EqualFold(f.Name, l.name) {
			l.rest = f.Value
		}
	}
}

// count says how many elements there are. It leaves l as it was.
func (l list) count() (n int) {
	for l.next() != nil {
		n++
	}
	return n
}
