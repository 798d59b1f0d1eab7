package gatehouse_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/gatehouse-api/gatehouse"
)

// Programs keep it in a file, for Load or go:embed.
const shop = `
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
security: []
paths:
  /products:
    get:
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
      responses:
        "200":
          description: products
          content:
            application/json:
              schema:
                type: array
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}}
`

func Example() {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `[{"name":"lamp","purchase_price":4}]`)
	})
	gate, err := gatehouse.New("shop.yaml", []byte(shop), gatehouse.Options{})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(gate.Protect(api))
	defer server.Close()

	for _, target := range []string{"/products?limit=2", "/products?limit=1000000", "/products?debug=1", "/admin"} {
		answer, err := http.Get(server.URL + target)
		if err != nil {
			log.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode == 200 {
			fmt.Println(target, answer.StatusCode, string(body))
		} else {
			fmt.Println(target, answer.StatusCode)
		}
	}
	// Output:
	// /products?limit=2 200 [{"name":"lamp"}]
	// /products?limit=1000000 400
	// /products?debug=1 400
	// /admin 404
}

// Observe first: calls pass, and events say what would have been refused.
func ExampleWithEvents() {
	api := http.NotFoundHandler()
	options := gatehouse.Options{Settings: gatehouse.Settings{Mode: gatehouse.Observe}}
	gate, err := gatehouse.New("shop.yaml", []byte(shop), options, gatehouse.WithEvents(func(e *gatehouse.Event) {
		fmt.Println(e.Method, e.Outcome, e.Status, "would be refused:", e.Would)
	}))
	if err != nil {
		log.Fatal(err)
	}
	gate.Protect(api).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/admin", nil))
	// Output:
	// GET passed 404 would be refused: [path-unknown]
}

// A document in a file, with whatever it refers to below its folder.
func ExampleLoad() {
	gate, err := gatehouse.Load("lab/openapi.yaml", gatehouse.Options{
		Authentication: gatehouse.Upstream, // the program verifies credentials, the gate demands them
	})
	if err != nil {
		log.Fatal(err) // everything that is wrong, with file, line and column
	}
	for _, w := range gate.Warnings() {
		slog.Warn(w.Text, "at", w.Position.String(), "hint", w.Hint)
	}
	w := httptest.NewRecorder()
	gate.Protect(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/admin/users", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output:
	// 401 application/problem+json
}

// A document that the program carries.
func ExampleNew() {
	gate, err := gatehouse.New("shop.yaml", []byte(shop), gatehouse.Options{Settings: gatehouse.Settings{MaxBodyBytes: 64 << 10}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(gate.Warnings()), "warnings")
	// Output:
	// 0 warnings
}

// The gate stands before the program's own router. Each call is told once, when
// it is over; what the handler says beyond the contract is told as well.
func ExampleGate_Protect() {
	api := http.NewServeMux()
	api.HandleFunc("GET /products", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("limit") == "7" {
			http.Error(w, "SQL: no such column: limt", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "[]")
	})
	gate, err := gatehouse.New("shop.yaml", []byte(shop), gatehouse.Options{}, gatehouse.WithEvents(func(e *gatehouse.Event) {
		fmt.Println(e.Method, e.Path, e.Outcome, e.Status, e.Code)
	}))
	if err != nil {
		log.Fatal(err)
	}
	protected := gate.Protect(api)
	for _, target := range []string{"/products", "/products?limit=7", "/products?limit=none"} {
		protected.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
	}
	// Output:
	// GET /products passed 200 undecided
	// GET /products failed 500 answer-error
	// GET /products refused 400 parameter-schema
}

// A mistake in the contract or in the options is told with its place.
func ExampleNew_problems() {
	options := gatehouse.Options{Operations: map[string]gatehouse.Operation{"GET /product": {Public: true}}}
	_, err := gatehouse.New("shop.yaml", []byte(shop), options)
	fmt.Println(err)
	// Output:
	// the contract has no operation "GET /product"
	//   hint: did you mean "GET /products"?
}

func ExampleWithVerifiers() {
	const document = `
openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
paths:
  /orders:
    get: {security: [{key: [clerk]}], responses: {"204": {description: done}}}
`
	keys := gatehouse.VerifierFunc(func(_ context.Context, key string) (*gatehouse.Principal, error) {
		switch key {
		case "ann's key":
			return &gatehouse.Principal{ID: "ann", Roles: []string{"clerk"}}, nil
		case "bob's key":
			return &gatehouse.Principal{ID: "bob"}, nil
		case "the key that cannot be looked up":
			return nil, errors.New("the database does not answer")
		}
		return nil, nil
	})
	gate, err := gatehouse.New("shop.yaml", []byte(document), gatehouse.Options{}, gatehouse.WithVerifiers(map[string]gatehouse.Verifier{"key": keys}))
	if err != nil {
		log.Fatal(err)
	}
	api := gate.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("the handler is called by", gatehouse.CallerOf(r.Context()).ID)
		w.WriteHeader(http.StatusNoContent)
	}))
	for _, key := range []string{"ann's key", "bob's key", "another", "the key that cannot be looked up"} {
		r := httptest.NewRequest("GET", "/orders", nil)
		r.Header.Set("X-Key", key)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(key, w.Code)
	}
	// Output:
	// the handler is called by ann
	// ann's key 204
	// bob's key 403
	// another 401
	// the key that cannot be looked up 503
}
