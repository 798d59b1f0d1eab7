package gate

import (
	"context"
	"errors"
	"io"
)

// judgeAnswer runs the guards of the answer: first its head, then, where one
// of them asked for it, its whole body.
func (g *Gate) judgeAnswer(x *Exchange) bool {
	x.Edits = x.Edits[:0] // those of the request are done
	x.reader = -1
	if x.Answer.Status == 101 && !x.switched() {
		x.closeAnswer()
		x.Refusal = Refusal{Code: UpstreamBroken, Cause: errSwitched}
		return false
	}
	ok := g.answerHead(x) && g.answerBody(x)
	if !ok || x.replied() {
		x.closeAnswer()
	}
	return ok
}

func (g *Gate) answerHead(x *Exchange) bool {
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.AnswerHead == nil || x.skips(i) {
			continue
		}
		x.Guard = s.Name
		before := x.AnswerIntake
		if !x.settle(i, s.AnswerHead.AnswerHead(x)) {
			return false
		}
		switch {
		case x.replied():
			return true
		case x.skips(i): // observed, and it failed
			x.AnswerIntake = before
		case x.AnswerIntake != before:
			x.reader = i
		}
	}
	if o := x.API.Origin; o != nil { // last: the contract describes what the API sends
		if x.Guard = "origin"; o.AnswerHead(x) != Allow {
			return x.refuse(Undecided)
		}
	}
	return true
}

// answerBody takes the answer's body as the head guards decided and runs the
// guards of a buffered one.
func (g *Gate) answerBody(x *Exchange) bool {
	if x.replied() || x.AnswerIntake.Mode != Buffer || !x.answerHasBody() {
		return true
	}
	if done, ok := g.takeAnswer(x); done {
		return ok
	}
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.Answer == nil || x.skips(i) {
			continue
		}
		x.Guard = s.Name
		n := len(x.Edits)
		if !x.settle(i, s.Answer.Answer(x)) {
			return false
		}
		x.Trimmed += max(len(x.Edits)-n, 0)
		x.forgetEdits(s, n)
		if x.replied() {
			return true
		}
	}
	return g.trimAnswer(x)
}

// answerHasBody reports whether the answer comes with content (RFC 9110
// section 6.4.1).
func (x *Exchange) answerHasBody() bool {
	a := &x.Answer
	return a.Body != nil && string(x.Method) != "HEAD" && a.Status >= 200 && a.Status != 204 && a.Status != 304
}

// takeAnswer reads the body of the answer. One that cannot be read is refused,
// or passed on as it comes where the guard that wanted it is observed; done
// then says that there is nothing to judge.
func (g *Gate) takeAnswer(x *Exchange) (done, ok bool) {
	c, cause := g.readAnswer(x, x.AnswerIntake.MaxBytes)
	if c == Undecided {
		x.closeAnswer()
		return false, true
	}
	x.Refusal = Refusal{Code: c, In: "answer", Cause: cause}
	step := &x.Operation.Steps[max(x.reader, 0)]
	x.Guard = step.Name
	if step.Mode != Observe {
		return true, false
	}
	x.would()
	x.failed |= 1 << max(x.reader, 0)
	x.Refusal = Refusal{}
	x.over = overflow{before: x.AnswerBody, rest: x.Answer.Body, broken: cause}
	x.Answer.Body, x.AnswerBody = &x.over, nil
	return true, true
}

// readAnswer reads the whole body into the pooled buffer.
func (g *Gate) readAnswer(x *Exchange, limit int64) (Code, error) {
	if x.Answer.Length > limit {
		return AnswerTooLarge, nil
	}
	b := x.answer[:0]
	defer func() { x.answer, x.AnswerBody = b, b }()
	for {
		if cap(b)-len(b) < minRead {
			size := classOf(answerSize(cap(b), x.Answer.Length))
			if !g.reserve(x, size-cap(b), size) {
				return Overloaded, nil
			}
			b = grow(b, size)
		}
		n, err := x.Answer.Body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			return AnswerTooLarge, nil
		case err == io.EOF && x.Answer.Length >= 0 && int64(len(b)) != x.Answer.Length:
			return UpstreamBroken, io.ErrUnexpectedEOF
		case err == io.EOF:
			return Undecided, nil
		case err != nil:
			return x.answerCode(err), err
		}
	}
}

