package authorizer_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/authorizer"
)

// hostile are questions that no proxy asks which is set up as documented, or
// that a client has made its proxy ask. None is answered with 2xx. Each row
// changes an honest question: old for new, or a line more where old is "".
var hostile = []struct {
	name, old, new string
	status         int
	in             string // the protocols; "" for all
}{
	// Fields that are missing, empty or stand twice.
	{"no-method", "X-Original-Method: GET", "X: y", 500, "nginx"},
	{"no-method", "X-Forwarded-Method: GET", "X: y", 500, "forward_auth"},
	{"empty-method", "Method: GET", "Method:", 500, "nginx forward_auth"},
	{"two-methods", "", "X-Original-Method: POST", 500, "nginx"},
	{"two-methods-alike", "", "X-Original-Method: GET", 500, "nginx"},
	{"two-methods-in-another-case", "", "x-original-METHOD: POST", 500, "nginx"},
	{"two-methods", "", "X-Forwarded-Method: POST", 500, "forward_auth"},
	{"methods-in-a-list", "Method: GET", "Method: GET, POST", 400, "nginx forward_auth"},
	{"no-target", "X-Original-URI: /get?a=%41", "X: y", 500, "nginx"},
	{"no-target", "X-Forwarded-Uri: /get?a=%41", "X: y", 500, "forward_auth"},
	{"two-targets", "", "X-Original-URI: /get", 500, "nginx"},
	{"two-targets", "", "X-Forwarded-URI: /get", 500, "forward_auth"},
	{"no-host", "X-Original-Host: api.test", "X: y", 500, "nginx"},
	{"no-host", "X-Forwarded-Host: api.test", "X: y", 500, "forward_auth"},
	{"two-hosts", "", "X-Original-Host: other.test", 500, "nginx"},
	{"two-hosts", "", "X-Forwarded-Host: other.test", 500, "forward_auth"},
	{"no-scheme", "X-Original-Proto: https", "X: y", 500, "nginx"},
	{"no-scheme", "X-Forwarded-Proto: https", "X: y", 500, "forward_auth envoy_http"},
	{"two-schemes", "", "X-Original-Proto: http", 500, "nginx"},
	{"two-schemes", "", "X-Forwarded-Proto: http", 500, "forward_auth envoy_http"},
	{"schemes-in-a-list", "Proto: https", "Proto: https, http", 500, ""},
	{"unknown-scheme", "Proto: https", "Proto: gopher", 500, ""},
	{"no-client", "X-Original-Addr: 203.0.113.7", "X: y", 500, "nginx"},
	{"no-client", "X-Forwarded-For: 203.0.113.7", "X: y", 500, "forward_auth envoy_http"},
	{"two-clients", "", "X-Original-Addr: 203.0.113.9", 500, "nginx"},
	{"two-clients", "", "X-Forwarded-For: 203.0.113.9", 500, "forward_auth envoy_http"},
	{"no-address", "203.0.113.7", "unknown", 500, "nginx forward_auth"},
	{"no-address-at-all", "For: 203.0.113.7, 10.2.3.4", "For: unknown", 500, "envoy_http"},
	{"a-socket", "203.0.113.7", "unix:", 500, "nginx forward_auth"},
	{"addresses-in-a-list", "Addr: 203.0.113.7", "Addr: 203.0.113.7, 203.0.113.8", 500, "nginx"},
	{"address-with-port", "Addr: 203.0.113.7", "Addr: 203.0.113.7:80", 500, "nginx"},
	// Targets that others read differently.
	{"absolute", "/get?a=%41", "http://api.test/get", 400, "nginx forward_auth"},
	{"absolute-https", "/get?a=%41", "https://api.test/get", 400, "nginx forward_auth"},
	{"no-slash", "/get?a=%41", "get", 400, "nginx forward_auth"},
	{"authority", "/get?a=%41", "api.test:443", 400, "nginx forward_auth"},
	{"star", "/get?a=%41", "*", 400, ""},
	{"two-slashes", "/get?a=%41", "//get", 400, ""},
	{"encoded-slash", "/get?a=%41", "/%2fget", 400, ""},
	{"encoded-dots", "/get?a=%41", "/private/%2e%2e/get", 400, ""},
	{"dots", "/get?a=%41", "/private/../get", 400, ""},
	{"backslash", "/get?a=%41", "/private\\..\\get", 400, ""},
	{"semicolon", "/get?a=%41", "/get;x=/private", 400, ""},
	{"nul", "/get?a=%41", "/get%00", 400, ""},
	{"half-an-escape", "/get?a=%41", "/get%4", 400, ""},
	{"fragment", "/get?a=%41", "/get#/private", 400, ""},
	{"space", "/get?a=%41", "/get /private", 400, ""},
	{"control", "/get?a=%41", "/get\x01", 400, ""},
	{"beyond-ascii", "/get?a=%41", "/g\xc3\xa9t", 400, ""},
	{"version-behind", "/get?a=%41", "/get HTTP/1.1", 400, ""},
	{"upper-case", "/get?a=%41", "/GET", 404, ""},
	{"unknown", "/get?a=%41", "/nowhere", 404, ""},
	{"long", "/get?a=%41", "/get?a=" + strings.Repeat("b", 9<<10), 414, ""},
	// Methods.
	{"unknown-method", "GET /gatehouse/", "BREW /gatehouse/", 405, "envoy_http"},
	{"unknown-method", "Method: GET", "Method: BREW", 405, "nginx forward_auth"},
	{"small-letters", "Method: GET", "Method: get", 405, "nginx forward_auth"},
	{"no-word", "Method: GET", "Method: G:T", 400, "nginx forward_auth"},
	{"tunnel", "Method: GET", "Method: CONNECT", 405, "nginx forward_auth"},
	{"echo", "Method: GET", "Method: TRACE", 405, "nginx forward_auth"},
	{"options", "Method: GET", "Method: OPTIONS", 405, "nginx forward_auth"},
	{"another-method", "Method: GET", "Method: DELETE", 405, "nginx forward_auth"},
	// Hosts.
	{"no-name", "Host: api.test", "Host: api test", 400, ""},
	{"with-user", "Host: api.test", "Host: user@api.test", 400, ""},
	{"with-path", "Host: api.test", "Host: api.test/get", 400, ""},
	{"hosts-in-a-list", "Host: api.test", "Host: api.test, other.test", 400, ""},
	// The other end.
	{"no-prefix", "GET /gatehouse/", "GET /", 500, "envoy_http"},
	{"prefix-alone", "GET /gatehouse/get?a=%41", "GET /gatehouse", 500, "envoy_http"},
	{"prefix-that-goes-on", "GET /gatehouse/get", "GET /gatehousery/get", 400, "envoy_http"},
	// Another protocol.
	{"a-switch", "", "Upgrade: websocket\nConnection: upgrade", 400, ""},
}

