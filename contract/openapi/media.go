package openapi

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// body reads a Request Body Object or a reference to one.
func (r *reader) body(n *source.Node) *contract.Body {
	if n = r.deref(n); n == nil {
		return nil
	}
	if b, known := r.bodies[n]; known {
		return b
	}
	r.bodies[n] = nil
	if !r.check(n, &bodyShape) {
		return nil
	}
	b := &contract.Body{Required: n.Get("required").Bool(), Node: n}
	content := n.Get("content")
	if content.Is(source.Object) && content.Len() == 0 {
		r.fail(content, "add one, or remove the request body", "a request body needs at least one media type")
	}
	if b.Media = r.content(content); len(b.Media) == 0 {
		return nil
	}
	r.bodies[n] = b
	return b
}

// content reads media types by name.
func (r *reader) content(n *source.Node) []*contract.Media {
	if !n.Is(source.Object) || r.tooMany(n, maxMediaTypes, "media types") {
		return nil
	}
	list := make([]*contract.Media, 0, n.Len())
	ignored := 0
	for i := range n.Len() {
		m := n.Member(i)
		if strings.HasPrefix(m.Name, "x-") && !strings.Contains(m.Name, "/") {
			continue
		}
		name, ok := mediaType(m.Name)
		if suffixRange(m.Name) {
			r.warnAt(m, "name the types that are meant, such as application/json", "HTTP has no range %q; it is ignored", m.Name)
			ignored++
			continue
		}
		if !ok {
			r.failAt(m, "write it like application/json", "%q is not a media type", m.Name)
			continue
		}
		for _, other := range list {
			if other.Type == name {
				r.failAt(m, "remove one of them", "the media type %s stands twice", name)
			}
		}
		if media := r.media(name, &m.Value); media != nil {
			list = append(list, media)
		}
	}
	if ignored > 0 && ignored == n.Len() { // no type at all would mean that nothing is checked
		r.fail(n, "name the media types that are meant", "none of these media types can be used")
	}
	return list
}

func (r *reader) media(name string, n *source.Node) *contract.Media {
	if ref := n.Get("$ref"); ref != nil { // allowed from OpenAPI 3.2
		r.fail(ref, "write the media type out", "a media type cannot be a reference")
		return nil
	}
	if !r.check(n, &mediaShape) {
		return nil
	}
	media := &contract.Media{Type: name, Schema: n.Get("schema"), Node: n}
	encoding := n.Get("encoding")
	if encoding.Len() == 0 || !encoding.Is(source.Object) {
		return media
	}
	if !strings.HasPrefix(name, "multipart/") && !strings.HasPrefix(name, formType) {
		r.warn(encoding, "remove it", "encoding means nothing for %s", name)
		return media
	}
	media.Encoding = make(map[string]*contract.Encoding, encoding.Len())
	properties := media.Schema.Get("properties")
	for i := range encoding.Len() {
		m := encoding.Member(i)
		if properties.Is(source.Object) && properties.Get(m.Name) == nil {
			r.warnAt(m, source.DidYouMean("", m.Name, names(properties)...), "the schema has no property %q, so this encoding is not used", m.Name)
		}
		if e := r.encoding(&m.Value, name); e != nil {
			media.Encoding[m.Name] = e
		}
	}
	return media
}

const formType = "application/x-www-form-urlencoded"

// encoding reads an Encoding Object (OpenAPI 3.1.1 section 4.8.15).
func (r *reader) encoding(n *source.Node, media string) *contract.Encoding {
	if !r.check(n, &encodingShape) {
		return nil
	}
	e := &contract.Encoding{Style: contract.Form, Explode: true, Node: n}
	// OpenAPI 3.0.4 section 4.7.15.1.2 has styles in URL-encoded forms only,
	// OpenAPI 3.1.1 section 4.8.15.1.2 in multipart/form-data too. Documents of
	// 3.0 write them there as well, and their clients do what they say.
	multipart := strings.HasPrefix(media, "multipart/form-data")
	styled := multipart || strings.HasPrefix(media, formType)
	for _, name := range []string{"style", "explode", "allowReserved"} {
		at := n.Get(name)
		switch {
		case at == nil:
			continue
		case !styled:
			r.warn(at, "use contentType", "%q means nothing for %s in %s", name, media, r.version)
			continue
		case multipart && r.version == v30:
			r.warn(at, "it is read as OpenAPI 3.1 has it; other programs may not know it", "%q is not known for %s in %s", name, media, r.version)
		}
		e.StyleSet = true
	}
	if styled {
		e.AllowReserved = n.Get("allowReserved").Bool()
		e.Style, e.Explode = r.style(n, contract.Query, "encoding")
	}
	if at := n.Get("contentType"); at.Is(source.String) {
		for item := range strings.SplitSeq(at.Str(), ",") {
			name, ok := mediaType(strings.TrimSpace(item))
			if !ok {
				r.fail(at, "write it like image/png, image/*", "%q is not a media type", item)
				continue
			}
			e.ContentTypes = append(e.ContentTypes, name)
		}
	}
	e.Headers = r.headers(n.Get("headers"))
	return e
}

// headers reads headers by name. Content-Type is described by the media type
// (OpenAPI 3.1.1 sections 4.8.15.1 and 4.8.17).
func (r *reader) headers(n *source.Node) []*contract.Parameter {
	var list []*contract.Parameter
	if !n.Is(source.Object) || r.tooMany(n, maxParameters, "headers") {
		return nil
	}
	for i := range n.Len() {
		m := n.Member(i)
		if strings.EqualFold(m.Name, "Content-Type") || strings.HasPrefix(m.Name, "x-") && !m.Value.Is(source.Object) {
			continue
		}
		if !isToken(m.Name) {
			r.failAt(m, "", "%q cannot be the name of a header", m.Name)
			continue
		}
		p := r.header(m.Name, &m.Value)
		if p == nil {
			continue
		}
		for _, q := range list {
			if same(p, q) {
				r.failAt(m, "remove one of them", "the header %q stands twice", m.Name)
			}
		}
		list = append(list, p)
	}
	return list
}

// header reads a Header Object: a parameter whose name stands outside of it.
func (r *reader) header(name string, n *source.Node) *contract.Parameter {
	if n = r.deref(n); n == nil {
		return nil
	}
	p, known := r.params[n]
	if !known {
		r.params[n] = nil // ends headers of encodings of headers
		p = r.newHeader(n)
		r.params[n] = p
	}
	if p == nil || p.Name == name {
		return p
	}
	named := *p
	named.Name = name
	return &named
}

func (r *reader) newHeader(n *source.Node) *contract.Parameter {
	if r.version == v20 {
		return r.swaggerHeader(n)
	}
	if !r.check(n, &headerShape) {
		return nil
	}
	p := &contract.Parameter{
		In: contract.Header, Required: n.Get("required").Bool(), Deprecated: n.Get("deprecated").Bool(), Node: n,
	}
	r.queryOnly(n, p.In)
	r.value(p)
	return p
}
