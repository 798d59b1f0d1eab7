package demo

import (
	"fmt"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Call is one request of the demo, as bytes, and what is to become of it.
type Call struct {
	Text   string // what it does, for the table
	Raw    string // the request
	Passes bool
	Code   gate.Code // why it is refused, when it does not pass
}

const token = "Authorization: Bearer sample-token"

// request writes a request as a well-behaved client does.
func request(line, body string, fields ...string) string {
	var b strings.Builder
	b.WriteString(line + " HTTP/1.1\r\nHost: bookshop.example\r\n")
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/json\r\n" + length(body))
	}
	return b.String() + "\r\n" + body
}

func length(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }

// order writes an order.
func order(body string) string { return request("POST /orders", body, token) }

// Good are calls that the contract describes.
func Good() []Call {
	pass := func(text, raw string) Call { return Call{Text: text, Raw: raw, Passes: true} }
	return []Call{
		pass("list two books", request("GET /books?limit=2", "")),
		pass("look at one book", request("GET /books/9780131103627", "")),
		pass("add a book", request("POST /books", `{"isbn":"9780262510875","title":"Structure and Interpretation","price":55}`, token)),
		pass("order a book", order(`{"isbn":"9780131103627","quantity":1,"email":"ada@example.org"}`)),
		pass("remove a book", request("DELETE /books/9780262510875", "", token)),
	}
}

// Hostile are calls that the contract does not describe. Without the gate the
// sample API would answer most of them.
func Hostile() []Call {
	refuse := func(text, raw string, code gate.Code) Call { return Call{Text: text, Raw: raw, Code: code} }
	const smuggled = "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: bookshop.example\r\n\r\n"
	return []Call{
		refuse("open a page that nobody documented", request("GET /admin", ""), gate.PathUnknown),
		refuse("use a method that nobody documented", request("PATCH /books/9780131103627", `{"price":0}`, token), gate.MethodUnknown),
		refuse("find a hidden debug switch", request("GET /books?debug=true", ""), gate.ParameterUnknown),
		refuse("put SQL where a number belongs", request("GET /books?limit=1%20OR%201=1", ""), gate.ParameterSchema),
		refuse("walk out of the path: ..%2fadmin", request("GET /books/..%2fadmin", ""), gate.PathForm),
		refuse("walk out of the path: //admin", request("GET //admin", ""), gate.PathForm),
		refuse("order without a token", request("POST /orders", `{"isbn":"9780131103627","quantity":1}`), gate.CredentialMissing),
		refuse("order with one's own price", order(`{"isbn":"9780131103627","quantity":1,"price":0}`), gate.BodySchema),
		refuse("order -3 books, to be paid for it", order(`{"isbn":"9780131103627","quantity":-3}`), gate.BodySchema),
		refuse("order \"2\" books, a text", order(`{"isbn":"9780131103627","quantity":"2"}`), gate.BodySchema),
		refuse("say quantity twice: parsers disagree", order(`{"isbn":"9780131103627","quantity":1,"quantity":20}`), gate.BodySyntax),
		refuse("send a body of 2 MiB", order(`{"isbn":"`+strings.Repeat("9", 2<<20)+`"}`), gate.BodyTooLarge),
		refuse("send XML", "POST /orders HTTP/1.1\r\nHost: bookshop.example\r\n"+token+"\r\nContent-Type: text/xml\r\n"+length("<order/>")+"\r\n<order/>", gate.BodyMedia),
		refuse("send a body with DELETE", request("DELETE /books/9780131103627", `{}`, token), gate.BodyUnexpected),
		refuse("smuggle a second request", "POST /orders HTTP/1.1\r\nHost: bookshop.example\r\n"+token+
			"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"+length(smuggled)+"\r\n"+smuggled, gate.LengthConflict),
	}
}
