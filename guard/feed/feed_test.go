package feed

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// TestLists reads lists as they are published, and refuses those that are wrong.
func TestLists(t *testing.T) {
	rows := []struct {
		name, text  string
		in, out     []string
		wrong       string
		rangesCount int
	}{
		{"usual", "# of somebody\n192.0.2.1\n198.51.100.0/24 ; SBL1\n2001:db8::/32\n\n203.0.113.5-203.0.113.9\n", []string{"192.0.2.1", "198.51.100.255", "2001:db8:ffff::1", "203.0.113.5", "203.0.113.9"},
			[]string{"192.0.2.0", "192.0.2.2", "198.51.101.0", "2001:db9::", "203.0.113.4", "203.0.113.10", "::1", "0.0.0.0", "255.255.255.255"}, "", 4},
		{"columns", "\xef\xbb\xbf192.0.2.1,2026-11-27,bad\r\n192.0.2.7 \t x\r\n", []string{"192.0.2.1", "192.0.2.7"}, []string{"192.0.2.3"}, "", 2},
		{"neighbours", "192.0.2.0/25\n192.0.2.128/25\n192.0.2.4", []string{"192.0.2.0", "192.0.2.200"}, nil, "", 1},
		{"mapped", "::ffff:192.0.2.1\n::ffff:198.51.100.0/120", []string{"192.0.2.1", "198.51.100.7"}, []string{"198.51.101.0"}, "", 2},
		{"spaced-range", "192.0.2.1 - 192.0.2.3", []string{"192.0.2.2"}, nil, "", 1},
		{"one-of-ipv6", "2001:db8::7", []string{"2001:db8::7"}, []string{"2001:db8::8", "2001:db8::"}, "", 1},
		{"ends", "0.0.0.0/8\n255.0.0.0/8", []string{"0.0.0.0", "0.255.255.255", "255.255.255.255"}, []string{"1.0.0.0", "254.255.255.255"}, "", 2},
		{"below-and-above-of-ipv6", "::1\nfd00::/16\nff02::/16", []string{"::1", "fd00::1", "ff02::1"}, []string{"::2", "2001::", "fe80::1"}, "", 3},
		{"empty", "# nobody\n", nil, []string{"192.0.2.1"}, "", 0},
		{"words", "192.0.2.1\nnobody\n", nil, nil, "line 2", 0},
		{"page", "<html>", nil, nil, "line 1", 0},
		{"half-a-range", "192.0.2.1-", nil, nil, "line 1", 0},
		{"backwards", "192.0.2.3-192.0.2.1", nil, nil, "line 1", 0},
		{"two-families", "192.0.2.3-2001:db8::", nil, nil, "line 1", 0},
		{"everybody", "0.0.0.0/0", nil, nil, "too large a part", 0},
		{"everybody-of-ipv6", "::/0", nil, nil, "too large a part", 0},
		{"everybody-mapped", "::ffff:0:0/96", nil, nil, "too large a part", 0},
		{"everybody-as-a-range", "1.0.0.0-200.0.0.0", nil, nil, "too large a part", 0},
		{"zone", "fe80::1%eth0", nil, nil, "line 1", 0},
		{"long-line", strings.Repeat("1", 5000), nil, nil, "too long", 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			table, err := readList(strings.NewReader(row.text))
			if row.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), row.wrong) {
					t.Fatalf("%v, want %q", err, row.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range row.in {
				if _, in := table.find(netip.MustParseAddr(text)); !in {
					t.Errorf("%s is not in it", text)
				}
			}
			for _, text := range row.out {
				if _, in := table.find(netip.MustParseAddr(text)); in {
					t.Errorf("%s is in it", text)
				}
			}
			if n, _ := table.size(); n != row.rangesCount {
				t.Errorf("%d ranges, want %d", n, row.rangesCount)
			}
		})
	}
}

// TestAgainstPrefixes compares the table with a search through all networks.
func TestAgainstPrefixes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var list []netip.Prefix
	b := &builder{}
	address := func() netip.Addr {
		if r.IntN(2) == 0 {
			return netip.AddrFrom4([4]byte{byte(10 + r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(256)), byte(r.IntN(256))})
		}
		return netip.AddrFrom16([16]byte{0x20, byte(r.IntN(3)), byte(r.IntN(2)), 0, 0, byte(r.IntN(256)), 0, byte(r.IntN(8)), 15: byte(r.IntN(2))})
	}
	for range 500 {
		a := address()
		p := netip.PrefixFrom(a, a.BitLen()*3/8+r.IntN(a.BitLen()/8+1)).Masked()
		list = append(list, p)
		b.prefix(p, 1)
	}
	table := b.build()
	found := 0
	for range 20000 {
		a := address()
		_, got := table.find(a)
		want := within(list, a)
		if got != want {
			t.Fatalf("%s: %v, want %v", a, got, want)
		}
		if got {
			found++
		}
	}
	if found < 1000 || found > 19000 {
		t.Errorf("%d of 20000 are in it: nothing is compared", found)
	}
}

