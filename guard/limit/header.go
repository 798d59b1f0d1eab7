package limit

import (
	"bytes"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// The fields are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026):
// Lists of Strings with parameters (RFC 9651 sections 3.1, 3.3.3). Clients are
// not told their partition key, pk (section 3.1.4): a key is made of who calls
// and from where, which is nothing to repeat, and each client has one.
var (
	fieldLimit  = []byte("RateLimit")
	fieldPolicy = []byte("RateLimit-Policy")
)

// units as the draft names them (sections 3.1.2 and 10.3), of which calls are the
// default; what it does not name begins with ours.
var units = [...]string{Calls: "", RequestBytes: "content-bytes", AnswerBytes: "content-bytes", Complexity: "gatehouse-complexity"}

// policyOf is what clients are told of an operation's limits, the same with
// every answer; nil where all are hidden.
func policyOf(rules []*Rule) (b []byte) {
	for _, r := range rules {
		if r.Hidden {
			continue
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = r.policy(b)
	}
	return b
}

// policy appends one item of RateLimit-Policy (section 3.1 of the draft).
func (r *Rule) policy(b []byte) []byte {
	q, w := r.Amount, int64(0)
	unit := units[r.Unit]
	switch r.Kind {
	case Rate, Window:
		// Section 3.1.3: at least one, in whole seconds.
		if w = seconds(r.Per); int64(r.Per) != w*int64(time.Second) {
			q = times(q, w) * 1000 / r.Per.Milliseconds()
		}
	case Quota:
		if r.Period == Day {
			w = 86400
		}
	case Concurrency:
		unit = "concurrent-requests"
	}
	b = append(append(append(b, '"'), r.Name...), `";q=`...)
	b = strconv.AppendInt(b, min(q, maxInteger), 10)
	if unit != "" {
		b = append(append(append(b, `;qu="`...), unit...), '"')
	}
	if w > 0 {
		b = strconv.AppendInt(append(b, ";w="...), w, 10)
	}
	// Section 3.1: parameters of one's own have the name of their maker in front.
	if r.Kind == Rate && r.Burst != r.Amount {
		b = strconv.AppendInt(append(b, ";gatehouse-burst="...), r.Burst, 10)
	}
	if r.Global { // by how much all nodes together may exceed it
		b = strconv.AppendInt(append(b, ";gatehouse-over="...), r.Over(), 10)
	}
	return b
}

// Over is by how many units the nodes that share a limit may exceed it together:
// each may spend one slice late.
func (r *Rule) Over() int64 { return r.Slice * int64(r.Nodes) }

// maxInteger is the largest Integer of a structured field (RFC 9651 section
// 3.3.1).
const maxInteger = 999_999_999_999_999

// item begins an item of RateLimit; nil for a limit that is hidden.
func (r *Rule) item() []byte {
	if r.Hidden {
		return nil
	}
	return append(append([]byte{'"'}, r.Name...), `";r=`...)
}

// said is where the value of a RateLimit begins, and the field that it replaces.
type said struct{ start, items, field int }

// open begins the field: what another guard of the operation has said goes
// before.
func (g *Guard) open(x *gate.Exchange) said {
	s := said{start: len(x.Told), field: -1}
	if g.observe {
		return s
	}
	for i := range x.AddFields {
		if bytes.Equal(x.AddFields[i].Name, fieldLimit) {
			s.field = i
			x.Told = append(x.Told, x.AddFields[i].Value...)
		}
	}
	s.items = len(x.Told)
	return s
}

// tell appends what a limit has left (section 4.1 of the draft). A limit without
// a window has no t (section 4.1.2).
func (u *use) tell(x *gate.Exchange, r *result) {
	if u.item == nil || r.unknown {
		return
	}
	x.Told = append(append(x.Told, ", "...), u.item...)
	x.Told = strconv.AppendInt(x.Told, min(max(0, r.remaining), maxInteger), 10)
	if u.Kind != Concurrency {
		x.Told = strconv.AppendInt(append(x.Told, ";t="...), seconds(r.reset), 10)
	}
}

// close adds the fields. While a limit is only observed clients hear nothing of
// it.
func (g *Guard) close(x *gate.Exchange, s said) {
	if g.observe {
		x.Told = x.Told[:s.start]
		return
	}
	if len(g.policy) > 0 {
		x.AddFields = append(x.AddFields, gate.Field{Name: fieldPolicy, Value: g.policy})
	}
	if len(x.Told) == s.items {
		x.Told = x.Told[:s.start]
		return
	}
	start := s.start
	if s.field < 0 {
		start += len(", ")
	}
	value := x.Told[start:len(x.Told):len(x.Told)]
	if s.field >= 0 {
		x.AddFields[s.field].Value = value
		return
	}
	x.AddFields = append(x.AddFields, gate.Field{Name: fieldLimit, Value: value})
}

// seconds rounds up to whole ones.
func seconds(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64((d + time.Second - 1) / time.Second)
}
