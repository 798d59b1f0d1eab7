package gate_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gatehouse-api/gatehouse/gate"
)

// replies is an upstream that gives one answer and counts how often it was
// closed.
type replies struct {
	answer gate.Answer
	body   io.Reader
	closed int
}

func (r *replies) Send(_ context.Context, x *gate.Exchange) error {
	fields := append(x.Answer.Fields[:0], r.answer.Fields...)
	x.Answer = r.answer
	x.Answer.Fields = fields
	if r.body != nil {
		x.Answer.Body = r
	}
	return nil
}
func (r *replies) Read(p []byte) (int, error) { return r.body.Read(p) }
func (r *replies) Close() error               { r.closed++; return nil }

// receiver keeps what it would have got of a whole or a relayed answer.
type receiver struct {
	wire
	whole  bool
	length int64
	err    error
}

func (c *receiver) Relay(x *gate.Exchange) error {
	c.calls++
	c.status, c.length, c.whole, c.fields = x.Answer.Status, x.Answer.Length, x.AnswerWhole, map[string]string{}
	for _, f := range x.Answer.Fields {
		if !f.Gone {
			c.fields[string(f.Name)] += string(f.Value) + ";"
		}
	}
	if x.AnswerWhole {
		c.body = string(x.OutAnswer)
		return nil
	}
	var b []byte
	if x.Answer.Body != nil {
		b, c.err = io.ReadAll(x.Answer.Body)
	}
	c.body = string(b)
	return c.err
}

// reader takes answers whole and lets judge say what becomes of them.
type reader struct {
	limit int64
	judge func(*gate.Exchange) gate.Verdict
}

func (r reader) AnswerHead(x *gate.Exchange) gate.Verdict {
	x.AnswerIntake = gate.Intake{Mode: gate.Buffer, MaxBytes: r.limit}
	return gate.Allow
}
func (r reader) Answer(x *gate.Exchange) gate.Verdict { return r.judge(x) }

// cut removes the bytes [1,3) of the answer.
func cut(x *gate.Exchange) gate.Verdict {
	x.Edits = append(x.Edits, gate.Edit{Part: gate.OnAnswer, Start: 1, End: 3})
	return gate.Allow
}

func (h *house) ask(up gate.Upstream, method string) *receiver {
	c := &receiver{}
	x := h.gate.Acquire()
	x.Method, x.Target, x.Host = []byte(method), []byte("/pets/1"), []byte("api.test")
	x.Upstream = up
	h.gate.Serve(x, c)
	h.gate.Release(x)
	return c
}

func field(name, value string) gate.Field {
	return gate.Field{Name: []byte(name), Value: []byte(value)}
}

