package openapi

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// responsesOf reads the responses of an operation.
func (r *reader) responsesOf(op *source.Node) []*contract.Response {
	n := op.Get("responses")
	if !n.Is(source.Object) || r.tooMany(n, maxParameters, "responses") {
		return nil
	}
	var produces []string
	if r.version == v20 {
		produces = r.mediaList(op, "produces")
	}
	list := make([]*contract.Response, 0, n.Len())
	for i := range n.Len() {
		m := n.Member(i)
		if strings.HasPrefix(m.Name, "x-") {
			continue
		}
		status, ok := r.status(m)
		if !ok {
			continue
		}
		for _, other := range list {
			if other.Status == status {
				r.failAt(m, "remove one of them", "the status %s stands twice", status)
			}
		}
		if resp := r.response(status, &m.Value, produces); resp != nil {
			list = append(list, resp)
		}
	}
	if n.Len() == 0 {
		r.warn(n, `add at least "200" or "default"`, "no response is described, so answers that are no errors will be refused")
	}
	return list
}

// status reads the name of a response: a status code, from 3.0 a class such
// as 4XX, or default (OpenAPI 3.1.1 section 4.8.16).
func (r *reader) status(m *source.Member) (string, bool) {
	s := strings.ToUpper(m.Name)
	switch {
	case m.Name == "default":
		return m.Name, true
	case len(s) == 3 && s[0] >= '1' && s[0] <= '5' && s[1:] == "XX":
		if r.version == v20 {
			r.warnAt(m, "", "Swagger 2.0 has no classes of status codes; %q is taken as one", m.Name)
		} else if s != m.Name {
			r.warnAt(m, "write "+s, "the class of status codes %q must be written in capitals", m.Name)
		}
		return s, true
	case len(s) == 3 && s[0] >= '1' && s[0] <= '5' && isDigit(s[1]) && isDigit(s[2]):
		return s, true
	}
	r.failAt(m, source.DidYouMean(`it is a status such as "200", a class such as "4XX", or default`, m.Name, "default"),
		"%q is not a status code", m.Name)
	return "", false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// response reads a Response Object or a reference to one.
func (r *reader) response(status string, n *source.Node, produces []string) *contract.Response {
	if n = r.deref(n); n == nil {
		return nil
	}
	read, known := r.responses[n]
	if !known {
		if r.check(n, &responseShape) {
			read = &contract.Response{Headers: r.headers(n.Get("headers")), Node: n}
			read.Media = r.content(n.Get("content"))
			r.links(n.Get("links"))
		}
		r.responses[n] = read
	}
	if read == nil {
		return nil
	}
	named := *read
	named.Status = status
	if r.version == v20 {
		named.Media = r.swaggerMedia(n, n.Get("schema"), produces)
	}
	return &named
}

// links are prose for clients; only their form is looked at.
func (r *reader) links(n *source.Node) {
	for _, link := range n.Members() {
		if link = r.deref(link); link != nil && !link.Is(source.Object) {
			r.fail(link, "", "a link must be an object, not %s", article(link.Kind().String()))
		}
	}
}
