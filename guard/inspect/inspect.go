// Package inspect is the guard that looks for attacks in the text that a
// contract still lets pass: SQL in a comment, a path in a file name, script in a
// name. Each text is judged as what its schema says it is for, and one whose
// schema leaves no room for an attack is not looked at. The root package builds
// one Rules for each API and one Guard for each operation; no other guard
// imports it. It reads no request itself: the guard of requests and the one
// pass over a body say where texts stand (gate.Exchange.Heard and Schema). What
// makes a text an attack is known to package detect alone. Only bodies that no
// schema describes and that are no JSON does it take apart itself. It knows nothing
// of net/http or of configuration files.
package inspect

import (
	"bytes"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// Tuning is what an operation may set.
type Tuning struct {
	Thresholds map[string]uint8 // scores from which a field is refused, by Words; absent is the default
	Except     []string         // classes that are not looked for
	Streams    bool             // bodies without a schema may be too large to be read
}

// Guard inspects the texts of one operation. It is immutable; many goroutines
// may use it at once.
type Guard struct {
	looks   []judged // by tag, from schema.FirstText
	loose   judged   // what nothing describes
	header  judged   // fields and cookies that the contract does not name
	file    judged
	free    uint8 // score from which text that people write is refused
	classes detect.Classes
	headers []string // declared ones
	cookies []string
}

// judged is how a text is judged in one operation.
type judged struct {
	field     detect.Field
	threshold uint8
	skip      bool
	rank      rank
}

var (
	_ gate.HeadGuard = (*Guard)(nil)
	_ gate.BodyGuard = (*Guard)(nil)
)

// Guard makes the guard of op, once its schemas were compiled with the tags of r.
func (r *Rules) Guard(op *contract.Operation, t *Tuning) *Guard {
	g := &Guard{classes: detect.AllClasses}
	for _, word := range t.Except {
		g.classes = g.classes.Without(word)
	}
	for i := range r.list {
		l := r.list[i].look
		for _, s := range r.list[i].scopes {
			if s.op == op || s.op == nil && l.rank < bySetting {
				l = s.look
			}
		}
		g.looks = append(g.looks, t.judged(l))
	}
	g.loose, g.header = t.judged(look{}), t.judged(look{})
	g.free = t.threshold(detect.FreeText)
	g.file = t.judged(look{field: detect.Filename, guess: detect.Filename})
	for _, p := range op.Parameters {
		switch p.In {
		case contract.Header:
			g.headers = append(g.headers, strings.Clone(p.Name))
		case contract.Cookie:
			g.cookies = append(g.cookies, strings.Clone(p.Name))
		}
	}
	return g
}

func (t *Tuning) judged(l look) judged {
	return judged{field: l.field, threshold: min(t.threshold(l.field), t.threshold(l.guess)), skip: l.skip, rank: l.rank}
}

// threshold is the score from which a field is refused.
func (t *Tuning) threshold(f detect.Field) uint8 {
	if own, ok := t.Thresholds[Words[f]]; ok {
		return own
	}
	return detect.Threshold(f)
}

// Head inspects the parameters, and the fields and cookies that the contract
// does not name.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	s := scratches.Get()
	defer s.close()
	if v := g.heard(x, s, 0); v != gate.Allow {
		return v
	}
	if x.Failed("request") { // it reads no further than what it refuses
		if v := g.raw(x, x.Path, detect.Path, "path"); v != gate.Allow {
			return v
		}
		if v := g.pairs(x, x.Query, detect.Query, "query"); v != gate.Allow {
			return v
		}
	}
	return g.fields(x)
}

// heard judges the texts of x.Heard from part i on.
func (g *Guard) heard(x *gate.Exchange, s *scratch, i int) gate.Verdict {
	h := &x.Heard
	for ; i < len(h.Parts); i++ {
		p := &h.Parts[i]
		if v := g.spans(x, s, h.JSON, h.Spans[p.From:p.End], positionOf(p.In), p.In, p.Name); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

func positionOf(in string) detect.Position {
	switch in {
	case "path":
		return detect.Path
	case "header":
		return detect.Header
	case "cookie":
		return detect.Cookie
	case "body":
		return detect.Form
	}
	return detect.Query
}

// spans judges the strings of text that stand in spans. Several spans of one
// string are what several schema objects say of it: the one of the highest rank
// counts. Spans come in the order of their ends.
func (g *Guard) spans(x *gate.Exchange, s *scratch, text []byte, spans []schema.Span, at detect.Position, in, name string) gate.Verdict {
	for i := 0; i < len(spans); i++ {
		span := spans[i]
		if span.Tag < schema.FirstText || span.Tag > schema.LastText {
			continue
		}
		l := g.look(span.Tag)
		for i+1 < len(spans) && spans[i+1].Start == span.Start && spans[i+1].End == span.End {
			i++
			if t := spans[i].Tag; t >= schema.FirstText && t <= schema.LastText {
				if other := g.look(t); other.rank > l.rank {
					l, span.Tag = other, t
				}
			}
		}
		if l.skip || span.End-span.Start < shortest+2 && l.field != detect.Filename {
			continue
		}
		content := text[span.Start+1 : span.End-1]
		if bytes.IndexByte(content, '\\') >= 0 {
			s.text = schema.Unescape(s.text[:0], content)
			content = s.text
		}
		v := g.judge(content, at, l, span.Tag)
		if v.Class == detect.None || v.Score < l.threshold {
			continue
		}
		r := refusal(&v, in, name)
		if in == "body" && len(x.BodyJSON) > 0 && &text[0] == &x.BodyJSON[0] {
			r.Pointer = x.Schema.Pointer(int(span.Start))
		}
		return x.Deny(r)
	}
	return gate.Allow
}

func (g *Guard) judge(content []byte, at detect.Position, l *judged, tag schema.Tag) detect.Verdict {
	if tag == schema.TagName {
		if v := g.judgeName(content); v.Class != detect.None {
			return v
		}
	}
	return detect.JudgeAmong(content, at, l.field, g.classes)
}

func (g *Guard) look(tag schema.Tag) *judged {
	switch tag {
	case schema.TagFile:
		return &g.file
	case schema.TagLoose, schema.TagName:
		return &g.loose
	}
	if i := int(tag - schema.FirstText); i < len(g.looks) {
		return &g.looks[i]
	}
	return &g.loose
}

// refusal says where something was found, and to the operator what.
func refusal(v *detect.Verdict, in, name string) gate.Refusal {
	f := gate.Finding{Class: v.Class.String(), Score: v.Score}
	for i, r := range v.Reasons {
		f.Reasons[i] = r.String()
	}
	return gate.Refusal{Code: gate.Injection, In: in, Name: name, Finding: f}
}

// scratch is the memory of one inspection. It is pooled.
type scratch struct {
	spare.Mark
	text []byte
}

const maxKept = 64 << 10

var scratches spare.Pool[scratch, *scratch]

func (s *scratch) close() {
	if cap(s.text) > maxKept {
		s.text = nil
	}
	scratches.Put(s)
}
