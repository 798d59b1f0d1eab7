package gate

import "slices"

// Question is what a proxy asks the gate about a call that the proxy itself
// forwards: may it? An exchange with a question is walked like any other up to
// where it would be forwarded, by the same guards. It is immutable and shared
// by many exchanges.
type Question struct {
	// Protocol is how the proxy asks, for events: "nginx".
	Protocol string
	// APIs are the names of those that may be asked about; others are unknown.
	APIs []string
	// Body says that the body of the call comes along. Without it the exchange
	// has none, and BodyLength is what the proxy says of it: -1 for nothing.
	Body bool
	// Removes says that the proxy can be told to remove any field from the call.
	// Otherwise a call with a field that gets around the checks is refused.
	Removes bool
}

// BodyKept reports whether the request's body stays with the proxy that asks.
// Nothing of it is read then.
func (x *Exchange) BodyKept() bool { return x.Question != nil && !x.Question.Body }

// mayKeepBody refuses a call about whose body a step has to say something that
// nobody can leave unsaid: it is signed by a credential.
func (x *Exchange) mayKeepBody() bool {
	if !x.WholeBody {
		return true
	}
	x.Guard = "gate"
	x.Refusal = Refusal{Code: BodyMissing, In: "body", Detail: "the credential of the call is about its body, which the proxy that asks does not send"}
	return false
}

// FieldsKept reports whether nobody can remove a field of the request that the
// proxy that asks does not remove by itself.
func (x *Exchange) FieldsKept() bool { return x.Question != nil && !x.Question.Removes }

// Removed yields the names of the fields that guards have removed from the
// request, for proxies that are to do the same.
func (x *Exchange) Removed(yield func(name []byte) bool) {
	for i := range x.Fields {
		if f := &x.Fields[i]; f.Gone && !anyFold(f.Name, hopByHop[:]) && !yield(f.Name) {
			return
		}
	}
}

// about reports whether API is one that x may ask for.
func (q *Question) about(a *API) bool { return q == nil || slices.Contains(q.APIs, a.Name) }

// grant ends the walk of an exchange with a question: the proxy may forward the
// call as it is. What the gate would have to change on it, or would have
// answered by itself, the proxy cannot do: then it may not.
func (x *Exchange) grant() bool {
	x.Guard = "gate"
	switch {
	case x.replied():
		// A proxy takes every 2xx for leave to forward the call.
		if x.Reply.Status < 300 {
			x.Reply = Reply{Fields: x.Reply.Fields}
			if _, n := FindField(x.Reply.Fields, "Allow"); n == 0 && len(x.Match.Allow) > 0 { // RFC 9110 section 15.5.6
				x.Reply.Fields = append(x.Reply.Fields, Field{Name: fieldAllow, Value: []byte(x.Match.Allow)})
			}
			return x.refuse(MethodUnknown)
		}
		return true
	case len(x.asked) > 0 && x.Upgrade == nil: // the gate would not pass this on
		x.Refusal = Refusal{Code: ParameterUnknown, In: "header", Name: "Upgrade", Detail: "the operation does not switch to another protocol"}
		return false
	case x.Unremoved && x.FieldsKept(): // in every mode, as the field would be removed in every mode
		x.Refusal = Refusal{Code: ParameterUnknown, In: "header",
			Detail: "servers take another request, caller or address from a field than was judged, and the proxy that asks does not remove it"}
		return false
	case x.Intake.Coding != Identity:
		x.Refusal = Refusal{Code: BodyCoding, In: "body", Detail: "the proxy that asks cannot forward the body decoded"}
		return false
	}
	for i := range x.Edits {
		if x.Edits[i].Part == OnTarget {
			x.Refusal = Refusal{Code: QueryForm, Detail: "the proxy that asks cannot change it to what the API may see"}
			return false
		}
	}
	if len(x.Edits) > 0 {
		x.Refusal = Refusal{Code: BodySchema, In: "body", Detail: "the proxy that asks cannot take out what the API must not see"}
		return false
	}
	x.Granted, x.Reply.Status = true, 200
	return true
}
