package gate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// book is an Audit that notes what it is told, and a guard that makes room in
// it.
type book struct {
	said   []string
	room   error // of Forward
	fails  error // of Answered
	panics bool
	codes  []gate.Code
}

func (b *book) Forward(x *gate.Exchange) gate.Verdict {
	if b.room != nil {
		return x.Deny(gate.Refusal{Code: gate.AuditUnavailable, Cause: b.room})
	}
	b.said = append(b.said, "room "+x.Describe().Operation)
	x.Audit = b
	return gate.Allow
}

func (b *book) Answered(x *gate.Exchange, e *gate.Event) error {
	b.said = append(b.said, "answered "+e.Outcome.String())
	b.codes = append(b.codes, e.Code)
	if b.panics {
		panic("planted")
	}
	return b.fails
}

func (b *book) End(e *gate.Event) {
	b.said = append(b.said, "end "+e.Outcome.String())
	b.codes = append(b.codes, e.Code)
	if b.panics {
		panic("planted")
	}
}

var errPlanted = errors.New("planted")

// TestAudit holds in which order a record hears of an exchange, and that nobody
// gets an answer that could not be recorded.
func TestAudit(t *testing.T) {
	refused := answer(func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.AnswerSchema}) })
	for _, r := range []struct {
		name   string
		book   book
		broken error // of the API
		answer gate.AnswerHeadGuard
		status int
		code   gate.Code
		calls  int
		said   string
	}{
		{"passed", book{}, nil, nil, 200, 0, 1, "room feed, answered passed, end passed"},
		{"no-room", book{room: errPlanted}, nil, nil, 503, gate.AuditUnavailable, 0, ""},
		{"answer-unrecorded", book{fails: errPlanted}, nil, nil, 503, gate.AuditIncomplete, 1, "room feed, answered passed, end failed"},
		{"record-panics", book{panics: true}, nil, nil, 503, gate.AuditIncomplete, 1, "room feed, answered passed, end failed"},
		{"api-broken", book{}, errPlanted, nil, 502, gate.UpstreamBroken, 1, "room feed, answered failed, end failed"},
		{"answer-refused", book{}, nil, refused, 502, gate.AnswerSchema, 1, "room feed, answered failed, end failed"},
		{"answer-refused-and-unrecorded", book{fails: errPlanted}, nil, refused, 503, gate.AuditIncomplete, 1, "room feed, answered failed, end failed"},
	} {
		t.Run(r.name, func(t *testing.T) {
			b := r.book
			h := build(t, 0, gate.Step{Name: "a", Head: verdict(gate.Allow), AnswerHead: r.answer}, gate.Step{Name: "audit", Forward: &b, Keeps: true})
			h.api.err = r.broken
			w := h.call("POST", "/pets/1", "")
			if w.status != r.status || w.calls != 1 || h.api.calls != r.calls || h.last().Code != r.code {
				t.Errorf("%d in %d writes, %d calls, event %v; want %d, %d calls, %v", w.status, w.calls, h.api.calls, h.last().Code, r.status, r.calls, r.code)
			}
			if got := strings.Join(b.said, ", "); got != r.said {
				t.Errorf("the record heard: %s; want %s", got, r.said)
			}
			if n := len(b.codes); n > 0 && b.codes[n-1] != r.code {
				t.Errorf("the record heard of %v", b.codes)
			}
		})
	}
}

// TestAuditOfQuestions: a call that a proxy forwards is kept as well, and not
// granted where there is no room.
func TestAuditOfQuestions(t *testing.T) {
	for _, room := range []error{nil, errPlanted} {
		b := book{room: room}
		h := build(t, 0, gate.Step{Name: "a", Head: verdict(gate.Allow)},
			gate.Step{Name: "other", Forward: last(func(*gate.Exchange) gate.Verdict { panic("not asked") })}, gate.Step{Name: "audit", Forward: &b, Keeps: true})
		w, granted := h.question(about, "POST", "/pets/1", func(*gate.Exchange) {})
		want, said := 200, []string{"room feed", "answered replied", "end replied"}
		if room != nil {
			want, said = 503, nil
		}
		if granted != (room == nil) || w.status != want || !slices.Equal(b.said, said) {
			t.Errorf("%v: granted %v with %d, the record heard %v", room, granted, w.status, b.said)
		}
	}
}

// TestAuditBesideFailures: a record hears of the end also where who is told of
// events fails.
func TestAuditBesideFailures(t *testing.T) {
	b := book{}
	h := build(t, 0)
	h.gate = gate.New(gate.Options{Sink: failing{}})
	h.gate.Swap(plan(t, h.api, 0, gate.Step{Name: "a", Head: verdict(gate.Allow)}, gate.Step{Name: "audit", Forward: &b, Keeps: true}))
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nobody failed")
			}
		}()
		h.call("POST", "/pets/1", "")
	}()
	if got := strings.Join(b.said, ", "); got != "room feed, answered passed, end passed" {
		t.Errorf("the record heard: %s", got)
	}
}

type failing struct{}

func (failing) Record(*gate.Event) { panic("planted") }
