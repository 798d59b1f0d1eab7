package forwarded

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// ours are the trusted proxies of all tests.
var ours = New([]netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8:5::/48"), netip.MustParsePrefix("::ffff:172.16.0.0/108"),
})

// exchange makes one from peer; each line is a field.
func exchange(peer string, lines ...string) *gate.Exchange {
	x := &gate.Exchange{Host: []byte("api.test")}
	x.Peer = netip.AddrPortFrom(netip.MustParseAddr(peer), 4711)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return x
}

// found writes what Resolve found.
func found(x *gate.Exchange) string {
	s := x.Client.String()
	if x.ClientSecure {
		s += " secure"
	}
	for _, h := range x.Hops {
		s += " via " + h.String()
	}
	if x.ClientHost != nil {
		s += " for " + string(x.ClientHost)
	}
	return s
}

func TestResolve(t *testing.T) {
	many := strings.Repeat("10.0.0.9, ", maxHops-1)
	for _, row := range []struct {
		name, peer string
		lines      []string
		want       string
	}{
		{"nothing-said", "10.0.0.1", nil, "10.0.0.1"},
		{"one-proxy", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"one-proxy-that-says-https", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"}, "203.0.113.7 secure"},
		{"only-the-scheme", "10.0.0.1", []string{"X-Forwarded-Proto: https"}, "10.0.0.1 secure"},
		{"three-proxies", "10.0.0.1", []string{"x-forwarded-for: 203.0.113.7, 10.0.0.3,10.0.0.2"}, "203.0.113.7 via 10.0.0.3 via 10.0.0.2"},
		{"on-several-lines", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: ", "X-Forwarded-For: 10.0.0.3 , ,10.0.0.2"}, "203.0.113.7 via 10.0.0.3 via 10.0.0.2"},
		{"what-the-client-says-itself", "10.0.0.1", []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.7, 10.0.0.2"}, "203.0.113.7 via 10.0.0.2"},
		{"a-client-that-names-a-proxy", "10.0.0.1", []string{"X-Forwarded-For: 10.9.9.9, 203.0.113.7"}, "203.0.113.7"},
		{"a-call-of-a-proxy-itself", "10.0.0.1", []string{"X-Forwarded-For: 10.0.0.3, 10.0.0.2"}, "10.0.0.3 via 10.0.0.2"},
		{"a-proxy-of-version-6", "2001:db8:5::1", []string{"X-Forwarded-For: 2001:db8::7"}, "2001:db8::7"},
		{"a-mapped-peer", "::ffff:10.0.0.1", []string{"X-Forwarded-For: ::ffff:203.0.113.7"}, "203.0.113.7"},
		{"a-mapped-network", "172.31.0.1", []string{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7"},
		{"with-ports", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7:999, [2001:db8:5::2]:80, 10.0.0.2:_x"}, "203.0.113.7 via 2001:db8:5::2 via 10.0.0.2"},
		{"schemes-one-each", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: https, http"}, "203.0.113.7 secure via 10.0.0.2"},
		{"schemes-of-another-number", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: https, https, http"}, "203.0.113.7 via 10.0.0.2"},
		{"a-scheme-that-is-none", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: httpsx"}, "203.0.113.7"},
		{"host", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: shop.test:8443"}, "203.0.113.7 for shop.test:8443"},
		{"host-that-is-known", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: API.test"}, "203.0.113.7"},
		{"host-that-is-none", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: a/b"}, "203.0.113.7"},
		{"as-many-as-possible", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, " + many + "10.0.0.2"}, "203.0.113.7" + strings.Repeat(" via 10.0.0.9", maxHops-1) + " via 10.0.0.2"},

		{"standard", "10.0.0.1", []string{"Forwarded: for=203.0.113.7"}, "203.0.113.7"},
		{"standard-whole", "10.0.0.1", []string{`Forwarded: For="[2001:db8::7]:4711";proto=HTTPS;host="shop.test:8443";by=_gate;ext="a,b;\""`}, "2001:db8::7 secure for shop.test:8443"},
		{"standard-three", "10.0.0.1", []string{"Forwarded: for=203.0.113.7;proto=https, for=10.0.0.3;proto=http", "Forwarded: ,for=10.0.0.2 ,"}, "203.0.113.7 secure via 10.0.0.3 via 10.0.0.2"},
		{"standard-with-a-port", "10.0.0.1", []string{`Forwarded: for="203.0.113.7:80"`}, "203.0.113.7"},
		{"standard-that-hides", "10.0.0.1", []string{"Forwarded: for=198.51.100.1, for=_hidden;proto=https, for=10.0.0.2"}, "10.0.0.2 secure"},
		{"standard-that-does-not-know", "10.0.0.1", []string{"Forwarded: for=unknown;proto=https"}, "10.0.0.1 secure"},
		{"standard-that-says-no-node", "10.0.0.1", []string{"Forwarded: proto=https"}, "10.0.0.1 secure"},
		{"standard-beside-a-scheme", "10.0.0.1", []string{"Forwarded: for=203.0.113.7", "X-Forwarded-Proto: https"}, "203.0.113.7"},
		{"standard-of-40-elements", "10.0.0.1", []string{"Forwarded: " + strings.Repeat("for=198.51.100.1, ", 39) + "for=203.0.113.7, for=10.0.0.2"}, "203.0.113.7 via 10.0.0.2"},
		{"both-that-agree", "10.0.0.1", []string{"Forwarded: for=203.0.113.7, for=10.0.0.2", "X-Forwarded-For: 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: https"}, "203.0.113.7 secure via 10.0.0.2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange(row.peer, row.lines...)
			ours.Resolve(x)
			if got := found(x); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

// TestHostile holds that nobody is another client by saying so.
func TestHostile(t *testing.T) {
	for _, row := range []struct {
		name, peer string
		lines      []string
		want       string
	}{
		{"nobody-trusts-the-peer", "203.0.113.7", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.test", "Forwarded: for=198.51.100.1;proto=https"}, "203.0.113.7"},
		{"a-peer-beside-the-network", "11.0.0.1", []string{"X-Forwarded-For: 10.0.0.2"}, "11.0.0.1"},
		{"a-peer-that-says-it-is-a-proxy", "203.0.113.7", []string{"X-Forwarded-For: 198.51.100.1, 10.0.0.1"}, "203.0.113.7"},
		{"both-that-differ", "10.0.0.1", []string{"Forwarded: for=198.51.100.1", "X-Forwarded-For: 203.0.113.7"}, "10.0.0.1"},
		{"both-that-differ-in-the-scheme", "10.0.0.1", []string{"Forwarded: for=203.0.113.7;proto=http", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"}, "10.0.0.1"},
		{"both-that-differ-in-the-host", "10.0.0.1", []string{"Forwarded: for=203.0.113.7;host=a.test", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: b.test"}, "10.0.0.1"},
		{"both-that-differ-in-hops", "10.0.0.1", []string{"Forwarded: for=203.0.113.7", "X-Forwarded-For: 203.0.113.7, 10.0.0.2"}, "10.0.0.1"},
		{"an-open-quote-of-the-client", "10.0.0.1", []string{`Forwarded: for="198.51.100.1, for=203.0.113.7`}, "10.0.0.1"},
		{"a-quote-that-swallows", "10.0.0.1", []string{`Forwarded: for=198.51.100.1;ext=", for=203.0.113.7;by="10.0.0.1"`}, "10.0.0.1"},
		{"a-broken-line-before", "10.0.0.1", []string{`Forwarded: for="198.51.100.1`, "Forwarded: for=10.0.0.2"}, "10.0.0.2"},
		{"standard-repeated-parameter", "10.0.0.1", []string{"Forwarded: for=203.0.113.7;for=198.51.100.1"}, "10.0.0.1"},
		{"standard-with-spaces", "10.0.0.1", []string{"Forwarded: for=203.0.113.7; proto=https"}, "10.0.0.1"},
		{"standard-without-a-value", "10.0.0.1", []string{"Forwarded: for="}, "10.0.0.1"},
		{"standard-that-ends-early", "10.0.0.1", []string{"Forwarded: for=203.0.113.7;"}, "10.0.0.1"},
		{"standard-with-bare-version-6", "10.0.0.1", []string{`Forwarded: for="2001:db8::7"`}, "10.0.0.1"},
		{"standard-with-escapes", "10.0.0.1", []string{`Forwarded: for="203.0.113.\7"`}, "10.0.0.1"},
		{"standard-with-bare-brackets", "10.0.0.1", []string{`Forwarded: for=[2001:db8::7]`}, "10.0.0.1"},
		{"words", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, localhost"}, "10.0.0.1"},
		{"a-zone", "10.0.0.1", []string{"X-Forwarded-For: fe80::1%eth0"}, "10.0.0.1"},
		{"leading-zeros", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.007"}, "10.0.0.1"},
		{"a-number", "10.0.0.1", []string{"X-Forwarded-For: 3405803783"}, "10.0.0.1"},
		{"hexadecimal", "10.0.0.1", []string{"X-Forwarded-For: 0xcb.0.113.7"}, "10.0.0.1"},
		{"one-hop-too-many", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7" + strings.Repeat(", 10.0.0.9", maxHops+1)}, "10.0.0.1"},
		{"one-standard-hop-too-many", "10.0.0.1", []string{"Forwarded: for=203.0.113.7" + strings.Repeat(", for=10.0.0.9", maxHops+1)}, "10.0.0.1"},
		{"one-hop-too-many-on-lines", "10.0.0.1", append([]string{"Forwarded: for=203.0.113.7"}, strings.Split(strings.Repeat("Forwarded: for=10.0.0.9\n", maxHops)+"Forwarded: for=10.0.0.9", "\n")...), "10.0.0.1"},
		{"another-spelling", "10.0.0.1", []string{"X_Forwarded_For: 203.0.113.7", "X-Forwarded-For : 198.51.100.1"}, "10.0.0.1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange(row.peer, row.lines...)
			ours.Resolve(x)
			if got := found(x); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestNobodyIsTrustedByDefault(t *testing.T) {
	for name, trust := range map[string]*Trust{"nil": nil, "none": New(nil), "invalid": New(make([]netip.Prefix, 3))} {
		x := exchange("10.0.0.1", "X-Forwarded-For: 198.51.100.1")
		x.Secure = true
		x.Hops, x.ClientHost = append(x.Hops, netip.Addr{}), []byte("old")
		if trust.Resolve(x); found(x) != "10.0.0.1 secure" {
			t.Errorf("%s: %s", name, found(x))
		}
		if trust.Holds(netip.MustParseAddr("10.0.0.1")) {
			t.Errorf("%s: holds 10.0.0.1", name)
		}
	}
}

// TestBrokenHeadIsNotBelieved: its last lines, those of the proxy, may be
// missing.
func TestBrokenHeadIsNotBelieved(t *testing.T) {
	x := exchange("10.0.0.1", "X-Forwarded-For: 198.51.100.1")
	x.Broken = gate.FieldsTooLarge
	if ours.Resolve(x); found(x) != "10.0.0.1" {
		t.Errorf("found %s", found(x))
	}
}

func TestResolveAllocatesNothing(t *testing.T) {
	for _, lines := range [][]string{
		{"X-Forwarded-For: 2001:db8::1, 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.test"},
		{`Forwarded: for="[2001:db8::7]";proto=https;host=shop.test, for=10.0.0.2`},
		{"X-Forwarded-For: 203.0.113.7, nonsense"},
		{"Forwarded: for=203.0.113.7", "X-Forwarded-For: 203.0.113.7"},
	} {
		x := exchange("10.0.0.1", lines...)
		ours.Resolve(x)
		if n := testing.AllocsPerRun(100, func() { ours.Resolve(x) }); n != 0 {
			t.Errorf("%q: %v allocations", lines, n)
		}
	}
}

// TestAddresses holds our readers of addresses against netip's.
func TestAddresses(t *testing.T) {
	for _, s := range []string{
		"0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "01.2.3.4", "1..2.3", ".1.2.3", "1.2.3.", "1111.2.3.4",
		"::", "::1", "1::", "1::2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
		"1::2::3", ":::", ":", "::1:", ":1", "1:", "g::", "12345::", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5",
		"1.2.3.4::", "ABCD:ef01::", "fe80::1%eth0", "::%", "", "64:ff9b::192.0.2.1", "1::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "::00000", "::1234567",
	} {
		same(t, s)
	}
}

// same compares for what has ":" and what has not.
func same(t *testing.T, s string) {
	t.Helper()
	want, err := netip.ParseAddr(s)
	if err != nil || want.Zone() != "" {
		want = netip.Addr{}
	}
	var got netip.Addr
	if strings.Contains(s, ":") {
		got = address6([]byte(s))
	} else if four, ok := address4([]byte(s)); ok {
		got = netip.AddrFrom4(four)
	}
	if got != want {
		t.Errorf("%q: read %v, netip %v", s, got, want)
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "::1", "1:2::3:4", "::ffff:1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(same)
}

// FuzzForwarded holds what must be so whatever the fields say.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.7, 10.0.0.2", "", "https", "shop.test", false)
	f.Add("", `for="[2001:db8::7]:_x";proto=https, for=10.0.0.2;host="a:1"`, "", "", false)
	f.Add("203.0.113.7", "for=203.0.113.7", "http,https", "a,b", false)
	f.Add(`for="`, `for="\"", ,;`, ",,", "\t", true)
	f.Fuzz(func(t *testing.T, xff, standard, proto, host string, stranger bool) {
		peer := "10.0.0.1"
		if stranger {
			peer = "203.0.113.9"
		}
		x := exchange(peer, "X-Forwarded-For: "+xff, "Forwarded: "+standard, "X-Forwarded-Proto: "+proto, "X-Forwarded-Host: "+host)
		if standard == "" {
			x.Fields[1].Gone = true
		}
		if xff == "" {
			x.Fields[0].Gone = true
		}
		ours.Resolve(x)
		first := found(x)
		if stranger && first != peer {
			t.Fatalf("a stranger is %s", first)
		}
		if !x.Client.IsValid() || x.Client.Is4In6() || len(x.Hops) > maxHops {
			t.Fatalf("found %s", first)
		}
		for _, h := range x.Hops {
			if !ours.Holds(h) {
				t.Fatalf("%v is a hop and not trusted: %s", h, first)
			}
		}
		// What stands to the left of an untrusted client does not matter.
		if !x.Fields[0].Gone && x.Fields[1].Gone && !ours.Holds(x.Client) {
			hops := ""
			for _, h := range x.Hops {
				hops += fmt.Sprintf(", %s", h)
			}
			y := exchange(peer, "X-Forwarded-For: 198.51.100.200, "+x.Client.String()+hops)
			ours.Resolve(y)
			if y.Client != x.Client || len(y.Hops) != len(x.Hops) {
				t.Fatalf("with others before it, %s is %s", first, found(y))
			}
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	for _, row := range []struct {
		name, peer string
		lines      []string
	}{
		{"not-trusted", "203.0.113.7", []string{"X-Forwarded-For: 198.51.100.1"}},
		{"older", "10.0.0.1", []string{"X-Forwarded-For: 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto: https"}},
		{"standard", "10.0.0.1", []string{"Forwarded: for=203.0.113.7;proto=https"}},
		{"hostile", "10.0.0.1", []string{"X-Forwarded-For: " + strings.Repeat("1,", 14<<10)}},
		{"hostile-standard", "10.0.0.1", []string{"Forwarded: " + strings.Repeat("a=1,", 7<<10)}},
	} {
		b.Run(row.name, func(b *testing.B) {
			x := exchange(row.peer, row.lines...)
			b.ReportAllocs()
			for b.Loop() {
				ours.Resolve(x)
			}
		})
	}
}
