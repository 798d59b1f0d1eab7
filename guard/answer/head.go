package answer

import (
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// telling are fields that tell which programs an API is made of, in which
// version, and how it is debugged. They go, unless the contract describes them.
var telling = [...]string{
	"Server", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "X-SourceFiles",
	"X-Generator", "X-Runtime", "X-Version", "X-Php-Version", "X-Powered-CMS", "Powered-By",
	"X-Server", "X-Server-Name", "X-Backend", "X-Backend-Server", "X-Upstream", "X-Host",
	"X-Debug", "X-Debug-Token", "X-Debug-Token-Link", "X-Debug-Info", "X-Envoy-Upstream-Service-Time",
	"X-Envoy-Decorator-Operation", "X-Application-Context", "X-Mod-Pagespeed", "X-OWA-Version",
	"X-CF-Powered-By", "X-Litespeed-Cache", "SourceMap", "X-SourceMap", "X-ChromeLogger-Data",
	"X-ChromePhp-Data", "Server-Timing", "Host-Header", "K-Proxy-Request", "Product", "Liferay-Portal",
}

// hide removes the telling fields that r, the declared answer, does not
// describe.
func hide(fields []gate.Field, r *response) {
	for i := range fields {
		f := &fields[i]
		if f.Gone || !tells(f.Name) || r != nil && r.describes(f.Name) {
			continue
		}
		f.Gone = true
	}
}

// tells reports whether name is one of telling.
func tells(name []byte) bool {
	for _, known := range telling {
		if gate.EqualFold(name, known) {
			return true
		}
	}
	return false
}

func (r *response) describes(name []byte) bool {
	for i := range r.headers {
		if gate.EqualFold(name, r.headers[i].Name) {
			return true
		}
	}
	return false
}

// judgeFields judges the declared fields of the answer.
func (r *response) judgeFields(x *gate.Exchange, s *scratch) gate.Verdict {
	for i := range r.headers {
		h := &r.headers[i]
		n, bad := s.Fields(x.Answer.Fields, &h.Codec)
		refusal := gate.Refusal{Code: gate.AnswerHeader, In: "answer", Name: h.Name}
		switch {
		case n == 0 && h.required:
			refusal.Keyword, refusal.Detail = "required", "the field is missing"
			return x.Deny(refusal)
		case n == 0:
			continue
		case bad != style.Fine:
			refusal.Detail = bad.Words()
			return x.Deny(refusal)
		}
		judging(&s.state, 0)
		if !h.schema.Read(&s.state, s.JSON) {
			f := s.state.Fault()
			refusal.Pointer, refusal.Keyword, refusal.Detail = f.Pointer, f.Keyword, f.Want
			return x.Deny(refusal)
		}
	}
	return gate.Allow
}

// refused is a content type that cannot pass.
func refused(detail string) gate.Refusal {
	return gate.Refusal{Code: gate.AnswerMedia, In: "answer", Name: "Content-Type", Detail: detail}
}

// choose finds the declared media type that fits the answer's best.
func (r *response) choose(x *gate.Exchange) (m media.Type, d *medium, v gate.Verdict) {
	value, n := x.AnswerField("Content-Type")
	m, ok := media.Read(value)
	switch {
	case n == 0:
		return m, nil, x.Deny(refused("the answer does not say what it is"))
	case n > 1:
		return m, nil, x.Deny(refused("the field stands more than once"))
	case !ok:
		return m, nil, x.Deny(refused("the field is not a media type as in RFC 9110 section 8.3.1"))
	}
	best := 0
	for i := range r.media {
		if fit := r.media[i].Covers(&m); fit > best {
			best, d = fit, &r.media[i]
		}
	}
	switch k := m.Kind(); {
	case d == nil:
		return m, nil, x.Deny(refused("the contract describes other content types for this status"))
	case isEventStream(&m):
		return m, d, gate.Allow
	case d.reads(k) && !m.CharsetKnown():
		return m, nil, x.Deny(refused("the charset is not UTF-8"))
	}
	return m, d, gate.Allow
}

// coded reports whether the content is in a coding (RFC 9110 section 8.4).
func coded(fields []gate.Field) bool {
	for i := range fields {
		if f := &fields[i]; !f.Gone && gate.EqualFold(f.Name, "Content-Encoding") && !gate.EqualFold(f.Value, "identity") {
			return true
		}
	}
	return false
}

// remove removes the fields called name.
func remove(fields []gate.Field, name string) {
	for i := range fields {
		if gate.EqualFold(fields[i].Name, name) {
			fields[i].Gone = true
		}
	}
}
