package openapi

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// document reads the whole of the main document.
func (r *reader) document(set *source.Set) {
	r.check(r.root, &documentShape)
	r.doc.Files = set
	if info := r.root.Get("info"); info.Is(source.Object) {
		r.check(info, &infoShape)
		r.doc.Title, r.doc.Version = info.Get("title").Str(), info.Get("version").Text()
	}
	r.tags()
	r.dialect()
	r.securitySchemes()
	r.parts()
	base := r.documentBase()
	security, from := r.security(r.root, nil, contract.SecurityNowhere)
	if from != contract.SecurityNowhere {
		from = contract.SecurityDocument
	}
	r.paths(&level{base: base, security: security, from: from})
	r.webhooks(r.root.Get("webhooks"))
}

func (r *reader) tags() {
	seen := make(map[string]bool)
	for _, tag := range r.root.Get("tags").Items() {
		if !r.check(tag, &tagShape) {
			continue
		}
		name := tag.Get("name").Str()
		if seen[name] {
			r.warn(tag, "remove one of them", "the tag %q is described twice", name)
		}
		seen[name] = true
	}
}

// dialect refuses schema languages other than the one that is enforced
// (OpenAPI 3.1.1 section 4.8.24.4).
func (r *reader) dialect() {
	n := r.root.Get("jsonSchemaDialect")
	if n == nil || r.version&from31 == 0 {
		return
	}
	switch uri := strings.TrimSuffix(n.Str(), "#"); {
	case strings.HasPrefix(uri, "https://spec.openapis.org/oas/3.1/dialect/"):
	case uri == "https://json-schema.org/draft/2020-12/schema":
	default:
		r.fail(n, "schemas are read as JSON Schema draft 2020-12: remove the field", "the schema dialect %q is not supported", n.Str())
	}
}

// parts reads what components (in 2.0 the document) offers for reference,
// used or not, so that every problem of the document is told at once.
func (r *reader) parts() {
	if r.version == v20 {
		for _, n := range r.root.Get("parameters").Members() {
			if n := r.deref(n); n != nil {
				r.swaggerParameter(n)
			}
		}
		for _, n := range r.root.Get("responses").Members() {
			r.response("", n, nil)
		}
		return
	}
	components := r.root.Get("components")
	if components == nil || !r.check(components, &componentsShape) {
		return
	}
	for _, section := range components.Members() {
		r.componentNames(section)
	}
	for _, n := range components.Get("parameters").Members() {
		r.parameter(n)
	}
	for _, n := range components.Get("headers").Members() {
		r.header("", n)
	}
	for _, n := range components.Get("requestBodies").Members() {
		r.body(n)
	}
	for _, n := range components.Get("responses").Members() {
		r.response("", n, nil)
	}
	for _, n := range components.Get("callbacks").Members() {
		r.callback(n)
	}
	if r.version&from31 != 0 {
		r.webhooks(components.Get("pathItems"))
	}
}

// componentNames warns of names outside of OpenAPI 3.1.1 section 4.8.7:
// ^[a-zA-Z0-9\.\-_]+$
func (r *reader) componentNames(section *source.Node) {
	if !section.Is(source.Object) {
		return
	}
	for i := range section.Len() {
		m := section.Member(i)
		if m.Name == "$ref" {
			r.failAt(m, "refer to each component by itself", "a reference cannot stand for a section of components")
			continue
		}
		if m.Name == "" || strings.ContainsFunc(m.Name, func(c rune) bool { return !strings.ContainsRune(nameBytes, c) }) {
			r.warnAt(m, "use letters, digits, dots, hyphens and underscores", "%q is not a name that a component may have", m.Name)
		}
	}
}

const nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

// webhooks looks at path items that describe calls which the API makes
// itself. Their structure is checked; they are not served.
func (r *reader) webhooks(n *source.Node) {
	if !n.Is(source.Object) {
		return
	}
	for name, item := range n.Members() {
		if strings.HasPrefix(name, "x-") {
			continue
		}
		if item = r.deref(item); item != nil && r.check(item, &pathItemShape) {
			for name, op := range item.Members() {
				if methods[name]&r.version != 0 && op.Is(source.Object) {
					r.check(op, &operationShape)
				}
			}
		}
	}
}

// callback looks at a callback object: path items by expression.
func (r *reader) callback(n *source.Node) {
	if n = r.deref(n); n == nil {
		return
	}
	if !n.Is(source.Object) {
		r.fail(n, "", "a callback must be an object, not %s", article(n.Kind().String()))
		return
	}
	r.webhooks(n)
}
