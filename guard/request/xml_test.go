package request

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

func xmlHouse(t testing.TB, o Options) *house {
	t.Helper()
	h, problems := buildFile(t, "testdata/xml.yaml", o)
	if len(problems) != 1 || problems[0].Severity != source.Warning || !strings.Contains(problems[0].Text, "image/svg+xml bodies are refused") {
		t.Fatalf("problems: %v", problems)
	}
	return h
}

const (
	xmlHead  = "POST /orders\nContent-Type: application/xml\n\n"
	xmlOrder = `<order urgent="true"><customer>Ada</customer><tag>a</tag><tag>b</tag>` +
		`<lines><line><sku>X</sku><count>2</count></line></lines>` +
		`<a:address xmlns:a="urn:example:address"><a:city>London</a:city></a:address></order>`
)

// TestXML is the guard's judgement of XML bodies: "" for one that passes, else
// "code pointer keyword" as far as they are set.
func TestXML(t *testing.T) {
	h := xmlHouse(t, Options{})
	order := func(inner string) string { return xmlHead + "<order>" + inner + "</order>" }
	typed := func(line, kind, body string) string { return line + "\nContent-Type: " + kind + "\n\n" + body }
	const customer = "<customer>Ada</customer>"
	for _, row := range []struct{ name, request, want string }{
		{"whole", xmlHead + xmlOrder, ""},
		{"declaration", xmlHead + `<?xml version="1.0" encoding="UTF-8"?>` + "\n<!-- new -->" + xmlOrder + "\n", ""},
		{"cdata", order("<customer><![CDATA[<Ada>]]></customer>"), ""},
		{"reference", order("<customer>A&amp;B &#233;</customer>"), ""},
		{"charset", typed("POST /orders", "application/xml; charset=UTF-8", xmlOrder), ""},
		{"other-prefix", order(customer + `<q:address xmlns:q="urn:example:address"><q:city>x</q:city></q:address>`), ""},
		{"open-object", order(customer + "<open><x>1</x><y><z/></y></open>"), ""},

		{"missing", order("<tag>a</tag>"), "body-schema required"},
		{"empty-text", order("<customer/>"), "body-schema /customer minLength"},
		{"too-long", order("<customer>" + strings.Repeat("x", 21) + "</customer>"), "body-schema /customer maxLength"},
		{"too-long-by-references", order("<customer>" + strings.Repeat("&#65;", 21) + "</customer>"), "body-schema /customer maxLength"},
		{"wrong-root", xmlHead + "<orders>" + customer + "</orders>", "body-schema type"},
		{"root-by-case", xmlHead + "<Order>" + customer + "</Order>", "body-schema type"},
		{"root-in-a-namespace", xmlHead + `<order xmlns="urn:x">` + customer + "</order>", "body-schema type"},
		{"undeclared-element", order(customer + "<admin>true</admin>"), "body-schema unevaluatedProperties"},
		{"undeclared-attribute", xmlHead + `<order admin="1">` + customer + "</order>", "body-schema unevaluatedProperties"},
		{"undeclared-attribute-of-text", order(`<customer admin="1">Ada</customer>`), "body-schema /customer unevaluatedProperties"},
		{"undeclared-in-item", order(customer + "<lines><line><sku>X</sku><count>1</count><free/></line></lines>"), "body-schema /lines/0 unevaluatedProperties"},
		{"undeclared-xml-lang", xmlHead + `<order xml:lang="en">` + customer + "</order>", "body-schema unevaluatedProperties"},
		{"undeclared-xml-space", order(`<customer xml:space="preserve"> </customer>`), "body-schema /customer unevaluatedProperties"},
		{"read-only-attribute", xmlHead + `<order id="7">` + customer + "</order>", "body-schema /id readOnly"},
		{"attribute-as-element", order(customer + "<urgent>true</urgent>"), "body-schema /* case"},
		{"element-as-attribute", xmlHead + `<order customer="x">` + customer + "</order>", "body-schema /* case"},
		{"attribute-of-wrong-type", xmlHead + `<order urgent="yes">` + customer + "</order>", "body-schema /urgent type"},
		{"attribute-twice", xmlHead + `<order urgent="true" urgent="false">` + customer + "</order>", "body-syntax syntax"},
		{"element-twice", order(customer + customer), "body-syntax /customer syntax"},
		{"text-beside-elements", order(customer + "text"), "body-schema type"},
		{"items-apart", order("<tag>a</tag>" + customer + "<tag>b</tag>"), "body-syntax /tags syntax"},
		{"too-many-items", order(customer + strings.Repeat("<tag>a</tag>", 4)), "body-schema /tags maxItems"},
		{"wrapped-items-without-wrapper", order(customer + "<line><sku>X</sku><count>1</count></line>"), "body-schema unevaluatedProperties"},
		{"wrapper-twice", order(customer + "<lines/><lines/>"), "body-syntax /lines syntax"},
		{"wrong-item", order(customer + "<lines><line><sku>X</sku><count>0</count></line></lines>"), "body-schema /lines/0/count minimum"},
		{"other-namespace", order(customer + `<a:address xmlns:a="urn:evil"/>`), "body-schema /* case"},
		{"no-namespace", order(customer + "<address/>"), "body-schema /* case"},
		{"unbound-prefix", order(customer + "<a:address/>"), "body-syntax syntax"},
		{"near-name", order("<Customer>Ada</Customer>"), "body-schema /* case"},

		{"doctype", xmlHead + "<!DOCTYPE order>" + xmlOrder, "body-syntax syntax"},
		{"external-entity", xmlHead + `<!DOCTYPE order [<!ENTITY x SYSTEM "file:///etc/passwd">]><order><customer>&x;</customer></order>`, "body-syntax syntax"},
		{"external-subset", xmlHead + `<!DOCTYPE order SYSTEM "http://evil.example/x.dtd">` + xmlOrder, "body-syntax syntax"},
		{"entity-bomb", xmlHead + `<!DOCTYPE order [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><order><customer>&b;</customer></order>`, "body-syntax syntax"},
		{"xinclude", order(customer + `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>`), "body-syntax /* syntax"},
		{"xsi-nil", order(`<customer xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`), "body-syntax /customer syntax"},
		{"instruction", xmlHead + `<?xml-stylesheet href="http://evil.example/"?>` + xmlOrder, "body-syntax syntax"},
		{"other-encoding", xmlHead + `<?xml version="1.0" encoding="UTF-16"?>` + xmlOrder, "body-syntax syntax"},
		{"latin-1", xmlHead + `<?xml version="1.0" encoding="ISO-8859-1"?>` + xmlOrder, "body-syntax syntax"},
		{"byte-order-mark", xmlHead + "\xef\xbb\xbf" + xmlOrder, "body-syntax syntax"},
		{"not-utf-8", order("<customer>\xe9</customer>"), "body-syntax syntax"},
		{"not-utf-8-in-comment", xmlHead + "<!-- \x80\x81\x82\x83\x84\x85\x86\x87\x88 -->" + xmlOrder, "body-syntax syntax"},
		{"too-deep", order(customer + "<open>" + strings.Repeat("<x>", 63) + strings.Repeat("</x>", 63) + "</open>"), "body-schema /open" + strings.Repeat("/*", 62) + " depth"},
		{"cut", xmlHead + "<order><customer>Ada", "body-syntax /customer syntax"},
		{"two", xmlHead + xmlOrder + xmlOrder, "body-syntax syntax"},
		{"json", xmlHead + `{"customer":"Ada"}`, "body-syntax syntax"},
		{"other-charset", typed("POST /orders", "application/xml; charset=iso-8859-1", xmlOrder), "body-charset"},
		{"utf-16", typed("POST /orders", "application/xml; charset=utf-16", xmlOrder), "body-charset"},
		{"us-ascii", typed("POST /orders", "application/xml; charset=us-ascii", xmlOrder), "body-charset"},
		{"empty", "POST /orders\nContent-Type: application/xml", "body-missing"},
		{"too-large", xmlHead + strings.Repeat(" ", 1<<20) + xmlOrder, "body-too-large"},
		{"other-type", typed("POST /orders", "text/xml", xmlOrder), "body-media"},

		{"without-schema", typed("POST /orders", "application/vnd.draft+xml", "<!DOCTYPE x><x/>"), ""},
		{"unreadable-schema", typed("POST /orders", "image/svg+xml", "<svg/>"), "body-media"},
		{"any", typed("PUT /any", "application/xml", xmlOrder), ""},
		{"any-suffix", typed("PUT /any", "model/vnd.x+xml", xmlOrder), ""},
		{"any-wrong", typed("PUT /any", "text/xml", "<order/>"), "body-schema required"},
		{"any-doctype", typed("PUT /any", "image/svg+xml", "<!DOCTYPE svg>"+xmlOrder), "body-syntax syntax"},
		{"any-multipart-suffix", typed("PUT /any", "multipart/x+xml; boundary=x", xmlOrder), "body-media"},
		{"any-optional-empty", "PUT /any\nContent-Type: application/xml", ""},
		{"application", typed("PUT /application", "application/atom+xml", xmlOrder), ""},
		{"application-of-text", typed("PUT /application", "text/xml", xmlOrder), "body-media"},
		{"text", typed("PUT /text", "text/xml; charset=utf-8", xmlOrder), ""},
		{"text-wrong", typed("PUT /text", "text/xml", "<order>x</order>"), "body-schema type"},
		{"unnamed", typed("PUT /unnamed", "application/xml", "<a/>"), "body-media"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, row.request)
			got := ""
			if walk(x, g) != gate.Allow {
				got = strings.Join(strings.Fields(x.Refusal.Code.String()+" "+x.Refusal.Pointer+" "+x.Refusal.Keyword), " ")
			}
			if got != row.want {
				t.Errorf("got %q (%s), want %q", got, x.Refusal.Detail, row.want)
			}
			if len(x.Edits) > 0 {
				t.Errorf("%d edits", len(x.Edits))
			}
		})
	}
}

