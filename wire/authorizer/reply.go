package authorizer

import (
	"bytes"
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
)

// reply speaks to a proxy over HTTP: 2xx gives leave, with the fields that the
// call is to have when it is forwarded; anything else is what the client gets.
type reply struct {
	gate.Wire
	nginx  bool
	method []byte // of the question, which frames the answer
}

var (
	nameCache   = []byte("Cache-Control")
	valueCache  = []byte("no-store")
	nameStatus  = []byte("X-Gatehouse-Status")
	nameProblem = []byte("X-Gatehouse-Problem")
)

// Reply implements gate.Wire.
func (r *reply) Reply(x *gate.Exchange) error {
	method, status := x.Method, x.Reply.Status
	defer func() { x.Method, x.Reply.Status = method, status }() // the event is about the call
	x.Method = r.method
	switch {
	case x.Granted:
		x.Reply.Fields = append(forwarded(x, x.Reply.Fields), gate.Field{Name: nameCache, Value: valueCache})
	case r.nginx:
		refuseNginx(x)
	}
	return r.Wire.Reply(x)
}

// forwarded appends the fields that the proxy is to set on the call: those that
// guards have added, and empty ones for those that they have removed.
func forwarded(x *gate.Exchange, list []gate.Field) []gate.Field {
	n := len(list)
	for i := range x.OutFields {
		if f := &x.OutFields[i]; !f.Gone {
			list = append(list, *f)
		}
	}
	for name := range x.Removed {
		if !holds(list[n:], name) {
			list = append(list, gate.Field{Name: name})
		}
	}
	return list
}

func holds(list []gate.Field, name []byte) bool {
	for i := range list {
		if bytes.EqualFold(list[i].Name, name) {
			return true
		}
	}
	return false
}

// maxProblem bounds the problem document that goes in a field, in bytes: nginx
// takes 4 KiB of fields.
const maxProblem = 2 << 10

// refuseNginx says no in the two words that nginx knows (401 and 403) and puts
// what the client is to get into fields, from which the snippet takes it. A
// failure stays one: nginx passes nothing on behind it either.
func refuseNginx(x *gate.Exchange) {
	p := &x.Reply
	p.Fields = append(p.Fields, gate.Field{Name: nameStatus, Value: strconv.AppendInt(nil, int64(p.Status), 10)})
	if problem := bytes.TrimRight(p.Body, "\n"); len(problem) > 0 && len(problem) <= maxProblem {
		p.Fields = append(p.Fields, gate.Field{Name: nameProblem, Value: problem})
	}
	if p.Status != 401 && p.Status < 500 {
		p.Status = 403
	}
}
