package bot

import (
	"bytes"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// What is known of the TLS of programs. The digests of JA4 stand for themselves:
// the guard compares them and reads nothing in them.
var (
	helloChromium = &gate.Hello{JA4: "t13d1517h2_8daaf6152771_b6f405a00624", Grease: true, HTTP2: true}
	helloFirefox  = &gate.Hello{JA4: "t13d1617h2_5b57614c22b0_3cbfd9057e0d", HTTP2: true, RecordSizeLimit: true}
	helloOpenSSL  = &gate.Hello{JA4: "t13d3112h2_e8f1e7e78f70_6bebaf5329ac", HTTP2: true, EncryptThenMAC: true}
	helloGo       = &gate.Hello{JA4: "t13d1312h2_f57a46bbacb6_ab7e3b40a677", HTTP2: true}
	helloOld      = &gate.Hello{JA4: "t12d300900_000000000000_000000000000"}
)

const (
	agentChromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
	agentFirefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
	agentSafari   = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"
)

// headed makes a call of a head as it came over HTTP/1.1.
func headed(lines string) *gate.Exchange {
	x := call("/", "192.0.2.1", 0)
	x.Method, x.Version, x.Peer = []byte("GET"), "HTTP/1.1", netip.MustParseAddrPort("192.0.2.1:4000")
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return x
}

// The heads of programs, in their order: Chromium 156, Firefox 153 and curl 7, as
// they were sent; net/http of Go 1.26 and requests 2, as their sources say.
const (
	page = `Host: a.example
		Connection: keep-alive
		sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
		sec-ch-ua-mobile: ?0
		sec-ch-ua-platform: "Linux"
		Upgrade-Insecure-Requests: 1
		User-Agent: ` + agentChromium + `
		Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
		Sec-Fetch-Site: none
		Sec-Fetch-Mode: navigate
		Sec-Fetch-User: ?1
		Sec-Fetch-Dest: document
		Accept-Encoding: gzip, deflate, br, zstd
		Accept-Language: en-US,en;q=0.9
		Cookie: a=b`
	script = `Host: a.example
		Connection: keep-alive
		Content-Length: 2
		sec-ch-ua-platform: "Linux"
		Accept-Language: xx
		sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
		X-A: 1
		sec-ch-ua-mobile: ?0
		User-Agent: ` + agentChromium + `
		Accept: application/json
		Content-Type: application/json
		Origin: https://a.example
		Sec-Fetch-Site: same-origin
		Sec-Fetch-Mode: cors
		Sec-Fetch-Dest: empty
		Referer: https://a.example/
		Accept-Encoding: gzip, deflate, br, zstd
		Cookie: a=b`
	worker = `Host: a.example
		Connection: keep-alive
		Accept: */*
		Sec-Fetch-Site: same-origin
		Sec-Fetch-Mode: same-origin
		Sec-Fetch-Dest: worker
		Referer: https://a.example/
		User-Agent: ` + agentChromium + `
		Accept-Encoding: gzip, deflate, br, zstd
		Accept-Language: en-US,en;q=0.9`
	video = `Host: a.example
		Connection: keep-alive
		sec-ch-ua-platform: "Linux"
		User-Agent: ` + agentChromium + `
		sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"
		sec-ch-ua-mobile: ?0
		Accept: */*
		Sec-Fetch-Site: same-origin
		Sec-Fetch-Mode: no-cors
		Sec-Fetch-Dest: video
		Referer: https://a.example/
		Accept-Encoding: identity
		Accept-Language: en-US,en;q=0.9
		Range: bytes=0-`
	fox = `Host: a.example
		User-Agent: ` + agentFirefox + `
		Accept: application/json
		Accept-Language: xx
		Accept-Encoding: gzip, deflate, br, zstd
		Referer: https://a.example/
		Content-Type: application/json
		X-A: 1
		Content-Length: 2
		Origin: https://a.example
		Connection: keep-alive
		Cookie: a=b
		Sec-Fetch-Dest: empty
		Sec-Fetch-Mode: cors
		Sec-Fetch-Site: same-origin
		Priority: u=4`
	foxVideo = `Host: a.example
		User-Agent: ` + agentFirefox + `
		Accept: video/webm,video/ogg,video/*;q=0.9,*/*;q=0.5
		Accept-Language: en-US,en;q=0.9
		Range: bytes=0-
		Connection: keep-alive
		Sec-Fetch-Dest: video
		Sec-Fetch-Mode: no-cors
		Sec-Fetch-Site: same-origin
		Accept-Encoding: identity`
	socket = `Host: a.example
		Connection: Upgrade
		Pragma: no-cache
		Upgrade: websocket
		User-Agent: ` + agentChromium + `
		Origin: https://a.example
		Sec-WebSocket-Version: 13
		Accept-Encoding: gzip, deflate, br, zstd
		Accept-Language: en-US,en;q=0.9`
	curl = `Host: a.example
		User-Agent: ` + agentChromium + `
		Accept: */*`
	golang = `Host: a.example
		User-Agent: ` + agentChromium + `
		Accept-Encoding: gzip`
	requests = `Host: a.example
		User-Agent: ` + agentChromium + `
		Accept-Encoding: gzip, deflate
		Accept: */*
		Connection: keep-alive`
)

// TestPrograms holds the guard to heads of programs and what is known of their TLS: none of a browser is
// suspected, and each program that pretends to be one is.
func TestPrograms(t *testing.T) {
	rows := []struct {
		name, head string
		tls        *gate.Hello // nil for none
		change     func(x *gate.Exchange)
		want       string // of signs that are noted
	}{
		{"chromium-page", page, helloChromium, nil, ""},
		{"chromium-script", script, helloChromium, nil, ""},
		{"chromium-worker", worker, helloChromium, nil, ""},
		{"chromium-video", video, helloChromium, nil, ""},
		{"chromium-socket", socket, &gate.Hello{Grease: true}, func(x *gate.Exchange) { x.Upgrade = []byte("websocket") }, ""},
		{"chromium-http2", strings.ReplaceAll(strings.ReplaceAll(page, "Host: a.example\n", ""), "Connection: keep-alive\n", ""), helloChromium, func(x *gate.Exchange) { x.Version = "HTTP/2" }, ""},
		{"chromium-plain", without(script, "sec-ch-", "Sec-Fetch-"), nil, nil, ""},
		{"firefox-script", fox, helloFirefox, nil, ""},
		{"firefox-video", foxVideo, helloFirefox, nil, ""},
		{"firefox-plain", without(fox, "Sec-Fetch-"), nil, nil, ""},
		{"old-chromium", without(strings.ReplaceAll(page, "Chrome/156", "Chrome/70"), "sec-ch-", "Sec-Fetch-"), helloOld, nil, ""},
		{"behind-a-proxy", without(page, "Connection"), helloGo, func(x *gate.Exchange) { x.Hops = []netip.Addr{x.Client} }, ""},
		{"behind-a-proxy-that-asks", without(page, "Connection"), helloGo, func(x *gate.Exchange) { x.Question = &gate.Question{} }, ""},
		{"behind-a-proxy-that-nobody-knows", without(page, "Connection", "Host") + "\nVia: 1.1 b", nil, nil, ""},
		{"a-proxy-took-the-coding", without(page, "Connection", "Accept-Encoding") + "\nX-Forwarded-For: 10.1.2.3", helloChromium, nil, ""},
		{"preflight", golang, nil, func(x *gate.Exchange) { x.Method = []byte("OPTIONS") }, ""},
		{"curl-that-says-so", strings.ReplaceAll(curl, agentChromium, "curl/8.5.0"), helloOpenSSL, nil, ""},
		{"crawler-that-says-so", strings.ReplaceAll(curl, agentChromium, "Mozilla/5.0 (compatible; Examplebot/2.1; +http://a.example/bot) Chrome/156.0.0.0 Safari/537.36"), helloOpenSSL, nil, ""},
		{"no-fields", "", helloGo, nil, ""},

		{"curl", curl, nil, nil, "no-accept-language no-accept-encoding no-connection"},
		{"curl-tls", curl, helloOpenSSL, nil, "no-accept-language no-accept-encoding no-connection fetch-metadata tls-no-grease tls-extensions"},
		{"curl-firefox", strings.ReplaceAll(curl, agentChromium, agentFirefox), helloOpenSSL, nil, "no-accept-language no-accept-encoding no-connection fetch-metadata tls-extensions"},
		{"curl-safari", strings.ReplaceAll(curl, agentChromium, agentSafari), helloOpenSSL, nil, "no-accept-language no-accept-encoding no-connection fetch-metadata tls-no-grease tls-extensions"},
		{"go", golang, nil, nil, "no-accept no-accept-language no-connection"},
		{"go-tls", golang, helloGo, nil, "no-accept no-accept-language no-connection fetch-metadata tls-no-grease"},
		{"requests", requests, nil, nil, "no-accept-language field-order"},
		{"copied-head", page, helloGo, nil, "tls-no-grease"},
		{"copied-head-of-firefox", fox, helloGo, nil, "tls-extensions"},
		{"copied-head-old-tls", page, helloOld, nil, "tls-no-grease tls-no-http2"},
		{"copied-head-in-order-of-the-alphabet", sorted(without(page, "Accept-Language")), helloChromium, nil, "no-accept-language field-order"},
		{"other-version", strings.ReplaceAll(without(page, "Accept-Language"), `"Chromium";v="156"`, `"Chromium";v="120"`), helloChromium, nil, "no-accept-language client-hints"},
		{"other-system", strings.ReplaceAll(without(page, "Accept-Language"), `"Linux"`, `"Windows"`), helloChromium, nil, "no-accept-language client-hints"},
		{"firefox-with-hints", without(fox, "Accept-Language") + "\nSec-CH-UA: \"Chromium\";v=\"156\"", helloFirefox, nil, "no-accept-language client-hints"},
		{"half-of-fetch-metadata", without(fox, "Accept-Language", "Sec-Fetch-Dest"), nil, nil, "no-accept-language fetch-metadata"},
		{"firefox-in-order-of-chromium", strings.ReplaceAll(without(page, "sec-ch-", "Accept-Language"), agentChromium, agentFirefox), nil, nil, "no-accept-language field-order"},
		{"chromium-in-order-of-firefox", strings.ReplaceAll(without(fox, "Accept-Language"), agentFirefox, agentChromium), nil, nil, "no-accept-language field-order"},
		{"cookie-too-early", "Host: a\nCookie: a=b\n" + without(page, "Host", "Cookie", "Accept-Language"), helloChromium, nil, "no-accept-language field-order"},
		{"host-late", without(page, "Host", "Accept-Language") + "\nHost: a", helloChromium, nil, "no-accept-language field-order"},
		{"headless", strings.ReplaceAll(page, " Chrome/", " HeadlessChrome/"), helloChromium, nil, "headless"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			x := headed(row.head)
			x.Hello = row.tls
			x.Secure, x.ClientSecure = row.tls != nil, row.tls != nil
			if row.change != nil {
				row.change(x)
			}
			s := NewState()
			v := New(s, Options{API: "a", Signals: true}).Head(x)
			var got []string
			for name := range x.Signals.Each {
				got = append(got, name)
			}
			if suspected := row.want != ""; strings.Join(got, " ") != row.want || (v == gate.Deny) != suspected || (s.Suspected.Load() == 1) != suspected {
				t.Errorf("%v %q, want %q", v, got, row.want)
			}
			if v == gate.Deny && !reflect.DeepEqual(x.Refusal, gate.Refusal{Code: gate.BotSuspected, Keyword: "signals"}) {
				t.Errorf("the refusal tells more: %+v", x.Refusal)
			}
		})
	}
}

