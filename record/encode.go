// Package record writes down what the gate did: events are encoded from an
// allow-list of fields and delivered without holding up a request. Package
// serve imports it; it imports gate and knows nothing of HTTP engines or guards.
package record

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// AppendEvent appends e as one line of JSON with a line feed. The fields are
// those of docs/events.md, always in the same order; empty ones are left out.
func AppendEvent(b []byte, e *gate.Event) []byte {
	if e.Act != gate.Exchanged {
		return appendAct(b, e)
	}
	return AppendAs(b, "exchange", e)
}

// AppendAs is AppendEvent of a call, with another word for the kind of event,
// which is written as it is.
func AppendAs(b []byte, kind string, e *gate.Event) []byte {
	b = append(b, `{"time":"`...)
	b = appendTime(b, e.Time)
	b = append(b, `","event":"`...)
	b = append(b, kind...)
	b = append(b, `","id":"`...)
	b = append(b, e.ID[:]...)
	b = appendTrace(b, e)
	b = append(b, `","outcome":"`...)
	b = append(b, e.Outcome.String()...)
	b = append(b, `","mode":"`...)
	b = append(b, e.Mode.String()...)
	b = append(b, '"')
	b = appendText(b, `,"asked":`, e.Asked)
	b = appendText(b, `,"api":`, e.API)
	b = appendText(b, `,"operation":`, e.Operation)
	b = appendText(b, `,"method":`, e.Method)
	b = appendText(b, `,"path":`, e.Path)
	b = appendNumber(b, `,"status":`, int64(e.Status))
	if e.Denied {
		b = appendText(b, `,"code":`, e.Code.String())
	}
	b = appendText(b, `,"guard":`, e.Guard)
	b = appendText(b, `,"in":`, e.In)
	b = appendText(b, `,"name":`, e.Name)
	b = appendText(b, `,"pointer":`, e.Pointer)
	b = appendText(b, `,"keyword":`, e.Keyword)
	b = appendText(b, `,"kind":`, e.Kind)
	b = appendWho(b, e)
	b = appendText(b, `,"login":`, e.Login.String())
	b = appendFinding(b, &e.Finding)
	b = appendRules(b, e.Rules)
	b = appendWould(b, e.Would)
	b = appendSignals(b, e.Signals)
	b = appendText(b, `,"ja4":`, e.JA4)
	if e.Trimmed > 0 {
		b = appendNumber(b, `,"trimmed":`, int64(e.Trimmed))
	}
	b = appendText(b, `,"http":`, e.Version)
	b = append(b, `,"tls":`...)
	b = strconv.AppendBool(b, e.Secure)
	b = appendClient(b, e)
	b = appendNumber(b, `,"bytes_in":`, e.BodyIn)
	b = appendNumber(b, `,"bytes_out":`, e.BodyOut)
	b = appendMicros(b, `,"took_us":`, e.Took)
	b = appendMicros(b, `,"upstream_us":`, e.Upstream)
	b = appendText(b, `,"upstream":`, e.SentTo)
	if e.Tries > 1 {
		b = appendNumber(b, `,"tries":`, int64(e.Tries))
	}
	return append(b, '}', '\n')
}

// appendAct appends what happened to the gate itself.
func appendAct(b []byte, e *gate.Event) []byte {
	b = append(b, `{"time":"`...)
	b = appendTime(b, e.Time)
	if e.Act == gate.Lost {
		b = append(b, `","event":"lost","count":`...)
		b = strconv.AppendInt(b, e.Number, 10)
		return append(b, '}', '\n')
	}
	if e.Act == gate.Alerted {
		return appendAlert(b, e)
	}
	b = append(b, `","event":"change","id":"`...)
	b = append(b, e.ID[:]...)
	b = append(b, `","act":"`...)
	b = append(b, e.Act.String()...)
	b = append(b, '"')
	b = appendText(b, `,"by":`, e.By)
	b = appendText(b, `,"on":`, e.On)
	b = appendText(b, `,"why":`, e.Why)
	b = appendNumber(b, `,"number":`, e.Number)
	if !e.TakenUp.IsZero() {
		b = append(b, `,"taken_up":"`...)
		b = append(appendTime(b, e.TakenUp), '"')
	}
	return append(b, '}', '\n')
}

