package ssrf_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
)

const hooks = `openapi: 3.1.0
info: {title: Hooks, version: 1.0.0}
paths:
  /hooks:
    post:
      operationId: addHook
      security: []
      parameters:
        - {name: next, in: query, schema: {type: string}}
        - {name: note, in: query, schema: {type: string}}
        - {name: urls, in: query, explode: false, schema: {type: array, items: {type: string}}}
        - {name: X-Notify, in: header, schema: {type: string, format: uri}}
        - {name: back, in: cookie, schema: {type: string, format: uri}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Hook"}}, application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Flat"}}}}
      responses: {"204": {description: Done}}
  /fetch/{target}:
    get: {security: [], parameters: [{name: target, in: path, required: true, schema: {type: string}}], responses: {"204": {description: Done}}}
components:
  schemas:
    Text: {type: string}
    Flat: {type: object, properties: {target: {type: string}, note: {type: string}}}
    Hook:
      type: object
      properties:
        where: {type: string, format: uri}
        callbackUrl: {$ref: "#/components/schemas/Text"}
        images: {type: array, items: {type: string}}
        six: {type: string, format: ipv6}
        server: {type: string}
        note: {type: string}
        site: {type: string, format: url}
        picture: {type: string, format: uri-reference}
        partner: {type: string, format: uri}
        inside: {type: string, format: url}
        kind: {enum: ["http://127.0.0.1/"]}
        id: {type: string, format: uuid}
        more: {type: object, additionalProperties: true}
        any: {}
        parts: {type: array, items: {$ref: "#/components/schemas/Hook"}}
`

// names are what DNS says in these tests.
var names = map[string][]string{
	"example.com": {"93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"}, "hooks.example.com": {"93.184.216.34"},
	"127.0.0.1.nip.io": {"127.0.0.1"}, "mixed.example.com": {"93.184.216.34", "10.0.0.1"}, "mapped.example.com": {"::ffff:169.254.169.254"},
	"partner.example.net": {"10.1.2.3"}, "none.example.com": {},
}

func lookup(_ context.Context, host string) (list []netip.Addr, err error) {
	known, ok := names[host]
	switch {
	case host == "down.example.com":
		return nil, errors.New("no answer")
	case !ok:
		return nil, &net.DNSError{Name: host, IsNotFound: true}
	}
	for _, text := range known {
		list = append(list, netip.MustParseAddr(text))
	}
	return list, nil
}

func newStage(t testing.TB, set gatehouse.SSRF) *stage.Stage {
	t.Helper()
	o := gatehouse.Options{Settings: gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectOff}, SSRF: &set, ReadOnly: gatehouse.Refuse}}
	s := stage.New(t, hooks, gatehouse.API{Options: o, Resolver: ssrf.NewResolver(ssrf.ResolverOptions{Lookup: lookup})})
	s.API = hooksAPI
	return s
}

func hooksAPI(x *gate.Exchange) { x.Answer.Status = 204 }

const json = "application/json"

