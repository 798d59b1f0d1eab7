package authorizer

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// checkPath is the one method of the service.
const checkPath = "/envoy.service.auth.v3.Authorization/Check"

// maxMessage bounds a question without a body, and maxWithBody one with it, in
// bytes. with_request_body of Envoy must stay below.
const (
	maxMessage  = 128 << 10
	maxWithBody = 8 << 20
)

// ask answers a question over gRPC. x is the call of the method, and the call
// that is asked about is an exchange of its own.
func (l *live) ask(s *session.Shared, x *gate.Exchange, w gate.Wire) {
	y := s.Gate.Acquire()
	y.Context, y.Peer, y.Listener, y.Received, y.Version = x.Context, x.Peer, x.Listener, x.Received, x.Version
	y.Client, y.Method, y.Question = x.Client, x.Method, &l.question
	known := string(x.Method) == "POST" && string(x.Target) == checkPath
	y.Refusal = l.checkRequest(s, x, y, known)
	if y.Broken = y.Refusal.Code; y.Broken != gate.Undecided {
		y.Incoming, y.BodyLength = nil, 0
	}
	verdict := &verdict{}
	s.Gate.Serve(y, verdict)
	s.Gate.Release(y)
	if !known {
		verdict.message = nil
	}
	verdict.send(x, w)
}

// checkRequest makes of y the call that x asks about.
func (l *live) checkRequest(s *session.Shared, x, y *gate.Exchange, known bool) gate.Refusal {
	if x.Broken != gate.Undecided {
		return gate.Refusal{Code: x.Broken}
	}
	if isStranger(s, x) {
		return stranger
	}
	if !known {
		return misuse("path", "unknown")
	}
	b, ok := l.receive(x)
	m := &message{}
	if !ok || !m.read(b) {
		return misuse("CheckRequest", "form")
	}
	if r := m.fill(s, y); r.Code != gate.Undecided {
		return r
	}
	if r := m.fillBody(y, l.question.Body); r.Code != gate.Undecided {
		return r
	}
	return judge(s, y)
}

// receive reads the one message of a call: a byte that says whether it is
// compressed, which nobody was told to do, four of its length, and itself.
func (l *live) receive(x *gate.Exchange) ([]byte, bool) {
	most := maxMessage
	if l.question.Body {
		most = maxWithBody
	}
	var head [5]byte
	if x.Incoming == nil {
		return nil, false
	}
	if _, err := io.ReadFull(x.Incoming, head[:]); err != nil {
		return nil, false
	}
	n := binary.BigEndian.Uint32(head[1:])
	if head[0] != 0 || int64(n) > int64(most) {
		return nil, false
	}
	var b bytes.Buffer // it grows with what really comes
	if got, err := io.Copy(&b, io.LimitReader(x.Incoming, int64(n))); err != nil || got != int64(n) {
		return nil, false
	}
	var more [1]byte
	if rest, err := x.Incoming.Read(more[:]); rest > 0 || err != nil && err != io.EOF {
		return nil, false
	}
	return b.Bytes(), true
}

// fill takes the call out of the message.
func (m *message) fill(s *session.Shared, y *gate.Exchange) gate.Refusal {
	for _, part := range [...]struct {
		name  string
		value []byte
		at    *[]byte
	}{{"method", m.method, &y.Method}, {"path", m.path, &y.Target}, {"host", m.host, &y.Host}} {
		if len(part.value) == 0 {
			return misuse(part.name, "missing")
		}
		*part.at = part.value
	}
	if r := setScheme(y, m.scheme, "scheme"); r.Code != gate.Undecided {
		return r
	}
	var ok bool
	if y.Client, ok = m.address(); !ok {
		return misuse("source", "missing")
	}
	return m.fields(s, y)
}