// appendTime writes t in UTC with milliseconds (RFC 3339 section 5.6). The
// standard library is quick only for the layout without them.
func appendTime(b []byte, t time.Time) []byte {
	b = t.UTC().AppendFormat(b, time.RFC3339)
	ms := t.Nanosecond() / 1e6
	return append(b[:len(b)-1], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
}

// appendWho writes who called, and who tried to log in.
func appendWho(b []byte, e *gate.Event) []byte {
	if e.Principal.IsZero() {
		b = appendCaller(b, e.Caller)
	} else {
		b = appendPseudonym(b, `,"caller":"`, e.Principal)
	}
	return appendPseudonym(b, `,"account":"`, e.Account)
}

// appendClient writes from where a call came.
func appendClient(b []byte, e *gate.Event) []byte {
	if e.Client.IsValid() {
		b = append(b, `,"client":"`...)
		b = e.Client.AppendTo(b)
		b = append(b, '"')
	}
	b = appendText(b, `,"country":`, e.Country)
	return appendPseudonym(b, `,"address":"`, e.Address)
}

// appendText appends a member whose name, with all that stands around it, is said.
func appendText(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return gate.AppendString(append(b, name...), value)
}

func appendNumber(b []byte, name string, value int64) []byte {
	if value == 0 {
		return b
	}
	return strconv.AppendInt(append(b, name...), value, 10)
}

func appendMicros(b []byte, name string, d time.Duration) []byte {
	return appendNumber(b, name, d.Microseconds())
}

// appendTrace writes the ids of a trace and of the gate's span in it, as
// traceparent does. The text before is still open.
func appendTrace(b []byte, e *gate.Event) []byte {
	if e.Trace == ([16]byte{}) {
		return b
	}
	b = append(b, `","trace":"`...)
	b = hex.AppendEncode(b, e.Trace[:])
	b = append(b, `","span":"`...)
	return hex.AppendEncode(b, e.Span[:])
}

// appendCaller writes a hash as 16 hexadecimal digits.
func appendCaller(b []byte, caller uint64) []byte {
	if caller == 0 {
		return b
	}
	b = append(b, `,"caller":"`...)
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[caller>>shift&15])
	}
	return append(b, '"')
}

// appendPseudonym writes a pseudonym as 32 hexadecimal digits, behind what stands
// before it.
func appendPseudonym(b []byte, before string, p gate.Pseudonym) []byte {
	if p.IsZero() {
		return b
	}
	b = append(b, before...)
	b = p.AppendTo(b)
	return append(b, '"')
}

func appendFinding(b []byte, f *gate.Finding) []byte {
	if f.Class == "" {
		return b
	}
	b = appendText(b, `,"class":`, f.Class)
	b = appendNumber(b, `,"score":`, int64(f.Score))
	if f.Reasons[0] == "" {
		return b
	}
	b = append(b, `,"reasons":[`...)
	for i, r := range f.Reasons {
		if r == "" {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = gate.AppendString(b, r)
	}
	return append(b, ']')
}

func appendRules(b []byte, rules []string) []byte {
	if len(rules) == 0 {
		return b
	}
	b = append(b, `,"policies":[`...)
	for i, id := range rules {
		if i > 0 {
			b = append(b, ',')
		}
		b = gate.AppendString(b, id)
	}
	return append(b, ']')
}

func appendSignals(b []byte, s gate.Signals) []byte {
	if s == 0 {
		return b
	}
	b = append(b, `,"signals":[`...)
	comma := false
	for name := range s.Each {
		if comma {
			b = append(b, ',')
		}
		b, comma = gate.AppendString(b, name), true
	}
	return append(b, ']')
}

func appendWould(b []byte, would []gate.Code) []byte {
	if len(would) == 0 {
		return b
	}
	b = append(b, `,"would_refuse":[`...)
	for i, c := range would {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, c.String()...)
		b = append(b, '"')
	}
	return append(b, ']')
}
