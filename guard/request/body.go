package request

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/contract/markup"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// body is the declared request body of an operation.
type body struct {
	required bool
	media    []bodyMedia
	options  Options
}

// bodyMedia is one declared media type or range.
type bodyMedia struct {
	media.Type
	schema    *schema.Schema // nil when any content will do
	heard     bool           // has no schema, and a guard wants to hear of it
	free      *schema.Schema // reads JSON of such a body
	tagged    bool           // guards want to hear of parts of schema
	shape     *schema.Shape
	form      *form            // when a form may come in
	multipart *form            // when multipart/form-data may
	xml       *markup.Document // when XML may
}

// body compiles the body of an operation.
func (b *builder) body(d *contract.Body) *body {
	if d == nil {
		return nil
	}
	t := &body{required: d.Required, options: b.options}
	for _, m := range d.Media {
		parsed, ok := media.Parse(strings.Clone(m.Type))
		if !ok {
			b.problems = append(b.problems, source.At(m.Node, "write it as in \"application/json\"", "%q is not a media type", m.Type))
			continue
		}
		t.media = append(t.media, b.media(parsed, m))
	}
	return t
}

func (b *builder) media(parsed media.Type, m *contract.Media) bodyMedia {
	t := bodyMedia{Type: parsed}
	if m.Schema != nil {
		t.schema = b.compiler.Compile(m.Schema)
		t.tagged = len(t.schema.Tags()) > 0 || t.schema.Hears()
	}
	wide := parsed.Sub == "*"
	k := parsed.Kind()
	switch {
	case m.Schema == nil:
	case k == media.Mixed && !wide:
		b.warn(m, "use multipart/form-data", "%s bodies are not supported and are refused", m.Type)
	case k == media.Opaque || wide:
		t.shape = t.schema.Shape(style.Depth)
		if !wide && style.Constrains(t.shape) {
			b.warn(m, "describe it as `type: string, format: binary`, or use a media type that can be read",
				"bodies of type %s are passed on unread: their schema is not enforced", m.Type)
		}
	}
	if t.schema == nil {
		b.unschemed(&t, m)
		return t
	}
	if k == media.Form || wide && (m.Type == "*/*" || parsed.Main == "application") {
		t.form = b.form(m, t.schema, style.Plus)
	}
	if k == media.Multipart || wide && (m.Type == "*/*" || parsed.Main == "multipart") {
		t.multipart = b.form(m, t.schema, style.Literal)
	}
	if k == media.Text {
		t.shape = t.schema.Shape(1)
	}
	t.xml = b.document(parsed, m, t.schema)
	return t
}

// unschemed compiles how a body without a schema is read for whoever inspects it.
func (b *builder) unschemed(t *bodyMedia, m *contract.Media) {
	k, wide := t.Kind(), t.Sub == "*"
	switch {
	case !b.options.Hears:
		return
	case k.Legible() || wide:
		if b.options.MaxBodyBytes > MostHeard {
			b.warn(m, fmt.Sprintf("set max_body_bytes to %d at most, or describe the body by a schema", MostHeard),
				"%s bodies have no schema and may be larger than what is inspected: they pass as a stream, unread", m.Type)
			return
		}
		t.heard = true
		t.free = b.compiler.Compile(source.NewObject(m.Node))
	}
	if k == media.Multipart || k == media.Mixed || wide && t.Main == "*" {
		hint := "describe its parts by a schema"
		if k == media.Mixed && !wide {
			hint = "use multipart/form-data, and describe its parts by a schema"
		}
		b.warn(m, hint, "multipart bodies without a schema pass as a stream: their texts are not searched for attacks")
	}
}

// Unread says which bodies of a declared media type pass as a stream that nobody
// here reads; "" for none.
func Unread(m *contract.Media, o *Options) string {
	parsed, _ := media.Parse(m.Type)
	k, heard, wide := parsed.Kind(), o.Hears && o.MaxBodyBytes <= MostHeard, parsed.Sub == "*" && !strings.EqualFold(parsed.Main, "text")
	switch {
	case k == media.Mixed && m.Schema != nil: // refused, where it is no form
		return ""
	case wide && (m.Schema != nil || heard):
		return m.Type + " of bytes"
	case wide, m.Schema == nil && !(heard && k.Legible()), k == media.Opaque:
		return m.Type
	}
	return ""
}

func (b *builder) warn(m *contract.Media, hint, format string, args ...any) {
	b.problems = append(b.problems, source.Warn(m.Node, hint, format, args...))
}

