package answer

import (
	"bytes"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// judging sets what a value of an answer is judged by. A writeOnly property
// never leaves.
func judging(st *schema.State, undeclared schema.Policy) {
	st.Direction, st.Undeclared, st.Misplaced = schema.Answer, undeclared, schema.Drop
}

// judgeJSON judges the body itself. Its spans stay in x for other guards.
func (g *Guard) judgeJSON(x *gate.Exchange, s *scratch, d *medium) gate.Verdict {
	judging(&x.AnswerSchema, g.options.Undeclared)
	if !d.schema.Read(&x.AnswerSchema, x.AnswerBody) {
		return refuse(x, x.AnswerSchema.Fault())
	}
	x.AnswerJSON = x.AnswerBody
	if cut.Any(x.AnswerSchema.Spans) {
		return dropMembers(x, s, d)
	}
	return gate.Allow
}

// dropMembers adds the edits that cut out what is to be dropped, and judges
// what is left where that may not be what the contract describes any more:
// keywords such as minProperties, uniqueItems and anyOf saw what the client
// will not see.
func dropMembers(x *gate.Exchange, s *scratch, d *medium) gate.Verdict {
	if !d.steady {
		s.spans = append(s.spans[:0], x.AnswerSchema.Spans...)
		cuts := cut.Members(x.AnswerBody, s.spans)
		s.JSON = cut.Left(s.JSON[:0], x.AnswerBody, cuts)
		judging(&s.state, schema.Refuse)
		s.state.Misplaced = schema.Refuse
		if !d.schema.Read(&s.state, s.JSON) {
			return refuse(x, s.state.Fault())
		}
	}
	for _, span := range x.AnswerSchema.Spans {
		if span.Tag == schema.TagDrop {
			x.Edits = append(x.Edits, gate.Edit{Part: gate.OnAnswer, Member: true, Start: span.Start, End: span.End})
		}
	}
	return gate.Allow
}

// refuse refuses x for a fault of the answer's body.
func refuse(x *gate.Exchange, f schema.Fault) gate.Verdict {
	code := gate.AnswerSchema
	if f.Keyword == "syntax" {
		code = gate.AnswerSyntax
	}
	return x.Deny(gate.Refusal{Code: code, In: "answer", Pointer: f.Pointer, Keyword: f.Keyword, Detail: f.Want})
}

// judgeXML judges a document by what it means as JSON.
func (g *Guard) judgeXML(x *gate.Exchange, s *scratch, d *medium) gate.Verdict {
	if d.document == nil {
		return x.Deny(refused("the contract describes other content types for this status"))
	}
	st := &s.markup
	st.Direction, st.Undeclared, st.Misplaced = schema.Answer, g.options.Undeclared, schema.Drop
	if !d.document.Read(st, x.AnswerBody) {
		return refuse(x, st.Fault())
	}
	for _, span := range st.Drops {
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnAnswer, Start: span.Start, End: span.End})
	}
	if d.tagged { // once more, for those who want to hear of its parts
		judging(&x.AnswerSchema, schema.Refuse)
		json := x.Means(st.JSON())
		if !d.schema.Read(&x.AnswerSchema, json) {
			return refuse(x, x.AnswerSchema.Fault())
		}
		x.AnswerJSON = json
	}
	return gate.Allow
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// judgeText judges the body as one string. A byte order mark before it is no
// part of it.
func (g *Guard) judgeText(x *gate.Exchange, s *scratch, d *medium) gate.Verdict {
	text := bytes.TrimPrefix(x.AnswerBody, byteOrderMark)
	if !utf8.Valid(text) {
		return x.Deny(gate.Refusal{Code: gate.AnswerSyntax, In: "answer", Detail: "must be UTF-8"})
	}
	s.JSON = schema.AppendScalar(s.JSON[:0], text, style.TypesOf(d.shape))
	judging(&s.state, schema.Refuse)
	if !d.schema.Read(&s.state, s.JSON) {
		return refuse(x, s.state.Fault())
	}
	return gate.Allow
}
