package alert

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
)

// When says which events a rule is about: those for which each field that is not
// empty has one of its values. It is about calls unless it names Acts; alerts are
// never judged.
type When struct {
	Acts      []gate.Act
	Outcomes  []gate.Outcome
	Codes     []gate.Code // of refusals, also of those that would have been
	APIs      []string
	Operation []string       // names, or a method and a path: "GET /pets/{id}"
	Callers   []string       // who called or tried to log in, by the digits that events have
	Networks  []netip.Prefix // that the client's has addresses in common with
	Countries []string
	Kinds     []string
	Classes   []string
	Statuses  []Statuses
}

// Statuses are those from First to Last.
type Statuses struct{ First, Last int }

func (w *When) match(e *gate.Event) bool {
	if len(w.Acts) > 0 {
		return e.Act != gate.Exchanged && slices.Contains(w.Acts, e.Act)
	}
	return e.Act == gate.Exchanged && has(w.Outcomes, e.Outcome) && w.code(e) && has(w.APIs, e.API) && w.operation(e) && w.caller(e) &&
		w.network(e.Client) && has(w.Countries, e.Country) && has(w.Kinds, e.Kind) && has(w.Classes, e.Finding.Class) && w.status(e.Status)
}

// has reports whether a list names a value, or nothing at all.
func has[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

func (w *When) code(e *gate.Event) bool {
	if len(w.Codes) == 0 || e.Denied && slices.Contains(w.Codes, e.Code) {
		return true
	}
	for _, c := range e.Would {
		if slices.Contains(w.Codes, c) {
			return true
		}
	}
	return false
}

func (w *When) operation(e *gate.Event) bool {
	if len(w.Operation) == 0 {
		return true
	}
	for _, o := range w.Operation {
		n := len(e.Method)
		if o != "" && o == e.Operation || e.Path != "" && len(o) == n+1+len(e.Path) && o[:n] == e.Method && o[n] == ' ' && o[n+1:] == e.Path {
			return true
		}
	}
	return false
}

func (w *When) caller(e *gate.Event) bool {
	if len(w.Callers) == 0 {
		return true
	}
	var digits [3][32]byte
	hex.Encode(digits[0][:], e.Principal[:])
	hex.Encode(digits[1][:], e.Account[:])
	var short [8]byte
	binary.BigEndian.PutUint64(short[:], e.Caller)
	hex.Encode(digits[2][:], short[:])
	for _, c := range w.Callers {
		if c == string(digits[0][:]) || c == string(digits[1][:]) || c == string(digits[2][:16]) {
			return true
		}
	}
	return false
}

func (w *When) network(client netip.Prefix) bool {
	if len(w.Networks) == 0 {
		return true
	}
	for _, n := range w.Networks {
		if client.IsValid() && n.Overlaps(client) {
			return true
		}
	}
	return false
}

func (w *When) status(s int) bool {
	if len(w.Statuses) == 0 {
		return true
	}
	for _, r := range w.Statuses {
		if s >= r.First && s <= r.Last {
			return true
		}
	}
	return false
}