// FuzzList must end, and hold what it accepted to what it says.
func FuzzList(f *testing.F) {
	for _, seed := range []string{"192.0.2.1\n", "2001:db8::/32 # x", "1.2.3.4-1.2.3.9", "\xef\xbb\xbf::1", "1.2.3.4 - 1.2.3.5,x"} {
		f.Add(seed, "192.0.2.1")
	}
	f.Fuzz(func(t *testing.T, text, address string) {
		table, err := readList(strings.NewReader(text))
		if err != nil {
			return
		}
		if a, err := netip.ParseAddr(address); err == nil {
			table.find(a.Unmap())
		}
		if first, _, _ := strings.Cut(text, "\n"); len(first) > 0 {
			if a, err := netip.ParseAddr(first); err == nil && a.Zone() == "" {
				if _, in := table.find(a.Unmap()); !in {
					t.Fatalf("%q is not in its list", first)
				}
			}
		}
	})
}

// countries writes a small database.
func countries(t testing.TB) []byte {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, code := range map[string]string{"1.0.0.0/8": "DE", "2.0.0.0/16": "FR", "2a01::/16": "DE", "3.0.0.0/24": "KP"} {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Insert(n, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// written returns a source of a file with that content.
func written(t testing.TB, kind Kind, data []byte) (*Source, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "feed")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s := NewSource(Options{Name: "test", Kind: kind, File: name})
	if err := s.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, name
}

func judge(g *Guard, address string) (gate.Code, *gate.Exchange) {
	x := &gate.Exchange{Client: netip.MustParseAddr(address)}
	if g.Head(x) == gate.Allow {
		return gate.Undecided, x
	}
	return x.Refusal.Code, x
}

// TestCountries holds addresses to their countries.
func TestCountries(t *testing.T) {
	source, _ := written(t, Countries, countries(t))
	rows := []struct {
		name, address string
		geo           Geo
		code          gate.Code
		country       string
	}{
		{"allowed", "1.2.3.4", Geo{Allow: []string{"DE"}}, 0, "DE"},
		{"allowed-mapped", "::ffff:1.2.3.4", Geo{Allow: []string{"DE"}}, 0, "DE"},
		{"allowed-ipv6", "2a01::7", Geo{Allow: []string{"DE"}}, 0, "DE"},
		{"not-allowed", "2.0.3.4", Geo{Allow: []string{"DE"}}, gate.CountryRefused, "FR"},
		{"denied", "3.0.0.4", Geo{Deny: []string{"KP"}}, gate.CountryRefused, "KP"},
		{"denied-and-allowed", "3.0.0.4", Geo{Allow: []string{"KP"}, Deny: []string{"KP"}}, gate.CountryRefused, "KP"},
		{"not-denied", "2.0.0.4", Geo{Deny: []string{"KP"}}, 0, "FR"},
		{"unknown", "10.0.0.1", Geo{Allow: []string{"DE"}}, gate.CountryRefused, ""},
		{"unknown-let-in", "10.0.0.1", Geo{Allow: []string{"DE"}, Unknown: true}, 0, ""},
		{"unknown-not-denied", "10.0.0.1", Geo{Deny: []string{"KP"}}, 0, ""},
		{"excepted", "3.0.0.4", Geo{Deny: []string{"KP"}, Except: []netip.Prefix{netip.MustParsePrefix("3.0.0.0/29")}}, 0, "KP"},
		{"told-alone", "3.0.0.4", Geo{}, 0, "KP"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			row.geo.Source = source
			if code, x := judge(New(nil, &row.geo), row.address); code != row.code || x.Country != row.country {
				t.Errorf("%v %q, want %v %q", code, x.Country, row.code, row.country)
			}
		})
	}
	for _, bad := range [][]byte{nil, []byte("no database"), countries(t)[:200]} {
		if _, _, err := readCountries(bad); err == nil {
			t.Errorf("%d bytes are a database", len(bad))
		}
	}
}

// FuzzCountries reads databases that somebody has broken.
func FuzzCountries(f *testing.F) {
	f.Add(countries(f))
	f.Add([]byte("\xab\xcd\xefMaxMind.com"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		if table, _, err := readCountries(data); err == nil {
			table.find(netip.MustParseAddr("1.2.3.4"))
		}
	})
}

// TestFeeds shows what lists do to calls, and what exceptions and failures do to
// lists.
func TestFeeds(t *testing.T) {
	source, name := written(t, List, []byte("192.0.2.0/24\n"))
	missing := NewSource(Options{File: name + ".gone"})
	if missing.Load(context.Background()) == nil {
		t.Error("a file that is not there is read")
	}
	except := []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}
	rows := []struct {
		name, address string
		feed          Feed
		code          gate.Code
		would         int
	}{
		{"listed", "192.0.2.1", Feed{Source: source}, gate.AddressRefused, 0},
		{"not-listed", "198.51.100.1", Feed{Source: source}, 0, 0},
		{"excepted", "192.0.2.7", Feed{Source: source, Except: except}, 0, 0},
		{"observed", "192.0.2.1", Feed{Source: source, Observe: true}, 0, 1},
		{"unread", "198.51.100.1", Feed{Source: missing}, gate.FeedUnavailable, 0},
		{"unread-open", "198.51.100.1", Feed{Source: missing, Open: true}, 0, 1},
		{"unread-observed", "198.51.100.1", Feed{Source: missing, Observe: true}, 0, 1},
		{"unread-excepted", "192.0.2.7", Feed{Source: missing, Except: except}, 0, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if code, x := judge(New([]Feed{row.feed}, nil), row.address); code != row.code || len(x.Would) != row.would {
				t.Errorf("%v %v, want %v", code, x.Would, row.code)
			}
		})
	}
	if New(nil, nil) != nil || New(nil, &Geo{}) != nil {
		t.Error("a guard of nothing")
	}
}

