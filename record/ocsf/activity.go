package ocsf

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// appendActivity appends API Activity.
func (o *Encoder) appendActivity(b []byte, e *gate.Event) []byte {
	activity := activityOf(e.Method)
	c := &apiActivity
	if e.Trace != ([16]byte{}) {
		c = &tracedActivity
	}
	b = o.begin(b, c, e, activity, severity(e))
	if activity == otherActivity {
		b = append(b, `,"activity_name":`...)
		b = gate.AppendString(b, e.Method)
	}
	l := list{b}
	l.outcome(e)
	l.controls(e)
	l.authorizations(e)
	l.caller(`,"actor":`, e)
	l.api(e)
	l.source(e)
	l.destination(e)
	l.http(e)
	l.number(`,"duration":`, e.Took.Milliseconds())
	l.trace(e)
	l.unmapped(e)
	return append(l.b, '}', '\n')
}

const otherActivity = 99

// activityOf is what a method means for what it is called on (RFC 9110 section
// 9.3, RFC 5789). What an operation does, the contract does not say.
func activityOf(method string) int {
	switch method {
	case "POST":
		return 1 // Create
	case "GET", "HEAD", "OPTIONS", "TRACE", "QUERY":
		return 2 // Read
	case "PUT", "PATCH":
		return 3 // Update
	case "DELETE":
		return 4 // Delete
	case "":
		return 0 // Unknown
	}
	return otherActivity
}

// severity is how soon somebody should look: an attack that was refused can
// wait longer than one that was only watched.
func severity(e *gate.Event) int {
	switch {
	case e.Finding.Class != "" && e.Outcome != gate.Refused:
		return high
	case e.Finding.Class != "", e.Outcome == gate.Failed, saysBot(e):
		return medium
	case e.Outcome == gate.Refused, len(e.Would) > 0, e.Signals != 0:
		return low
	}
	return informational
}

// outcome appends how the exchange ended and why.
func (l *list) outcome(e *gate.Event) {
	l.b = status(l.b, succeeded(e))
	if e.Denied {
		l.text(`,"status_code":`, e.Code.String())
		l.text(`,"status_detail":`, e.Code.Title())
	}
	l.name(`,"message":`)
	l.b = append(l.b, '"')
	l.b = append(l.b, e.Outcome.String()...)
	if e.Denied {
		l.b = append(l.b, `: `...)
		l.b = append(l.b, e.Code.String()...)
	}
	l.b = append(l.b, '"')
}

// succeeded reports whether the client got what it asked for.
func succeeded(e *gate.Event) bool {
	return (e.Outcome == gate.Passed || e.Outcome == gate.Replied) && e.Status < 400
}

// controls appends what the gate did: the profile security_control.
func (l *list) controls(e *gate.Event) {
	switch {
	case e.Outcome == gate.Refused && e.Code.Status() >= 500:
		l.b = append(l.b, `,"action_id":2,"action":"Denied","disposition_id":27,"disposition":"Error"`...)
	case e.Outcome == gate.Refused && e.Code == gate.ChallengeRequired:
		l.b = append(l.b, `,"action_id":2,"action":"Denied","disposition_id":23,"disposition":"Challenge"`...)
	case e.Outcome == gate.Refused && unauthorized(e.Code):
		l.b = append(l.b, `,"action_id":2,"action":"Denied","disposition_id":26,"disposition":"Unauthorized"`...)
	case e.Outcome == gate.Refused:
		l.b = append(l.b, `,"action_id":2,"action":"Denied","disposition_id":2,"disposition":"Blocked"`...)
	case e.Outcome == gate.Failed && strings.HasPrefix(e.Code.String(), "answer-"):
		l.b = append(l.b, `,"action_id":2,"action":"Denied","disposition_id":2,"disposition":"Blocked"`...)
	case e.Outcome == gate.Failed:
		l.b = append(l.b, `,"action_id":1,"action":"Allowed","disposition_id":27,"disposition":"Error"`...)
	case e.Outcome == gate.Aborted:
		l.b = append(l.b, `,"action_id":99,"action":"Aborted","disposition_id":99,"disposition":"Aborted"`...)
	case len(e.Would) > 0 || e.Finding.Class != "":
		l.b = append(l.b, `,"action_id":3,"action":"Observed","disposition_id":15,"disposition":"Detected"`...)
	case e.Trimmed > 0 && e.Mode == gate.Enforce:
		l.b = append(l.b, `,"action_id":4,"action":"Modified","disposition_id":1,"disposition":"Allowed"`...)
	default:
		l.b = append(l.b, `,"action_id":1,"action":"Allowed","disposition_id":1,"disposition":"Allowed"`...)
	}
}