// TestWholeAnswers: answers that a guard reads, in both modes.
func TestWholeAnswers(t *testing.T) {
	allow := func(*gate.Exchange) gate.Verdict { return gate.Allow }
	deny := func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.AnswerSchema}) }
	keep := func(x *gate.Exchange) gate.Verdict {
		return x.Deny(gate.Refusal{Code: gate.AnswerError, Status: 409})
	}
	big := strings.Repeat("x", 300_000)
	rows := []struct {
		name   string
		mode   gate.Mode
		judge  func(*gate.Exchange) gate.Verdict
		limit  int64
		length int64
		body   io.Reader
		status int
		want   string
		code   gate.Code
		would  gate.Code
		whole  bool
	}{
		{"checked", 0, allow, 10, 5, strings.NewReader("12345"), 200, "12345", 0, 0, true},
		{"of-unknown-length", 0, allow, 10, -1, iotest.OneByteReader(strings.NewReader("12345")), 200, "12345", 0, 0, true},
		{"empty", 0, allow, 10, 0, strings.NewReader(""), 200, "", 0, 0, true},
		{"large", 0, allow, 1 << 20, -1, strings.NewReader(big), 200, big, 0, 0, true},
		{"edited", 0, cut, 10, 5, strings.NewReader("12345"), 200, "145", 0, 0, true},
		{"refused", 0, deny, 10, 5, strings.NewReader("12345"), 502, "answer-schema", gate.AnswerSchema, 0, false},
		{"refused-with-a-status", 0, keep, 10, 5, strings.NewReader("12345"), 409, `"status":409`, gate.AnswerError, 0, false},
		{"at-the-bound", 0, allow, 5, -1, strings.NewReader("12345"), 200, "12345", 0, 0, true},
		{"stated-too-large", 0, allow, 4, 5, iotest.ErrReader(errors.New("was read")), 502, "answer-too-large", gate.AnswerTooLarge, 0, false},
		{"too-large", 0, allow, 4, -1, strings.NewReader("12345"), 502, "answer-too-large", gate.AnswerTooLarge, 0, false},
		{"shorter-than-stated", 0, allow, 10, 6, strings.NewReader("12345"), 502, "upstream-broken", gate.UpstreamBroken, 0, false},
		{"longer-than-stated", 0, allow, 10, 4, strings.NewReader("12345"), 502, "upstream-broken", gate.UpstreamBroken, 0, false},
		{"breaks-off", 0, allow, 10, -1, io.MultiReader(strings.NewReader("12"), iotest.ErrReader(io.ErrUnexpectedEOF)), 502, "upstream-broken", gate.UpstreamBroken, 0, false},
		{"upstream-knows-better", 0, allow, 10, -1, iotest.ErrReader(&gate.Unavailable{Code: gate.UpstreamTimeout, Cause: errors.New("slow")}), 504, "upstream-timeout", gate.UpstreamTimeout, 0, false},
		{"panic", 0, func(*gate.Exchange) gate.Verdict { panic("planted") }, 10, 5, strings.NewReader("12345"), 500, "internal", gate.Internal, 0, false},
		{"observed-and-edited", gate.Observe, cut, 10, 5, strings.NewReader("12345"), 200, "12345", 0, 0, true},
		{"observed-and-refused", gate.Observe, deny, 10, 5, strings.NewReader("12345"), 200, "12345", 0, gate.AnswerSchema, true},
		{"observed-and-too-large", gate.Observe, deny, 4, -1, strings.NewReader("12345"), 200, "12345", 0, gate.AnswerTooLarge, false},
		{"observed-and-stated-too-large", gate.Observe, deny, 4, 5, strings.NewReader("12345"), 200, "12345", 0, gate.AnswerTooLarge, false},
		{"observed-and-broken", gate.Observe, deny, 10, -1, io.MultiReader(strings.NewReader("12"), iotest.ErrReader(io.ErrUnexpectedEOF)), 200, "12", 0, gate.UpstreamBroken, false},
		{"overlapping-edits", 0, func(x *gate.Exchange) gate.Verdict { cut(x); return cut(x) }, 10, 5, strings.NewReader("12345"), 500, "internal", gate.Internal, 0, false},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			guard := reader{r.limit, r.judge}
			h := build(t, r.mode, gate.Step{Name: "a", Head: verdict(gate.Allow)}, gate.Step{Name: "b", Mode: r.mode, AnswerHead: guard, Answer: guard})
			up := &replies{answer: gate.Answer{Status: 200, Length: r.length}, body: r.body}
			c := h.ask(up, "POST")
			e := h.last()
			if c.status != r.status || !strings.Contains(c.body, r.want) || c.calls != 1 || up.closed != 1 || c.whole != r.whole {
				t.Errorf("got %d %.200q whole=%v, %d writes, closed %d times", c.status, c.body, c.whole, c.calls, up.closed)
			}
			if e.Code != r.code || r.would != 0 && (len(e.Would) != 1 || e.Would[0] != r.would) || r.would == 0 && len(e.Would) > 0 {
				t.Errorf("event %v, would %v", e.Code, e.Would)
			}
			if r.code != 0 && r.code != gate.Internal && (e.Outcome != gate.Failed || e.Guard != "b") {
				t.Errorf("event %v of %s", e.Outcome, e.Guard)
			}
			if r.whole && c.length != int64(len(c.body)) {
				t.Errorf("length %d of %d", c.length, len(c.body))
			}
		})
	}
}

// TestAnswersWithoutContent are not read, whatever the guard says.
func TestAnswersWithoutContent(t *testing.T) {
	guard := reader{10, func(*gate.Exchange) gate.Verdict { panic("judged") }}
	for _, r := range []struct {
		name, method string
		status       int
	}{{"no-content", "POST", 204}, {"not-modified", "POST", 304}} {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow), AnswerHead: guard, Answer: guard})
			up := &replies{answer: gate.Answer{Status: r.status}, body: strings.NewReader("")}
			if c := h.ask(up, r.method); c.status != r.status || c.whole || up.closed != 1 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// TestEditedAnswersLoseTheirValidators: and those that are not keep them.
func TestEditedAnswersLoseTheirValidators(t *testing.T) {
	for name, judge := range map[string]func(*gate.Exchange) gate.Verdict{"kept": func(*gate.Exchange) gate.Verdict { return gate.Allow }, "lost": cut} {
		guard := reader{10, judge}
		h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow), AnswerHead: guard, Answer: guard})
		up := &replies{answer: gate.Answer{Status: 200, Length: -1}, body: strings.NewReader("12345")}
		for _, n := range []string{"etag", "Content-MD5", "Digest", "Content-Digest", "Repr-Digest", "Accept-Ranges", "X-Kept"} {
			up.answer.Fields = append(up.answer.Fields, field(n, "v"))
		}
		c := h.ask(up, "POST")
		if want := map[string]int{"kept": 7, "lost": 1}[name]; len(c.fields) != want || c.fields["X-Kept"] == "" {
			t.Errorf("%s: %v", name, c.fields)
		}
	}
}
