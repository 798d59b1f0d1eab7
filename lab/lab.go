// Package lab is a deliberately weak shop API: what a busy team writes when
// the contract is good and the code trusts its input. It is for learning and
// for tests; FLAWS.md lists what is wrong with it, how to exploit it and what
// closes it. The demo of the command imports it; it imports nothing of ours, so
// that the gate in front of it gets no help from behind.
//
// It keeps all it has in memory, begins with the same people and goods each
// time, and reaches nothing but its own address, so that it cannot be used
// against others. Serve it on loopback only.
package lab

import (
	_ "embed"
	"net/http"
	"sync"
	"time"
)

//go:embed openapi.yaml
var document []byte

// Document returns the shop's contract, an OpenAPI 3.1 document. The caller
// must not change it.
func Document() []byte { return document }

// DocumentName is the name of the file that Document is.
const DocumentName = "openapi.yaml"

// Options say how a shop runs. The zero value is good.
type Options struct {
	Now func() time.Time // time.Now when nil

	// Caller is a header field in which a gate in front says by number which
	// user calls. The shop believes it, so nobody else may reach the shop. It
	// goes by its own tokens where the field is missing, or Caller is empty.
	Caller string
}

// Shop is the shop's API. It may be used by many goroutines at once.
type Shop struct {
	now   func() time.Time
	told  string // the header field that says who calls, or ""
	mux   *http.ServeMux
	seats chan struct{} // one for each call under way

	mu       sync.Mutex // guards what is below
	users    shelf[user]
	products shelf[product]
	orders   shelf[order]
	payments shelf[payment]
	files    shelf[file]
	webhooks shelf[webhook]
}

var _ http.Handler = (*Shop)(nil)

// What bounds the memory of a shop.
const (
	maxCalls    = 8       // under way at once
	maxBody     = 4 << 20 // bytes of one request's body
	maxText     = 4 << 10 // bytes of one text that is kept; a file has maxFile
	maxFile     = 64 << 10
	maxElements = 1000 // of one list that is kept
	maxThings   = 500  // of one kind; a new one drives out the oldest
)

// New returns a shop that has just opened.
func New(o Options) *Shop {
	s := &Shop{now: o.Now, told: o.Caller, seats: make(chan struct{}, maxCalls), mux: http.NewServeMux()}
	if s.now == nil {
		s.now = time.Now
	}
	for _, r := range routes {
		s.mux.HandleFunc(r.pattern, s.serve(r))
	}
	s.seed()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.seats <- struct{}{}:
		defer func() { <-s.seats }()
	case <-r.Context().Done():
		return
	}
	boast(w)
	if reflectOrigin(w, r) {
		return
	}
	s.mux.ServeHTTP(w, rewritten(r))
}

// route is one operation or one of the endpoints that nobody documented.
type route struct {
	pattern string
	open    bool // asks for no token
	do      func(*Shop, *call) answer
}

// routes are all of them. Those of the administrators are open: they are
// internal, and who knows their addresses.
var routes = []route{
	{"GET /health", true, (*Shop).getHealth},
	{"POST /login", true, (*Shop).login},
	{"POST /login/pin", true, (*Shop).loginByPin},
	{"POST /users", true, (*Shop).registerUser},
	{"GET /users/{id}", false, (*Shop).getUser},
	{"PATCH /users/{id}", false, (*Shop).updateUser},
	{"PUT /users/{id}/avatar", false, (*Shop).setAvatar},
	{"GET /products", true, (*Shop).listProducts},
	{"POST /products", false, (*Shop).createProduct},
	{"GET /products/{id}", true, (*Shop).getProduct},
	{"PUT /products/{id}", false, (*Shop).replaceProduct},
	{"DELETE /products/{id}", true, (*Shop).deleteProduct},
	{"POST /products/{id}/reservations", false, (*Shop).reserveProduct},
	{"GET /orders", false, (*Shop).listOrders},
	{"POST /orders", false, (*Shop).createOrder},
	{"GET /orders/{id}", false, (*Shop).getOrder},
	{"POST /orders/{id}/cancellation", false, (*Shop).cancelOrder},
	{"POST /orders/{id}/coupon", false, (*Shop).applyCoupon},
	{"POST /payments", false, (*Shop).createPayment},
	{"POST /payments/notifications", true, (*Shop).notifyPayment},
	{"POST /files", false, (*Shop).uploadFile},
	{"GET /files/{id}", false, (*Shop).getFile},
	{"GET /webhooks", false, (*Shop).listWebhooks},
	{"POST /webhooks", false, (*Shop).createWebhook},
	{"POST /webhooks/{id}/test", false, (*Shop).testWebhook},
	{"GET /admin/users", true, (*Shop).listUsers},
	{"PUT /admin/users/{id}/role", true, (*Shop).setRole},
	{"GET /admin/sales", true, (*Shop).exportSales},

	// not in the contract
	{"GET /v0/users", true, (*Shop).oldUsers},
	{"GET /internal/config", true, (*Shop).internalConfig},
	{"GET /debug/vars", true, (*Shop).debugVars},
	{"PATCH /products/{id}", true, (*Shop).patchProduct},
}