// TestReload keeps the last good list when the next is wrong.
func TestReload(t *testing.T) {
	source, name := written(t, List, []byte("192.0.2.0/24\n"))
	g := New([]Feed{{Source: source}}, nil)
	at := time.Now()
	write := func(text string) error {
		at = at.Add(time.Second)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
		return source.Load(context.Background())
	}
	for _, bad := range []string{"192.0.2.0/24\nnobody", "", "0.0.0.0/0"} {
		if write(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
		if code, _ := judge(g, "192.0.2.1"); code != gate.AddressRefused {
			t.Errorf("%q: the list before is gone", bad)
		}
	}
	if s := source.Stats(time.Now().Add(time.Minute)); !s.Failed || !s.Holds || !s.Read || s.Entries != 1 || s.Age < time.Minute || s.Age > 10*time.Minute {
		t.Errorf("of a list that was read once and is wrong now: %+v", s)
	}
	if s := source.Stats(time.Now().Add(source.o.MaxStale + time.Hour)); s.Holds || s.Entries != 0 || !s.Read {
		t.Errorf("of a list that is too old: %+v", s)
	}
	if s := NewSource(Options{File: name}).Stats(time.Now()); s != (Stats{}) {
		t.Errorf("of a list that was never read: %+v", s)
	}
	if err := write("198.51.100.0/24"); err != nil {
		t.Fatal(err)
	}
	if source.Stats(time.Now()).Failed {
		t.Error("the last try went well")
	}
	if code, _ := judge(g, "192.0.2.1"); code != 0 {
		t.Error("the new list is not there")
	}
	source.o.MaxBytes = 10
	if err := write("203.0.113.0/24 # a list that is too long"); err == nil || err.Error() != "the file is larger than it may be" {
		t.Error(err)
	}
}

// TestServer asks a server for what has changed, and believes it no nonsense.
func TestServer(t *testing.T) {
	text, tag, status, asked := "192.0.2.0/24\n", `"1"`, 200, ""
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("If-None-Match")
		if asked == tag && status == 200 {
			w.WriteHeader(304)
			return
		}
		w.Header().Set("ETag", tag)
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}))
	defer server.Close()
	s := NewSource(Options{URL: server.URL + "/list?key=secret", Client: server.Client()})
	g := New([]Feed{{Source: s}}, nil)
	if code, _ := judge(g, "198.51.100.1"); code != gate.FeedUnavailable {
		t.Errorf("before it was read: %v", code)
	}
	load := func() error { return s.Load(context.Background()) }
	if err := load(); err != nil {
		t.Fatal(err)
	}
	if err := load(); err != nil || asked != tag {
		t.Errorf("%v, asked for %q", err, asked)
	}
	tag, text = `"2"`, "<html>"
	if load() == nil {
		t.Error("a page is a list")
	}
	status = 500
	if err := load(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	if code, _ := judge(g, "192.0.2.1"); code != gate.AddressRefused {
		t.Errorf("the last good list is gone: %v", code)
	}
	server.Close()
	if err := load(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	plain := NewSource(Options{URL: "https://127.0.0.1:1/"})
	if r, _ := http.NewRequest("GET", "http://127.0.0.1/", nil); plain.o.Client.CheckRedirect(r, nil) == nil {
		t.Error("a redirect leads to plain HTTP")
	}
}

// TestStale shows that a list which is too old is none, and that Run reads it
// again and ends.
func TestStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, name := written(t, List, []byte("192.0.2.0/24\n"))
		g := New([]Feed{{Source: source}}, nil)
		os.Remove(name)
		ctx, end := context.WithCancel(context.Background())
		go source.Run(ctx)
		time.Sleep(7*24*time.Hour - time.Minute)
		if code, _ := judge(g, "192.0.2.1"); code != gate.AddressRefused {
			t.Errorf("%v while it holds", code)
		}
		time.Sleep(2 * time.Minute)
		if code, _ := judge(g, "192.0.2.1"); code != gate.FeedUnavailable {
			t.Errorf("%v when it is too old", code)
		}
		if err := os.WriteFile(name, []byte("198.51.100.0/24\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if code, _ := judge(g, "198.51.100.1"); code != gate.AddressRefused {
			t.Errorf("%v once it is there again", code)
		}
		end()
		synctest.Wait()
	})
}