// TestGuard sends URLs in every position that leads inside, and what must pass.
func TestGuard(t *testing.T) {
	s := newStage(t, gatehouse.SSRF{Fields: map[string]config.SSRFField{
		"Hook/partner": {Allow: []string{"*.example.net", "db.internal"}}, "Hook/inside": {Allow: []string{"10.0.0.0/8"}, Only: true}}})
	rows := []struct{ name, target, media, body, code string }{
		{"public", "/hooks", json, `{"where":"https://example.com/a"}`, ""},
		{"loopback", "/hooks", json, `{"where":"http://127.0.0.1/"}`, "url-target"},
		{"metadata", "/hooks", json, `{"where":"http://169.254.169.254/latest"}`, "url-target"},
		{"metadata-of-ipv6", "/hooks", json, `{"where":"http://[fd00:ec2::254]/"}`, "url-target"},
		{"metadata-by-name", "/hooks", json, `{"where":"http://metadata.google.internal/"}`, "url-target"},
		{"metadata-of-another", "/hooks", json, `{"where":"http://100.100.100.200/"}`, "url-target"},
		{"mapped", "/hooks", json, `{"where":"http://[::ffff:10.0.0.1]/"}`, "url-target"},
		{"nat64", "/hooks", json, `{"where":"http://[64:ff9b::a9fe:a9fe]/"}`, "url-target"},
		{"wildcard-dns", "/hooks", json, `{"where":"http://127.0.0.1.nip.io/"}`, "url-target"},
		{"one-of-two", "/hooks", json, `{"where":"http://mixed.example.com/"}`, "url-target"},
		{"mapped-by-dns", "/hooks", json, `{"where":"http://mapped.example.com/"}`, "url-target"},
		{"one-label", "/hooks", json, `{"where":"http://intranet/"}`, "url-target"},
		{"unknown-name", "/hooks", json, `{"where":"http://nobody.example.com/"}`, "url-target"},
		{"no-address", "/hooks", json, `{"where":"http://none.example.com/"}`, "url-target"},
		{"resolver-down", "/hooks", json, `{"where":"http://down.example.com/"}`, "url-unresolved"},
		{"escaped", "/hooks", json, `{"where":"http:\/\/\u0031\u00327.0.0.1\/"}`, "url-target"},
		{"decimal", "/hooks", json, `{"where":"http://2130706433/"}`, "url-form"},
		{"user", "/hooks", json, `{"where":"http://example.com@127.0.0.1/"}`, "url-form"},
		{"scheme", "/hooks", json, `{"where":"gopher://example.com/"}`, "url-target"},
		{"port-of-a-store", "/hooks", json, `{"where":"http://example.com:6379/"}`, "url-target"},
		{"port-of-mail", "/hooks", json, `{"where":"http://example.com:25/"}`, "url-target"},
		{"port", "/hooks", json, `{"where":"http://example.com:8080/"}`, ""},
		{"by-name-of-a-reference", "/hooks", json, `{"callbackUrl":"//127.0.0.1/a"}`, "url-target"},
		{"by-name-without-scheme", "/hooks", json, `{"callbackUrl" : "127.0.0.1/a"}`, "url-target"},
		{"by-name-without-scheme-of-a-name", "/hooks", json, `{"callbackUrl":"127.0.0.1.nip.io/x"}`, "url-target"},
		{"by-name-without-scheme-public", "/hooks", json, `{"callbackUrl":"hooks.example.com/x"}`, ""},
		{"by-name-without-scheme-resolver-down", "/hooks", json, `{"callbackUrl":"down.example.com/x"}`, "url-unresolved"},
		{"by-name-a-file", "/hooks", json, `{"callbackUrl":"readme.md"}`, ""},
		{"format-url-without-scheme", "/hooks", json, `{"site":"127.0.0.1.nip.io/x"}`, "url-target"},
		{"format-url-one-label", "/hooks", json, `{"site":"redis/x"}`, "url-target"},
		{"format-url-unknown", "/hooks", json, `{"site":"nobody.example.com/x"}`, "url-target"},
		{"format-url-public", "/hooks", json, `{"site":"example.com/x"}`, ""},
		{"format-reference-wildcard-dns", "/hooks", json, `{"picture":"127.0.0.1.nip.io/x"}`, "url-target"},
		{"format-reference-metadata", "/hooks", json, `{"picture":"169.254.169.254/latest"}`, "url-target"},
		{"format-reference-a-file", "/hooks", json, `{"picture":"a.b/c.png"}`, ""},
		{"format-reference-a-folder", "/hooks", json, `{"picture":"redis/x"}`, ""},
		{"host-with-slashes", "/hooks", json, `{"server":"redis//x"}`, "url-target"},
		{"by-name-a-path", "/hooks", json, `{"callbackUrl":"/a/b"}`, ""},
		{"in-a-list", "/hooks", json, `{"images":["a.png","https://example.com/a","http://10.0.0.1/"]}`, "url-target"},
		{"in-a-list-a-host", "/hooks", json, `{"images":["127.0.0.1"]}`, "url-target"},
		{"host", "/hooks", json, `{"server":"example.com:443"}`, ""},
		{"host-inside", "/hooks", json, `{"server":"redis:6379"}`, "url-target"},
		{"host-of-an-address", "/hooks", json, `{"server":"0x7f.1"}`, "url-form"},
		{"by-looks", "/hooks", json, `{"note":"http://127.0.0.1/admin and more"}`, "url-target"},
		{"by-looks-with-space", "/hooks", json, `{"note":"  http://127.0.0.1/"}`, "url-target"},
		{"by-looks-with-tab", "/hooks", json, `{"note":"ht\ttp://127.0.0.1/"}`, "url-form"},
		{"by-looks-behind-a-user-of-signs", "/hooks", json, `{"note":"http://a$@127.0.0.1/"}`, "url-form"},
		{"by-looks-behind-a-user-in-braces", "/hooks", json, `{"note":"http://{a}@127.0.0.1/"}`, "url-form"},
		{"by-looks-behind-a-backslash", "/hooks", json, `{"note":"http://127.0.0.1\\@<host>/"}`, "url-form"},
		{"a-user-to-fill-in", "/hooks", json, `{"note":"https://<user>@<host>/x"}`, ""},
		{"by-looks-in-a-url", "/hooks", json, `{"note":"url:http://127.0.0.1/"}`, "url-target"},
		{"by-looks-in-a-jar", "/hooks", json, `{"note":"jar:http://127.0.0.1/a!/b"}`, "url-target"},
		{"words-before-a-url", "/hooks", json, `{"note":"url: http://127.0.0.1/"}`, ""},
		{"address-of-ipv6", "/hooks", json, `{"six":"2606:2800:220:1::1"}`, ""},
		{"address-of-ipv6-inside", "/hooks", json, `{"six":"::1"}`, "url-target"},
		{"address-of-ipv6-mapped", "/hooks", json, `{"six":"::ffff:127.0.0.1"}`, "url-target"},
		{"host-that-is-ipv6", "/hooks", json, `{"server":"fd00::1"}`, "url-target"},
		{"by-looks-other-scheme", "/hooks", json, `{"note":"file:///etc/passwd"}`, "url-target"},
		{"by-looks-without-scheme", "/hooks", json, `{"note":"//169.254.169.254/"}`, "url-target"},
		{"words", "/hooks", json, `{"note":"see http: it is easy, or //todo: mend a.b()"}`, ""},
		{"a-comment", "/hooks", json, `{"note":"//a.b(c): todo"}`, ""},
		{"a-slash-line", "/hooks", json, `{"note":"//////////"}`, ""},
		{"a-host-to-fill-in", "/hooks", json, `{"note":"http://<your-host>/x"}`, ""},
		{"a-link-that-is-gone", "/hooks", json, `{"note":"http://nobody.example.com/x is gone"}`, ""},
		{"enum", "/hooks", json, `{"kind":"http://127.0.0.1/"}`, ""},
		{"in-what-is-open", "/hooks", json, `{"more":{"a":{"b":["x","http://127.0.0.1/"]}}}`, "url-target"},
		{"in-what-is-open-by-name", "/hooks", json, `{"more":{"hosts":["a.example.com","localhost"]}}`, "url-target"},
		{"anything", "/hooks", json, `{"any":"http://127.0.0.1/"}`, "url-target"},
		{"anything-nested", "/hooks", json, `{"any":[{"x":"//127.0.0.1"}]}`, "url-target"},
		{"nested", "/hooks", json, `{"parts":[{"note":"x"},{"where":"http://127.0.0.1/"}]}`, "url-target"},
		{"allowed-host", "/hooks", json, `{"partner":"http://partner.example.net/"}`, ""},
		{"allowed-name-inside", "/hooks", json, `{"partner":"http://db.internal/"}`, ""},
		{"allowed-elsewhere", "/hooks", json, `{"where":"http://partner.example.net/"}`, "url-target"},
		{"beside-the-allowed", "/hooks", json, `{"partner":"http://notexample.net/"}`, "url-target"},
		{"public-beside-the-allowed", "/hooks", json, `{"partner":"http://example.com/"}`, ""},
		{"allowed-network", "/hooks", json, `{"inside":"http://10.1.1.1/"}`, ""},
		{"allowed-network-by-name", "/hooks", json, `{"inside":"http://partner.example.net/"}`, ""},
		{"only-that-without-scheme", "/hooks", json, `{"inside":"example.com/"}`, "url-target"},
		{"only-that", "/hooks", json, `{"inside":"http://example.com/"}`, "url-target"},
		{"form", "/hooks", "application/x-www-form-urlencoded", `target=http%3A%2F%2F127.0.0.1%2F`, "url-target"},
		{"form-by-looks", "/hooks", "application/x-www-form-urlencoded", `note=http://127.0.0.1/`, "url-target"},
		{"query", "/hooks?next=http%3A%2F%2F127.0.0.1%2F", "", "", "url-target"},
		{"query-a-path", "/hooks?next=/home", "", "", ""},
		{"query-backslash", "/hooks?next=/%5Cexample.com", "", "", "url-form"},
		{"query-by-looks", "/hooks?note=http://localhost:8080/", "", "", "url-target"},
		{"query-list", "/hooks?urls=https://example.com/,http://127.0.0.1/", "", "", "url-target"},
		{"path-host", "/fetch/127.0.0.1:80", "", "", "url-target"},
		{"path-number", "/fetch/12345", "", "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			method := "POST"
			if strings.HasPrefix(row.target, "/fetch") {
				method = "GET"
			}
			s.Call(method, row.target, row.media, row.body)
			if row.code == "" {
				if strings.Contains(s.Body, `"code":"url-`) || s.Status != 204 {
					t.Errorf("%d %s", s.Status, s.Body)
				}
				return
			}
			if !strings.Contains(s.Body, `"code":"`+row.code+`"`) {
				t.Errorf("%d %s, want %s", s.Status, s.Body, row.code)
			}
			for _, secret := range []string{"127.0.0", "169.254", "internal/", "10.0.0"} {
				if strings.Contains(s.Body, secret) {
					t.Errorf("the answer holds what was sent: %s", s.Body)
				}
			}
		})
	}
}

