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

// tellingBy holds the names of telling by their length.
var tellingBy = func() (by [40][]string) {
	for _, name := range telling {
		by[len(name)] = append(by[len(name)], name)
	}
	return by
}()

var tellingSieve = gate.NewSieve(telling[:])

// tells reports whether name is one of telling.
func tells(name []byte) bool {
	if len(name) >= len(tellingBy) || !tellingSieve.May(name) {
		return false
	}
	for _, known := range tellingBy[len(name)] {
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
func (r *response) judgeFields(x *gate.Exchange) gate.Verdict {
	if len(r.headers) == 0 {
		return gate.Allow
	}
	s := open()
	defer s.close()
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

// choose finds the declared media type that fits the answer's best, and the
// kind of what the answer is.
func (r *response) choose(x *gate.Exchange) (k media.Kind, d *medium, v gate.Verdict) {
	value, n := x.AnswerField("Content-Type")
	if n == 1 {
		for i := range r.media { // as the contract writes it, most often
			if d := &r.media[i]; d.plain && string(value) == d.text {
				return d.kind, d, gate.Allow
			}
		}
	}
	return r.match(x, value, n)
}

// match finds the medium of an answer by what its type means. It needs much of a
// stack, which a connection keeps, and few answers need it.
//
//go:noinline
func (r *response) match(x *gate.Exchange, value []byte, n int) (k media.Kind, d *medium, v gate.Verdict) {
	m, ok := media.Read(value)
	switch {
	case n == 0:
		return k, nil, x.Deny(refused("the answer does not say what it is"))
	case n > 1:
		return k, nil, x.Deny(refused("the field stands more than once"))
	case !ok:
		return k, nil, x.Deny(refused("the field is not a media type as in RFC 9110 section 8.3.1"))
	}
	best := 0
	for i := range r.media {
		if fit := r.media[i].Covers(&m); fit > best {
			best, d = fit, &r.media[i]
		}
	}
	k = m.Kind()
	switch {
	case d == nil:
		return k, nil, x.Deny(refused("the contract describes other content types for this status"))
	case d.structured && (isEventStream(&m) || !d.reads(k)):
		return k, nil, x.Deny(refused("the contract describes a value, and this type holds bytes"))
	case isEventStream(&m):
		return media.Opaque, d, gate.Allow
	case d.reads(k) && !m.CharsetKnown():
		return k, nil, x.Deny(refused("the charset is not UTF-8"))
	}
	return k, d, gate.Allow
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