// protocols are the ways to ask, with an honest question each.
var protocols = []struct {
	settings authorizer.Settings
	honest   string
}{
	{authorizer.Settings{Protocol: authorizer.Nginx}, honestNginx},
	{authorizer.Settings{Protocol: authorizer.ForwardAuth}, honestForward},
	{authorizer.Settings{Protocol: authorizer.EnvoyHTTP, Prefix: "/gatehouse"}, honestEnvoy},
}

// TestHostile asks in bad faith.
func TestHostile(t *testing.T) {
	ran := 0
	for _, p := range protocols {
		for _, row := range hostile {
			if row.in != "" && !strings.Contains(" "+row.in+" ", " "+string(p.settings.Protocol)+" ") {
				continue
			}
			ran++
			t.Run(string(p.settings.Protocol)+"/"+row.name, func(t *testing.T) {
				text := p.honest + "\n" + row.new
				if row.old != "" {
					if text = strings.Replace(p.honest, row.old, row.new, 1); text == p.honest {
						t.Fatal("the row changes nothing")
					}
				}
				d := open(t, p.settings)
				h := d.question(t, proxy, text, "")
				status := h.status
				if s, ok := map[string]int{"400": 400, "404": 404, "405": 405, "414": 414}[h.fields["X-Gatehouse-Status"]]; ok {
					status = s
				}
				if status != row.status || h.status < 400 || h.fields["X-Caller"] != "" {
					t.Errorf("%d, want %d: %s; the guards saw %q", status, row.status, h.body, d.seen)
				}
				if e := d.Event(0); e.Asked == "" || !e.Denied {
					t.Errorf("event %+v", e)
				}
			})
		}
	}
	if ran < 100 {
		t.Errorf("only %d rows ran", ran)
	}
}

// TestStrangers may not ask, whatever they say of themselves.
func TestStrangers(t *testing.T) {
	for _, p := range protocols {
		for _, peer := range []string{"203.0.113.7:80", "127.0.0.1:80", "[::1]:80", "[::ffff:192.0.2.1]:80"} {
			d := open(t, p.settings)
			h := d.question(t, peer, p.honest+"\nX-Forwarded-For: 10.0.0.1", "")
			if h.status != 403 || d.seen != "" || !strings.Contains(h.body, "credential-restricted") {
				t.Errorf("%s from %s: %+v", p.settings.Protocol, peer, h)
			}
		}
		d := open(t, p.settings)
		if h := d.question(t, "[::ffff:10.0.0.1]:80", p.honest, ""); h.status != 200 {
			t.Errorf("%s, mapped: %+v", p.settings.Protocol, h)
		}
	}
}

// TestWithBody refuses a body that nobody sends on purpose.
func TestWithBody(t *testing.T) {
	for _, p := range protocols {
		if h := open(t, p.settings).question(t, proxy, p.honest, "x"); h.status != 500 {
			t.Errorf("%s: %+v", p.settings.Protocol, h)
		}
	}
}

// TestForwardAuthForgets takes what Traefik says beside for no part of the call
// and what a client may have said for one.
func TestForwardAuthForgets(t *testing.T) {
	d := open(t, protocols[1].settings)
	for line, want := range map[string]string{
		"X-Forwarded-Port: 443":        "",
		"X-Forwarded-Server: edge":     "",
		"X-Real-Ip: 203.0.113.7":       "",
		"X-Real-Ip: 203.0.113.8":       " X-Real-Ip=203.0.113.8",
		"Forwarded: for=192.0.2.1":     " Forwarded=for=192.0.2.1",
		"X-Original-Method: DELETE":    " X-Original-Method=DELETE",
		"X-HTTP-Method-Override: POST": " X-HTTP-Method-Override=POST",
	} {
		d.question(t, proxy, honestForward+"\n"+line, "")
		if all := "GET api.test/get?a=%41 203.0.113.7 tls Accept=*/*" + want; d.seen != all {
			t.Errorf("%s: the guards saw %q", line, d.seen)
		}
	}
}
