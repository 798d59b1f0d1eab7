package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// alertmanagerEdits is what the document of Alertmanager 0.25 needs.
var alertmanagerEdits = []edit{}

// alertmanagerConfig routes every alert to a receiver that does nothing, so
// that nothing leaves the machine.
const alertmanagerConfig = `route: {receiver: nobody}
receivers: [{name: nobody}]
`

// amtoolSteps is a shift with amtool, the client of the same package: reads
// and writes. ID stands for the silence that the shift made.
var amtoolSteps = []struct {
	name string
	args []string
	want string // stands in the output
}{
	{"show-status", []string{"cluster", "show"}, "Cluster Status"},
	{"show-config", []string{"config", "show"}, "receiver: nobody"},
	{"add-alert", []string{"alert", "add", "DiskFull", "node=db1", "severity=page", "--annotation=summary=disk is full", "--generator-url=http://prometheus.example/graph?g0.expr=up"}, ""},
	{"add-alert-with-an-end", []string{"alert", "add", "Slow", "node=db2", "--end=2099-01-01T00:00:00Z"}, ""},
	{"query-alerts", []string{"alert", "query"}, "DiskFull"},
	{"query-alerts-by-matcher", []string{"alert", "query", "node=db1", `severity=~"pa.*"`}, "DiskFull"},
	{"query-alerts-by-receiver-and-state", []string{"alert", "query", "--receiver=nobody", "--active", "--silenced", "--inhibited", "--unprocessed"}, "Slow"},
	{"add-silence", []string{"silence", "add", "--author=ada", "--comment=planned work", "--duration=2h", "alertname=DiskFull", "node=~db[0-9]+"}, "-"},
	{"query-silences", []string{"silence", "query"}, "planned work"},
	{"query-silences-by-matcher", []string{"silence", "query", "alertname=DiskFull"}, "planned work"},
	{"query-silenced-alerts", []string{"alert", "query", "--silenced"}, "DiskFull"},
	{"update-silence", []string{"silence", "update", "--comment=longer work", "--duration=4h", "ID"}, ""},
	{"query-updated-silence", []string{"silence", "query", "--created-by=ada", "--output=extended"}, "longer work"},
	{"import-silences", []string{"silence", "import", "silences.json"}, ""},
	{"query-imported-silence", []string{"silence", "query", "--created-by=grace"}, "imported"},
	{"expire-silence", []string{"silence", "expire", "ID"}, ""},
	{"query-expired-silences", []string{"silence", "query", "--expired"}, "longer work"},
}

const silencesToImport = `[{"matchers":[{"name":"alertname","value":"Slow","isRegex":false,"isEqual":true}],
"startsAt":"2098-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"grace","comment":"imported"}]`

// alertmanagerHostile are calls next to the ones that the document describes.
var alertmanagerHostile = []hostile{
	{name: "undeclared-path", method: "GET", target: "/api/v2/silences/all", status: 404, code: "path-unknown"},
	{name: "undeclared-old-api", method: "GET", target: "/api/v1/alerts", status: 404, code: "path-unknown"},
	{name: "undeclared-debug-pages", method: "GET", target: "/debug/pprof/heap", status: 404, code: "path-unknown"},
	{name: "undeclared-reload", method: "POST", target: "/-/reload", status: 404, code: "path-unknown"},
	{name: "path-in-other-case", method: "GET", target: "/api/v2/Silences", status: 404, code: "path-unknown"},
	{name: "path-with-trailing-slash", method: "GET", target: "/api/v2/silences/", status: 404, code: "path-unknown"},
	{name: "path-with-dots", method: "GET", target: "/api/v2/silences/../../../-/ready", status: 400, code: "path-form"},
	{name: "path-with-encoded-slash", method: "GET", target: "/api/v2%2Fsilences", status: 400, code: "path-form"},
	{name: "path-with-double-slash", method: "GET", target: "/api/v2//silences", status: 400, code: "path-form"},
	{name: "undeclared-method", method: "DELETE", target: "/api/v2/alerts", status: 405, code: "method-unknown"},
	{name: "undeclared-method-put", method: "PUT", target: "/api/v2/silences", media: "application/json", body: `{}`, status: 405, code: "method-unknown"},
	{name: "undeclared-query-field", method: "GET", target: "/api/v2/alerts?active=true&Zq7debug=1", status: 400, code: "parameter-unknown"},
	{name: "query-field-in-other-case", method: "GET", target: "/api/v2/alerts?Active=true", status: 400, code: "parameter-unknown"},
	{name: "query-field-of-wrong-type", method: "GET", target: "/api/v2/alerts?active=Zq7", status: 400, code: "parameter-schema"},
	{name: "query-field-repeated", method: "GET", target: "/api/v2/alerts?active=true&active=false", status: 400, code: "parameter-repeated"},
	{name: "path-parameter-of-wrong-format", method: "GET", target: "/api/v2/silence/Zq7", status: 400, code: "parameter-schema"},
	{name: "body-where-none-is-declared", method: "GET", target: "/api/v2/silences", media: "application/json", body: `{"a":"Zq7"}`, status: 400, code: "body-unexpected"},
	{name: "body-missing", method: "POST", target: "/api/v2/silences", media: "application/json", status: 400, code: "body-missing"},
	{name: "body-of-other-media-type", method: "POST", target: "/api/v2/silences", media: "text/plain", body: goodSilence, status: 415, code: "body-media"},
	{name: "body-without-media-type", method: "POST", target: "/api/v2/silences", body: goodSilence, status: 415, code: "body-media"},
	{name: "body-in-other-charset", method: "POST", target: "/api/v2/silences", media: "application/json; charset=utf-16", body: goodSilence, status: 415, code: "body-charset"},
	{name: "body-compressed", method: "POST", target: "/api/v2/silences", media: "application/json", header: "Content-Encoding: gzip", body: goodSilence, status: 415, code: "body-coding"},
	{name: "body-with-undeclared-property", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `"comment"`, `"Zq7":1,"comment"`, 1), status: 400, code: "body-schema"},
	{name: "body-with-property-in-other-case", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `"comment"`, `"Comment":"Zq7","comment"`, 1), status: 400, code: "body-schema"},
	{name: "body-with-missing-property", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `"createdBy":"ada",`, ``, 1), status: 400, code: "body-schema"},
	{name: "body-with-wrong-type", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `false`, `"Zq7"`, 1), status: 400, code: "body-schema"},
	{name: "body-with-wrong-format", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `2099-01-01T00`, `2099-13-01T00`, 1), status: 400, code: "body-schema"},
	{name: "body-with-too-few-items", method: "POST", target: "/api/v2/silences", media: "application/json", body: `{"matchers":[],"startsAt":"2098-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"ada","comment":"Zq7"}`, status: 400, code: "body-schema"},
	{name: "body-with-duplicate-key", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `"comment"`, `"comment":"Zq7","comment"`, 1), status: 400, code: "body-syntax"},
	{name: "body-with-escaped-duplicate-key", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `"comment"`, `"c\u006fmment":"Zq7","comment"`, 1), status: 400, code: "body-syntax"},
	{name: "body-with-trailing-data", method: "POST", target: "/api/v2/silences", media: "application/json", body: goodSilence + `{"a":"Zq7"}`, status: 400, code: "body-syntax"},
	{name: "body-cut-short", method: "POST", target: "/api/v2/silences", media: "application/json", body: goodSilence[:len(goodSilence)-2], status: 400, code: "body-syntax"},
	{name: "body-not-in-utf-8", method: "POST", target: "/api/v2/silences", media: "application/json", body: strings.Replace(goodSilence, `planned`, "\xff\xfe", 1), status: 400, code: "body-syntax"},
	{name: "body-nested-deeply", method: "POST", target: "/api/v2/alerts", media: "application/json", body: strings.Repeat(`[`, 100000), status: 400, code: "body-schema"},
	{name: "body-too-large", method: "POST", target: "/api/v2/alerts", media: "application/json", body: `[{"labels":{"a":"` + strings.Repeat(mark, 500000) + `"}}]`, status: 413, code: "body-too-large"},
	{name: "labels-of-wrong-type", method: "POST", target: "/api/v2/alerts", media: "application/json", body: `[{"labels":{"Zq7":1}}]`, status: 400, code: "body-schema"},
}