// without leaves lines out that begin so.
func without(head string, starts ...string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(head, "\n"), func(line string) bool {
		return slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(strings.TrimSpace(line), s) })
	}), "\n")
}

func sorted(head string) string {
	lines := strings.Split(head, "\n")
	slices.SortFunc(lines, func(a, b string) int {
		return strings.Compare(strings.ToLower(strings.TrimSpace(a)), strings.ToLower(strings.TrimSpace(b)))
	})
	return strings.Join(lines, "\n")
}

// TestFingerprints refuses what is on the list, whatever it says it is, and
// nobody for the TLS of a proxy.
func TestFingerprints(t *testing.T) {
	listed := map[string]struct{}{helloGo.JA4: {}}
	rows := []struct {
		name   string
		change func(x *gate.Exchange)
		want   gate.Signals
	}{
		{"listed", func(x *gate.Exchange) { x.Hello = helloGo }, gate.Fingerprint},
		{"another", func(x *gate.Exchange) { x.Hello = helloOpenSSL }, 0},
		{"without-tls", func(*gate.Exchange) {}, 0},
		{"of-a-proxy", func(x *gate.Exchange) { x.Hello, x.Client = helloGo, netip.MustParseAddr("198.51.100.1") }, 0},
		{"of-a-proxy-that-asks", func(x *gate.Exchange) { x.Hello, x.Question = helloGo, &gate.Question{} }, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			x := headed("Host: a")
			row.change(x)
			v := New(NewState(), Options{API: "a", Fingerprints: listed}).Head(x)
			if x.Signals != row.want || (v == gate.Deny) != (row.want != 0) {
				t.Errorf("%v %b", v, x.Signals)
			}
		})
	}
}

