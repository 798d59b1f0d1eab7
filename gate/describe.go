package gate

import (
	"net/netip"

	"github.com/gatehouse-api/gatehouse/contract/route"
)

// methods are the registered ones that may stand on an event; any other is
// written as OTHER, since a client can invent it.
var methods = [...]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"}

func methodName(m []byte) string {
	for _, known := range methods {
		if string(m) == known {
			return known
		}
	}
	return "OTHER"
}

// Safe reports whether a method asks for no change (RFC 9110 section 9.2.1).
func Safe(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "QUERY":
		return true
	}
	return false
}

// describe fills in the event from what the exchange has become. Only words
// of the contract and of the gate go in.
func (x *Exchange) describe() {
	e := &x.event
	address := e.Address // of an earlier description
	*e = Event{
		ID: x.ID, Time: x.Received, Method: methodName(x.Method), Version: x.Version, Secure: x.Secure,
		Client: clientNetwork(x.client()), Country: x.Country, BodyIn: x.BodyBytes, BodyOut: x.AnswerBytes,
		Rules: x.Rules, Would: x.Would, Signals: x.Signals, Trimmed: x.Trimmed, Outcome: x.outcome(),
	}
	x.whoCalls(e, address)
	e.Login = x.Login.End
	if !x.Ended.IsZero() {
		e.Took = x.Ended.Sub(x.Received)
	}
	e.Trace, e.Span, e.Parent, e.Sampled = x.trace.id, x.trace.span, x.trace.parent, x.trace.flags&flagSampled != 0
	if x.Signals != 0 && x.Hello != nil {
		e.JA4 = x.Hello.JA4
	}
	if x.Question != nil {
		e.Asked = x.Question.Protocol
	}
	if x.API != nil {
		e.API, e.Mode, e.Series = x.API.Name, x.API.Mode, x.API.Series
	}
	if x.Operation != nil {
		e.Operation, e.Path, e.Mode = x.Operation.Name, x.Operation.Template, x.Operation.Mode
		if x.Operation.Series != nil {
			e.Series = x.Operation.Series
		}
	}
	e.SentTo, e.Tries = x.SentTo, x.Tries
	if !x.Answered.IsZero() {
		e.Upstream, e.Before = x.Answered.Sub(x.Sent), x.Sent.Sub(x.Received)
	}
	switch {
	case x.replied():
		e.Status = x.Reply.Status
	case x.Answer.Status != 0:
		e.Status = x.Answer.Status
	}
	if e.Path == "" && (x.Match.Outcome == route.WrongMethod || x.Match.Outcome == route.Options) {
		e.Path = x.Match.Template
	}
	switch {
	case x.Refused:
		e.Denied, e.Code = true, x.Refusal.Code
		e.place(x.Guard, &x.Refusal)
	case len(x.Would) > 0:
		e.place(x.notedBy, &x.noted)
	}
	if e.Kind == "" { // of an earlier would-be refusal, whatever was refused then
		e.Kind, e.Caller = x.noted.Kind, x.noted.Caller
	}
}

// undescribed is the path of a call where no operation has it, for a tap; nil for
// others.
func (x *Exchange) undescribed() []byte {
	if x.Match.Outcome != route.NotFound {
		return nil
	}
	return x.Path
}

// place says where and by which guard something was or would have been
// refused.
func (e *Event) place(guard string, r *Refusal) {
	e.Guard, e.In, e.Name, e.Pointer, e.Keyword = guard, r.In, r.Name, r.Pointer, r.Keyword
	e.Kind, e.Caller, e.Finding = r.Kind, r.Caller, r.Finding
}

// client is the address of whoever made the request.
func (x *Exchange) client() netip.Addr {
	if x.Client.IsValid() {
		return x.Client
	}
	return x.Peer.Addr()
}

func (x *Exchange) outcome() Outcome {
	switch {
	case x.Refused && x.Refusal.Code == ClientGone, x.Aborted:
		return Aborted
	case x.Refused && !x.Sent.IsZero():
		return Failed
	case x.Refused:
		return Refused
	case x.replied():
		return Replied
	}
	return Passed
}
