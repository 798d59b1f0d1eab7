package gate

import "github.com/gatehouse-api/gatehouse/contract/schema"

// Heard is text of a request beside BodyJSON that guards want to hear of: the
// parameters whose schemas are tagged, names that nothing describes, and the
// like. The guard of requests adds to it in the order in which it reads.
type Heard struct {
	JSON  []byte        // JSON texts, one behind another
	Spans []schema.Span // tagged strings in JSON, by part
	Parts []HeardPart
}

// HeardPart is one JSON text of Heard.
type HeardPart struct {
	In, Name  string // as a Refusal has them
	From, End uint32 // in Spans
}

// Hear keeps the strings of json that have a tag of strings.
func (h *Heard) Hear(in, name string, json []byte, spans []schema.Span) {
	from, base := len(h.Spans), uint32(len(h.JSON))
	for _, s := range spans {
		if s.Tag >= schema.FirstText && s.Tag <= schema.LastText {
			h.Spans = append(h.Spans, schema.Span{Tag: s.Tag, Start: base + s.Start, End: base + s.End})
		}
	}
	if len(h.Spans) == from {
		return
	}
	h.JSON = append(h.JSON, json...)
	h.Parts = append(h.Parts, HeardPart{in, name, uint32(from), uint32(len(h.Spans))})
}

// HearText keeps text, which is UTF-8 and no JSON, under a tag.
func (h *Heard) HearText(in, name string, text []byte, tag schema.Tag) {
	start := uint32(len(h.JSON))
	h.JSON = schema.AppendString(h.JSON, text)
	h.Spans = append(h.Spans, schema.Span{Tag: tag, Start: start, End: uint32(len(h.JSON))})
	h.Parts = append(h.Parts, HeardPart{in, name, uint32(len(h.Spans) - 1), uint32(len(h.Spans))})
}

// Forget empties h, and keeps what room it has within a bound.
func (h *Heard) Forget() {
	h.JSON, h.Spans, h.Parts = keep(h.JSON)[:0], h.Spans[:0], h.Parts[:0]
	if cap(h.Spans) > maxKeptEdits {
		h.Spans = nil
	}
	if cap(h.Parts) > maxKeptEdits {
		h.Parts = nil
	}
}

// Failed reports whether a step called name, which observes, has failed.
func (x *Exchange) Failed(name string) bool {
	if x.failed == 0 {
		return false
	}
	for i := range x.Operation.Steps {
		if x.failed&(1<<i) != 0 && x.Operation.Steps[i].Name == name {
			return true
		}
	}
	return false
}
