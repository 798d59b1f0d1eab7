package serve

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// mostAnswers bounds how many places are listed of answers: an event does not say
// with which status the API answered, where its answer did not reach the client.
const mostAnswers = 8

// answers finds the places of the contract that an event of an answer is about:
// those of each answer of the operation that has what the event names, or of all
// where none has.
func (x *Explained) answers(s *seeker, op *contract.Operation, e *gate.Event) {
	before := len(x.Rules)
	code := e.Code
	if !e.Denied && len(e.Would) > 0 {
		code = e.Would[0]
	}
	switch code {
	case gate.AnswerSchema, gate.AnswerSyntax, gate.FieldDenied, gate.OwnerDenied, gate.OwnerUnknown:
		x.answerSchemas(s, op, e)
	case gate.AnswerMedia:
		for _, r := range op.Responses {
			for _, m := range r.Media {
				x.add(m.Node, m.Type+" of the answer "+r.Status)
			}
			if len(r.Media) == 0 {
				x.add(r.Node, "the answer "+r.Status+", which has no content")
			}
		}
	case gate.AnswerHeader:
		x.answerHeaders(s, op, e)
	}
	if len(x.Rules) > before+mostAnswers {
		x.Rules = x.Rules[:before+mostAnswers]
	}
	if len(x.Rules) == before {
		x.add(op.Node.Get("responses"), "the answers that it describes")
	}
}

// answerSchemas finds the keyword that an answer did not keep, or the schemas that
// have what the event points at, or all.
func (x *Explained) answerSchemas(s *seeker, op *contract.Operation, e *gate.Event) {
	type place struct {
		at   *source.Node
		text string
	}
	var keywords, parts, whole []place
	for _, r := range op.Responses {
		for _, m := range r.Media {
			if m.Schema == nil {
				continue
			}
			in := m.Type + " of the answer " + r.Status
			found, keyword := s.placeOf(m.Schema, e)
			if keyword != nil {
				keywords = append(keywords, place{keyword, e.Keyword + " of " + onWhat(e) + " in " + in})
			}
			if found != nil {
				parts = append(parts, place{found, "the schema of " + onWhat(e) + " in " + in})
			}
			whole = append(whole, place{s.follow(m.Schema), "the schema of " + in})
		}
	}
	for _, list := range [][]place{keywords, parts, whole} {
		for _, p := range list {
			x.add(p.at, p.text)
		}
		if len(list) > 0 {
			return
		}
	}
}

// answerHeaders finds the header that an answer did not have as the contract says.
func (x *Explained) answerHeaders(s *seeker, op *contract.Operation, e *gate.Event) {
	for _, r := range op.Responses {
		for _, h := range r.Headers {
			if !strings.EqualFold(h.Name, e.Name) {
				continue
			}
			if what := s.keyword(h.Schema, e.Keyword); what != nil {
				x.add(what, e.Keyword+" of the header "+h.Name+" of the answer "+r.Status)
				continue
			}
			x.add(h.Node, "the header "+h.Name+" of the answer "+r.Status)
		}
	}
}