// TestClaims reads what programs say of themselves.
func TestClaims(t *testing.T) {
	rows := []struct {
		text    string
		family  family
		version int
	}{
		{agentChromium, chromium, 156}, {agentFirefox, firefox, 153}, {agentSafari, safari, 18},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", chromium, 131},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", chromium, 131},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", safari, 17},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1", nobody, 0},
		{"Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0 Mobile Safari/537.36", nobody, 0},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) app/1.0 Chrome/131.0 Electron/33.0 Safari/537.36", nobody, 0},
		{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Examplebot/2.1) Chrome/131.0 Safari/537.36", nobody, 0},
		{"Mozilla/5.0 (compatible; Examplebot/2.1)", nobody, 0}, {"Mozilla/5.0 (", nobody, 0}, {"Mozilla/5.0 (X11) Chrome/", chromium, 0},
		{"curl/8.5.0", nobody, 0}, {"okhttp/4.12.0", nobody, 0}, {"python-requests/2.32", nobody, 0}, {"Go-http-client/1.1", nobody, 0}, {"", nobody, 0},
	}
	for _, row := range rows {
		if a := claim([]byte(row.text)); a.family != row.family || a.family != nobody && a.version != row.version {
			t.Errorf("%q: %d %d", row.text, a.family, a.version)
		}
	}
}

