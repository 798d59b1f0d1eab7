package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// methods are the fixed fields of a path item that are operations.
var methods = map[string]versions{
	"get": all, "put": all, "post": all, "delete": all,
	"options": all, "head": all, "patch": all, "trace": v3,
}

// level is what an outer level of the document hands down to an inner one.
type level struct {
	base       []string
	misplaced  bool // the path is in error: its operations are read and served nowhere
	security   []contract.Requirement
	from       contract.SecurityFrom
	parameters []*contract.Parameter
	forms      []*swaggerForm
}

func (r *reader) paths(outer *level) {
	paths := r.root.Get("paths")
	if !paths.Is(source.Object) {
		return
	}
	for i := range paths.Len() {
		m := paths.Member(i)
		switch {
		case strings.HasPrefix(m.Name, "x-"):
		case m.Name == "$ref":
			r.failAt(m, "refer to each path item by itself", "a reference cannot stand for all paths")
		default:
			r.path(m, outer)
		}
	}
}

// path reads a path item. One whose path is in error is read as well, so that
// what is wrong inside of it is told at once.
func (r *reader) path(m *source.Member, outer *level) {
	inner := *outer
	names, fault := template(m.Name)
	switch {
	case !strings.HasPrefix(m.Name, "/"):
		r.failAt(m, "write a slash before it", `the path %q must begin with "/"`, m.Name)
		inner.misplaced = true
	case fault != "":
		r.failAt(m, "", "in the path %q %s", m.Name, fault)
		inner.misplaced = true
	}
	item := r.pathItem(&m.Value)
	if item == nil {
		return
	}
	if servers := item.Get("servers"); servers != nil {
		inner.base = r.servers(servers, outer.base)
	}
	inner.parameters, inner.forms = r.parameters(item.Get("parameters"))
	for i := range item.Len() {
		op := item.Member(i)
		if methods[op.Name]&r.version != 0 && op.Value.Is(source.Object) {
			r.operation(m.Name, names, op, &inner)
		}
	}
}

// pathItem resolves a path item. Fields beside its $ref have no defined
// meaning (OpenAPI 3.1.1 section 4.8.9.1), except the prose.
func (r *reader) pathItem(n *source.Node) *source.Node {
	if ref := n.Get("$ref"); ref != nil {
		for i := range n.Len() {
			m := n.Member(i)
			if m.Name != "$ref" && m.Name != "summary" && m.Name != "description" && !strings.HasPrefix(m.Name, "x-") {
				r.failAt(m, "move it to the path item that is referred to", "%q stands beside $ref, which has no defined meaning", m.Name)
			}
		}
		r.seenRefs[n] = true // its siblings were judged
		if n = r.deref(n); n == nil {
			return nil
		}
	}
	if !r.check(n, &pathItemShape) {
		return nil
	}
	return n
}

// maxInPath bounds the parameters of one path.
const maxInPath = 64

// template returns the names of a path's parameters, or what is wrong with
// the path (OpenAPI 3.1.1 section 4.8.8).
func template(path string) (names []string, fault string) {
	if strings.ContainsAny(path, "?#") {
		return nil, "a query or a fragment has no place; declare query parameters instead"
	}
	for rest := path; ; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return names, ""
		}
		if rest[i] == '}' {
			return nil, "a brace closes that was not opened"
		}
		name, after, ok := strings.Cut(rest[i+1:], "}")
		switch {
		case !ok || strings.ContainsAny(name, "{/"):
			return nil, "a brace is not closed"
		case name == "":
			return nil, "a parameter has no name"
		case len(names) == maxInPath:
			return nil, "there are too many parameters"
		case slices.Contains(names, name):
			return nil, "the parameter {" + name + "} stands twice"
		}
		names, rest = append(names, name), after
	}
}

