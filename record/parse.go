package record

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// ErrOther is that of lines which are well-formed and tell of something that
// this program does not know.
var ErrOther = errors.New("the line tells of something that is not known here")

var errNoEvent = errors.New("the line is no event")

// ParseEvent reads one line as AppendEvent writes them, with or without its line
// feed, into e: AppendEvent of e then writes the same line. Fields that it does
// not know are passed over, so that older programs read what newer ones wrote;
// those it knows must be what docs/events.md says. Nothing in e refers to line,
// and what its slices had room for is used again. A line that is whole but of an
// unknown kind is ErrOther.
func ParseEvent(line []byte, e *gate.Event) error {
	*e = gate.Event{Rules: e.Rules[:0], Would: e.Would[:0]}
	if !json.Valid(line) {
		return errNoEvent
	}
	m := members{text: strings.TrimSpace(string(line))} // the one copy: e holds pieces of it
	if m.text[0] != '{' {
		return errNoEvent
	}
	var kind string
	for name, value := range m.each {
		if name == "event" {
			kind = text(&m, value)
		}
	}
	known := fields
	switch kind {
	case "exchange":
	case "change":
		known = actFields
	case "alert":
		known, e.Act, e.Alert = alertFields, gate.Alerted, new(gate.Alert)
	case "lost":
		known, e.Act = lostFields, gate.Lost
	case "":
		return errNoEvent
	default:
		return ErrOther
	}
	for name, value := range m.each {
		if read := known[name]; read != nil {
			if read(&m, e, value); m.wrong != nil {
				return fmt.Errorf("%w: its %s cannot be read", errNoEvent, name)
			}
		}
	}
	switch {
	case e.Time.IsZero() || e.ID == (gate.ID{}) && e.Act != gate.Lost:
		return fmt.Errorf("%w: it has no time or no id", errNoEvent)
	case kind == "change" && (e.Act == gate.Exchanged || e.Act == gate.Lost || e.Act == gate.Alerted):
		return fmt.Errorf("%w: it does not say what was done", errNoEvent)
	}
	return nil
}

type field func(m *members, e *gate.Event, value string)

// fields read what stands behind the names of docs/events.md.
var fields = map[string]field{
	"time": timeField, "id": idField,
	"trace":     func(m *members, e *gate.Event, v string) { m.digits(v, e.Trace[:]) },
	"span":      func(m *members, e *gate.Event, v string) { m.digits(v, e.Span[:]) },
	"outcome":   func(m *members, e *gate.Event, v string) { e.Outcome = named(m, v, gate.OutcomeNamed) },
	"mode":      func(m *members, e *gate.Event, v string) { e.Mode = named(m, v, gate.ModeNamed) },
	"asked":     func(m *members, e *gate.Event, v string) { e.Asked = text(m, v) },
	"api":       func(m *members, e *gate.Event, v string) { e.API = text(m, v) },
	"operation": func(m *members, e *gate.Event, v string) { e.Operation = text(m, v) },
	"method":    func(m *members, e *gate.Event, v string) { e.Method = text(m, v) },
	"path":      func(m *members, e *gate.Event, v string) { e.Path = text(m, v) },
	"status":    func(m *members, e *gate.Event, v string) { e.Status = int(m.number(v, 999)) },
	"code":      func(m *members, e *gate.Event, v string) { e.Denied, e.Code = true, named(m, v, gate.CodeNamed) },
	"guard":     func(m *members, e *gate.Event, v string) { e.Guard = text(m, v) },
	"in":        func(m *members, e *gate.Event, v string) { e.In = text(m, v) },
	"name":      func(m *members, e *gate.Event, v string) { e.Name = text(m, v) },
	"pointer":   func(m *members, e *gate.Event, v string) { e.Pointer = text(m, v) },
	"keyword":   func(m *members, e *gate.Event, v string) { e.Keyword = text(m, v) },
	"kind":      func(m *members, e *gate.Event, v string) { e.Kind = text(m, v) },
	"caller":    callerField,
	"account":   func(m *members, e *gate.Event, v string) { m.digits(v, e.Account[:]) },
	"login":     func(m *members, e *gate.Event, v string) { e.Login = named(m, v, gate.LoginEndNamed) },
	"address":   func(m *members, e *gate.Event, v string) { m.digits(v, e.Address[:]) },
	"class":     func(m *members, e *gate.Event, v string) { e.Finding.Class = text(m, v) },
	"score":     func(m *members, e *gate.Event, v string) { e.Finding.Score = uint8(m.number(v, 100)) },
	"reasons": func(m *members, e *gate.Event, v string) {
		n := 0
		for item := range m.items(v, len(e.Finding.Reasons)) {
			e.Finding.Reasons[n] = text(m, item)
			n++
		}
	},
	"policies": func(m *members, e *gate.Event, v string) {
		for item := range m.items(v, maxListed) {
			e.Rules = append(e.Rules, text(m, item))
		}
	},
	"would_refuse": func(m *members, e *gate.Event, v string) {
		for item := range m.items(v, maxListed) {
			e.Would = append(e.Would, named(m, item, gate.CodeNamed))
		}
	},
	"signals": func(m *members, e *gate.Event, v string) {
		for item := range m.items(v, maxListed) {
			e.Signals |= named(m, item, gate.SignalNamed)
		}
	},
	"ja4":     func(m *members, e *gate.Event, v string) { e.JA4 = text(m, v) },
	"trimmed": func(m *members, e *gate.Event, v string) { e.Trimmed = int(m.number(v, math.MaxInt32)) },
	"http":    func(m *members, e *gate.Event, v string) { e.Version = text(m, v) },
	"tls": func(m *members, e *gate.Event, v string) {
		if e.Secure = v == "true"; !e.Secure && v != "false" {
			m.wrong = errNoEvent
		}
	},
	"client": func(m *members, e *gate.Event, v string) {
		var err error
		if e.Client, err = netip.ParsePrefix(text(m, v)); err != nil {
			m.wrong = err
		}
	},
	"country":     func(m *members, e *gate.Event, v string) { e.Country = text(m, v) },
	"bytes_in":    func(m *members, e *gate.Event, v string) { e.BodyIn = m.number(v, math.MaxInt64) },
	"bytes_out":   func(m *members, e *gate.Event, v string) { e.BodyOut = m.number(v, math.MaxInt64) },
	"took_us":     func(m *members, e *gate.Event, v string) { e.Took = m.micros(v) },
	"upstream_us": func(m *members, e *gate.Event, v string) { e.Upstream = m.micros(v) },
	"upstream":    func(m *members, e *gate.Event, v string) { e.SentTo = text(m, v) },
	"tries":       func(m *members, e *gate.Event, v string) { e.Tries = int(m.number(v, math.MaxInt32)) },
}

