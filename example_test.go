package gatehouse_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gatehouse-api/gatehouse"
)

// The contract usually comes from a file: gatehouse.Load("openapi.yaml", ...).
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

// A mistake in the contract or in the options is told with its place.
func ExampleNew_problems() {
	options := gatehouse.Options{Operations: map[string]gatehouse.Operation{"GET /product": {Public: true}}}
	_, err := gatehouse.New("shop.yaml", []byte(shop), options)
	fmt.Println(err)
	// Output:
	// the contract has no operation "GET /product"
	//   hint: did you mean "GET /products"?
}
