package wire_test

import (
	"bufio"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// forged is an attempt to be another client, made from 127.0.0.1.
type forged struct {
	name string
	sent string // lines
	// What the API gets: X-Forwarded-For, -Proto and -Host; Forwarded must say the same.
	addresses, proto, host string
	// Of the event.
	client string
}

const (
	peerAlone = "127.0.0.1"
	peerNet   = "127.0.0.0/24"
)

// asPeer are what nobody is to be believed of: the peer is the client.
func asPeer(name string, lines ...string) forged {
	return forged{name, strings.Join(lines, "\n"), peerAlone, "http", "a.test", peerNet}
}

// by is the client at 203.0.113.7, believed.
func by(name string, lines ...string) forged {
	return forged{name, strings.Join(lines, "\n"), "203.0.113.7, 127.0.0.1", "http", "a.test", "203.0.113.0/24"}
}

func (f forged) with(addresses, proto, host string) forged {
	f.addresses, f.proto, f.host = addresses, proto, host
	return f
}

// fromStranger comes from a peer whom nobody trusts.
var fromStranger = []forged{
	asPeer("nothing"),
	asPeer("all-fields", "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6;proto=https;host=evil.test", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test",
		"X-Forwarded-Port: 666", "X-Forwarded-Server: evil.test", "X-Forwarded-Prefix: /evil", "X-Real-IP: 6.6.6.6"),
	asPeer("the-peers-own-address-before", "X-Forwarded-For: 6.6.6.6, 127.0.0.1"),
	asPeer("a-proxys-address-last", "X-Forwarded-For: 6.6.6.6, 10.0.0.1", "Forwarded: for=6.6.6.6, for=10.0.0.1"),
	asPeer("twins", "X_Forwarded_For: 6.6.6.6", "X-Forwarded_For: 6.6.6.6", "X.Forwarded.For: 6.6.6.6", "X_Real_IP: 6.6.6.6", "X_FORWARDED_PROTO: evil", "x_forwarded_host: evil.test"),
	asPeer("another-case", "x-fOrWaRdEd-fOr: 6.6.6.6", "fORWARDED: for=6.6.6.6"),
	asPeer("named-in-connection", "X-Forwarded-For: 6.6.6.6", "Connection: X-Forwarded-For, X-Forwarded-Proto, Forwarded, X_Forwarded_For", "X_Forwarded_For: 6.6.6.6"),
	asPeer("many-hops", "X-Forwarded-For: 6.6.6.6"+strings.Repeat(", 10.0.0.9", 500)),
}

// fromProxy comes from a peer that is trusted: what is right of the client's
// own lines was written by it.
var fromProxy = []forged{
	asPeer("nothing"),
	by("one-address", "X-Forwarded-For: 203.0.113.7"),
	by("spoofed-on-the-left", "X-Forwarded-For: 6.6.6.6, 127.0.0.1, 203.0.113.7"),
	by("spoofed-line-before", "X-Forwarded-For: 6.6.6.6, 127.0.0.1", "X-Forwarded-For: 203.0.113.7"),
	by("spoofed-nonsense-on-the-left", "X-Forwarded-For: \"<script>, ;;for=, 203.0.113.7"),
	by("spoofed-many-on-the-left", "X-Forwarded-For: "+strings.Repeat("127.0.0.1,", 500)+"203.0.113.7"),
	by("spoofed-standard-on-the-left", "Forwarded: for=6.6.6.6;proto=https;host=evil.test, for=127.0.0.1, for=203.0.113.7"),
	by("spoofed-standard-line-before", `Forwarded: for="6.6.6.6`, "Forwarded: for=203.0.113.7"),
	by("two-proxies", "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 127.0.0.8").with("203.0.113.7, 127.0.0.8, 127.0.0.1", "http", "a.test"),
	by("empty-elements", "X-Forwarded-For: , ,,203.0.113.7,, ,", "X-Forwarded-For:", "X-Forwarded-For: ,"),
	by("empty-standard-elements", "Forwarded: ,, for=203.0.113.7 ,,"),
	by("a-port", "X-Forwarded-For: 203.0.113.7:4711"),
	by("a-standard-port", `Forwarded: for="203.0.113.7:4711"`),
	by("an-obfuscated-port", `Forwarded: for="203.0.113.7:_secret"`),
	by("a-quoted-comma", `Forwarded: for=6.6.6.6;x="a, for=6.6.6.6", for=203.0.113.7;by="_x,y;z"`),
	by("a-quoted-escape", `Forwarded: for=203.0.113.7;x="\", for=6.6.6.6;\\"`),
	by("a-mapped-address", "X-Forwarded-For: ::ffff:203.0.113.7"),
	by("https-and-host", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.test").with("203.0.113.7, 127.0.0.1", "https", "shop.test"),
	by("https-of-the-left", "X-Forwarded-For: 6.6.6.6, 203.0.113.7", "X-Forwarded-Proto: https, http"),
	by("standard-https-and-host", `Forwarded: for=203.0.113.7;proto=https;host="shop.test"`).with("203.0.113.7, 127.0.0.1", "https", "shop.test"),
	by("both-agree", "X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7"),
	by("twins-beside", "X_Forwarded_For: 6.6.6.6", "X-Forwarded-For: 203.0.113.7", "X-Forwarded_For: 6.6.6.6", "X_Forwarded_Proto: https"),
	by("named-in-connection", "X-Forwarded-For: 203.0.113.7", "Connection: X-Forwarded-For, x-forwarded-host"),
	{"version-6", "X-Forwarded-For: 6.6.6.6, 2001:db8:1:2::7", "2001:db8:1:2::7, 127.0.0.1", "http", "a.test", "2001:db8:1::/48"},
	{"version-6-in-brackets", "X-Forwarded-For: [2001:db8:1:2::7]:4711", "2001:db8:1:2::7, 127.0.0.1", "http", "a.test", "2001:db8:1::/48"},
	{"standard-version-6", `Forwarded: for="[2001:DB8:1:2::7]:4711"`, "2001:db8:1:2::7, 127.0.0.1", "http", "a.test", "2001:db8:1::/48"},

	asPeer("twins-alone", "X_Forwarded_For: 6.6.6.6", "X-Real-IP: 6.6.6.6"),
	asPeer("both-differ", "X-Forwarded-For: 203.0.113.7", "Forwarded: for=6.6.6.6"),
	asPeer("both-differ-in-the-scheme", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: http", "Forwarded: for=203.0.113.7;proto=https"),
	asPeer("both-differ-in-what-is-hidden", "X-Forwarded-For: 203.0.113.7", "Forwarded: for=_hidden"),
	asPeer("obfuscated", "Forwarded: for=6.6.6.6, for=_hidden"),
	asPeer("unknown", "Forwarded: for=6.6.6.6, for=unknown"),
	asPeer("no-address", "X-Forwarded-For: 6.6.6.6, unknown"),
	asPeer("no-brackets", `Forwarded: for=6.6.6.6, for="2001:db8::7"`),
	asPeer("brackets-without-quotes", `Forwarded: for=6.6.6.6, for=[2001:db8::7]`),
	asPeer("open-bracket", "X-Forwarded-For: 6.6.6.6, [2001:db8::7"),
	asPeer("brackets-about-version-4", "X-Forwarded-For: 6.6.6.6, [203.0.113.7]"),
	asPeer("a-zone", "X-Forwarded-For: 6.6.6.6, fe80::1%lo"),
	asPeer("a-port-too-large", "X-Forwarded-For: 6.6.6.6, 203.0.113.7:123456"),
	asPeer("an-open-quote", `Forwarded: for="6.6.6.6, for=203.0.113.7`),
	asPeer("a-quote-over-the-proxys-word", `Forwarded: for=6.6.6.6;x=", for=203.0.113.7;by="10.0.0.1"`),
	asPeer("too-many-hops", "X-Forwarded-For: 203.0.113.7"+strings.Repeat(", 127.0.0.9", 500)),
	asPeer("too-many-standard-hops", "Forwarded: for=203.0.113.7"+strings.Repeat(", for=127.0.0.9", 500)),
	asPeer("only-empty-elements", "X-Forwarded-For: , ,", "Forwarded: ,"),
}

// TestNobodyIsAnotherClient says who is the client for the API and for the
// record, whatever fields say.
func TestNobodyIsAnotherClient(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	up := to(t, back.url, upstream.Options{})
	for _, from := range []struct {
		name  string
		trust string
		rows  []forged
	}{
		{"stranger", "10.0.0.0/8", fromStranger},
		{"proxy", "127.0.0.0/8", fromProxy},
	} {
		p := serve(t, up, server.Options{Proxies: []netip.Prefix{netip.MustParsePrefix(from.trust)}}, false)
		for n, row := range from.rows {
			t.Run(from.name+"-"+row.name, func(t *testing.T) {
				c := p.dial(t)
				head := "GET /get HTTP/1.1\r\nHost: a.test\r\n"
				if row.sent != "" {
					head += strings.ReplaceAll(row.sent, "\n", "\r\n") + "\r\n"
				}
				send(t, c, head+"\r\n")
				if res, body := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 204 {
					t.Fatalf("status %d %s", res.StatusCode, body)
				}
				got := back.take()
				row.meets(t, got)
				if e := p.Event(n); e.Client.String() != row.client {
					t.Errorf("the event names %s, want %s", e.Client, row.client)
				}
			})
		}
	}
}

// meets reads what the API got.
func (f forged) meets(t *testing.T, got string) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(got)))
	if err != nil {
		t.Fatalf("%v: %q", err, got)
	}
	want := map[string]string{"X-Forwarded-For": f.addresses, "X-Forwarded-Proto": f.proto, "X-Forwarded-Host": f.host, "Forwarded": f.standard()}
	for name, values := range r.Header {
		if w, ok := want[name]; ok && slices.Equal(values, []string{w}) {
			delete(want, name)
		} else if name != "Via" && name != "Connection" {
			t.Errorf("the API gets %s: %q", name, values)
		}
	}
	if len(want) > 0 {
		t.Errorf("the API does not get %q", want)
	}
	for _, word := range []string{"6.6.6.6", "evil"} {
		if strings.Contains(got, word) {
			t.Errorf("%s goes on: %q", word, got)
		}
	}
}

// standard is Forwarded as it says the same.
func (f forged) standard() string {
	all := strings.Split(f.addresses, ", ")
	for i, a := range all {
		if strings.Contains(a, ":") {
			a = `"[` + a + `]"`
		}
		all[i] = "for=" + a
	}
	all[0] += ";host=" + f.host + ";proto=" + f.proto
	if last := len(all) - 1; last > 0 {
		all[last] += ";host=a.test;proto=http"
	}
	return strings.Join(all, ", ")
}