// TestHeads judges declared fields and cookies.
func TestHeads(t *testing.T) {
	s := newStage(t, gatehouse.SSRF{Schemes: []string{"https"}, Ports: []int{443}})
	call := func(fields ...gate.Field) string {
		x := s.Gate.Acquire()
		x.Method, x.Target, x.Host, x.Version = []byte("POST"), []byte("/hooks"), []byte("api.test"), "HTTP/1.1"
		x.Fields = append(x.Fields, fields...)
		w := &wire{}
		s.Gate.Serve(x, w)
		defer s.Gate.Release(x)
		return w.body
	}
	field := func(name, value string) gate.Field { return gate.Field{Name: []byte(name), Value: []byte(value)} }
	for _, bad := range []gate.Field{field("x-notify", "https://10.0.0.1/"), field("X-Notify", "http://example.com/"), field("X-Notify", "https://example.com:8443/"), field("Cookie", "a=b; back=https://[::1]/")} {
		if body := call(bad); !strings.Contains(body, `"url-`) {
			t.Errorf("%s passes: %s", bad.Value, body)
		}
	}
	for _, good := range []gate.Field{field("X-Notify", "https://example.com:443/"), field("Cookie", "back=https://example.com/"), field("Referer", "http://127.0.0.1/")} {
		if body := call(good); body != "" {
			t.Errorf("%s is refused: %s", good.Value, body)
		}
	}
}