// unauthorized reports whether a code says that the caller may not.
func unauthorized(c gate.Code) bool {
	return c >= gate.CredentialMissing && c <= gate.FieldDenied || c == gate.GraphQLDenied
}

// authorizations appends the rules that decided.
func (l *list) authorizations(e *gate.Event) {
	if len(e.Rules) == 0 {
		return
	}
	decision := "allowed"
	if e.Code == gate.PolicyDenied {
		decision = "denied"
	}
	from := l.open(`,"authorizations":`, '[')
	for _, id := range e.Rules {
		if l.b[len(l.b)-1] != '[' {
			l.b = append(l.b, ',')
		}
		l.b = append(l.b, '{')
		l.text(`,"decision":`, decision)
		l.b = append(l.b, `,"policy":{"uid":`...)
		l.b = gate.AppendString(l.b, id)
		l.b = append(l.b, '}', '}')
	}
	l.end(from, ']')
}

// caller appends who called, of whom there is a keyed hash at most.
func (l *list) caller(name string, e *gate.Event) {
	l.name(name)
	l.b = append(l.b, `{"user":`...)
	l.user(e)
	l.b = append(l.b, '}')
}

func (l *list) user(e *gate.Event) {
	switch {
	case !e.Principal.IsZero():
		l.pseudonym(e.Principal)
		return
	case e.Caller == 0:
		l.b = append(l.b, `{"name":"unknown","type_id":0}`...)
		return
	}
	l.b = append(l.b, `{"uid":"`...)
	for shift := 60; shift >= 0; shift -= 4 {
		l.b = append(l.b, "0123456789abcdef"[e.Caller>>shift&15])
	}
	l.b = append(l.b, `","type_id":0}`...)
}

// pseudonym appends a user of whom there is a keyed hash.
func (l *list) pseudonym(p gate.Pseudonym) {
	l.b = append(l.b, `{"uid":"`...)
	l.b = p.AppendTo(l.b)
	l.b = append(l.b, `","type_id":0}`...)
}

// api appends the operation; what the contract does not name is unknown.
func (l *list) api(e *gate.Event) {
	l.b = append(l.b, `,"api":{"operation":`...)
	if e.Operation == "" {
		l.b = append(l.b, `"unknown"`...)
	} else {
		l.b = gate.AppendString(l.b, e.Operation)
	}
	if e.API != "" {
		l.b = append(l.b, `,"service":{"name":`...)
		l.b = gate.AppendString(l.b, e.API)
		l.b = append(l.b, '}')
	}
	l.b = append(l.b, `,"request":{"uid":"`...)
	l.b = append(l.b, e.ID[:]...)
	l.b = append(l.b, `"}}`...)
}

// source appends the network of the client. There is no address of anybody.
func (l *list) source(e *gate.Event) {
	l.b = append(l.b, `,"src_endpoint":{`...)
	switch {
	case !e.Address.IsZero():
		l.b = append(e.Address.AppendTo(append(l.b, `"uid":"`...)), '"')
	case !e.Client.IsValid():
		l.b = append(l.b, `"name":"unknown"`...)
	default:
		l.b = append(l.b, `"name":"`...)
		from := len(l.b)
		l.b = e.Client.AppendTo(l.b)
		to := len(l.b)
		l.b = append(l.b, `","subnet_uid":"`...)
		l.b = append(append(l.b, l.b[from:to]...), '"')
	}
	if e.Country != "" {
		l.b = append(l.b, `,"location":{"country":`...)
		l.b = append(gate.AppendString(l.b, e.Country), '}')
	}
	l.b = append(l.b, '}')
}

// destination appends the API behind the gate.
func (l *list) destination(e *gate.Event) {
	if e.API == "" && e.SentTo == "" {
		return
	}
	from := l.open(`,"dst_endpoint":`, '{')
	l.text(`,"svc_name":`, e.API)
	l.text(`,"name":`, e.SentTo)
	l.end(from, '}')
}