const goodSilence = `{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2098-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z","createdBy":"ada","comment":"planned"}`

// alertmanagerAnswers are the answers that its document does not describe.
var alertmanagerAnswers = []offContract{}

// amtool → front relay → gate → back relay → Alertmanager.
func TestAlertmanager(t *testing.T) {
	program := testdata.Program(t, "prometheus-alertmanager", "prometheus-alertmanager")
	amtool := testdata.Program(t, "amtool", "prometheus-alertmanager")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	writeFile(t, config, alertmanagerConfig)
	writeFile(t, filepath.Join(dir, "silences.json"), silencesToImport)

	direct := start(t, alertmanagerListens, program, "--config.file="+config, "--storage.path="+dir, "--web.listen-address="+anywhere, "--cluster.listen-address=")
	back := newRelay(t, "http://"+direct)
	document := edited(t, filepath.Join("testdata", "alertmanager", "openapi.yaml"), alertmanagerEdits)
	gateAddress, guarding := launch(t, gateListens, gate, "serve", "--contract", document, "--upstream", "http://"+back.address(), "--listen", anywhere)
	front := newRelay(t, "http://"+gateAddress)

	tool := func(t *testing.T, address string, args ...string) string {
		t.Helper()
		out, err := run(t, dir, []string{"HOME=" + dir}, amtool, append([]string{"--alertmanager.url=http://" + address}, args...)...)
		if err != nil {
			t.Fatalf("amtool %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	t.Run("client", func(t *testing.T) {
		id := ""
		for _, step := range amtoolSteps {
			t.Run(step.name, func(t *testing.T) {
				args := strings.Split(strings.ReplaceAll(strings.Join(step.args, "\x00"), "ID", id), "\x00")
				out := tool(t, front.address(), args...)
				if !strings.Contains(out, step.want) {
					t.Errorf("amtool %s said %q, want %q in it", strings.Join(args, " "), out, step.want)
				}
				if step.name == "add-silence" {
					id = strings.TrimSpace(out)
				}
				sameCalls(t, front.seen(), back.seen())
			})
		}
	})
	t.Run("same-as-direct", func(t *testing.T) {
		for _, args := range [][]string{{"alert", "query", "-o", "json"}, {"silence", "query", "-o", "json"}, {"silence", "query", "--expired", "-o", "json"}, {"config", "show"}} {
			t.Run(strings.Join(args[:2], "-"), func(t *testing.T) {
				through, past := tool(t, gateAddress, args...), tool(t, direct, args...)
				if through != past || len(past) < 3 {
					t.Errorf("through the gate %q\ndirectly %q", through, past)
				}
			})
		}
	})
	t.Run("answers", func(t *testing.T) {
		listed(t, offContracts(t, guarding, len(amtoolSteps)), alertmanagerAnswers)
	})
	t.Run("hostile", func(t *testing.T) {
		refuseAll(t, http.DefaultClient, "http://"+gateAddress, back, alertmanagerHostile)
	})
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
