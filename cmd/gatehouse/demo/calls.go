package demo

import (
	"fmt"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/lab"
)

// Fate is what becomes of a call.
type Fate int

const (
	Lost     Fate = iota // the API answered with an error
	Passed               // it is answered
	Refused              // the API does not see it
	Trimmed              // what must not leave is cut out of the answer
	Withheld             // the API saw it, the client does not get the answer
	Open                 // it passes, and should not
)

// Fates are all of them, in the order of the table.
var Fates = []Fate{Passed, Refused, Trimmed, Withheld, Open, Lost}

var fateWords = [...]string{Lost: "failed", Passed: "passed", Refused: "refused", Trimmed: "trimmed", Withheld: "withheld", Open: "open"}

func (f Fate) String() string { return fateWords[f] }

// Call is one request of the demo, as bytes, and what is to become of it.
type Call struct {
	Text string // what it does, for the table
	Raw  string // the request
	Fate Fate
	Code gate.Code // why it is refused
	Flaw lab.Flaw  // the row of lab/FLAWS.md that it is about
}

// Group is a part of the table.
type Group struct {
	Text  string
	Calls []Call
}

// Groups returns all calls of the demo. They are made in order: some live on
// what others made.
func (d *Demo) Groups() []Group {
	return []Group{
		{"What the contract describes", d.good()},
		{"What it stops on the way in", d.wayIn()},
		{"What it stops on the way out", d.wayOut()},
		{"What it does not stop here", d.open()},
	}
}

// What stands in every request.
const (
	host      = "shop.example"
	hostField = "\r\nHost: " + host + "\r\n"
)

// request writes a request as a well-behaved client does.
func request(line, body string, fields ...string) string {
	var b strings.Builder
	b.WriteString(line + " HTTP/1.1" + hostField)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/json\r\n" + length(body))
	}
	return b.String() + "\r\n" + body
}

func length(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }

// Token is that of the customer who makes the calls.
func (d *Demo) Token() string { return d.shop.Token(lab.Mallory) }

func (d *Demo) bearer() string { return "Authorization: Bearer " + d.Token() }

// order writes an order.
func (d *Demo) order(body string) string { return request("POST /orders", body, d.bearer()) }

// good are calls that the contract describes, by who may make them.
func (d *Demo) good() []Call {
	pass := func(text, raw string) Call { return Call{Text: text, Raw: raw, Fate: Passed} }
	const card = `{"order_id":1003,"card":{"holder":"Mallory","number":"4000000000000002","expires":"2029-05","cvc":"123"}}`
	return []Call{
		pass("list the two dearest products", request("GET /products?sort=-price&limit=2", "")),
		pass("log in", request("POST /login", `{"email":"mallory@mail.example","password":"mallory-password"}`)),
		pass("order tea", d.order(`{"lines":[{"product_id":3,"quantity":2}],"note":"no hurry"}`)),
		pass("look at one's orders", request("GET /orders?status=open", "", d.bearer())),
		pass("pay one", request("POST /payments", card, d.bearer())),
		pass("change one's telephone number", request("PATCH /users/4", `{"phone":"+4420794600004"}`, d.bearer())),
	}
}

