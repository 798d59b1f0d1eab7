package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Swagger 2.0 describes bodies among the parameters and writes schema
// keywords into parameters. Both are rewritten here into the model's form.

// swaggerForm is a parameter of 2.0 that describes the body or a part of it.
type swaggerForm struct {
	name     string // of a form field; "" for in: body
	node     *source.Node
	required bool
	file     bool
	schema   *source.Node
	encoding *contract.Encoding // of lists
}

// itemsKeywords are the keywords of the Parameter, Items and Header Objects
// that are schema keywords; what they mean stands there too.
var itemsKeywords = []string{
	"type", "format", "items", "default", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
	"maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "enum", "multipleOf",
}

var (
	swaggerParameterShape = shape{"parameter", slices.Concat([]field{
		{"name", v20, str, needed},
		{"in", v20, str, needed},
		{"description", v20, str, optional},
		{"required", v20, boolean, optional},
		{"allowEmptyValue", v20, boolean, optional},
		{"schema", v20, object, optional},
		{"collectionFormat", v20, str, optional},
	}, itemsFields())}
	swaggerHeaderShape = shape{"header", slices.Concat([]field{
		{"description", v20, str, optional},
		{"collectionFormat", v20, str, optional},
	}, itemsFields())}
)

func itemsFields() []field {
	var fields []field
	for _, name := range itemsKeywords {
		fields = append(fields, field{name, v20, anyKind, optional})
	}
	return fields
}

// collections are the values of collectionFormat: the styles of query and
// form fields, whether the name is repeated, and the style elsewhere.
var collections = map[string]struct {
	style   contract.Style
	explode bool
	inPath  contract.Style
}{
	"csv":   {contract.Form, false, contract.Simple},
	"ssv":   {contract.SpaceDelimited, false, contract.SpaceDelimited},
	"tsv":   {contract.TabDelimited, false, contract.TabDelimited},
	"pipes": {contract.PipeDelimited, false, contract.PipeDelimited},
	"multi": {contract.Form, true, contract.Simple},
}

// swaggerParameter reads a Parameter Object of 2.0, which describes either a
// parameter or something of the body.
func (r *reader) swaggerParameter(n *source.Node) (*contract.Parameter, *swaggerForm) {
	if !r.check(n, &swaggerParameterShape) {
		return nil, nil
	}
	switch in := n.Get("in"); in.Str() {
	case "body":
		if n.Get("schema") == nil {
			r.fail(n, "", "a body parameter needs the field %q", "schema")
		}
		return nil, &swaggerForm{node: n, required: n.Get("required").Bool(), schema: n.Get("schema")}
	case "formData":
		return nil, r.formField(n)
	case "path", "query", "header":
	default:
		if in.Is(source.String) {
			r.fail(in, source.DidYouMean("it is path, query, header, formData or body", in.Str(), "path", "query", "header", "formData", "body"),
				"there are no parameters in %q", in.Str())
		}
		return nil, nil
	}
	if p, known := r.params[n]; known {
		return p, nil
	}
	r.params[n] = nil
	p := &contract.Parameter{
		Name: n.Get("name").Str(), In: places[n.Get("in").Str()], Required: n.Get("required").Bool(),
		AllowEmpty: n.Get("allowEmptyValue").Bool(), Node: n,
	}
	if !r.named(n.Get("name"), p.In) {
		return nil, nil
	}
	if p.In == contract.Path {
		r.requiredInPath(n)
		p.Required = true
	}
	p.Schema = r.swaggerSchema(n)
	p.Style, p.Explode = r.collection(n, p.In)
	r.params[n] = p
	return p, nil
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

func (r *reader) swaggerHeader(n *source.Node) *contract.Parameter {
	if !r.check(n, &swaggerHeaderShape) {
		return nil
	}
	p := &contract.Parameter{In: contract.Header, Schema: r.swaggerSchema(n), Node: n}
	p.Style, p.Explode = r.collection(n, p.In)
	return p
}

// swaggerSchema returns the schema keywords of a parameter, items or header
// as a schema.
func (r *reader) swaggerSchema(n *source.Node) *source.Node {
	if n.Get("type") == nil {
		r.fail(n, "add, for example, type: string", "it does not say which values are allowed")
	}
	return r.itemsSchema(n, 0)
}

func (r *reader) itemsSchema(n *source.Node, depth int) *source.Node {
	var members []source.Member
	for i := range n.Len() {
		m := *n.Member(i)
		switch {
		case m.Name == "type" && m.Value.Str() == "file":
			members = append(members, source.NewMember("type", source.NewString(&m.Value, "string")),
				source.NewMember("format", source.NewString(&m.Value, "binary")))
		case m.Name == "items" && m.Value.Is(source.Object):
			if nested := m.Value.Get("items"); nested != nil && depth == 0 {
				r.fail(nested, "send it in a JSON body", "lists of lists outside of a body are not supported")
			}
			m.Value = *r.itemsSchema(&m.Value, depth+1)
			members = append(members, m)
		case slices.Contains(itemsKeywords, m.Name):
			members = append(members, m)
		}
	}
	return source.NewObject(n, members...)
}

// collection reads collectionFormat, which matters for lists only.
func (r *reader) collection(n *source.Node, in contract.In) (contract.Style, bool) {
	outside := in == contract.Path || in == contract.Header
	name := "csv"
	if at := n.Get("collectionFormat"); at.Is(source.String) {
		_, known := collections[at.Str()]
		switch {
		case !known:
			r.fail(at, source.DidYouMean("known are csv, ssv, tsv, pipes and multi", at.Str(), "csv", "ssv", "tsv", "pipes", "multi"),
				"there is no collectionFormat %q", at.Str())
		case at.Str() == "multi" && outside:
			r.fail(at, "write collectionFormat: csv", "collectionFormat multi is for query and form fields only")
		case n.Get("type").Str() == "array":
			name = at.Str()
		}
	} else if n.Get("type").Str() != "array" && !outside {
		name = "multi" // style form as 3.x has it by default
	}
	c := collections[name]
	if outside {
		return c.inPath, false
	}
	return c.style, c.explode
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