// TestSignalsAlloc holds what is judged of a call to no allocation, suspected or
// not.
func TestSignalsAlloc(t *testing.T) {
	good, bad, g := headed(page), headed(curl), New(NewState(), Options{API: "a", Signals: true, Fingerprints: map[string]struct{}{helloGo.JA4: {}}})
	good.Hello, bad.Hello = helloChromium, helloOpenSSL
	if n := testing.AllocsPerRun(100, func() {
		if g.Head(good) != gate.Allow || g.Head(bad) != gate.Deny {
			t.Error("judged wrongly")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSignals judges the head of a browser.
func BenchmarkSignals(b *testing.B) {
	x, g := headed(page), New(NewState(), Options{API: "a", Signals: true})
	x.Hello, x.Secure, x.ClientSecure = helloChromium, true, true
	b.ReportAllocs()
	for b.Loop() {
		g.Head(x)
	}
}

// FuzzSignals must end, and whatever claims no browser is not suspected.
func FuzzSignals(f *testing.F) {
	f.Add(agentChromium, `"Chromium";v="156"`, "navigate")
	f.Add("Mozilla/5.0 (((", "\"", "")
	f.Fuzz(func(t *testing.T, agent, brands, mode string) {
		x := headed("")
		x.Fields = []gate.Field{{Name: []byte("user-agent"), Value: []byte(agent)}, {Name: []byte("sec-ch-ua"), Value: []byte(brands)}, {Name: []byte("sec-fetch-mode"), Value: []byte(mode)}}
		x.Hello, x.ClientSecure = helloGo, true
		v := New(NewState(), Options{API: "a", Signals: true}).Head(x)
		if v == gate.Deny && !bytes.HasPrefix([]byte(agent), []byte("Mozilla/5.0 (")) {
			t.Errorf("%q is suspected", agent)
		}
	})
}
