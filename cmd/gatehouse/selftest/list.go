package selftest

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
)

// feeds stands in for lists of addresses, and for the database of countries.
// Whoever calls a copy stands on no list and is excepted from none.
func (c *copied) feeds(s *config.Config, broken ways) {
	for i := range s.Feeds {
		f, w := &s.Feeds[i], broken(partFeed, i)
		if f.Every, f.Except = looks, nil; w == stale {
			f.MaxStale = holds
		}
		if f.URL != "" && w != well {
			f.URL = c.lever(w, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(addressList) })).url("/list")
			continue
		}
		f.URL, f.File = "", c.file(w, "feed"+needOf("", i), addressList)
	}
	g := s.Geo
	if g == nil {
		return
	}
	w := broken(partGeo, 0)
	if g.Database = c.file(w, "countries.mmdb", database()); w == stale {
		g.MaxStale = holds
	}
}

var addressList = []byte("192.0.2.0/24\n") // RFC 5737

// elsewhere is a rule that refuses nobody from the country of all callers, and
// cannot be judged without a database.
func elsewhere(c *config.Countries) *config.Countries {
	if !decides(c) {
		return c
	}
	return &config.Countries{Place: c.Place, Deny: []string{"XX"}}
}

func decides(c *config.Countries) bool { return c != nil && len(c.Allow)+len(c.Deny) > 0 }

// database is one in the format of MaxMind by which all addresses of IPv4 are in one
// country: a tree of one node, and what both of its sides lead to.
func database() []byte {
	const separator = 16
	var b bytes.Buffer
	b.Write([]byte{0, 0, 1 + separator, 0, 0, 1 + separator})
	b.Write(make([]byte, separator))
	table(&b, 1)
	words(&b, "country")
	table(&b, 1)
	words(&b, "iso_code", "ZZ")
	b.WriteString("\xab\xcd\xefMaxMind.com")
	table(&b, 9)
	number := func(name string, kind byte, n uint64) {
		words(&b, name)
		if kind > 7 { // of the kinds that a second byte says
			b.Write([]byte{8, kind - 7})
			binary.Write(&b, binary.BigEndian, n)
			return
		}
		b.WriteByte(kind<<5 | 4)
		binary.Write(&b, binary.BigEndian, uint32(n))
	}
	number("node_count", 6, 1)
	words(&b, "record_size")
	b.Write([]byte{5<<5 | 1, 24})
	words(&b, "ip_version")
	b.Write([]byte{5<<5 | 1, 4})
	words(&b, "database_type", "Selftest")
	words(&b, "binary_format_major_version")
	b.Write([]byte{5<<5 | 1, 2})
	words(&b, "binary_format_minor_version")
	b.Write([]byte{5 << 5})
	number("build_epoch", 9, 1)
	words(&b, "languages")
	b.Write([]byte{0, 11 - 7}) // an empty list
	words(&b, "description")
	table(&b, 0)
	return b.Bytes()
}

// table begins a map of n members, and words are texts of fewer than 29 bytes.
func table(b *bytes.Buffer, n byte) { b.WriteByte(7<<5 | n) }

func words(b *bytes.Buffer, texts ...string) {
	for _, s := range texts {
		b.WriteByte(2<<5 | byte(len(s)))
		b.WriteString(s)
	}
}

// breached is a list of one password that nobody has.
var breached = []byte(strings.Repeat("F", 40) + ":1\n")
