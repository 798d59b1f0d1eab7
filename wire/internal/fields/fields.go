// Package fields turns the gate's fields into those of net/http with few
// allocations: one string holds every value, one slice every value's header.
// The packages below wire that speak net/http import it; it knows the words
// of gate and nothing else.
package fields

import (
	"net/http"
	"net/textproto"

	"github.com/gatehouse-api/gatehouse/gate"
)

// List collects fields for one http.Header. The zero List is empty and ready;
// Reset makes it so again and keeps its buffers.
type List struct {
	text  []byte
	marks []mark
}

type mark struct {
	name string // canonical
	end  int    // of the value in text; it begins where the one before ends
}

// Reset empties l.
func (l *List) Reset() { l.text, l.marks = l.text[:0], l.marks[:0] }

// Add appends one field; several of one name keep their order.
func (l *List) Add(name string, value []byte) {
	l.text = append(l.text, value...)
	l.marks = append(l.marks, mark{name, len(l.text)})
}

// Begin starts a field whose value is appended by Text.
func (l *List) Begin(name string) { l.marks = append(l.marks, mark{name, len(l.text)}) }

// Text appends to the value of the field that was begun last.
func (l *List) Text(parts ...string) {
	for _, p := range parts {
		l.text = append(l.text, p...)
	}
	l.marks[len(l.marks)-1].end = len(l.text)
}

// Bytes is Text for bytes.
func (l *List) Bytes(b []byte) {
	l.text = append(l.text, b...)
	l.marks[len(l.marks)-1].end = len(l.text)
}

// Into adds the fields to h, which keeps nothing of l.
func (l *List) Into(h http.Header) {
	text, at := string(l.text), 0
	values := make([]string, len(l.marks))
	for i, m := range l.marks {
		values[i] = text[at:m.end]
		at = m.end
		if before, ok := h[m.name]; ok {
			h[m.name] = append(before, values[i])
		} else {
			h[m.name] = values[i : i+1 : i+1]
		}
	}
}

// Name returns the canonical form of name, without allocating for the usual
// ones.
func Name(name []byte) string {
	if s, ok := usual[string(name)]; ok {
		return s
	}
	return textproto.CanonicalMIMEHeaderKey(string(name))
}

// usual holds names as clients write them with their canonical form.
var usual = func() map[string]string {
	m := map[string]string{}
	for _, n := range [...]string{
		"Accept", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Age", "Allow", "Authorization", "Baggage", "Cache-Control",
		"Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-Range",
		"Content-Security-Policy", "Content-Type", "Cookie", "Date", "Etag", "Expires", "Host", "If-Match", "If-Modified-Since",
		"If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Modified", "Link", "Location", "Origin", "Pragma", "Prefer", "Priority",
		"Range", "Referer", "Retry-After", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode",
		"Sec-Fetch-Site", "Server", "Set-Cookie", "Strict-Transport-Security", "Traceparent", "Tracestate", "User-Agent", "Vary",
		"Via", "Www-Authenticate", "X-Api-Key", "X-Content-Type-Options", "X-Correlation-Id", "X-Request-Id",
	} {
		m[n] = n
		m[lower(n)] = n
	}
	m["ETag"], m["WWW-Authenticate"], m["X-Request-ID"], m["X-API-Key"] = "Etag", "Www-Authenticate", "X-Request-Id", "X-Api-Key"
	return m
}()

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// AddAll adds every field that is not gone and that skip, unless nil, does not
// name.
func (l *List) AddAll(list []gate.Field, skip func(name []byte) bool) {
	for i := range list {
		if f := &list[i]; !f.Gone && (skip == nil || !skip(f.Name)) {
			l.Add(Name(f.Name), f.Value)
		}
	}
}
