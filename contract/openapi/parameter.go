package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

var places = map[string]contract.In{
	"path": contract.Path, "query": contract.Query, "header": contract.Header, "cookie": contract.Cookie,
}

// ignoredHeaders are described elsewhere in a document; parameters of these
// names have no meaning (OpenAPI 3.1.1 section 4.8.12.1).
var ignoredHeaders = map[string]bool{"accept": true, "content-type": true, "authorization": true}

// schemaKeywords are often written into a parameter itself, as 2.0 has it.
var schemaKeywords = map[string]bool{
	"type": true, "format": true, "items": true, "enum": true, "default": true, "minimum": true, "maximum": true,
	"minLength": true, "maxLength": true, "pattern": true, "minItems": true, "maxItems": true, "uniqueItems": true,
}

// Bounds of lists whose parts are compared with each other.
const (
	maxParameters = 1000
	maxMediaTypes = 100
)

// tooMany reports a list or an object that is larger than its bound.
func (r *reader) tooMany(n *source.Node, limit int, what string) bool {
	if n.Len() <= limit {
		return false
	}
	r.fail(n, "", "more than %d %s in one place", limit, what)
	return true
}

// parameters reads one list of parameters; in 2.0 also what it says of the
// body.
func (r *reader) parameters(n *source.Node) (list []*contract.Parameter, forms []*swaggerForm) {
	if r.tooMany(n, maxParameters, "parameters") {
		return nil, nil
	}
	for _, item := range n.Items() {
		var p *contract.Parameter
		if r.version == v20 {
			var form *swaggerForm
			if item = r.deref(item); item != nil {
				p, form = r.swaggerParameter(item)
			}
			if form != nil {
				forms = append(forms, form)
			}
		} else {
			p = r.parameter(item)
		}
		if p == nil || p.In == contract.Header && ignoredHeaders[strings.ToLower(p.Name)] {
			continue
		}
		for _, q := range list {
			if same(p, q) {
				r.fail(item, "remove one of them", "the %s parameter %q stands twice in this list", p.In, p.Name)
			}
		}
		list = append(list, p)
	}
	return list, forms
}

// parameter reads a Parameter Object or a reference to one; nil when it
// cannot be told what it describes.
func (r *reader) parameter(n *source.Node) *contract.Parameter {
	if n = r.deref(n); n == nil {
		return nil
	}
	if p, known := r.params[n]; known {
		return p
	}
	r.params[n] = nil
	if !r.check(n, &parameterShape) {
		return nil
	}
	p := &contract.Parameter{
		Name: n.Get("name").Str(), AllowReserved: n.Get("allowReserved").Bool(), Required: n.Get("required").Bool(),
		AllowEmpty: n.Get("allowEmptyValue").Bool(), Deprecated: n.Get("deprecated").Bool(), Node: n,
	}
	if p.In = r.place(n.Get("in")); p.In == contract.Nowhere || !r.named(n.Get("name"), p.In) {
		return nil
	}
	if p.In == contract.Path {
		r.requiredInPath(n)
		p.Required = true
	}
	r.queryOnly(n, p.In)
	r.value(p)
	r.params[n] = p
	return p
}

func (r *reader) place(n *source.Node) contract.In {
	if !n.Is(source.String) {
		return contract.Nowhere // reported with the fields
	}
	in, ok := places[n.Str()]
	switch {
	case ok:
	case n.Str() == "querystring":
		r.fail(n, "describe its fields with in: query", "parameters in the whole querystring are new in OpenAPI 3.2, which is not supported yet")
	case n.Str() == "body" || n.Str() == "formData":
		r.fail(n, "describe it under requestBody", "OpenAPI %s has no parameters in %q", r.doc.Spec, n.Str())
	default:
		r.fail(n, source.DidYouMean("it is path, query, header or cookie", n.Str(), "path", "query", "header", "cookie"),
			"there are no parameters in %q", n.Str())
	}
	return in
}

// named reports whether a parameter has a name that can be sent.
func (r *reader) named(n *source.Node, in contract.In) bool {
	switch {
	case !n.Is(source.String): // reported with the fields
		return false
	case n.Str() == "":
		r.fail(n, "", "a parameter needs a name that is not empty")
		return false
	case (in == contract.Header || in == contract.Cookie) && !isToken(n.Str()): // RFC 9110 section 5.1, RFC 6265 section 4.1.1
		r.fail(n, "", "%q cannot be the name of a %s", n.Str(), in)
		return false
	}
	return true
}

// requiredInPath: OpenAPI 3.1.1 section 4.8.12.2.1 wants required: true.
func (r *reader) requiredInPath(n *source.Node) {
	switch required := n.Get("required"); {
	case required == nil:
		r.warn(n, "add required: true", "a path parameter is always required")
	case required.Is(source.Bool) && !required.Bool():
		r.fail(required, "write required: true", "a path parameter is always required")
	}
}

// queryOnly warns of fields that only query parameters have.
func (r *reader) queryOnly(n *source.Node, in contract.In) {
	for _, name := range []string{"allowReserved", "allowEmptyValue"} {
		if in != contract.Query && n.Get(name).Bool() {
			r.warn(n.Get(name), "", "%q means nothing outside of the query", name)
		}
	}
}

// value reads how a parameter's value is written and which values it may
// have.
func (r *reader) value(p *contract.Parameter) {
	n := p.Node
	p.Schema = n.Get("schema")
	content := n.Get("content")
	switch {
	case content.Is(source.Object) && p.Schema != nil:
		r.fail(n, "remove one of them", "a parameter has either schema or content")
		p.Schema = nil
	case content == nil && p.Schema == nil:
		r.fail(n, "add, for example, schema: {type: string}", "it does not say which values are allowed")
	}
	if content.Is(source.Object) {
		media := r.content(content)
		if content.Len() != 1 {
			r.fail(content, "", "the content of a parameter must have exactly one media type, not %d", content.Len())
		}
		if len(media) > 0 {
			p.Content = media[0]
		}
		for _, name := range []string{"style", "explode", "allowReserved"} {
			if at := n.Get(name); at != nil {
				r.warn(at, "remove it", "%q means nothing beside content", name)
			}
		}
		return
	}
	p.Style, p.Explode = r.style(n, p.In, p.In.String()+" parameter")
	r.styleFits(p)
}

// merge puts an operation's parameters over those of its path: one with the
// same name and place replaces the other (OpenAPI 3.1.1 section 4.8.9.1).
func merge(outer, own []*contract.Parameter) []*contract.Parameter {
	if len(outer) == 0 {
		return own
	}
	merged := make([]*contract.Parameter, 0, len(outer)+len(own))
	for _, p := range outer {
		if !slices.ContainsFunc(own, func(q *contract.Parameter) bool { return same(p, q) }) {
			merged = append(merged, p)
		}
	}
	return append(merged, own...)
}

// same reports whether two parameters are one by name and place. Names of
// headers have no case (RFC 9110 section 5.1).
func same(p, q *contract.Parameter) bool {
	if p.In != q.In {
		return false
	}
	return p.Name == q.Name || p.In == contract.Header && strings.EqualFold(p.Name, q.Name)
}