// fields takes the fields of the call. Envoy sends the pseudo-fields as well:
// they must say the same.
func (m *message) fields(s *session.Shared, y *gate.Exchange) gate.Refusal {
	list := m.raw
	if len(list) == 0 {
		list = m.joined
	} else if len(m.joined) > 0 {
		return misuse("headers", "repeated")
	}
	size := 0
	for i := range list {
		f := &list[i]
		if len(f.Name) > 0 && f.Name[0] == ':' {
			if said := m.pseudo(f.Name); said != nil && !bytes.Equal(said, f.Value) {
				return misuse("headers", "form")
			}
			continue
		}
		if f.Value = octet.Trim(f.Value); !octet.IsToken(f.Name) || !octet.IsValue(f.Value) {
			return gate.Refusal{Code: gate.Malformed}
		}
		if size += len(f.Name) + len(f.Value); size > s.Limits.HeadBytes || len(y.Fields) >= s.Limits.Fields {
			return gate.Refusal{Code: gate.FieldsTooLarge}
		}
		if len(m.raw) == 0 && holds(y.Fields, f.Name) {
			return misuse("headers", "repeated")
		}
		y.Fields = append(y.Fields, *f)
	}
	return gate.Refusal{}
}

// pseudo is what a pseudo-field must say; nil for one that is not used.
func (m *message) pseudo(name []byte) []byte {
	switch string(name) {
	case ":method":
		return m.method
	case ":path":
		return m.path
	case ":authority":
		return m.host
	}
	return nil
}

// fillBody takes the body where Envoy is to send it.
func (m *message) fillBody(y *gate.Exchange, wanted bool) gate.Refusal {
	// What Envoy sets by itself is no part of the call.
	defer drop(y, partial, ofForwardAuth.client, ofForwardAuth.scheme, "X-Envoy-Internal", "X-Envoy-External-Address")
	if !wanted {
		if len(m.body) > 0 {
			return misuse("with_request_body", "unexpected")
		}
		y.BodyLength = m.size
		return gate.Refusal{}
	}
	if r := wholeBody(y); r.Code != gate.Undecided {
		return r
	}
	if m.size > 0 && m.size != int64(len(m.body)) {
		return misuse("body", "form")
	}
	if y.BodyLength = int64(len(m.body)); y.BodyLength > 0 {
		y.Incoming = bytes.NewReader(m.body)
	}
	return gate.Refusal{}
}

// verdict is the gate's side of a question over gRPC: the CheckResponse.
type verdict struct{ message []byte }

// Reply implements gate.Wire.
func (v *verdict) Reply(y *gate.Exchange) error {
	if !y.Granted {
		body := y.Reply.Body
		if string(y.Method) == "HEAD" {
			body = nil
		}
		v.message = appendDenial(nil, y.Reply.Status, y.Reply.Fields, body)
		return nil
	}
	var remove [][]byte
	for name := range y.Removed {
		if !holds(y.OutFields, name) { // what is set takes its place, and nobody says which Envoy does first
			remove = append(remove, name)
		}
	}
	v.message = appendGrant(nil, y.OutFields, remove, y.Reply.Fields)
	return nil
}

// Relay implements gate.Wire.
func (*verdict) Relay(*gate.Exchange) error { return io.ErrUnexpectedEOF }

var (
	nameType        = []byte("content-type")
	valueType       = []byte("application/grpc")
	nameGRPCStatus  = []byte("grpc-status")
	valueDone       = []byte("0")
	valueUnknown    = []byte("12")                    // UNIMPLEMENTED
	answersWithTail = &gate.Operation{Trailers: true} // so that the engine writes trailers
)

// send answers the call of the method.
func (v *verdict) send(x *gate.Exchange, w gate.Wire) {
	x.Operation, x.Answered = answersWithTail, time.Now()
	x.Answer = gate.Answer{Status: 200, Length: -1, Fields: append(x.Answer.Fields[:0], gate.Field{Name: nameType, Value: valueType}), Trailers: x.Answer.Trailers[:0]}
	if v.message == nil {
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: nameGRPCStatus, Value: valueUnknown})
		w.Relay(x)
		return
	}
	framed := binary.BigEndian.AppendUint32(make([]byte, 1, 5+len(v.message)), uint32(len(v.message)))
	x.Answer.Body = io.NopCloser(bytes.NewReader(append(framed, v.message...)))
	x.Answer.Trailers = append(x.Answer.Trailers, gate.Field{Name: nameGRPCStatus, Value: valueDone})
	w.Relay(x)
}
