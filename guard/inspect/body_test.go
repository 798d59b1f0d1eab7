package inspect_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

// unschemed is a contract whose bodies no schema describes.
const unschemed = `openapi: 3.1.0
info: {title: Loose, version: 1.0.0}
security: []
paths:
  /loose:
    post:
      operationId: addLoose
      requestBody:
        content:
          application/json: {}
          application/merge-patch+json: {}
          application/x-www-form-urlencoded: {}
          application/xml: {}
          text/plain: {}
          text/csv: {}
          multipart/form-data: {}
          application/octet-stream: {}
      responses: {"200": {description: OK}}
  /any:
    post:
      operationId: addAny
      requestBody: {content: {"*/*": {}}}
      responses: {"200": {description: OK}}
`

func loose(t testing.TB, o gatehouse.Options) *stage.Stage {
	t.Helper()
	s := stage.New(t, unschemed, gatehouse.API{Options: o})
	s.API = func(x *gate.Exchange) { x.Answer.Status = 200 }
	return s
}

// undescribed are bodies that no schema describes, and how they are refused.
var undescribed = []struct {
	name, media, body string
	code              gate.Code // Undecided lets it pass
	pointer           string
}{
	{"json", "application/json", `{"a":{"b":["x","` + hostile + `"]}}`, gate.Injection, "/*/*/1"},
	{"json-escaped", "application/json", `"\u0027 union select password from users --"`, gate.Injection, ""},
	{"json-name", "application/json", `{"__proto__":{"admin":true}}`, gate.Injection, "/*"},
	{"json-patch", "application/merge-patch+json", `{"a":"` + script + `"}`, gate.Injection, "/*"},
	{"json-malformed", "application/json", `{"a":1`, gate.BodySyntax, ""},
	{"json-name-twice", "application/json", `{"a":1,"a":2}`, gate.BodySyntax, "/*"},
	{"json-benign", "application/json", `{"name":"O'Brien","note":"select your seat from the list","n":[1,true,null]}`, 0, ""},
	{"json-latin", "application/json; charset=iso-8859-1", `{"a":"b"}`, 0, ""},
	{"json-utf-16", "application/json; charset=utf-16le", "{\x00}\x00", gate.BodyCharset, ""},
	{"form", "application/x-www-form-urlencoded", "a=1&b=%27+UNION+SELECT+password+FROM+users+--", gate.Injection, ""},
	{"form-coded-twice", "application/x-www-form-urlencoded", "b=%2527%2520UNION%2520SELECT%2520password%2520FROM%2520users%2520--", gate.Injection, ""},
	{"form-name", "application/x-www-form-urlencoded", "a[__proto__][admin]=1", gate.Injection, ""},
	{"form-name-coded", "application/x-www-form-urlencoded", "a%5B__proto__%5D[admin]=1", gate.Injection, ""},
	{"form-operator", "application/x-www-form-urlencoded", "user[$ne]=x", gate.Injection, ""},
	{"form-ebcdic", "application/x-www-form-urlencoded; charset=ibm037", "a=1", gate.BodyCharset, ""},
	{"form-benign", "application/x-www-form-urlencoded", "tag=a&tag=b&&name=O%27Brien&text=hello world; and you", 0, ""},
	{"text", "text/plain", "Dear all,\n\n" + hostile, gate.Injection, ""},
	{"text-utf-16", "text/plain", "\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00", gate.BodyCharset, ""},
	{"text-utf-7", "text/plain; charset=utf-7", "+ADw-script+AD4-", gate.BodyCharset, ""},
	{"text-benign", "text/plain; charset=windows-1252", "Dear all,\n\nplease select your seat from the list; caf\xe9 -- as ever.\nO'Brien", 0, ""},
	{"csv", "text/csv", "id,name\n1,Ann\n2,\"" + hostile + "\"\n", gate.Injection, ""},
	{"csv-in-quotes", "text/csv", "id,name\n2,\"' UNION\nSELECT password\nFROM users --\"\n", gate.Injection, ""},
	{"csv-benign", "text/csv", "id,name,note\n1,\"O'Brien\",\"He said \"\"hi\"\"\"\ncurl,1.2,id\nls,3,\"a\nb\"\n", 0, ""},
	{"xml-text", "application/xml", `<a><b>' UNION SELECT password FROM users --</b></a>`, gate.Injection, ""},
	{"xml-text-in-parts", "application/xml", `<a>' UNI<!-- x -->ON SEL<![CDATA[ECT password]]> FROM users --</a>`, gate.Injection, ""},
	{"xml-entities", "application/xml", `<a>&lt;script&gt;alert(document.cookie)&lt;/script&gt;</a>`, gate.Injection, ""},
	{"xml-cdata", "application/xml", `<a><![CDATA[` + script + `]]></a>`, gate.Injection, ""},
	{"xml-attribute", "application/xml", `<a b="fine" c='x" UNION SELECT password FROM users --'/>`, gate.Injection, ""},
	{"xml-open-attribute", "application/xml", `<a c="` + hostile, gate.Injection, ""},
	{"xml-doctype", "application/xml", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, gate.Injection, ""},
	{"xml-utf-7", "application/xml", `<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>`, gate.BodyCharset, ""},
	{"xml-benign", "application/xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<note xmlns=\"http://www.w3.org/2005/Atom\"><!-- to her -- --><to lang='en'>Tove O'Brien</to>\n" +
		"<body>Don't forget me; 3 &lt; 4 &amp; more</body><x/></note>", 0, ""},
	{"soap-benign", "application/xml", `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:w="http://www.example.net"><soapenv:Header/><soapenv:Body><w:Get><w:symbol>IBM</w:symbol></w:Get></soapenv:Body></soapenv:Envelope>`, 0, ""},
	{"multipart-passes", "multipart/form-data; boundary=b", multipart("a", "", hostile), 0, ""},
	{"bytes-pass", "application/octet-stream", hostile, 0, ""},
}

