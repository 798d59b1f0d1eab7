package lab_test

import (
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/lab"
)

// honest is a call of an honest client, as the contract describes it.
type honest struct {
	operation string
	who       int64 // whose token it brings; 0 for none
	line      string
	body      string
	status    int
}

const (
	card = `"card":{"holder":"Mallory","number":"4000000000000002","expires":"2029-05","cvc":"123"}`
	form = "--limit\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nproof\r\n" +
		"--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"age.txt\"\r\nContent-Type: text/plain\r\n\r\nborn in 1990\r\n--limit--\r\n"
	good = `{"lines":[{"product_id":3,"quantity":2},{"product_id":5,"quantity":1}],"ship_to":{"street":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"},"note":"no hurry"}`
)

// calls has every operation with each of its declared answers that an honest
// client may see. They are made in order: some live on what others made.
var calls = []honest{
	{"getHealth", 0, "GET /health", "", 200},
	{"login", 0, "POST /login", `{"email":"alice@mail.example","password":"sunshine1"}`, 200},
	{"login", 0, "POST /login", `{"email":"alice@mail.example","password":"moonshine"}`, 401},
	{"loginByPin", 0, "POST /login/pin", `{"email":"alice@mail.example","pin":"1234"}`, 200},
	{"loginByPin", 0, "POST /login/pin", `{"email":"alice@mail.example","pin":"4321"}`, 401},
	{"registerUser", 0, "POST /users", `{"email":"zoe@mail.example","password":"a-long-password","name":"Zoe","date_of_birth":"1999-12-31"}`, 201},
	{"registerUser", 0, "POST /users", `{"email":"alice@mail.example","password":"a-long-password","name":"Alice"}`, 409},
	{"getUser", lab.Alice, "GET /users/2", "", 200},
	{"getUser", lab.Alice, "GET /users/999", "", 404},
	{"updateUser", lab.Alice, "PATCH /users/2", `{"name":"Alice B.","phone":"+4420794600009"}`, 200},
	{"updateUser", lab.Alice, "PATCH /users/999", `{"name":"Nobody"}`, 404},
	{"setAvatar", lab.Alice, "PUT /users/2/avatar", `{"url":"$API/health"}`, 200},
	{"setAvatar", lab.Alice, "PUT /users/999/avatar", `{"url":"$API/health"}`, 404},
	{"setAvatar", lab.Alice, "PUT /users/2/avatar", `{"url":"https://pictures.example/alice.png"}`, 422},
	{"listProducts", 0, "GET /products", "", 200},
	{"listProducts", 0, "GET /products?limit=2&offset=1&category=coffee&sort=-price&q=roast", "", 200},
	{"createProduct", lab.Bob, "POST /products", `{"name":"Kettle","category":"equipment","price":4900,"stock":12}`, 201},
	{"getProduct", 0, "GET /products/5", "", 200},
	{"getProduct", 0, "GET /products/999", "", 404},
	{"replaceProduct", lab.Bob, "PUT /products/2", `{"name":"Filter roast, 1 kg","category":"coffee","price":2300,"stock":9}`, 200},
	{"replaceProduct", lab.Bob, "PUT /products/999", `{"name":"Nothing","category":"coffee","price":1,"stock":1}`, 404},
	{"deleteProduct", lab.Bob, "DELETE /products/4", "", 204},
	{"deleteProduct", lab.Bob, "DELETE /products/4", "", 404},
	{"reserveProduct", lab.Alice, "POST /products/5/reservations", `{"quantity":5}`, 201},
	{"reserveProduct", lab.Alice, "POST /products/7/reservations", `{"quantity":5}`, 201},
	{"reserveProduct", lab.Alice, "POST /products/7/reservations", `{"quantity":1}`, 409},
	{"reserveProduct", lab.Alice, "POST /products/999/reservations", `{"quantity":1}`, 404},
	{"listOrders", lab.Alice, "GET /orders", "", 200},
	{"listOrders", lab.Alice, "GET /orders?limit=1&status=paid", "", 200},
	{"createOrder", lab.Alice, "POST /orders", good, 201},
	{"getOrder", lab.Alice, "GET /orders/1001", "", 200},
	{"getOrder", lab.Alice, "GET /orders/9", "", 404},
	{"cancelOrder", lab.Alice, "POST /orders/1002/cancellation", "", 200},
	{"cancelOrder", lab.Bob, "POST /orders/1004/cancellation", "", 409},
	{"cancelOrder", lab.Alice, "POST /orders/9/cancellation", "", 404},
	{"applyCoupon", lab.Mallory, "POST /orders/1003/coupon", `{"code":"WELCOME10"}`, 200},
	{"applyCoupon", lab.Mallory, "POST /orders/9/coupon", `{"code":"WELCOME10"}`, 404},
	{"createPayment", lab.Mallory, "POST /payments", `{"order_id":1003,` + card + `}`, 201},
	{"createPayment", lab.Mallory, "POST /payments", `{"order_id":9,` + card + `}`, 404},
	{"notifyPayment", 0, "POST /payments/notifications", `{"payment_id":"0cb8d1b5-34c7-4d4c-a1f6-8a4d3f0f4f10","status":"paid"}`, 404},
	{"notifyPayment", 0, "POST /payments/notifications", `{"payment_id":"$PAYMENT","status":"paid","amount":149900}`, 204},
	{"uploadFile", lab.Alice, "POST /files", form, 201},
	{"getFile", lab.Alice, "GET /files/3", "", 200},
	{"getFile", lab.Alice, "GET /files/999", "", 404},
	{"createWebhook", lab.Bob, "POST /webhooks", `{"url":"$API/health","events":["order.paid","order.sent"],"secret":"a-secret-of-bob"}`, 201},
	{"listWebhooks", lab.Bob, "GET /webhooks", "", 200},
	{"testWebhook", lab.Bob, "POST /webhooks/2/test", "", 200},
	{"testWebhook", lab.Bob, "POST /webhooks/1/test", "", 422},
	{"testWebhook", lab.Bob, "POST /webhooks/999/test", "", 404},
	{"listUsers", lab.Grace, "GET /admin/users?limit=100&role=customer", "", 200},
	{"setRole", lab.Grace, "PUT /admin/users/4/role", `{"role":"staff"}`, 200},
	{"setRole", lab.Grace, "PUT /admin/users/999/role", `{"role":"staff"}`, 404},
	{"exportSales", 0, "GET /admin/sales?since=2025-06-01", "", 200},
}

