package openapi

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Swagger 2.0 describes bodies among the parameters and writes schema
// keywords into parameters. Both are rewritten here into the model's form.

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
	if n.Get("type").Str() == "file" {
		r.fail(n.Get("type"), "write in: formData", "a file can only be sent in a form")
	}
	p.Schema = r.swaggerSchema(n)
	p.Style, p.Explode = r.collection(n, p.In)
	r.params[n] = p
	return p, nil
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
