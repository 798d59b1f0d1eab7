package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// swaggerForm is a parameter of 2.0 that describes the body or a part of it.
type swaggerForm struct {
	name     string // of a form field; "" for in: body
	node     *source.Node
	required bool
	file     bool
	schema   *source.Node
	encoding *contract.Encoding // of lists
}

func (r *reader) formField(n *source.Node) *swaggerForm {
	name := n.Get("name")
	if name.Str() == "" {
		if name != nil {
			r.fail(name, "", "a form field needs a name that is not empty")
		}
		return nil
	}
	f := &swaggerForm{
		name: name.Str(), node: n, required: n.Get("required").Bool(),
		file: n.Get("type").Str() == "file", schema: r.swaggerSchema(n),
	}
	if n.Get("type").Str() == "array" {
		f.encoding = &contract.Encoding{StyleSet: true, Node: n}
		f.encoding.Style, f.encoding.Explode = r.collection(n, contract.Query)
	}
	return f
}

// mergeForms puts what an operation says of its body over what its path says.
func mergeForms(outer, own []*swaggerForm) []*swaggerForm {
	var merged []*swaggerForm
	for _, f := range outer {
		if !slices.ContainsFunc(own, func(g *swaggerForm) bool { return f.name == g.name }) {
			merged = append(merged, f)
		}
	}
	return append(merged, own...)
}

// swaggerBody makes a request body of the body parameter or the form fields.
func (r *reader) swaggerBody(op *source.Node, forms []*swaggerForm) *contract.Body {
	if len(forms) == 0 {
		return nil
	}
	for i, f := range forms {
		for _, g := range forms[:i] {
			switch {
			case f.name == g.name && f.name != "":
				r.fail(f.node, "remove one of them", "the form field %q stands twice", f.name)
			case f.name == "" && g.name == "":
				r.fail(f.node, "remove one of them", "an operation has at most one body parameter")
			case f.name == "" || g.name == "":
				r.fail(f.node, "remove one of them", "an operation has a body parameter or form fields, not both")
			}
		}
	}
	consumes := r.mediaList(op, "consumes")
	if forms[0].name != "" {
		return r.formBody(op, forms, consumes)
	}
	return &contract.Body{Required: forms[0].required, Node: forms[0].node, Media: r.swaggerMedia(forms[0].node, forms[0].schema, consumes)}
}

// formBody makes one object schema of all form fields.
func (r *reader) formBody(op *source.Node, forms []*swaggerForm, consumes []string) *contract.Body {
	var properties []source.Member
	var required []source.Node
	encodings := make(map[string]*contract.Encoding)
	types := []string{formType, "multipart/form-data"}
	body := &contract.Body{Node: forms[0].node}
	for _, f := range forms {
		properties = append(properties, source.NewMember(f.name, f.schema))
		if f.required {
			body.Required = true
			required = append(required, *source.NewString(f.node, f.name))
		}
		if f.file {
			types = types[len(types)-1:] // 2.0: a file needs multipart/form-data
		}
		if f.encoding != nil {
			encodings[f.name] = f.encoding
		}
	}
	members := []source.Member{
		source.NewMember("type", source.NewString(body.Node, "object")),
		source.NewMember("properties", source.NewObject(body.Node, properties...)),
	}
	if len(required) > 0 {
		members = append(members, source.NewMember("required", source.NewArray(body.Node, required...)))
	}
	schema := source.NewObject(body.Node, members...)
	used := slices.DeleteFunc(slices.Clone(consumes), func(t string) bool {
		return !slices.ContainsFunc(types, func(form string) bool { return strings.HasPrefix(t, form) })
	})
	if len(used) == 0 {
		used = types[:1]
		if len(consumes) > 0 {
			r.warn(op, "add it to consumes", "form fields need %s; it is taken for granted", used[0])
		}
	}
	for _, t := range used {
		body.Media = append(body.Media, &contract.Media{Type: t, Schema: schema, Encoding: encodings, Node: body.Node})
	}
	return body
}

// swaggerMedia gives a schema to each media type that is consumed or
// produced; without a schema there is no content.
func (r *reader) swaggerMedia(at, schema *source.Node, types []string) []*contract.Media {
	if schema == nil {
		return nil
	}
	if schema.Get("type").Str() == "file" {
		schema = source.NewObject(schema, source.NewMember("type", source.NewString(schema, "string")),
			source.NewMember("format", source.NewString(schema, "binary")))
		if len(types) == 0 {
			types = []string{"*/*"}
		}
	}
	if len(types) == 0 {
		types = []string{"application/json"}
	}
	var list []*contract.Media
	for _, t := range types {
		list = append(list, &contract.Media{Type: t, Schema: schema, Node: at})
	}
	return list
}

// mediaList reads consumes or produces of an operation, else of the document.
func (r *reader) mediaList(op *source.Node, name string) []string {
	n := op.Get(name)
	if n == nil {
		n = r.root.Get(name)
	}
	var list []string
	if r.tooMany(n, maxMediaTypes, "media types") {
		return nil
	}
	for i, t := range r.strings(n, "a media type") {
		name, ok := mediaType(t)
		switch {
		case !ok:
			r.fail(n.Item(i), "write it like application/json", "%q is not a media type", t)
		case !slices.Contains(list, name):
			list = append(list, name)
		}
	}
	return list
}