// actFields are those of what happened to the gate itself.
var actFields = map[string]field{
	"time": timeField, "id": idField,
	"act":      func(m *members, e *gate.Event, v string) { e.Act = named(m, v, gate.ActNamed) },
	"by":       func(m *members, e *gate.Event, v string) { e.By = text(m, v) },
	"on":       func(m *members, e *gate.Event, v string) { e.On = text(m, v) },
	"why":      func(m *members, e *gate.Event, v string) { e.Why = text(m, v) },
	"number":   func(m *members, e *gate.Event, v string) { e.Number = m.number(v, math.MaxInt64) },
	"taken_up": func(m *members, e *gate.Event, v string) { e.TakenUp = m.time(v) },
}

// lostFields are those of lost events.
var lostFields = map[string]field{
	"time":  timeField,
	"count": func(m *members, e *gate.Event, v string) { e.Number = m.number(v, math.MaxInt64) },
}

func timeField(m *members, e *gate.Event, value string) { e.Time = m.time(value) }

func idField(m *members, e *gate.Event, value string) {
	var err error
	if e.ID, err = gate.ParseID(text(m, value)); err != nil {
		m.wrong = err
	}
}

// callerField reads a pseudonym, or the hash of the guard of objects.
func callerField(m *members, e *gate.Event, value string) {
	if len(text(m, value)) == 2*len(e.Principal) {
		m.digits(value, e.Principal[:])
		return
	}
	e.Caller = m.hash(value)
}

// maxListed is how many items a list of a line may have; the gate writes fewer.
const maxListed = 32

// members are those of one JSON object that was found valid, as their text. The
// first of them that is not what it should be is remembered in wrong.
type members struct {
	text  string
	wrong error
}

// each yields the names and values of the object.
func (m *members) each(yield func(name, value string) bool) {
	s := strings.TrimLeft(m.text[1:], space)
	for s[0] != '}' {
		n := valueEnd(s)
		name := text(m, s[:n])
		s = strings.TrimLeft(strings.TrimLeft(s[n:], space)[1:], space) // the colon
		n = valueEnd(s)
		if !yield(name, s[:n]) {
			return
		}
		s = strings.TrimLeft(s[n:], space+",")
	}
}

// items yields the items of a list, most of them.
func (m *members) items(list string, most int) func(yield func(item string) bool) {
	return func(yield func(item string) bool) {
		if list[0] != '[' {
			m.wrong = errNoEvent
			return
		}
		s := strings.TrimLeft(list[1:], space)
		for ; s[0] != ']'; most-- {
			n := valueEnd(s)
			if most == 0 {
				m.wrong = errNoEvent
				return
			}
			if !yield(s[:n]) {
				return
			}
			s = strings.TrimLeft(s[n:], space+",")
		}
	}
}

const space = " \t\r\n"

// valueEnd returns the length of the value that s, valid JSON, begins with.
func valueEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			} else if depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// text is the string that a value is.
func text(m *members, value string) string {
	if value[0] != '"' {
		m.wrong = errNoEvent
		return ""
	}
	if inner := value[1 : len(value)-1]; strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		m.wrong = err
	}
	return s
}

// named is what a string names.
func named[T any](m *members, value string, find func(name string) (T, bool)) T {
	found, ok := find(text(m, value))
	if !ok {
		m.wrong = errNoEvent
	}
	return found
}

func (m *members) number(value string, most int64) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 || n > most {
		m.wrong = errNoEvent
		return 0
	}
	return n
}

func (m *members) micros(value string) time.Duration {
	return time.Duration(m.number(value, math.MaxInt64/1000)) * time.Microsecond
}

// hash reads 16 hexadecimal digits.
func (m *members) hash(value string) uint64 {
	s := text(m, value)
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		m.wrong = errNoEvent
	}
	return n
}

// digits reads two hexadecimal digits for each byte of to.
func (m *members) digits(value string, to []byte) {
	s := text(m, value)
	if len(s) != 2*len(to) {
		m.wrong = errNoEvent
	} else if _, err := hex.Decode(to, []byte(s)); err != nil {
		m.wrong = err
	}
}

// time reads a time of RFC 3339 section 5.6.
func (m *members) time(value string) time.Time {
	t, err := time.Parse(time.RFC3339, text(m, value))
	if err != nil {
		m.wrong = err
	}
	return t.UTC()
}