// TestUndescribed inspects bodies whose media type has no schema.
func TestUndescribed(t *testing.T) {
	s := loose(t, gatehouse.Options{})
	for _, r := range undescribed {
		t.Run(r.name, func(t *testing.T) {
			for _, target := range []string{"/loose", "/any"} {
				s.Call("POST", target, r.media, r.body)
				e := &s.Event
				if r.code == 0 {
					if s.Status != 200 {
						t.Errorf("%s: %d %s %v %+v", target, s.Status, s.Body, e.Code, e.Finding)
					}
					continue
				}
				if s.Status < 400 || e.Code != r.code || e.Guard != "inspect" || e.In != "body" || e.Pointer != r.pointer {
					t.Errorf("%s: %d %v by %s in %q pointer %q", target, s.Status, e.Code, e.Guard, e.In, e.Pointer)
				}
			}
		})
	}
}

// TestUndescribedElsewhere says where such bodies pass as a stream: where nobody
// inspects, and where they may be too large. Observed, they pass but are read.
func TestUndescribedElsewhere(t *testing.T) {
	large := gatehouse.Options{Settings: gatehouse.Settings{MaxBodyBytes: 16<<20 + 1}}
	rows := []struct {
		name    string
		options gatehouse.Options
		would   int
	}{
		{"off", inspected(config.Inspect{Mode: config.InspectOff}), 0},
		{"large", large, 0},
		{"observed", inspected(config.Inspect{Mode: config.InspectObserve}), 1},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := loose(t, r.options)
			for _, u := range undescribed {
				if u.code == 0 {
					continue
				}
				if s.Call("POST", "/loose", u.media, u.body); s.Status != 200 || len(s.Event.Would) != r.would {
					t.Errorf("%s: %d %s, would be %v", u.name, s.Status, s.Body, s.Event.Would)
				}
			}
		})
	}
}

// TestUndescribedSize reads no more than the bound of bodies.
func TestUndescribedSize(t *testing.T) {
	s := loose(t, gatehouse.Options{Settings: gatehouse.Settings{MaxBodyBytes: 1000}})
	if s.Call("POST", "/loose", "text/plain", strings.Repeat("a b ", 240)); s.Status != 200 {
		t.Errorf("%d %s", s.Status, s.Body)
	}
	if s.Call("POST", "/loose", "text/plain", strings.Repeat("a b ", 251)); s.Status != 413 {
		t.Errorf("%d %s", s.Status, s.Body)
	}
}

// FuzzUndescribed shows that any body is judged, and that one with an attack in
// the place of a text is refused whatever stands before it.
func FuzzUndescribed(f *testing.F) {
	for _, r := range undescribed {
		f.Add(r.media, r.body)
	}
	s := loose(f, gatehouse.Options{})
	f.Fuzz(func(t *testing.T, media, body string) {
		if media == "" || strings.ContainsAny(media, "\r\n\x00") || body == "" {
			return
		}
		if s.Call("POST", "/any", media, body); s.Status == 0 || s.Status >= 500 {
			t.Fatalf("%d %s", s.Status, s.Body)
		}
		for media, attack := range map[string]string{"application/xml": "<a b='" + `" UNION SELECT password FROM users --'>` + hostile + "</a>", "application/x-www-form-urlencoded": "&a=" + strings.ReplaceAll(hostile, " ", "+")} {
			if strings.ContainsAny(body, "<>&'\"") {
				continue
			}
			if s.Call("POST", "/any", media, body+attack); s.Status == 200 {
				t.Fatalf("%s passes: %q", media, body+attack)
			}
		}
	})
}

// BenchmarkUndescribed measures a kilobyte of each kind.
func BenchmarkUndescribed(b *testing.B) {
	const text = "Prices are fair and delivery is free from 50, if you keep the carton. "
	s := loose(b, gatehouse.Options{})
	for media, body := range map[string]string{
		"application/json":                  `{"a":["` + strings.Repeat(text, 14) + `"]}`,
		"application/x-www-form-urlencoded": strings.Repeat("a="+strings.ReplaceAll(text, " ", "+")+"&", 14),
		"application/xml":                   "<a>" + strings.Repeat("<b c='d'>"+text+"</b>", 12) + "</a>",
		"text/plain":                        strings.Repeat(text, 14),
		"text/csv":                          strings.Repeat(text+"\n", 14),
	} {
		b.Run(strings.ReplaceAll(media, "/", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s.Call("POST", "/loose", media, body); s.Status != 200 {
					b.Fatal(s.Body)
				}
			}
		})
	}
}