// http appends the request, of which the path is the contract's template, and
// the answer.
func (l *list) http(e *gate.Event) {
	l.b = append(l.b, `,"http_request":{"uid":"`...)
	l.b = append(l.b, e.ID[:]...)
	l.b = append(l.b, '"')
	if e.Method != "OTHER" && e.Method != "QUERY" { // which the schema does not list
		l.text(`,"http_method":`, e.Method)
	}
	if e.Path != "" {
		l.b = append(l.b, `,"url":{"path":`...)
		l.b = gate.AppendString(l.b, e.Path)
		if e.Secure {
			l.b = append(l.b, `,"scheme":"https"}`...)
		} else {
			l.b = append(l.b, `,"scheme":"http"}`...)
		}
	}
	l.text(`,"version":`, strings.TrimPrefix(e.Version, "HTTP/"))
	l.number(`,"body_length":`, e.BodyIn)
	l.b = append(l.b, '}')
	if e.Status == 0 {
		return
	}
	l.b = append(l.b, `,"http_response":{"code":`...)
	l.b = strconv.AppendInt(l.b, int64(e.Status), 10)
	l.number(`,"body_length":`, e.BodyOut)
	l.number(`,"latency":`, e.Upstream.Milliseconds())
	l.b = append(l.b, '}')
}

// trace appends the trace that the call belongs to, and the gate's own span in it.
func (l *list) trace(e *gate.Event) {
	if e.Trace == ([16]byte{}) {
		return
	}
	l.b = append(l.b, `,"trace":{"uid":"`...)
	l.b = hex.AppendEncode(l.b, e.Trace[:])
	l.b = append(l.b, `","span":{"uid":"`...)
	l.b = hex.AppendEncode(l.b, e.Span[:])
	l.b = append(l.b, `","start_time":`...)
	l.b = strconv.AppendInt(l.b, e.Time.UnixMilli(), 10)
	l.b = append(l.b, `,"end_time":`...)
	l.b = strconv.AppendInt(l.b, e.Time.Add(e.Took).UnixMilli(), 10)
	l.b = append(l.b, '}', '}')
}

// unmapped appends what the schema has no place for, as docs/events.md calls it.
func (l *list) unmapped(e *gate.Event) {
	l.b = append(l.b, `,"unmapped":{"outcome":"`...)
	l.b = append(l.b, e.Outcome.String()...)
	l.b = append(l.b, `","mode":"`...)
	l.b = append(l.b, e.Mode.String()...)
	l.b = append(l.b, `","tls":`...)
	l.b = strconv.AppendBool(l.b, e.Secure)
	if e.Method == "QUERY" {
		l.text(`,"method":`, e.Method)
	}
	l.text(`,"asked":`, e.Asked)
	l.text(`,"guard":`, e.Guard)
	l.text(`,"in":`, e.In)
	l.text(`,"name":`, e.Name)
	l.text(`,"pointer":`, e.Pointer)
	l.text(`,"keyword":`, e.Keyword)
	l.text(`,"kind":`, e.Kind)
	l.text(`,"login":`, e.Login.String())
	l.would(e)
	l.signals(e)
	l.text(`,"ja4":`, e.JA4)
	l.number(`,"trimmed":`, int64(e.Trimmed))
	l.number(`,"took_us":`, e.Took.Microseconds())
	l.number(`,"upstream_us":`, int64(e.Upstream/time.Microsecond))
	if e.Tries > 1 {
		l.number(`,"tries":`, int64(e.Tries))
	}
	l.b = append(l.b, '}')
}

func (l *list) would(e *gate.Event) {
	from := l.open(`,"would_refuse":`, '[')
	for _, c := range e.Would {
		l.item(c.String())
	}
	l.end(from, ']')
}

func (l *list) signals(e *gate.Event) {
	if e.Signals == 0 {
		return
	}
	from := l.open(`,"signals":`, '[')
	for name := range e.Signals.Each {
		l.item(name)
	}
	l.end(from, ']')
}

// item appends one of a list of texts.
func (l *list) item(text string) {
	if l.b[len(l.b)-1] != '[' {
		l.b = append(l.b, ',')
	}
	l.b = gate.AppendString(l.b, text)
}
