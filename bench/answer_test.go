package bench

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// answerDocument describes one operation that answers with an order.
func answerDocument() []byte {
	return fmt.Appendf(nil, `{"openapi":"3.0.3","info":{"title":"Orders","version":"1"},"paths":{"/orders/1":{"get":{"responses":{"200":{
		"description":"OK","content":{"application/json":{"schema":%s}}}}}}}}`, testdata.OpenOrderSchema30())
}

// api is an API and a client in one, without a network between them.
type api struct {
	in     bytes.Reader
	body   []byte
	fields []gate.Field
	status int
	left   int
}

// Send implements gate.Upstream.
func (a *api) Send(_ context.Context, x *gate.Exchange) error {
	a.in.Reset(a.body)
	x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, int64(len(a.body)), a
	x.Answer.Fields = append(x.Answer.Fields, a.fields...)
	return nil
}

// Read implements io.Reader.
func (a *api) Read(p []byte) (int, error) { return a.in.Read(p) }

// Close implements io.Closer.
func (a *api) Close() error { return nil }

// Reply implements gate.Wire.
func (a *api) Reply(x *gate.Exchange) error { a.status = x.Reply.Status; return nil }

// Relay implements gate.Wire.
func (a *api) Relay(x *gate.Exchange) error {
	a.status, a.left = x.Answer.Status, len(x.OutAnswer)
	return nil
}

// ourAnswer returns the whole walk of an exchange through the gate, whose
// answer is body: route, request, the API's body read, judged and trimmed.
func ourAnswer(tb testing.TB, body []byte) func() int {
	tb.Helper()
	file, problems := source.Parse("orders.json", answerDocument())
	check(tb, problems.Err())
	c, problems := openapi.Read(source.NewSet(file), file)
	check(tb, problems.Err())
	a := &api{body: body, fields: []gate.Field{{Name: []byte("Content-Type"), Value: []byte("application/json")}}}
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Upstream: a})
	check(tb, problems.Err())
	g := gate.New(gate.Options{})
	g.Swap(plan)
	method, target, host := []byte("GET"), []byte("/orders/1"), []byte("shop.example")
	return func() int {
		x := g.Acquire()
		x.Method, x.Target, x.Host, x.Version = method, target, host, "HTTP/1.1"
		g.Serve(x, a)
		g.Release(x)
		if a.status != 200 {
			tb.Fatalf("status %d", a.status)
		}
		return a.left
	}
}

// kinAnswer returns kin-openapi's validation of the same answer, which only
// checks: it has no way to trim. Properties that the document does not name it
// lets pass.
func kinAnswer(tb testing.TB, body []byte) func() error {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(answerDocument())
	check(tb, err)
	path := doc.Paths.Value("/orders/1")
	request, err := http.NewRequest("GET", "http://shop.example/orders/1", nil)
	check(tb, err)
	in := &openapi3filter.RequestValidationInput{Request: request,
		Route: &routers.Route{Spec: doc, Path: "/orders/1", PathItem: path, Method: "GET", Operation: path.Get}}
	header := http.Header{"Content-Type": {"application/json"}}
	return func() error {
		return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: 200, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		})
	}
}

// kinTrimmed is what a gate made with kin-openapi must do to let out what ours
// lets out: validate, decode, delete what the document does not name, encode.
func kinTrimmed(tb testing.TB, body []byte) func() int {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(answerDocument())
	check(tb, err)
	validate := kinAnswer(tb, body)
	s := doc.Paths.Value("/orders/1").Get.Responses.Value("200").Value.Content["application/json"].Schema.Value
	return func() int {
		check(tb, validate())
		var value any
		check(tb, stdjson.Unmarshal(body, &value))
		trim(value, s)
		out, err := stdjson.Marshal(value)
		check(tb, err)
		return len(out)
	}
}

// trim deletes the properties that s does not name.
func trim(value any, s *openapi3.Schema) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if p := s.Properties[name]; p == nil {
				delete(v, name)
			} else {
				trim(member, p.Value)
			}
		}
	case []any:
		for _, item := range v {
			trim(item, s.Items.Value)
		}
	}
}

var answerSizes = []int{1, 16, 100} // KiB

// What is compared must do the same: both accept the answers, trimmed or not,
// and refuse one whose last number is a text.
func TestAnswersAgree(t *testing.T) {
	for _, kib := range answerSizes {
		for name, body := range map[string][]byte{"order": testdata.Order(kib << 10), "leaky": testdata.Leaky(kib << 10)} {
			if left := ourAnswer(t, body)(); (left < len(body)) != (name == "leaky") {
				t.Errorf("%s of %d KiB: %d of %d bytes are left", name, kib, left, len(body))
			}
			if err := kinAnswer(t, body)(); err != nil {
				t.Error(err)
			}
			if n := ourGuard(t, body)(); (n > 0) != (name == "leaky") {
				t.Errorf("%s of %d KiB: the guard cuts %d times", name, kib, n)
			}
			kinWhole(t, body)()
			wrong := bytes.Replace(body, []byte(`"total":1234.56`), []byte(`"total":"1234"`), 1)
			if kinAnswer(t, wrong)() == nil {
				t.Error("kin-openapi takes a text for a number")
			}
		}
	}
}

// answerRatios are the promises about answers: the whole of what the gate does
// with one against the part of it that kin-openapi does.
func answerRatios(t *testing.T) (list []ratio) {
	for _, kib := range answerSizes {
		plain, leaky := testdata.Order(kib<<10), testdata.Leaky(kib<<10)
		add := func(what string, least float64, ours func() int, them func()) {
			list = append(list, ratio{name: fmt.Sprintf("answers-of-%d-KiB-%s", kib, what), ours: func() { ours() }, them: them, rounds: 21, least: least})
		}
		checks, glances, trims := kinAnswer(t, plain), kinAnswer(t, leaky), kinTrimmed(t, leaky)
		add("checked-against-kin-openapi", 12, ourAnswer(t, plain), func() { check(t, checks()) })
		add("trimmed-against-kin-openapi-and-encoding-json", 12, ourAnswer(t, leaky), func() { trims() })
		add("trimmed-against-kin-openapi-that-only-checks", 12, ourAnswer(t, leaky), func() { check(t, glances()) })
		add("guard-alone-against-kin-openapi-that-only-checks", 12, ourGuard(t, leaky), func() { check(t, glances()) })
		add("trimmed-against-all-of-kin-openapi-that-only-checks", 12, ourAnswer(t, leaky), kinWhole(t, leaky))
	}
	return list
}

// BenchmarkAnswer judges the same answers with both, side by side.
func BenchmarkAnswer(b *testing.B) {
	for _, kib := range answerSizes {
		for _, body := range []struct {
			name string
			text []byte
		}{{"checked", testdata.Order(kib << 10)}, {"trimmed", testdata.Leaky(kib << 10)}} {
			ours, them := ourAnswer(b, body.text), kinAnswer(b, body.text)
			for name, judge := range map[string]func(){"gatehouse": func() { ours() }, "kin-openapi": func() { check(b, them()) }} {
				b.Run("size="+strconv.Itoa(kib)+"KiB/answer="+body.name+"/gate="+name, func(b *testing.B) {
					b.SetBytes(int64(len(body.text)))
					b.ReportAllocs()
					for b.Loop() {
						judge()
					}
				})
			}
		}
	}
}
