package inspect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

// post is a contract for a body of eight texts.
const post = `openapi: 3.1.0
info: {title: Post, version: 1.0.0}
paths:
  /reviews/{id}:
    post:
      operationId: post
      security: []
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: lang, in: query, schema: {type: string, pattern: "^[a-z]{2}$"}}
        - {name: q, in: query, schema: {type: string}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties: {title: {$ref: "#/components/schemas/Text"}, comment: {$ref: "#/components/schemas/Text"}, summary: {$ref: "#/components/schemas/Text"}, description: {$ref: "#/components/schemas/Text"},
                note: {$ref: "#/components/schemas/Text"}, message: {$ref: "#/components/schemas/Text"}, reason: {$ref: "#/components/schemas/Text"}, answer: {$ref: "#/components/schemas/Text"}, stars: {type: integer}, kind: {type: string, enum: [a, b]}}
      responses: {"200": {description: OK}}
components: {schemas: {Text: {type: string, maxLength: 4000}}}
`

// pieces are texts of people, 110 to 130 bytes each.
var pieces = [8]string{
	"The kettle boils quickly and its lid sits tight, we have used it every morning for about a month and are content with it.",
	"O'Brien's shop sent it within two days. I'd buy from them again, and so would my sister; she's had hers for years.",
	"Select your seat from the list, then drop the old ticket into the box at the door and wait for somebody to come by.",
	"Prices are fair (10 - 20% below others), delivery is free from 50 and returns cost nothing if you keep the carton.",
	"Good: size, weight, colour. Bad: the manual is in four languages and none of them is one that we can read at home.",
	"It arrived with a scratch <3 cm long on the left side, which we did not mind as it stands in the cellar most days.",
	"You can reach me at anna@mail.example or by telephone between nine and five; please don't call on Fridays after two.",
	"Three stars because of the noise: it hums at night, so we moved it into the hall & closed the door to the bedroom.",
}

// attacks are the same, but for the last: all are read before it is found.
var attacks = func() [8]string {
	list := pieces
	list[7] = list[7][:80] + "' UNION SELECT name, password FROM users --"
	return list
}()

// subject is a guard before an exchange that the guard of requests has read.
func subject(t testing.TB, target string, texts *[8]string, fields ...string) (x *gate.Exchange, inspect gate.Step) {
	t.Helper()
	plan, problems := stage.Compile(t, post, gatehouse.API{Options: gatehouse.Options{Authentication: gatehouse.Public}, Upstream: &stage.Stage{}})
	if plan == nil {
		t.Fatal(problems)
	}
	names := strings.Fields("title comment summary description note message reason answer")
	var body []string
	for i, name := range names {
		body = append(body, fmt.Sprintf("%q:%q", name, texts[i]))
	}
	x = new(gate.Exchange)
	x.Plan, x.API, x.Operation = plan, plan.APIs[0], plan.Operations[0]
	x.Method, x.Target, x.Host = []byte("POST"), []byte(target), []byte("a")
	path, query, _ := strings.Cut(target, "?")
	x.Path, x.Query = []byte(path), []byte(query)
	x.Body = []byte("{" + strings.Join(body, ",") + `,"stars":3,"kind":"a"}`)
	x.BodyLength = int64(len(x.Body))
	for i := 0; i < len(fields); i += 2 {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(fields[i]), Value: []byte(fields[i+1])})
	}
	plan.Routes.Match(&x.Match, x.Host, x.Method, x.Path)
	for _, s := range x.Operation.Steps {
		switch s.Name {
		case "request":
			if s.Head.Head(x) != gate.Allow || s.Body.Body(x) != gate.Allow {
				t.Fatalf("%+v", x.Refusal)
			}
		case "inspect":
			return x, s
		}
	}
	t.Fatal("no guard inspects")
	return nil, gate.Step{}
}

// ofBrowser are the fields of a browser.
var ofBrowser = []string{
	"Host", "shop.example", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
	"Accept", "application/json, text/plain, */*", "Accept-Language", "en-GB,en;q=0.9,de;q=0.8", "Accept-Encoding", "gzip, deflate, br", "Content-Type", "application/json",
	"Referer", "https://shop.example/products?sort=price&page=2", "Cookie", "session=eyJhbGciOiJub25lIn0.eyJzdWIiOjF9.abc; theme=dark", "Authorization", "Bearer abcdefgh",
}

// ofProgram are those of a client that is no browser.
var ofProgram = []string{"Host", "shop.example", "User-Agent", "orders/1.0", "Accept", "application/json", "Accept-Encoding", "gzip", "Content-Type", "application/json", "Authorization", "Bearer abcdefgh",
	"X-Request-Id", "2f1b8a52-6f0e-4d8b-9c6d-0a6b7c1f5e11"}

var costs = []struct {
	name    string
	target  string
	fields  []string
	texts   *[8]string
	body    bool
	verdict gate.Verdict
	most    time.Duration
}{
	{"get", "/reviews/4711?lang=en&q=blue+kettle", ofProgram, &pieces, false, gate.Allow, time.Microsecond},
	{"get-of-browser", "/reviews/4711?lang=en&q=blue+kettle", ofBrowser, &pieces, false, gate.Allow, time.Microsecond},
	{"post-benign", "/reviews/4711", ofProgram, &pieces, true, gate.Allow, 5 * time.Microsecond},
	{"post-hostile", "/reviews/4711", ofProgram, &attacks, true, gate.Deny, 20 * time.Microsecond},
}

func run(x *gate.Exchange, s *gate.Step, body bool) gate.Verdict {
	if body {
		return s.Body.Body(x)
	}
	return s.Head.Head(x)
}

func BenchmarkInspect(b *testing.B) {
	for _, r := range costs {
		x, s := subject(b, r.target, r.texts, r.fields...)
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if run(x, &s, r.body) != r.verdict {
					b.Fatalf("%+v", x.Refusal)
				}
			}
		})
	}
}

// TestAllocs holds the guard to what it may allocate: nothing, but for the
// pointer of a refusal.
func TestAllocs(t *testing.T) {
	for _, r := range costs {
		x, s := subject(t, r.target, r.texts, r.fields...)
		if v := run(x, &s, r.body); v != r.verdict {
			t.Fatalf("%s: %v %+v", r.name, v, x.Refusal)
		}
		if r.verdict == gate.Deny {
			continue
		}
		if n := testing.AllocsPerRun(200, func() { run(x, &s, r.body) }); n != 0 {
			t.Errorf("%s: %v allocations", r.name, n)
		}
	}
}
