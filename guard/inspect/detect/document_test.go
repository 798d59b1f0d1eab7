package detect

import "testing"

var hostileDocuments = []string{
	`<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>`, `<?xml version="1.0"?><!DOCTYPE foo [ <!ENTITY % p SYSTEM "http://example.net/e.dtd"> %p;]>`,
	`<!ENTITY lol "lol">`, `<!DOCTYPE r SYSTEM "http://example.net/e.dtd"><r/>`, `<r xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="file:///etc/hosts"/></r>`,
	`<xsl:value-of select="document('file:///etc/passwd')"/>`, `<?xml-stylesheet type="text/xsl" href="http://example.net/a.xsl"?>`, `<!--#exec cmd="id" -->`, `<!--#include virtual="/etc/passwd"-->`,
	`<!-- #echo var="DATE_LOCAL" -->`, `<esi:include src="http://example.net/"/>`, `&lt;!ENTITY x SYSTEM "http://example.net"&gt;`,
}

var addedLines = []string{
	"x\r\nSet-Cookie: a=b", "x%0d%0aLocation:%20http://example.net/", "en\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<html>", "x%0d%0aSet-Cookie:%20sid=1", "x\n\nHTTP/1.1 302 Found", "x%0aX-Injected:%20yes",
	"a%E5%98%8A%E5%98%8DSet-Cookie:%20x=1", "x\r\nGET /admin HTTP/1.1\r\nHost: x", "anna@example.com%0aBcc:%20all@example.com", "a@example.com\nBcc: b@example.com",
}

var strictLines = []string{
	"Anna\nTo: b@example.com", "x\r\nContent-Length: 0", "x\r\nX-Any: 1", "a@example.com\r\nContent-Type: text/html", "x\nRCPT TO:<a@example.com>", "x\nQUIT", "x\n2026-01-02 10:00:00 INFO login ok user=admin",
	"x\x1b[2Jy", "x\r\nTransfer-Encoding: chunked", "x\nA1 LOGIN a b", `x\r\nSet-Cookie: a=1`,
}

var hostileObjects = []string{
	`O:8:"Evil\Foo":1:{s:1:"a";i:1;}`, `a:1:{i:0;O:3:"Foo":0:{}}`, `rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==`, "\xac\xed\x00\x05sr", `AAEAAAD/////AQAAAAAAAAAMAgAAAF`, `gASVJAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAJpZJSFlFKULg==`,
	"cos\nsystem\n(S'id'\ntR.", `!!python/object/apply:os.system ["id"]`, `!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL ["http://example.net"]]]]`, "--- !ruby/object:Gem::Installer\ni: x",
	`{"$type":"System.Windows.Data.ObjectDataProvider, PresentationFramework"}`, `{"@type":"com.sun.rowset.JdbcRowSetImpl","dataSourceName":"rmi://example.net/a"}`, `["org.springframework.context.support.ClassPathXmlApplicationContext","http://example.net/a"]`,
	`{"py/object":"os.system"}`, `<java version="1.8" class="java.beans.XMLDecoder"><object class="java.lang.Runtime"/></java>`, `<java.util.PriorityQueue serialization="custom">`, "\x04\bo:\x0bGem::X", `{"rce":"_$$ND_FUNC$$_function(){}"}`,
	`{"__proto__":{"isAdmin":true}}`, `__proto__[isAdmin]=1`, `__proto__.isAdmin`, `constructor.prototype.isAdmin`, `constructor[prototype][isAdmin]`, `{"constructor":{"prototype":{"a":1}}}`, `a[__proto__][b]`,
}

var elsewhere = []string{`//example.net`, `/\example.net`, `\/\/example.net/`, `///example.net/a`, `https:example.net`, `https:///example.net`, `http:\\example.net`, "/\t/example.net", `//example.net@example.com`,
	`https://example.com@example.net/`, `http://example.com\@example.net`, `/%09/example.net`, `////example.net`, " https://example.net", `\\example.net`}

var manyProse = []string{
	"Anna Meier\nMain Street 5\n10115 Berlin\nGermany", "Great phone!\n\nPros: light, fast\nCons: battery\nLocation: Berlin\nDate: Monday", "From: Anna <anna@example.com>\nTo: shop@example.com\nSubject: My order\n\nWhere is it?",
	"2026-01-02 10:11:12 ERROR db timeout\n2026-01-02 10:11:13 INFO retry", "Host: db1\nStatus: down\nContent-Type: application/json\n\nplease help", "Line one\nGet milk\nPost letter\nQuit smoking", "a\nb\nc",
	"<!DOCTYPE html><p>my page</p>", "<!-- a comment --><p>x</p>", "Which class has \"type\": \"system\"?", "The __proto__ property is deprecated; use Object.getPrototypeOf.", "O: 5: \"x\"", "Ratio 3:4:\"a\"", "!important; !!! wow", "I like !!this!! one",
	`{"type":"circle","class":"big"}`, `{"@type":"Product","name":"Phone","@context":"https://schema.org"}`, `["java is nice","system"]`, "Notes:\n- first: a\n- second: b", "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
	"key: value\nname: test\nimage: nginx:1.25", "name,price\nphone,100\ncable,5",
}

func TestHostileDocumentsAreRefused(t *testing.T) {
	for _, f := range []Field{Unknown, FreeText, Name, Identifier, Search, Markup} {
		refuses(t, f, hostileDocuments)
		refuses(t, f, hostileObjects)
		refuses(t, f, addedLines)
	}
	for _, f := range []Field{Unknown, Name, Identifier, URL, Filename, Email} {
		refuses(t, f, strictLines[1:])
	}
	refuses(t, Name, strictLines)
	refuses(t, URL, elsewhere)
	refuses(t, Unknown, elsewhere[1:3], Redirect, Traversal)
}

func TestLinesAndObjectsOfPeoplePass(t *testing.T) {
	passes(t, FreeText, manyProse)
	passes(t, Markup, manyProse)
	passes(t, Unknown, []string{"Anna Meier\nMain Street 5\n10115 Berlin", "Great phone!\nLocation: Berlin", `{"a":1,"b":[1,2]}`, `{"@type":"Product"}`, "key: value\nname: test", "//", "//cdn.example.com/a.png", "https://example.com/?u=a@b.example", "a: b"})
	passes(t, URL, []string{`https://example.com`, `http://example.com:8080/a?u=me@example.com`, `/login?next=%2Fhome`, `https://example.com/a//b`, `mailto:anna@example.com`, `/a`, `#top`, `?page=2`, `tel:+49301234`})
}
