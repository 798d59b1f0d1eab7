package bench

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
)

// ourGuard returns the guard of answers alone on the head and the body of an
// answer: what kin-openapi's ValidateResponse does. What it would cut it notes.
func ourGuard(tb testing.TB, body []byte) func() int {
	tb.Helper()
	file, problems := source.Parse("orders.json", answerDocument())
	check(tb, problems.Err())
	c, problems := openapi.Read(source.NewSet(file), file)
	check(tb, problems.Err())
	compiler := schema.NewCompiler(schema.Options{Dialect: schema.OpenAPI30})
	g, problems := answer.New(c.Operations[0], compiler, answer.Options{Undeclared: schema.Drop})
	check(tb, problems.Err())
	check(tb, compiler.Problems().Err())
	x := &gate.Exchange{Method: []byte("GET")}
	x.Answer.Fields = []gate.Field{{Name: []byte("Content-Type"), Value: []byte("application/json")}}
	return func() int {
		x.Answer.Status, x.Answer.Body, x.AnswerBody, x.Edits = 200, http.NoBody, body, x.Edits[:0]
		if g.AnswerHead(x) != gate.Allow || g.Answer(x) != gate.Allow {
			tb.Fatal(x.Refusal)
		}
		return len(x.Edits)
	}
}

// kinWhole returns what a program does that has kin-openapi stand before an
// API: it finds the route, validates the request, then the answer.
func kinWhole(tb testing.TB, body []byte) func() {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(answerDocument())
	check(tb, err)
	router, err := gorillamux.NewRouter(doc)
	check(tb, err)
	request, err := http.NewRequest("GET", "http://shop.example/orders/1", nil)
	check(tb, err)
	header := http.Header{"Content-Type": {"application/json"}}
	return func() {
		route, values, err := router.FindRoute(request)
		check(tb, err)
		in := &openapi3filter.RequestValidationInput{Request: request, PathParams: values, Route: route}
		check(tb, openapi3filter.ValidateRequest(context.Background(), in))
		check(tb, openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: 200, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		}))
	}
}
