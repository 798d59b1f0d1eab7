package signature

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/sfv"
)

// covers reports whether a signature covers all that it must: the method; the
// whole target, in one of its forms; the digest of a body; the credential in
// Authorization; and the fields that the configuration names.
func (v *Verifier) covers(s *signed, x *gate.Exchange) bool {
	whole := s.has("@target-uri") || s.has("@authority") && (s.has("@request-target") || s.has("@path") && s.has("@query"))
	if !s.has("@method") || !whole || x.BodyLength != 0 && !s.has("content-digest") {
		return false
	}
	if _, n := x.Field("Authorization"); n > 0 && !s.has("authorization") {
		return false
	}
	for _, name := range v.options.Fields {
		if _, n := x.Field(name); n > 0 && !s.has(strings.ToLower(name)) {
			return false
		}
	}
	return true
}

// has reports whether a component without parameters is covered: one with some
// may be a part of it, or of another message.
func (s *signed) has(name string) bool {
	for i := range s.items {
		if s.items[i].Text == name && len(s.items[i].Params) == 0 {
			return true
		}
	}
	return false
}

// base is the signature base (RFC 9421 section 2.5). It reports false when a
// component is not known, stands twice, or is not in x.
func (s *signed) base(x *gate.Exchange) ([]byte, bool) {
	var out, ids []byte
	for i := range s.items {
		item := &s.items[i]
		if item.Kind != sfv.String {
			return nil, false
		}
		id := item.Append(nil)
		line := append(append([]byte{'\n'}, id...), ':')
		if bytes.Contains(ids, line) {
			return nil, false
		}
		ids = append(ids, line...)
		value, ok := component(x, item)
		if !ok || bytes.ContainsAny(value, "\r\n") {
			return nil, false
		}
		out = append(append(append(append(out, id...), ": "...), value...), '\n')
	}
	out = append(out, `"@signature-params": `...)
	return sfv.AppendInner(out, s.items, s.params), true
}

// component is the value of one component of a request (RFC 9421 sections 2.1
// and 2.2). Fields are taken as they stand: their parameters are not known.
func component(x *gate.Exchange, item *sfv.Item) ([]byte, bool) {
	if item.Text == "@query-param" {
		name := item.Param("name")
		if len(item.Params) != 1 || name == nil || name.Kind != sfv.String {
			return nil, false
		}
		return queryParam(x.Query, name.Text)
	}
	if len(item.Params) > 0 {
		return nil, false
	}
	switch item.Text {
	case "@method":
		return x.Method, true
	case "@target-uri":
		return append(append(scheme(x), "://"...), append(authority(x), x.Target...)...), true
	case "@authority":
		return authority(x), true
	case "@scheme":
		return scheme(x), true
	case "@request-target":
		return x.Target, true
	case "@path":
		return x.Path, len(x.Path) > 0
	case "@query":
		return append([]byte{'?'}, x.Query...), true
	}
	return field(x, item.Text)
}

func scheme(x *gate.Exchange) []byte {
	if x.ClientSecure {
		return []byte("https")
	}
	return []byte("http")
}

// authority is RFC 9421 section 2.2.3: what the client asked for, in lower case
// and without the port that the scheme implies.
func authority(x *gate.Exchange) []byte {
	from, port := x.Host, ":80"
	if x.ClientHost != nil {
		from = x.ClientHost
	}
	if x.ClientSecure {
		port = ":443"
	}
	return bytes.TrimSuffix(bytes.ToLower(from), []byte(port))
}

// field joins the values of a field (RFC 9421 section 2.1). Its name is in
// lower case.
func field(x *gate.Exchange, name string) (value []byte, found bool) {
	if name == "" || name[0] == '@' || strings.ToLower(name) != name {
		return nil, false
	}
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || !gate.EqualFold(f.Name, name) {
			continue
		}
		if found {
			value = append(value, ", "...)
		}
		value, found = append(value, bytes.Trim(f.Value, " \t")...), true
	}
	return value, found
}

// queryParam is RFC 9421 section 2.2.8, of a parameter that stands once.
func queryParam(query []byte, name string) ([]byte, bool) {
	want, err := url.PathUnescape(name)
	if err != nil {
		return nil, false
	}
	var value string
	n := 0
	for pair := range strings.SplitSeq(string(query), "&") {
		key, text, _ := strings.Cut(pair, "=")
		if key, err = url.QueryUnescape(key); err != nil {
			return nil, false
		}
		if key != want {
			continue
		}
		if value, err = url.QueryUnescape(text); err != nil {
			return nil, false
		}
		n++
	}
	return []byte(strings.ReplaceAll(url.QueryEscape(value), "+", "%20")), n == 1
}
