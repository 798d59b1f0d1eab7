package serve

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTraces has a trusted proxy and a stranger bring traces: the API hears of
// the gate's own span, and the event names it.
func TestTraces(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Join(r.Header.Values("Traceparent"), "|")+" state="+strings.Join(r.Header.Values("Tracestate"), "|"))
	})
	for _, protocol := range []string{"http1", "http2"} {
		t.Run(protocol, func(t *testing.T) {
			api := httptest.NewUnstartedServer(echo)
			api.Config.Protocols = new(http.Protocols)
			api.Config.Protocols.SetHTTP1(true)
			api.Config.Protocols.SetUnencryptedHTTP2(true)
			api.Start()
			t.Cleanup(api.Close)
			text := "version: 1\nlisteners:\n  - {address: 127.0.0.1:0, trusted_proxies: [127.0.0.0/8]}\n  - {address: 127.0.0.1:0}\n" +
				"apis: [{contract: a.yaml, upstreams: [{url: '" + api.URL + "', protocol: " + protocol + "}]}]\nrecord: {events: events.jsonl, tracing: {begin: true, sample_one_in: 0}}\n"
			h := openHouse(t, text)
			urls := h.URLs()
			proxy, stranger := strings.TrimPrefix(urls[0], "http://"), strings.TrimPrefix(urls[1], "http://")
			const get = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
			const brought = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: a=1\r\n"
			var want []string
			for _, r := range []struct{ address, fields, form string }{
				{proxy, brought, `^00-(4bf92f3577b34da6a3ce929d0e0e4736)-([0-9a-f]{16})-01 state=a=1$`},
				{proxy, "", `^00-([0-9a-f]{32})-([0-9a-f]{16})-02 state=$`},
				{stranger, brought, `^00-([0-9a-f]{32})-([0-9a-f]{16})-02 state=$`},
			} {
				_, body := speak(t, "tcp", r.address, get+r.fields+"\r\n")
				m := regexp.MustCompile(r.form).FindStringSubmatch(body)
				if m == nil || r.form[5] != '4' && strings.HasPrefix(m[1], "4bf92f") || m[2] == "00f067aa0ba902b7" {
					t.Fatalf("the API got %s", body)
				}
				want = append(want, `"trace":"`+m[1]+`","span":"`+m[2]+`"`)
			}
			h.write("gatehouse.yaml", strings.Replace(text, ", tracing: {begin: true, sample_one_in: 0}", "", 1))
			h.reload("changed", true)
			if _, body := speak(t, "tcp", stranger, get+brought+"\r\n"); !strings.HasPrefix(body, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ") {
				t.Errorf("without tracing the API got %s", body)
			}
			if err := h.Stop(); err != nil {
				t.Fatal(err)
			}
			events, err := os.ReadFile(filepath.Join(h.dir, "events.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			// A client has its answer before the event is written: the order is any.
			if n := strings.Count(string(events), `"event":"exchange"`); n != len(want)+1 || strings.Count(string(events), `"trace"`) != len(want) {
				t.Fatalf("%s", events)
			}
			for _, w := range want {
				if !strings.Contains(string(events), w) {
					t.Errorf("%s lacks %s", events, w)
				}
			}
		})
	}
}