// wayIn are calls that the contract does not describe, or that bring an attack
// in text that it does. Without the gate the shop would answer most of them.
func (d *Demo) wayIn() []Call {
	refuse := func(text, raw string, code gate.Code) Call {
		return Call{Text: text, Raw: raw, Fate: Refused, Code: code}
	}
	const smuggled = "0\r\n\r\nGET /internal/config HTTP/1.1" + hostField + "\r\n"
	return []Call{
		refuse("open a page that nobody documented", request("GET /internal/config", ""), gate.PathUnknown),
		refuse("use a method that nobody documented", request("PATCH /products/6", `{"price":1}`, d.bearer()), gate.MethodUnknown),
		refuse("find a debug switch", request("GET /products?debug=true", ""), gate.ParameterUnknown),
		refuse("put SQL where a number belongs", request("GET /products?limit=1%20OR%201=1", ""), gate.ParameterSchema),
		refuse("ask for 20,000 products at once", request("GET /products?limit=20000", ""), gate.ParameterSchema),
		refuse("walk out of the path: ..%2finternal", request("GET /products/..%2finternal%2fconfig", ""), gate.PathForm),
		refuse("walk out of the path: //internal", request("GET //internal/config", ""), gate.PathForm),
		refuse("list all customers without a token", request("GET /admin/users", ""), gate.CredentialMissing),
		refuse("register as administrator", request("POST /users", `{"email":"m2@mail.example","password":"mallory-two","name":"M","role":"admin"}`), gate.BodySchema),
		refuse("order with one's own price", d.order(`{"lines":[{"product_id":6,"quantity":1,"unit_price":1}]}`), gate.BodySchema),
		refuse("order -3 machines, to be paid for it", d.order(`{"lines":[{"product_id":6,"quantity":-3}]}`), gate.BodySchema),
		refuse("order \"2\" machines, a text", d.order(`{"lines":[{"product_id":6,"quantity":"2"}]}`), gate.BodySchema),
		refuse("say quantity twice: parsers disagree", d.order(`{"lines":[{"product_id":6,"quantity":1,"quantity":20}]}`), gate.BodySyntax),
		refuse("search for ' OR '1'='1", request("GET /products?q=%27%20OR%20%271%27=%271", ""), gate.Injection),
		refuse("leave a script for the staff's page", d.order(`{"lines":[{"product_id":3,"quantity":1}],"note":"<img src=x onerror=alert(1)>"}`), gate.Injection),
		refuse("send a body of 2 MiB", d.order(`{"note":"`+strings.Repeat("9", 2<<20)+`"}`), gate.BodyTooLarge),
		refuse("send XML", "POST /orders HTTP/1.1"+hostField+d.bearer()+"\r\nContent-Type: text/xml\r\n"+length("<order/>")+"\r\n<order/>", gate.BodyMedia),
		refuse("send a body with DELETE", request("DELETE /products/1", `{}`, d.bearer()), gate.BodyUnexpected),
		refuse("smuggle a second request", "POST /orders HTTP/1.1"+hostField+d.bearer()+
			"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"+length(smuggled)+"\r\n"+smuggled, gate.LengthConflict),
	}
}

// wayOut are calls that the contract describes, whose answers it does not.
func (d *Demo) wayOut() []Call {
	call := func(fate Fate, flaw, text, raw string, code gate.Code) Call {
		return Call{Text: text, Raw: raw, Fate: fate, Code: code, Flaw: d.flaws[flaw]}
	}
	return []Call{
		call(Trimmed, "API3-hash", "look at one's account, hash included", request("GET /users/4", "", d.bearer()), 0),
		call(Trimmed, "API3-cost", "see what the shop pays, and whom", request("GET /products", ""), 0),
		call(Trimmed, "API8-banner", "learn which programs answer", request("GET /health", ""), 0),
		call(Withheld, "API8-trace", "make it fail, to read the stack", d.order(`{"lines":[{"product_id":999,"quantity":1}]}`), gate.AnswerError),
		call(Withheld, "API9-leftover", "find what a load test left behind", request("GET /orders/1005", "", d.bearer()), gate.AnswerSchema),
	}
}

// open are calls that pass and should not: the contract describes them, and
// what is wrong with them it cannot say. Each is a row of lab/FLAWS.md.
func (d *Demo) open() []Call {
	pass := func(flaw, text, raw string) Call {
		return Call{Text: text, Raw: raw, Fate: Open, Flaw: d.flaws[flaw]}
	}
	const unsigned = "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOjF9."
	return []Call{
		pass("API1-order", "read Alice's order", request("GET /orders/1001", "", d.bearer())),
		pass("API1-file", "read Alice's passport", request("GET /files/1", "", d.bearer())),
		pass("API2-none", "be the administrator, token unsigned", request("GET /users/1", "", unsigned)),
		pass("API5-users", "list all customers with one's own token", request("GET /admin/users", "", d.bearer())),
		pass("API5-role", "make oneself administrator", request("PUT /admin/users/4/role", `{"role":"admin"}`, d.bearer())),
		pass("API7-avatar", "have the shop fetch its own secrets", request("PUT /users/4/avatar", `{"url":"`+d.api+`/debug/vars"}`, d.bearer())),
		pass("API9-pin", "log in as Alice with a guessed PIN", request("POST /login/pin", `{"email":"alice@mail.example","pin":"1234"}`)),
	}
}
