package request

import (
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/markup"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// document compiles how XML bodies of m are read; nil when they cannot be read
// without guessing. Of a range that is no news to anybody: its schema was
// written for something else.
func (b *builder) document(parsed media.Type, m *contract.Media, s *schema.Schema) *markup.Document {
	switch {
	case parsed.Kind() == media.XML:
	case parsed.Sub != "*", parsed.Kind() == media.Mixed:
		return nil
	}
	d, problems := markup.Compile(s, m)
	if parsed.Sub != "*" {
		b.problems = append(b.problems, problems...)
	}
	if len(problems) > 0 {
		return nil
	}
	return d
}

// documents are pooled: the scratch memory of a reading grows once.
var documents = sync.Pool{New: func() any { return new(markup.State) }}

// judgeXML judges the body as an XML document. What is to be dropped becomes
// edits; what is left without it has been judged, too.
func (b *body) judgeXML(x *gate.Exchange, d *bodyMedia) gate.Verdict {
	st := documents.Get().(*markup.State)
	v := b.readXML(x, d, st)
	st.Forget()
	documents.Put(st)
	return v
}

func (b *body) readXML(x *gate.Exchange, d *bodyMedia, st *markup.State) gate.Verdict {
	st.Direction, st.Undeclared, st.Misplaced = schema.Request, b.options.Undeclared, b.options.Misplaced
	if !d.xml.Read(st, x.Body) {
		return refuseBody(x, st.Fault())
	}
	cutBody(x, st.Drops)
	if d.tagged { // once more, by the exchange's own state: the document's text is gone with st
		if st, ok := b.read(x, &x.Schema, d, st.JSON()); !ok {
			return refuseBody(x, st.Fault())
		}
	}
	return gate.Allow
}

// admitXML refuses XML bodies that cannot be read. Their charset is what the
// head says, whatever they say themselves (RFC 7303 section 3): readers take
// US-ASCII for different things where a byte is none of it.
func (d *bodyMedia) admitXML(x *gate.Exchange, m *media.Type) gate.Verdict {
	switch charset, stated := m.Param("charset"); {
	case d.xml == nil:
		return x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "body", Detail: "XML bodies cannot be read by the schema of this type"})
	case stated && !strings.EqualFold(charset, "utf-8"):
		return x.Deny(gate.Refusal{Code: gate.BodyCharset, In: "header", Name: "Content-Type", Detail: "the charset must be UTF-8"})
	}
	return gate.Allow
}
