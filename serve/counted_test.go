package serve

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/maintenance"
)

// scrape returns what is counted.
func scrape(t *testing.T, h *house) string {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(h.MaintenanceURL() + maintenance.Metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%d %v, %v", answer.StatusCode, answer.Header, err)
	}
	return string(b)
}

// countedAs waits until a line is scraped: an answer comes before its event.
func (h *house) countedAs(lines ...string) {
	h.t.Helper()
	for _, line := range lines {
		got := ""
		for limit := time.Now().Add(10 * time.Second); !strings.Contains(got, "\n"+line+"\n"); got = scrape(h.t, h) {
			if time.Now().After(limit) {
				h.t.Errorf("there is no %s in\n%s", line, got)
				return
			}
		}
	}
}

// TestMetricsOfTheProgram calls and scrapes, reloads, and scrapes again.
func TestMetricsOfTheProgram(t *testing.T) {
	api, _ := upstreamOf(t)
	text := strings.Replace(one("a.yaml", api), "events: none", "events: events.jsonl", 1) + "maintenance: {address: 127.0.0.1:0}\n"
	h := openHouse(t, text)
	defer h.Stop()
	for _, path := range []string{"/a", "/a", "/both", "/SEKRIT"} {
		status(t, h.URL()+path)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(h.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	up := `{api="A",role="live",upstream="` + api + `"}`
	at := `{listener="` + strings.TrimPrefix(h.URL(), "http://") + `"}`
	h.countedAs(
		`gatehouse_exchanges_total{api="A",class="2xx",operation="GET /a",outcome="passed"} 2`,
		`gatehouse_exchanges_total{api="A",class="4xx",operation="",outcome="refused"} 1`,
		`gatehouse_refusals_total{api="A",code="path-unknown",guard="route"} 1`,
		`gatehouse_exchange_duration_seconds_count{api="A",operation="GET /a"} 2`,
		`gatehouse_upstream_calls_total`+up+` 3`, `gatehouse_upstream_serving`+up+` 1`, `gatehouse_upstream_in_flight`+up+` 0`,
		`gatehouse_connections_total`+at+` 5`, `gatehouse_connections_open`+at+` 1`,
		`gatehouse_events_written_total 5`, `gatehouse_events_waiting 0`, `gatehouse_events_lost_total 0`,
		`gatehouse_ready 1`, `gatehouse_reloads_total{result="taken"} 0`, `gatehouse_configuration_stale 0`,
	)
	if strings.Contains(scrape(t, h), "SEKRIT") {
		t.Error("a path of a client is shown")
	}
	h.write("gatehouse.yaml", "nonsense")
	h.reload("broken", true)
	h.countedAs(`gatehouse_reloads_total{result="refused"} 1`, `gatehouse_configuration_stale 1`)
	h.write("a.yaml", contractOf("A", "/a"))
	h.write("gatehouse.yaml", text)
	h.reload("mended", true)
	h.countedAs(`gatehouse_reloads_total{result="taken"} 1`, `gatehouse_configuration_stale 0`, `gatehouse_exchanges_total{api="A",class="2xx",operation="GET /a",outcome="passed"} 2`)
	if strings.Contains(scrape(t, h), `operation="GET /both"`) {
		t.Error("an operation that is gone is shown")
	}
	state := h.reader.load.gate.Limit(loadKey(&h.live.config.APIs[0]))
	h.write("gatehouse.yaml", text+"overload: {max_in_flight: 100, disabled: true}\n")
	h.reload("without a limit", true)
	if strings.Contains(scrape(t, h), `gatehouse_overload_limit{`) {
		t.Error("a limit is shown that is none")
	}
	h.write("gatehouse.yaml", text+"overload: {max_in_flight: 100}\n")
	h.reload("with another limit", true)
	h.countedAs(`gatehouse_overload_limit{api=""} 100`, `gatehouse_overload_limit{api="A"} 256`, `gatehouse_overload_in_flight{api="A"} 0`, `gatehouse_overload_shed_total{api="A",priority="low"} 0`)
	if h.reader.load.gate.Limit(loadKey(&h.live.config.APIs[0])) != state {
		t.Error("what was known of the API did not outlive plans")
	}
}
