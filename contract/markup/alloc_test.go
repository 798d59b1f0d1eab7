//go:build !race

package markup

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// order is a schema like that of an order, and orders have some bytes.
const order = `
T:
  type: object
  xml: {name: order}
  required: [id, customer, lines]
  properties:
    id: {type: string, format: uuid, xml: {attribute: true}}
    placed: {type: string, format: date-time}
    customer: {type: object, required: [name], properties: {name: {type: string, maxLength: 100}, mail: {type: string, format: email}, vip: {type: boolean}}}
    note: {type: string}
    lines:
      type: array
      xml: {wrapped: true}
      items: {type: object, xml: {name: line}, required: [sku], properties: {sku: {type: string, pattern: '^[A-Z0-9-]{3,20}$'}, count: {type: integer, minimum: 1}, price: {type: number}, gift: {type: boolean}}}
`

func orders(size int, more string) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<order id="5a9d5f2e-8d3b-4c4e-9a65-0f6b1c1de001">` + "\n  <placed>2026-03-01T12:30:45Z</placed>\n" +
		"  <customer>\n    <name>Mary O&apos;Neill &amp; Sons</name>\n    <mail>mary@example.com</mail>\n    <vip>true</vip>\n  </customer>\n" + more + "  <lines>\n")
	for k := 0; b.Len() < size-40; k++ {
		fmt.Fprintf(&b, "    <line>\n      <sku>AB-%05d</sku>\n      <count>%d</count>\n      <price>%d.95</price>\n      <gift>false</gift>\n    </line>\n", k, 1+k%7, k)
	}
	b.WriteString("  </lines>\n</order>\n")
	return b.Bytes()
}

// Reading allocates nothing once the State has grown, neither does dropping.
func TestNoAllocation(t *testing.T) {
	d := reader(t, order)
	var st State
	for _, r := range []struct {
		name string
		doc  []byte
		how  schema.Policy
	}{
		{"small", orders(1<<10, ""), schema.Refuse},
		{"large", orders(48<<10, ""), schema.Refuse},
		{"dropping", orders(1<<10, `<x a="1"><y/><y/></x><note lang="en">z</note>`), schema.Drop},
		{"allowing", orders(1<<10, `<x a="1"><y/><y/></x><note lang="en">z</note>`), schema.Allow},
	} {
		t.Run(r.name, func(t *testing.T) {
			st.Undeclared = r.how
			if n := testing.AllocsPerRun(100, func() {
				if !d.Read(&st, r.doc) {
					t.Fatal(st.Fault())
				}
				st.Forget()
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
			if r.how == schema.Drop && len(st.Drops) != 2 {
				t.Error("nothing is dropped")
			}
		})
	}
}

// A State that read something large gives its memory back.
func TestForget(t *testing.T) {
	d := reader(t, `T: {type: object}`)
	st := State{Undeclared: schema.Drop}
	if !d.Read(&st, []byte("<T>"+strings.Repeat("<a>&lt;</a>", 1<<15)+"</T>")) {
		t.Fatal(st.Fault())
	}
	st.Forget()
	if st.json != nil || st.d != nil || st.Left != nil {
		t.Error("memory is kept")
	}
	st.Undeclared = schema.Allow
	wide := `<a b="" c="" d="" e="" f="" g="" h="" i="">`
	if !d.Read(&st, []byte("<T>"+strings.Repeat(wide, 60)+strings.Repeat("</a>", 60)+"</T>")) {
		t.Fatal(st.Fault())
	}
	if st.Forget(); st.attrs != nil {
		t.Error("attributes are kept")
	}
}

func BenchmarkRead(b *testing.B) {
	d := reader(b, order)
	for _, size := range []int{1 << 10, 16 << 10} {
		doc := orders(size, "")
		b.Run(fmt.Sprintf("markup/%dKiB", size>>10), func(b *testing.B) {
			var st State
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if !d.Read(&st, doc) {
					b.Fatal(st.Fault())
				}
			}
		})
		b.Run(fmt.Sprintf("encoding-xml-tokens/%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				dec := xml.NewDecoder(bytes.NewReader(doc))
				for {
					if _, err := dec.Token(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