// answerSize is the next size of an answer's buffer: the stated length where
// there is one, since the API is trusted not to state what it does not send.
func answerSize(now int, stated int64) int {
	if size := int64(2*now) | minRead; stated >= size {
		return int(stated) + minRead
	}
	return max(2*now, 2*minRead)
}

// answerCode says why the answer's body could not be read. When the exchange
// was given up meanwhile, that is no fault of the API.
func (x *Exchange) answerCode(err error) Code {
	u := (*Unavailable)(nil)
	switch {
	case errors.As(err, &u), errors.As(context.Cause(x.Context), &u):
		return u.Code
	case x.Context.Err() != nil:
		return ClientGone
	}
	return UpstreamBroken
}

// trimAnswer applies the edits of the answer guards.
func (g *Gate) trimAnswer(x *Exchange) bool {
	x.OutAnswer, x.AnswerWhole = x.AnswerBody, true
	if len(x.Edits) > 0 {
		sortEdits(x.Edits)
		x.cutMembers(OnAnswer, x.AnswerBody)
		if size := classOf(len(x.AnswerBody)); cap(x.trimmed) < size {
			if !g.reserve(x, size, size) {
				return x.refuse(Overloaded)
			}
			x.trimmed = grow(x.trimmed[:0], size)
		}
		var err error
		if x.trimmed, err = splice(x.trimmed[:0], x.AnswerBody, x.Edits); err != nil {
			x.Guard = "gate"
			x.Refusal = Refusal{Code: Internal, Cause: err}
			return false
		}
		x.OutAnswer = x.trimmed
		x.DropValidators()
	}
	x.Answer.Length = int64(len(x.OutAnswer))
	return true
}

// validators are the fields that speak of exact bytes: entity tags (RFC 9110
// section 8.8.3), digests (RFC 9530, RFC 3230, RFC 1864) and the offer of
// ranges.
var validators = [...]string{"ETag", "Content-Digest", "Repr-Digest", "Digest", "Content-MD5", "Accept-Ranges"}

// DropValidators removes the answer's fields that are true only of the bytes
// that the API sent, since the client gets others.
func (x *Exchange) DropValidators() {
	for i := range x.Answer.Fields {
		if f := &x.Answer.Fields[i]; anyFold(f.Name, validators[:]) {
			f.Gone = true
		}
	}
}

// overflow is an answer of which a part was read before it was known that it
// cannot be judged.
type overflow struct {
	before []byte
	rest   io.ReadCloser
	broken error
}

// Read implements io.Reader.
func (o *overflow) Read(p []byte) (int, error) {
	if len(o.before) > 0 {
		n := copy(p, o.before)
		o.before = o.before[n:]
		return n, nil
	}
	if o.broken != nil {
		return 0, o.broken
	}
	return o.rest.Read(p)
}

// Close implements io.Closer.
func (o *overflow) Close() error { return o.rest.Close() }

// finishFields adds the fields that the gate has for the client to what is
// sent, whether the gate or the API answers.
//
// It is not taken into its caller, on whose stack the client is written to: idle
// connections keep stacks of 4 KiB.
//
//go:noinline
func (x *Exchange) finishFields() {
	list := &x.Answer.Fields
	if x.replied() {
		list = &x.Reply.Fields
	}
	for _, f := range x.AddFields {
		if !EqualFold(f.Name, "Vary") { // RFC 9110 section 12.5.5: a list, to which the gate adds
			overrule(*list, f.Name)
		}
		*list = append(*list, f)
	}
	if x.API == nil || x.Granted { // a proxy is no browser
		return
	}
	all := *list
	for i := range x.API.Fields {
		f := &x.API.Fields[i]
		if f.Secure && !x.ClientSecure || (f.Absent || x.Refusal.Page != nil) && holds(all, f.Name) {
			continue
		}
		overrule(all, f.Name)
		all = append(all, f.Field)
	}
	*list = all
}

func holds(list []Field, name []byte) bool {
	for i := range list {
		if !list[i].Gone && sameFold(list[i].Name, name) {
			return true
		}
	}
	return false
}

func overrule(list []Field, name []byte) {
	for i := range list {
		if sameFold(list[i].Name, name) {
			list[i].Gone = true
		}
	}
}
