package inspect

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
)

// Text is one place of an operation at which text may stand, and what becomes
// of it.
type Text struct {
	In   string `json:"in"`             // "path", "query", "header", "cookie", "body"
	Name string `json:"name"`           // of the parameter, or a JSON pointer into the body
	As   string `json:"as"`             // one of Words, or Skip
	From uint8  `json:"from,omitempty"` // the score from which it is refused
	Why  string `json:"why"`
}

// Bounds of what is told of one operation.
const (
	mostTexts = 400
	mostDeep  = 6
)

// Texts lists the texts of op in the order of its contract. The schemas need
// not be compiled.
func (r *Rules) Texts(c *contract.Contract, op *contract.Operation, t *Tuning) []Text {
	e := &explainer{rules: r, contract: c, op: op, tuning: t}
	for _, p := range op.Parameters {
		n := p.Schema
		if p.Content != nil {
			n = p.Content.Schema
		}
		e.value(p.In.String(), p.Name, n, 0)
	}
	if op.Body != nil {
		for _, m := range op.Body.Media {
			if m.Schema == nil {
				e.undescribed(m.Type)
				continue
			}
			e.value("body", "", m.Schema, 0)
		}
	}
	return e.list
}

// undescribed tells of a body that has no schema.
func (e *explainer) undescribed(written string) {
	m, _ := media.Parse(written)
	switch k := m.Kind(); {
	case k == media.Opaque && m.Sub != "*":
		e.add(Text{In: "body", As: Skip, Why: written + " is bytes, which pass as a stream, unread: give text a media type of text, JSON or XML"})
	case !k.Legible() && m.Sub != "*":
		e.add(Text{In: "body", As: Skip, Why: written + " has no schema, and passes as a stream, unread: describe its parts"})
	case e.tuning.Streams:
		e.add(Text{In: "body", As: Skip, Why: written + " has no schema and may be large, and passes as a stream, unread: describe it, or lower max_body_bytes"})
	case k == media.Text && m.Sub != "*":
		e.as("body", "", look{field: detect.FreeText, guess: detect.FreeText, why: written + " has no schema"})
	default:
		e.as("body", "", look{why: written + " has no schema"})
	}
}

type explainer struct {
	rules    *Rules
	contract *contract.Contract
	op       *contract.Operation
	tuning   *Tuning
	list     []Text
}

func (e *explainer) add(t Text) {
	if len(e.list) >= mostTexts {
		return
	}
	for _, known := range e.list { // the same body in several media types
		if known == t {
			return
		}
	}
	e.list = append(e.list, t)
}

// value tells of the value that n describes, and of what is in it.
func (e *explainer) value(in, name string, n *source.Node, depth int) {
	if n == nil || depth > mostDeep {
		e.as(in, name, look{why: "nothing describes it"})
		return
	}
	var best *look
	skipped, text := "", false
	for _, part := range reach.Parts(e.contract, n) {
		l, spoken := e.look(part)
		switch {
		case spoken && (best == nil || l.rank > best.rank):
			best = &l
		case !spoken && !partly(part) && skipped == "":
			skipped = e.rules.harmless(part)
		}
		text = text || noString(part) == ""
	}
	inside := e.inside(in, name, n, depth)
	switch {
	case best != nil && !(inside && !text):
		if !inside || best.rank > bySchema {
			e.as(in, name, *best)
		}
	case !inside && skipped != "":
		e.add(Text{In: in, Name: name, As: Skip, Why: skipped})
	}
}

// look is how a value is judged by what one schema object says of it; spoken
// reports that this object has it judged.
func (e *explainer) look(n *source.Node) (l look, spoken bool) {
	scopes := e.rules.scoped[n]
	l, said := e.rules.own(n)
	for _, s := range scopes {
		if s.op == e.op || s.op == nil && l.rank < bySetting {
			l = s.look
		}
	}
	return l, said || l.rank == bySetting || !partly(n) && e.rules.harmless(n) == ""
}

// inside tells of properties and items; it reports whether there can be any.
func (e *explainer) inside(in, name string, n *source.Node, depth int) (found bool) {
	for property, p := range reach.Properties(e.contract, n) {
		found = true
		e.value(in, name+"/"+strings.ReplaceAll(strings.ReplaceAll(property, "~", "~0"), "/", "~1"), p, depth+1)
	}
	items, _ := reach.Below(e.contract, n, "/*")
	for _, item := range items {
		found = true
		e.value(in, name+"/*", item, depth+1)
	}
	for _, part := range reach.Parts(e.contract, n) {
		if t := part.Get("type").Str(); (t == "object" || t == "array") && !found {
			e.as(in, name+"/*", look{why: "nothing describes it"})
			return true
		}
	}
	return found
}

func (e *explainer) as(in, name string, l look) {
	if l.skip {
		e.add(Text{In: in, Name: name, As: Skip, Why: l.why})
		return
	}
	e.add(Text{In: in, Name: name, As: Words[l.field], From: e.tuning.judged(l).threshold, Why: l.why})
}