type wire struct{ body string }

func (w *wire) Reply(x *gate.Exchange) error { w.body = string(x.Reply.Body); return nil }
func (w *wire) Relay(*gate.Exchange) error   { return nil }

// TestChecks shows what the settings turn off.
func TestChecks(t *testing.T) {
	rows := []struct {
		name, body string
		set        gatehouse.SSRF
		refused    bool
	}{
		{"typed-leaves-looks-out", `{"note":"http://127.0.0.1/"}`, gatehouse.SSRF{Check: config.SSRFTyped}, false},
		{"typed-judges-types", `{"where":"http://127.0.0.1/"}`, gatehouse.SSRF{Check: config.SSRFTyped}, true},
		{"typed-judges-names", `{"callbackUrl":"http://127.0.0.1/"}`, gatehouse.SSRF{Check: config.SSRFTyped}, true},
		{"off", `{"where":"http://127.0.0.1/"}`, gatehouse.SSRF{Check: config.SSRFOff}, false},
		{"names-alone", `{"where":"http://mixed.example.com/"}`, gatehouse.SSRF{Resolve: config.ResolveNone}, false},
		{"names-alone-inside", `{"where":"http://db.internal/"}`, gatehouse.SSRF{Resolve: config.ResolveNone}, true},
		{"open", `{"where":"http://down.example.com/"}`, gatehouse.SSRF{OnFailure: config.FailOpen}, false},
		{"closed", `{"where":"http://down.example.com/"}`, gatehouse.SSRF{}, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := newStage(t, row.set)
			if s.Call("POST", "/hooks", json, row.body); (s.Status != 204) != row.refused {
				t.Errorf("%d %s", s.Status, s.Body)
			}
			if row.name == "open" && len(s.Event.Would) != 1 {
				t.Errorf("the event does not say what passed: %v", s.Event.Would)
			}
			if row.name == "closed" && (s.Status != 503 || s.Reply["Retry-After"] != "1") {
				t.Errorf("%d %v", s.Status, s.Reply)
			}
		})
	}
}

