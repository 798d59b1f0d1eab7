package request

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// FuzzQuery compares names and values with Go's reader, and what is left after
// dropping with a second reading.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"a=1&b=2", "a", "x=%41&a=+", "%61=1", "a=1;b=2", "a=%zz", "&", "a=b=c&=", "a[b]=1&a%5Bc%5D=%FF"} {
		f.Add([]byte(s))
	}
	fs := fieldsOf("a", "b")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := open()
		defer r.close()
		if r.split(raw, maxQueryPairs) != style.Fine {
			return
		}
		if _, bad := fs.sort(r, raw, style.Plus); bad != style.Fine {
			return
		}
		theirs, err := url.ParseQuery(string(raw))
		if err != nil {
			t.Fatalf("%q is read here and not by Go: %v", raw, err)
		}
		n := 0
		for _, v := range theirs {
			n += len(v)
		}
		if n != len(r.pairs) {
			t.Fatalf("%q has %d pairs for Go, %d here", raw, n, len(r.pairs))
		}
		for i := range r.pairs {
			text, _ := r.Decode(r.pairs[i].name(raw), style.Plus)
			name := string(text)
			if text, bad := r.Decode(r.pairs[i].value(raw), style.Plus); bad == style.Fine {
				if len(theirs[name]) == 0 || theirs[name][0] != string(text) {
					t.Fatalf("%q: %q is %q for Go, %q here", raw, name, theirs[name], text)
				}
				theirs[name] = theirs[name][1:]
			} else {
				return
			}
		}
		x := &gate.Exchange{Target: append([]byte("/?"), raw...)}
		x.Query = x.Target[2:]
		dropPairs(x, r, x.Query, gate.OnTarget, 2)
		left := bytes.TrimPrefix(spliced(t, x.Target, x.Edits)[1:], []byte("?"))
		if bad := r.split(left, maxQueryPairs); bad != style.Fine {
			t.Fatalf("%q left %q: %s", raw, left, words(bad))
		}
		if unknown, bad := fs.sort(r, left, style.Plus); bad != style.Fine || unknown > 0 {
			t.Fatalf("%q left %q: %d unknown", raw, left, unknown)
		}
	})
}

// FuzzParameter reads text in every style and shape: what is written is JSON
// always.
func FuzzParameter(f *testing.F) {
	for i, s := range []string{"color=blue", ";color=blue", ".blue.black", "R=100&G=200", "color%5BR%5D=1", "a,b", "color=a|b", "R=100; G=200", "color=%22%5C"} {
		f.Add(s, uint8(i), uint8(i), i%2 == 0, uint8(i))
	}
	mixed := rgb()
	mixed.Types |= tString | tArray | tNull
	mixed.Open, mixed.Items = true, of(tInteger|tBool)
	nested := &schema.Shape{Types: tObject, Open: true, Properties: []schema.PropertyShape{{Name: "R", Shape: listOf(tString)}, {Name: "S", Shape: rgb()}}}
	shapes := []*schema.Shape{nil, of(tString), of(tInteger), of(tBool | tNull | tNumber | tString), listOf(tString), listOf(tInteger), rgb(), mixed, nested}
	ins := []contract.In{contract.Path, contract.Query, contract.Header, contract.Cookie}
	f.Fuzz(func(t *testing.T, raw string, in, written uint8, explode bool, shape uint8) {
		got, bad := transcribe(ins[int(in)%len(ins)], contract.Style(written%8), explode, shapes[int(shape)%len(shapes)], raw)
		if bad != style.Fine || got == "" || got == "unknown" {
			return
		}
		if !json.Valid([]byte(got)) {
			t.Fatalf("%q became %s", raw, got)
		}
	})
}

// FuzzCookie compares the value of a declared cookie with Go's reader.
func FuzzCookie(f *testing.F) {
	for _, s := range []string{"a=1; b=2", "a=1;b=2", `x="y"; a=1`, `x="; a=1"`, "a", "a =1", "a=1; a=2", "x=y z; a=%41", "a=1;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		fs := fieldsOf("a")
		r := open()
		defer r.close()
		if r.splitCookies([]byte(raw), fs) != style.Fine {
			return
		}
		if _, bad := fs.sort(r, []byte(raw), style.Literal); bad != style.Fine {
			return
		}
		got := r.chain(fs.list[0].whole)
		theirs := (&http.Request{Header: http.Header{"Cookie": {raw}}}).CookiesNamed("a")
		if int(got.n) != len(theirs) {
			t.Fatalf("%q has %d cookies a for Go, %d here", raw, len(theirs), got.n)
		}
		if got.n > 0 {
			if value := string(r.pairs[got.head-1].value([]byte(raw))); value != theirs[0].Value {
				t.Fatalf("%q: a is %q for Go, %q here", raw, theirs[0].Value, value)
			}
		}
	})
}

// FuzzForm judges urlencoded and multipart bodies: what is left after dropping
// passes a guard that refuses.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"name=Rex&x=1", "x&name=Rex+II&tags=a&tags=b", "name=a&deep[x]=y&deep[z]=1", "name=a&meta=%7B%7D&codes=1,2", "name=%00", "&"} {
		f.Add([]byte(s), false)
	}
	part := func(head, content string) string {
		return "--x\r\nContent-Disposition: form-data; " + crlf(head) + "\r\n\r\n" + content + "\r\n"
	}
	f.Add([]byte(part(`name="title"`, "Rex")+part(`name="x"; filename="y"`, "\xff")+"--x--\r\n"), true)
	f.Add([]byte(part(`name="title"`, "Rex")+part("name=\"meta\"\nContent-Type: application/json", "{}")+part(`name="deep[n][]"`, "1")+"--x--"), true)
	drop, _ := build(f, Options{Undeclared: schema.Drop, Misplaced: schema.Drop})
	strict, _ := build(f, Options{})
	f.Fuzz(func(t *testing.T, raw []byte, multi bool) {
		head := "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\n"
		if multi {
			head = "POST /pets\nContent-Type: multipart/form-data; boundary=x\n\n"
		}
		x, g := drop.request(t, head+string(raw))
		if walk(x, g) != gate.Allow {
			return
		}
		y, g := strict.request(t, head+string(spliced(t, x.Body, x.Edits)))
		if walk(y, g) != gate.Allow {
			t.Fatalf("%q left %q, which is refused: %+v", raw, y.Body, y.Refusal)
		}
	})
}

// FuzzXML judges XML bodies: what is forwarded passes a guard that refuses, and
// needs no edits there.
func FuzzXML(f *testing.F) {
	for _, s := range []string{xmlOrder, "<order id='7' x='1'><customer a=''>Ada</customer><x><y/></x></order>", "<order><customer>A</customer><box><a/><z/></box><open><b/></open></order>", "<!DOCTYPE order><order/>"} {
		f.Add([]byte(s))
	}
	drop, strict := xmlHouse(f, Options{Undeclared: schema.Drop, Misplaced: schema.Drop}), xmlHouse(f, Options{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, g := drop.request(t, xmlHead+string(raw))
		if walk(x, g) != gate.Allow {
			return
		}
		y, g := strict.request(t, xmlHead+string(spliced(t, x.Body, x.Edits)))
		if walk(y, g) != gate.Allow || len(y.Edits) > 0 {
			t.Fatalf("%q left %q, which is refused: %+v", raw, y.Body, y.Refusal)
		}
	})
}
