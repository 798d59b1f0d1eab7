package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

var (
	maintenanceListens = regexp.MustCompile(`maintenance +http://(127\.0\.0\.1:\d+)`)
	prometheusListens  = regexp.MustCompile(`msg="Listening on" address=(127\.0\.0\.1:\d+)`)
)

// TestPrometheusScrapes has Prometheus read what the gate counts, with the
// rules of the documentation, and its own tool judge both.
func TestPrometheusScrapes(t *testing.T) {
	prometheus, promtool := testdata.Program(t, "prometheus", "prometheus"), testdata.Program(t, "promtool", "prometheus")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	file := heardFrom(t, "  - address: 127.0.0.1:0\n", "maintenance: {address: 127.0.0.1:0}\n")
	address, p := launch(t, gateListens, gate, "serve", "--config", file)
	watch := p.await(t, maintenanceListens)
	for range 3 {
		askOn(t, func() (net.Conn, error) { return net.Dial("tcp", address) })
	}

	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = strings.NewReader(fetch(t, "http://"+watch+"/metrics"))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	rules, err := filepath.Abs("../examples/prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool, "check", "rules", "--lint-fatal", rules).CombinedOutput(); err != nil {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}

	config := filepath.Join(t.TempDir(), "prometheus.yml")
	writeFile(t, config, "global: {scrape_interval: 100ms, scrape_timeout: 100ms, evaluation_interval: 100ms}\nrule_files: ['"+rules+"']\n"+
		"scrape_configs: [{job_name: gate, static_configs: [{targets: ['"+watch+"']}]}]\n")
	at := start(t, prometheusListens, prometheus, "--config.file", config, "--storage.tsdb.path", t.TempDir(), "--web.listen-address", anywhere)
	for _, query := range []string{
		`sum(gatehouse_exchanges_total{outcome="passed",operation="GET /things"}) == 3`,
		`gatehouse_ready == 1`,
		`histogram_quantile(0.5, sum by (le) (gatehouse_exchange_duration_seconds_bucket)) > 0`,
		`gatehouse_build_info == 1`,
	} {
		answer := ""
		for limit := time.Now().Add(20 * time.Second); !strings.Contains(answer, `"value"`); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Errorf("%s: %s", query, answer)
				break
			}
			answer = fetch(t, "http://"+at+"/api/v1/query?query="+url.QueryEscape(query))
		}
	}
	for _, query := range dashboardQueries(t) {
		if answer := fetch(t, "http://"+at+"/api/v1/query?query="+url.QueryEscape(query)); !strings.Contains(answer, `"status":"success"`) {
			t.Errorf("%s: %s", query, answer)
		}
	}
	var alerts struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, State, Health string }
			}
		}
	}
	if err := json.Unmarshal([]byte(fetch(t, "http://"+at+"/api/v1/rules")), &alerts); err != nil || len(alerts.Data.Groups) != 1 {
		t.Fatalf("%+v, %v", alerts, err)
	}
	for _, r := range alerts.Data.Groups[0].Rules {
		if r.State != "inactive" || r.Health == "err" {
			t.Errorf("%+v", r)
		}
	}
}

// dashboardQueries are those of the dashboard for Grafana, with all that may be
// chosen in it.
func dashboardQueries(t *testing.T) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../examples/grafana/gatehouse.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	chosen := strings.NewReplacer("$__rate_interval", "1m", "$job", ".*", "$instance", ".*", "$api", ".*")
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			list = append(list, chosen.Replace(target.Expr))
		}
	}
	if len(list) < 10 {
		t.Fatalf("the dashboard asks for %q", list)
	}
	return list
}

// fetch makes one call.
func fetch(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