// TestResolverIsSlow shows that no call waits longer than it may, that a name is
// asked for once, and that there is an end to how many are asked for.
func TestResolverIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		release := make(chan struct{})
		r := ssrf.NewResolver(ssrf.ResolverOptions{Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			asked.Add(1)
			select {
			case <-release:
				return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}})
		s := stage.New(t, hooks, gatehouse.API{Options: gatehouse.Options{Settings: gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectOff}, SSRF: &gatehouse.SSRF{Wait: 20 * time.Millisecond}}}, Resolver: r})
		s.API = func(x *gate.Exchange) { x.Answer.Status = 204 }
		for range 3 {
			begin := time.Now()
			s.Call("POST", "/hooks", json, `{"where":"http://slow.example.com/"}`)
			if s.Status != 503 || time.Since(begin) != 20*time.Millisecond {
				t.Fatalf("%d after %v", s.Status, time.Since(begin))
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times for one name", n)
		}
		for i := range 200 {
			s.Call("POST", "/hooks", json, `{"where":"http://n`+string(rune('a'+i%26))+string(rune('a'+i/26))+`.example.com/"}`)
		}
		if n := asked.Load(); n > 64 {
			t.Errorf("%d names are asked for at once", n)
		}
		close(release)
		synctest.Wait()
		if s.Call("POST", "/hooks", json, `{"where":"http://slow.example.com/"}`); s.Status != 204 {
			t.Errorf("%d once the name is known", s.Status)
		}
		before := asked.Load()
		time.Sleep(31 * time.Second) // of the bubble: the answer is too old
		if s.Call("POST", "/hooks", json, `{"where":"http://slow.example.com/"}`); s.Status != 204 || asked.Load() != before+1 {
			t.Errorf("%d, asked %d times more", s.Status, asked.Load()-before)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	s := newStage(b, gatehouse.SSRF{})
	without := stage.New(b, hooks, gatehouse.API{})
	without.API = s.API
	for _, bench := range []struct{ name, body string }{
		{"benign", `{"where":"https://example.com/a","callbackUrl":"https://hooks.example.com/x","note":"please call back when the order has left the house","server":"example.com"}`},
		{"hostile", `{"where":"http://127.0.0.1/a"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Call("POST", "/hooks", json, bench.body)
			}
		})
		b.Run(bench.name+"-without", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				without.Call("POST", "/hooks", json, bench.body)
			}
		})
	}
}