// make makes the call at url.
func (h *honest) make(t *testing.T, shop *lab.Shop, url, api, payment string) (*http.Response, []byte) {
	t.Helper()
	method, target, _ := strings.Cut(h.line, " ")
	text := strings.NewReplacer("$API", api, "$PAYMENT", payment).Replace(h.body)
	r, err := http.NewRequest(method, url+target, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case h.operation == "uploadFile":
		r.Header.Set("Content-Type", "multipart/form-data; boundary=limit")
	case text != "":
		r.Header.Set("Content-Type", "application/json")
	}
	if h.who != 0 {
		r.Header.Set("Authorization", "Bearer "+shop.Token(h.who))
	}
	if h.operation == "exportSales" {
		r.Header.Set("X-Partner-Key", "partner-2023")
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got, body
}

// paymentIn returns the id of the payment in an answer.
func paymentIn(body []byte) string {
	_, rest, _ := strings.Cut(string(body), `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func read(t *testing.T) *contract.Contract {
	t.Helper()
	file, problems := source.Parse(lab.DocumentName, lab.Document())
	if file.Root == nil {
		t.Fatal(problems)
	}
	c, problems := openapi.Read(source.NewSet(file), file)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// TestEveryOperationAnswersAsItsContractSays makes the calls to the shop
// itself. Properties that the contract does not know are passed over: they are
// flaws.
func TestEveryOperationAnswersAsItsContractSays(t *testing.T) {
	c := read(t)
	shop := lab.New(lab.Options{})
	server := httptest.NewServer(shop)
	defer server.Close()
	compiler := schema.NewCompiler(schema.Options{Dialect: c.Dialect, Load: c.Files.Load})
	seen := map[string]bool{}
	payment := ""
	for _, h := range calls {
		seen[h.operation] = true
		t.Run(strings.NewReplacer(" ", "-", "/", "-").Replace(h.line), func(t *testing.T) {
			got, body := h.make(t, shop, server.URL, server.URL, payment)
			if got.StatusCode != h.status {
				t.Fatalf("status %d, want %d: %s", got.StatusCode, h.status, body)
			}
			if h.operation == "createPayment" && h.status == http.StatusCreated {
				payment = paymentIn(body)
			}
			declared(t, c, compiler, h.operation, got, body)
		})
	}
	for _, op := range c.Operations {
		if !seen[op.ID] {
			t.Errorf("nobody calls %s", op.ID)
		}
	}
	if p := compiler.Problems(); len(p) > 0 {
		t.Error(p)
	}
}

// declared holds an answer against the contract.
func declared(t *testing.T, c *contract.Contract, compiler *schema.Compiler, operation string, got *http.Response, body []byte) {
	t.Helper()
	kind, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
	for _, op := range c.Operations {
		if op.ID != operation {
			continue
		}
		for _, r := range op.Responses {
			switch {
			case !strings.HasPrefix(got.Status, r.Status):
				continue
			case len(r.Media) == 0 && len(body) == 0:
				return
			}
			for _, m := range r.Media {
				if m.Type != kind {
					continue
				}
				if !strings.HasSuffix(kind, "json") {
					return
				}
				st := schema.State{Direction: schema.Answer, Undeclared: schema.Drop, Misplaced: schema.Drop}
				if !compiler.Compile(m.Schema).Read(&st, body) {
					t.Errorf("%+v\n%s", st.Fault(), body)
				}
				return
			}
		}
	}
	t.Errorf("%s with %q is not declared", got.Status, kind)
}
