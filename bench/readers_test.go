package bench

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// compile compiles a schema with the product's reader.
func compile(text string, o schema.Options) (*schema.Schema, error) {
	file, problems := source.ParseString("schema.json", text)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	c := schema.NewCompiler(o)
	s := c.Compile(file.Root)
	return s, c.Problems().Err()
}

// compileV6 compiles a schema of draft 2020-12 with santhosh-tekuri/jsonschema.
func compileV6(text string) (*jsonschema.Schema, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("https://example.com/schema.json", value); err != nil {
		return nil, err
	}
	return c.Compile("https://example.com/schema.json")
}

// readV6 decodes and validates, as a gate with that library would.
func readV6(s *jsonschema.Schema, data []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// compileKin compiles a schema of an OpenAPI 3.0 document with kin-openapi.
func compileKin(text string) (*openapi3.Schema, error) {
	document := fmt.Sprintf(`{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{},"components":{"schemas":{"it":%s}}}`, text)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
	if err != nil {
		return nil, err
	}
	return doc.Components.Schemas["it"].Value, nil
}

// readKin decodes and validates, as a gate with that library does.
func readKin(s *openapi3.Schema, data []byte) error {
	var value any
	if err := stdjson.Unmarshal(data, &value); err != nil {
		return err
	}
	return s.VisitJSON(value, openapi3.VisitAsRequest())
}

// reader is one way to judge an order: ours, others' with the same schema, and
// the strict tokenizer that is the floor.
type reader struct {
	name string
	read func(data []byte) bool
}

// orderReaders returns the readers that are compared.
func orderReaders(tb testing.TB) []reader {
	tb.Helper()
	ours30, err := compile(string(testdata.OrderSchema30()), schema.Options{Dialect: schema.OpenAPI30})
	check(tb, err)
	ours31, err := compile(string(testdata.OrderSchema31()), schema.Options{})
	check(tb, err)
	kin, err := compileKin(string(testdata.OrderSchema30()))
	check(tb, err)
	v6, err := compileV6(string(testdata.OrderSchema31()))
	check(tb, err)
	var state30, state31 schema.State
	state30.Direction, state31.Direction = schema.Request, schema.Request
	return []reader{
		{"gatehouse-3.0", func(data []byte) bool { return ours30.Read(&state30, data) }},
		{"gatehouse-3.1", func(data []byte) bool { return ours31.Read(&state31, data) }},
		{"jsontext-syntax-only", func(data []byte) bool { return jsontext.Value(data).IsValid() }},
		{"kin-openapi-3.0", func(data []byte) bool { return readKin(kin, data) == nil }},
		{"jsonschema-v6", func(data []byte) bool { return readV6(v6, data) == nil }},
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// What is compared must do the same: every reader accepts the orders, and all
// that read a schema refuse an order with a price of zero.
func TestReadersAgreeOnOrders(t *testing.T) {
	wrong := bytes.Replace(testdata.Order(1024), []byte(`"price":10.00`), []byte(`"price":0`), 1)
	if bytes.Equal(wrong, testdata.Order(1024)) {
		t.Fatal("the order has no price of 10.00")
	}
	for _, r := range orderReaders(t) {
		t.Run(r.name, func(t *testing.T) {
			for _, size := range []int{1 << 10, 16 << 10} {
				if !r.read(testdata.Order(size)) {
					t.Errorf("refuses an order of %d bytes", size)
				}
			}
			if r.read(wrong) != (r.name == "jsontext-syntax-only") {
				t.Error("does not refuse a price of zero")
			}
		})
	}
}