func (r *reader) operation(path string, names []string, m *source.Member, outer *level) {
	n := &m.Value
	r.check(n, &operationShape)
	op := &contract.Operation{
		ID: n.Get("operationId").Str(), Method: strings.ToUpper(m.Name), Path: path, BasePaths: outer.base,
		Deprecated: n.Get("deprecated").Bool(), Node: n,
	}
	r.identity(n.Get("operationId"))
	op.Tags = r.strings(n.Get("tags"), "a tag")
	if servers := n.Get("servers"); servers != nil && r.version&v3 != 0 {
		op.BasePaths = r.servers(servers, outer.base)
	}
	own, forms := r.parameters(n.Get("parameters"))
	op.Parameters = merge(outer.parameters, own)
	if outer.misplaced {
		op.BasePaths = nil
	} else {
		r.pathParameters(op, names)
	}
	op.Security, op.SecurityFrom = r.security(n, outer.security, outer.from)
	if r.version == v20 {
		op.Body = r.swaggerBody(n, mergeForms(outer.forms, forms))
	} else if body := n.Get("requestBody"); body != nil {
		op.Body = r.body(body)
	}
	if op.Method == "TRACE" {
		r.warnAt(m, "remove the operation", "TRACE is always refused: it would send back what stands in front of the API added to the request")
	}
	r.bodyOfMethod(op)
	op.Responses = r.responsesOf(n)
	for _, callback := range n.Get("callbacks").Members() {
		r.callback(callback)
	}
	r.doc.Operations = append(r.doc.Operations, op)
}

// identity sees to it that an operationId names one operation: settings,
// events and refusals call the operation by it.
func (r *reader) identity(id *source.Node) {
	if id.Str() == "" {
		return
	}
	if first, twice := r.ids[id.Str()]; twice {
		r.fail(id, "operations are configured and recorded by this name: choose another", "the operationId %q is already used at %s", id.Str(), first.Position())
		return
	}
	r.ids[id.Str()] = id
}

// bodyOfMethod drops bodies that HTTP or the specification do not know.
func (r *reader) bodyOfMethod(op *contract.Operation) {
	if op.Body == nil {
		return
	}
	switch op.Method {
	case "TRACE": // RFC 9110 section 9.3.8
		r.fail(op.Body.Node, "remove it", "a TRACE request has no body")
	case "GET", "HEAD", "DELETE": // OpenAPI 3.0.4 section 4.7.10.1; 3.1 leaves it to the author
		if r.version&(v20|v30) == 0 {
			return
		}
		if !op.Body.Required && !slices.ContainsFunc(op.Body.Media, saysSomething) {
			break // often written by generators, and loses nothing
		}
		r.warn(op.Body.Node, "only OpenAPI 3.1 can declare one", "the body of a %s request is ignored: requests that carry one will be refused", op.Method)
	default:
		return
	}
	op.Body = nil
}

// saysSomething reports whether a media type allows more than an object
// without properties.
func saysSomething(m *contract.Media) bool {
	return m.Schema.Get("type").Str() != "object" || m.Schema.Get("properties").Len() > 0 ||
		m.Schema.Get("additionalProperties").Is(source.Object) || m.Schema.Get("allOf") != nil
}

// pathParameters holds the parameters against the path's template.
func (r *reader) pathParameters(op *contract.Operation, names []string) {
	var declared []string
	for _, p := range op.Parameters {
		if p.In != contract.Path {
			continue
		}
		declared = append(declared, p.Name)
		if !slices.Contains(names, p.Name) {
			r.fail(p.Node, source.DidYouMean("write {"+p.Name+"} into the path or remove the parameter", p.Name, names...),
				"the path %q has no parameter {%s}", op.Path, p.Name)
		}
	}
	for _, name := range names {
		if !slices.Contains(declared, name) {
			r.fail(op.Node, "add to parameters: {name: "+name+", in: path, required: true, schema: {type: string}}",
				"the path %q has the parameter {%s}, which is not declared", op.Path, name)
		}
	}
}

// strings reads a list of strings, of which what names one.
func (r *reader) strings(n *source.Node, what string) []string {
	if !n.Is(source.Array) {
		return nil
	}
	list := make([]string, 0, n.Len())
	for _, item := range n.Items() {
		if !item.Is(source.String) {
			r.fail(item, "", "%s must be a string, not %s", what, article(item.Kind().String()))
			continue
		}
		list = append(list, item.Str())
	}
	return list
}