// judge judges a buffered body.
func (b *body) judge(x *gate.Exchange) gate.Verdict {
	x.Schema.Spans = x.Schema.Spans[:0]
	m, d, v := b.choose(x)
	if v != gate.Allow {
		return v
	}
	k := m.Kind()
	if d.schema == nil {
		return b.hear(x, d, k)
	}
	if len(x.Body) == 0 && (k == media.JSON || k == media.Multipart || k == media.XML || !b.required) {
		if b.required {
			return x.Deny(missing)
		}
		return gate.Allow
	}
	if k == media.XML {
		return b.judgeXML(x, d)
	}
	r := open()
	defer r.close()
	switch k {
	case media.JSON:
		return b.judgeJSON(x, r, d)
	case media.Form:
		return b.judgeForm(x, r, d)
	case media.Multipart:
		return b.judgeMultipart(x, r, &m, d)
	case media.Text:
		return b.judgeText(x, r, d)
	}
	return x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "body"})
}

// hear reads a body that no schema describes for whoever inspects it. Whether one
// that is malformed may pass is for them to say.
func (b *body) hear(x *gate.Exchange, d *bodyMedia, k media.Kind) gate.Verdict {
	if len(x.Body) == 0 && b.required && k != media.Form && k != media.Text {
		return x.Deny(missing)
	}
	if k == media.JSON && len(x.Body) > 0 {
		b.policies(&x.Schema)
		if d.free.Read(&x.Schema, x.Body) {
			x.BodyJSON = x.Body
		}
	}
	return gate.Allow
}

// policies sets what a body is judged by.
func (b *body) policies(st *schema.State) {
	st.Direction, st.Undeclared, st.Misplaced = schema.Request, b.options.Undeclared, b.options.Misplaced
}

// judgeJSON judges the body itself. Its spans stay in x for other guards.
func (b *body) judgeJSON(x *gate.Exchange, r *reader, d *bodyMedia) gate.Verdict {
	b.policies(&x.Schema)
	if !d.schema.Read(&x.Schema, x.Body) {
		return refuseBody(x, x.Schema.Fault())
	}
	x.BodyJSON = x.Body
	if cut.Any(x.Schema.Spans) {
		return b.dropMembers(x, r, d)
	}
	return gate.Allow
}

// dropMembers adds the edits that remove what is to be dropped from the body,
// and judges what is left: keywords such as minProperties, uniqueItems and
// anyOf saw what the API will not see.
func (b *body) dropMembers(x *gate.Exchange, r *reader, d *bodyMedia) gate.Verdict {
	r.spans = append(r.spans[:0], x.Schema.Spans...)
	cuts := cut.Members(x.Body, r.spans)
	r.JSON = cut.Left(r.JSON[:0], x.Body, cuts)
	b.policies(&r.state)
	undrop(&r.state)
	if !d.schema.Read(&r.state, r.JSON) {
		return refuseBody(x, r.state.Fault())
	}
	for _, span := range x.Schema.Spans {
		if span.Tag == schema.TagDrop {
			x.Edits = append(x.Edits, gate.Edit{Part: gate.OnBody, Member: true, Start: span.Start, End: span.End})
		}
	}
	return gate.Allow
}

// undrop refuses where st would drop.
func undrop(st *schema.State) {
	if st.Undeclared == schema.Drop {
		st.Undeclared = schema.Refuse
	}
	if st.Misplaced == schema.Drop {
		st.Misplaced = schema.Refuse
	}
}

// refuseBody refuses x for a fault of its body.
func refuseBody(x *gate.Exchange, f schema.Fault) gate.Verdict {
	code := gate.BodySchema
	if f.Keyword == "syntax" {
		code = gate.BodySyntax
	}
	return x.Deny(gate.Refusal{Code: code, In: "body", Pointer: f.Pointer, Keyword: f.Keyword, Detail: f.Want})
}

// judgeText judges the body as one string; a byte order mark is refused, since
// some readers remove it.
func (b *body) judgeText(x *gate.Exchange, r *reader, d *bodyMedia) gate.Verdict {
	if !utf8.Valid(x.Body) || bytes.HasPrefix(x.Body, byteOrderMark) {
		return x.Deny(gate.Refusal{Code: gate.BodySyntax, In: "body", Detail: "must be UTF-8 without a byte order mark"})
	}
	r.JSON = schema.AppendScalar(r.JSON[:0], x.Body, style.TypesOf(d.shape))
	if st, ok := b.read(x, &r.state, d, r.JSON); !ok {
		return refuseBody(x, st.Fault())
	}
	return gate.Allow
}

// read judges json, which the body means. Nothing is dropped from it. Where
// guards want to hear of its parts, text and spans stay in x.
func (b *body) read(x *gate.Exchange, st *schema.State, d *bodyMedia, json []byte) (*schema.State, bool) {
	if d.tagged {
		st, json = &x.Schema, x.Means(json)
	}
	b.policies(st)
	undrop(st)
	ok := d.schema.Read(st, json)
	if ok && d.tagged {
		x.BodyJSON = json
	}
	return st, ok
}

var byteOrderMark = []byte("\xef\xbb\xbf")
