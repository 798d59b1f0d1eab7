package upstream

import (
	"bytes"
	"errors"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// answer is the head of an answer (RFC 9112 sections 4 and 5). It refuses what
// has two readings: line ends other than CRLF, folded lines, white space
// before a colon, a length that is repeated or stands beside a coding, and any
// coding but chunked.
type answer struct {
	status      int // 0 before the status line
	http10      bool
	length      int64 // -1 when it is not stated
	codings     int
	ends, keeps bool         // options of Connection
	listed      int          // names of fields in Connection
	fields      []gate.Field // that go on; views of what was read
	at          int          // where the first line begins that is not read
}

// framing says how the body of an answer ends.
type framing uint8

const (
	noBody framing = iota
	fixedLength
	chunked
	untilClose
)

// begin makes a ready for a head. It uses the memory of list.
func (a *answer) begin(list []gate.Field) { *a = answer{length: -1, fields: list[:0]} }

// maxFields bounds the fields of one answer, and maxListed those that its
// Connection names: each is looked for among all.
const (
	maxFields = 1000
	maxListed = 64
)

var (
	errHead    = errors.New("the head of the API's answer is not well-formed HTTP/1.1")
	errTooLong = errors.New("the head of the API's answer is too long")
	errLength  = errors.New("the API's answer states its length in more than one way")
	errCoding  = errors.New("the API's answer has a transfer coding other than chunked")
	errChunks  = errors.New("the chunked coding of the API's answer is broken")
	errControl = errors.New("the API answered with a field that holds control characters")
)

// read goes on with b, which holds what came of the head from its beginning,
// and reports whether the head is complete. It then ends at a.at.
func (a *answer) read(b []byte) (done bool, err error) {
	for {
		n := bytes.IndexByte(b[a.at:], '\n')
		if n < 0 {
			return false, nil
		}
		line := b[a.at : a.at+n]
		a.at += n + 1
		if n = len(line) - 1; n < 0 || line[n] != '\r' {
			return false, errHead
		}
		line = line[:n]
		switch {
		case a.status == 0:
			err = a.statusLine(line)
		case n == 0:
			return true, a.end()
		default:
			err = a.field(line)
		}
		if err != nil {
			return false, err
		}
	}
}

// statusLine reads "HTTP/1.x SP 3DIGIT [SP reason]" (RFC 9112 section 4; the
// last space is missing in the answers of many servers).
func (a *answer) statusLine(line []byte) error {
	const start = "HTTP/1.1 200"
	if len(line) < len(start) || string(line[:7]) != "HTTP/1." || line[7] != '1' && line[7] != '0' || line[8] != ' ' ||
		len(line) > len(start) && line[len(start)] != ' ' || !octet.All(line, octet.Value) {
		return errHead
	}
	n, ok := octet.Number(line[9:12])
	if !ok || n < 100 {
		return errHead
	}
	a.http10, a.status = line[7] == '0', int(n)
	return nil
}

// field reads one field. Those that frame the body or speak of the connection
// end here (RFC 9110 section 7.6.1): the engine frames the answer anew.
func (a *answer) field(line []byte) error {
	n := bytes.IndexByte(line, ':')
	if n <= 0 || !octet.All(line[:n], octet.Token) {
		return errHead
	}
	name, value := line[:n:n], trim(line[n+1:])
	if !octet.All(value, octet.Value) {
		return errControl
	}
	switch len(name) {
	case 2, 7, 10, 14, 16, 17:
		if done, err := a.ours(name, value); done {
			return err
		}
	}
	if len(a.fields) == maxFields {
		return errTooLong
	}
	a.fields = append(a.fields, gate.Field{Name: name, Value: value})
	return nil
}

// ours reads a field that is not forwarded.
func (a *answer) ours(name, value []byte) (done bool, err error) {
	switch {
	case gate.EqualFold(name, "Content-Length"):
		if a.length >= 0 {
			return true, errLength
		}
		var ok bool
		if a.length, ok = octet.Number(value); !ok {
			return true, errLength
		}
	case gate.EqualFold(name, "Transfer-Encoding"):
		if a.codings++; a.codings > 1 || !gate.EqualFold(value, "chunked") {
			return true, errCoding
		}
	case gate.EqualFold(name, "Connection"):
		a.options(value)
	case gate.EqualFold(name, "Keep-Alive"), gate.EqualFold(name, "Proxy-Connection"), gate.EqualFold(name, "TE"),
		gate.EqualFold(name, "Trailer"), gate.EqualFold(name, "Upgrade"):
	default:
		return false, nil
	}
	return true, nil
}

// options reads what Connection names. When that is more than whether the
// connection goes on, the field is kept for end.
func (a *answer) options(value []byte) {
	more := false
	eachOption(value, func(option []byte) {
		switch {
		case gate.EqualFold(option, "close"):
			a.ends = true
		case gate.EqualFold(option, "keep-alive"):
			a.keeps = true
		default:
			more = true
			a.listed++
		}
	})
	if more && len(a.fields) < maxFields {
		a.fields = append(a.fields, gate.Field{Name: connection, Value: value, Gone: true})
	}
}

var connection = []byte("Connection")

// eachOption calls yield with the members of a comma-separated list.
func eachOption(list []byte, yield func([]byte)) {
	for len(list) > 0 {
		option, rest, _ := bytes.Cut(list, []byte(","))
		if option = trim(option); len(option) > 0 {
			yield(option)
		}
		list = rest
	}
}

// trim removes optional white space (RFC 9110 section 5.6.3).
func trim(v []byte) []byte {
	for len(v) > 0 && (v[0] == ' ' || v[0] == '\t') {
		v = v[1:]
	}
	for n := len(v); n > 0 && (v[n-1] == ' ' || v[n-1] == '\t'); n-- {
		v = v[:n-1]
	}
	return v
}

// end judges the head as a whole and removes the fields that Connection names.
func (a *answer) end() error {
	if a.codings > 0 && (a.length >= 0 || a.http10) {
		return errLength
	}
	switch {
	case a.listed == 0:
		return nil
	case a.listed > maxListed:
		return errTooLong
	}
	for i := range a.fields {
		if f := &a.fields[i]; &f.Name[0] == &connection[0] {
			eachOption(f.Value, a.remove)
		}
	}
	kept := a.fields[:0]
	for _, f := range a.fields {
		if !f.Gone {
			kept = append(kept, f)
		}
	}
	a.fields = kept
	return nil
}

func (a *answer) remove(name []byte) {
	for i := range a.fields {
		if f := &a.fields[i]; bytes.EqualFold(f.Name, name) {
			f.Gone = true
		}
	}
}

// framing says how the body ends (RFC 9112 section 6.3), and its length, -1
// when nothing says it.
func (a *answer) framing(head bool) (framing, int64) {
	switch {
	case head:
		return noBody, a.length
	case a.status < 200, a.status == 204, a.status == 304, a.length == 0:
		return noBody, 0
	case a.codings > 0:
		return chunked, -1
	case a.length > 0:
		return fixedLength, a.length
	}
	return untilClose, -1
}

// reusable reports whether the API keeps the connection (RFC 9112 section
// 9.3).
func (a *answer) reusable() bool { return !a.ends && (!a.http10 || a.keeps) && a.status >= 200 }