// TestXMLInDocuments holds the example of docs/requests.md.
func TestXMLInDocuments(t *testing.T) {
	text, err := os.ReadFile("../../docs/requests.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		_, rest, _ := strings.Cut(string(text), "```"+language+"\n")
		inner, _, found := strings.Cut(rest, "```")
		if !found {
			t.Fatalf("no block of %s", language)
		}
		return inner
	}
	file := filepath.Join(t.TempDir(), "example.yaml")
	contract := "openapi: 3.1.0\ninfo: {title: Example, version: '1'}\npaths:\n  /orders:\n    post:\n      requestBody:\n        content:\n" +
		"          application/xml: {schema: {$ref: '#/components/schemas/Order'}}\n      responses: {'200': {description: ok}}\n" + block("yaml")
	if err := os.WriteFile(file, []byte(contract), 0o600); err != nil {
		t.Fatal(err)
	}
	h, problems := buildFile(t, file, Options{})
	x, g := h.request(t, xmlHead+block("xml"))
	if walk(x, g) != gate.Allow || len(problems) > 0 {
		t.Errorf("refused: %+v, %v", x.Refusal, problems)
	}
}

// TestXMLChunked takes documents whose length is not stated.
func TestXMLChunked(t *testing.T) {
	h := xmlHouse(t, Options{})
	for body, want := range map[string]string{xmlOrder: "", "": "body-missing", "<order/>": "body-schema"} {
		x, g := h.request(t, "POST /orders\nContent-Type: application/xml")
		x.BodyLength, x.Incoming, x.Body = -1, strings.NewReader(body), []byte(body)
		if got := outcome(x, g); got != want {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
}

// TestXMLDropped removes what the contract does not name. What is left passes a
// guard that refuses.
func TestXMLDropped(t *testing.T) {
	drop, strict := xmlHouse(t, Options{Undeclared: schema.Drop, Misplaced: schema.Drop}), xmlHouse(t, Options{})
	for _, row := range []struct{ name, body, want string }{
		{"nothing", xmlOrder, xmlOrder},
		{"element", "<order>\n <customer>Ada</customer>\n <admin>1</admin>\n</order>", "<order>\n <customer>Ada</customer>\n</order>"},
		{"attributes", `<order id="7" admin="1" urgent="true"><customer lang="en">Ada</customer></order>`, `<order urgent="true"><customer>Ada</customer></order>`},
		{"comments-stay", "<order><!-- a --><x/><!-- b --><customer>Ada</customer></order>", "<order><!-- a --><!-- b --><customer>Ada</customer></order>"},
		{"within", "<order><x><customer>Eve</customer></x><customer>Ada</customer><lines><line><sku>X</sku><free/><count>1</count></line></lines></order>",
			"<order><customer>Ada</customer><lines><line><sku>X</sku><count>1</count></line></lines></order>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := drop.request(t, xmlHead+row.body)
			if walk(x, g) != gate.Allow {
				t.Fatalf("refused: %+v", x.Refusal)
			}
			_, left := forwarded(t, x)
			if string(left) != row.want {
				t.Errorf("left %s, want %s", left, row.want)
			}
			y, g := strict.request(t, xmlHead+string(left))
			if walk(y, g) != gate.Allow {
				t.Errorf("the rest is refused: %+v", y.Refusal)
			}
		})
	}
	for _, row := range []struct{ name, body, want string }{
		{"satisfied-by-what-goes", "<order><customer>Ada</customer><box><z/></box></order>", "body-schema"},
		{"near-name", "<order><customer>Ada</customer><Customer>Eve</Customer></order>", "body-schema"},
		{"doctype", "<!DOCTYPE order><order><x/></order>", "body-syntax"},
		{"broken-inside", "<order><customer>Ada</customer><x>&y;</x></order>", "body-syntax"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := drop.request(t, xmlHead+row.body)
			if got := outcome(x, g); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestXMLAllowed passes undeclared elements and attributes as they are.
func TestXMLAllowed(t *testing.T) {
	h := xmlHouse(t, Options{Undeclared: schema.Allow, Misplaced: schema.Allow})
	for _, row := range []struct{ name, body, want string }{
		{"element", "<order><customer>Ada</customer><admin>1</admin></order>", ""},
		{"attribute", `<order admin="1" id="7"><customer lang="en">Ada</customer></order>`, ""},
		{"near-name", "<order><customer>Ada</customer><Customer>Eve</Customer></order>", "body-schema"},
		{"doctype", "<!DOCTYPE order><order><customer>Ada</customer></order>", "body-syntax"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, xmlHead+row.body)
			if got := outcome(x, g); got != row.want || len(x.Edits) > 0 {
				t.Errorf("got %q and %d edits, want %q", got, len(x.Edits), row.want)
			}
		})
	}
}
