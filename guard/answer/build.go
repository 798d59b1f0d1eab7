package answer

import (
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/markup"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// builder compiles the guard of one operation.
type builder struct {
	compiler *schema.Compiler
	problems source.Problems
}

// responses are the declared answers of an operation. The most particular
// status wins (OpenAPI 3.1.1 section 4.8.16).
type responses struct {
	exact   []response
	classes [6]*response // by the first digit: "4XX"
	rest    *response    // "default"
}

// response is one declared answer.
type response struct {
	status    int // 0 for a class and the default
	byDefault bool
	headers   []header
	media     []medium
}

// header is one declared field of an answer.
type header struct {
	style.Codec
	required bool
	schema   *schema.Schema
}

// medium is one declared media type or range.
type medium struct {
	media.Type
	text     string           // as the contract writes it
	kind     media.Kind       // of Type
	plain    bool             // a type, not a range, in a charset that can be read
	schema   *schema.Schema   // nil when any content will do
	steady   bool             // of schema: what is left after cuts need not be judged again
	tagged   bool             // guards want to hear of parts of schema
	shape    *schema.Shape    // of text
	document *markup.Document // nil when XML does not come in
	// structured says that this is a range and its schema takes no strings:
	// bytes that nobody reads are nothing that it describes.
	structured bool
}

func (b *builder) responses(list []*contract.Response) responses {
	var rs responses
	for _, d := range list {
		r := response{headers: b.headers(d.Headers), media: b.media(d.Media)}
		status, err := strconv.Atoi(d.Status)
		switch {
		case err == nil:
			r.status = status
			rs.exact = append(rs.exact, r)
		case len(d.Status) == 3 && '1' <= d.Status[0] && d.Status[0] <= '5':
			rs.classes[d.Status[0]-'0'] = &r
		default:
			r.byDefault = true
			rs.rest = &r
		}
	}
	return rs
}

// find returns the declared answer that a status is judged by, nil when there
// is none.
func (rs *responses) find(status int) *response {
	for i := range rs.exact {
		if rs.exact[i].status == status {
			return &rs.exact[i]
		}
	}
	if class := status / 100; class > 0 && class < len(rs.classes) && rs.classes[class] != nil {
		return rs.classes[class]
	}
	return rs.rest
}

// reads reports whether some body is read, and whether that of a 2xx answer.
// Those of 5xx are, whatever the contract says of them.
func (rs *responses) reads() (some, good bool) {
	for i := range rs.exact {
		r := &rs.exact[i]
		read := r.reads()
		some, good = some || read || r.status >= 500, good || read && r.status/100 == 2
	}
	for class, r := range rs.classes {
		if r != nil {
			read := r.reads()
			some, good = some || read || class == 5, good || read && class == 2
		}
	}
	if rs.rest != nil {
		some, good = true, good || rs.rest.reads()
	}
	return some, good
}

// reads reports whether a body of r may be read. One that should not be there
// is read in order to be cut.
func (r *response) reads() bool {
	for i := range r.media {
		if d := &r.media[i]; d.Sub == "*" && d.schema != nil || d.reads(d.kind) {
			return true
		}
	}
	return len(r.media) == 0
}

func (b *builder) headers(list []*contract.Parameter) (out []header) {
	for _, p := range list {
		h := header{required: p.Required}
		var problems source.Problems
		h.Codec, h.schema, problems = style.Compile(b.compiler, p, style.Literal, style.Depth)
		b.problems = append(b.problems, problems...)
		out = append(out, h)
	}
	return out
}

func (b *builder) media(list []*contract.Media) (out []medium) {
	for _, m := range list {
		t, ok := media.Parse(strings.Clone(m.Type))
		if !ok {
			b.problems = append(b.problems, source.At(m.Node, "write it as in \"application/json\"", "%q is not a media type", m.Type))
			continue
		}
		out = append(out, b.medium(t, m))
	}
	return out
}

func (b *builder) medium(t media.Type, m *contract.Media) medium {
	d := medium{Type: t, text: strings.Clone(m.Type), kind: t.Kind(), plain: t.Sub != "*" && t.CharsetKnown()}
	if isEventStream(&t) {
		d.kind = media.Opaque
	}
	if m.Schema == nil {
		return d
	}
	d.schema = b.compiler.Compile(m.Schema)
	d.shape, d.steady, d.tagged = d.schema.Shape(1), d.schema.Steady(), len(d.schema.Tags()) > 0
	k, wide := d.kind, t.Sub == "*"
	d.structured = wide && d.shape != nil && style.TypesOf(d.shape)&(1<<source.String) == 0
	if k == media.XML || wide && (t.Main == "*" || t.Main == "application" || t.Main == "text") {
		var problems source.Problems
		d.document, problems = markup.Compile(d.schema, m)
		if !wide {
			b.problems = append(b.problems, problems...)
		}
	}
	if !wide && !d.reads(k) && !isEventStream(&t) && style.Constrains(d.shape) {
		b.problems = append(b.problems, source.Warn(m.Node, "describe it as `type: string, format: binary`, or use a media type that can be read",
			"answers of type %s are passed on unread: their schema is not enforced", m.Type))
	}
	return d
}

// reads reports whether answers of kind k that fit d are read.
func (d *medium) reads(k media.Kind) bool {
	return d.schema != nil && (k == media.JSON || k == media.XML || k == media.Text)
}

// isEventStream reports whether m is the type of server-sent events, which
// have no end to wait for (HTML standard, section 9.2).
func isEventStream(m *media.Type) bool { return m.Is("text", "event-stream") }
