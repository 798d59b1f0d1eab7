package e2e

import (
	"crypto/tls"
	"net/http"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// stripeEdits is what Stripe's document, as stripe-mock embeds it, needs.
var stripeEdits = []edit{
	{
		why:   "stripe-go's tests ask GET / for the version of stripe-mock before they start; Stripe's API has no such operation",
		old:   "\n  \"paths\": {\n",
		new:   "\n  \"paths\": {\n    \"/\": {\"get\": {\"operationId\": \"Version\", \"security\": [], \"responses\": {\"401\": {\"description\": \"Says its version in a header.\"}}}},\n",
		times: 1,
	},
}

// stripeSuites are the packages of stripe-go whose tests are run: nearly every
// operation with the examples of the document, and uploads of files.
var stripeSuites = []string{"github.com/stripe/stripe-go/v85/example", "github.com/stripe/stripe-go/v85/file"}

const (
	stripeServer  = "github.com/stripe/stripe-mock"
	stripeForm    = "application/x-www-form-urlencoded"
	stripeKey     = "Authorization: Bearer sk_test_123"
	stripeMinimum = 1300 // tests of stripe-go that must have run
)

var stripeHostile = []hostile{
	{name: "undeclared-path", method: "GET", target: "/v1/customers/cus_1/secrets", header: stripeKey, status: 404, code: "path-unknown"},
	{name: "undeclared-version", method: "GET", target: "/v3/customers", header: stripeKey, status: 404, code: "path-unknown"},
	{name: "path-with-dots", method: "GET", target: "/v1/customers/%2e%2e/accounts", header: stripeKey, status: 400, code: "path-form"},
	{name: "path-with-encoded-slash", method: "GET", target: "/v1/customers/cus_1%2fsources", header: stripeKey, status: 400, code: "path-form"},
	{name: "undeclared-method", method: "PATCH", target: "/v1/customers/cus_1", header: stripeKey, media: stripeForm, body: "name=Zq7", status: 405, code: "method-unknown"},
	{name: "no-credential", method: "GET", target: "/v1/customers", status: 401, code: "credential-missing"},
	{name: "undeclared-query-field", method: "GET", target: "/v1/customers?Zq7=1", header: stripeKey, status: 400, code: "parameter-unknown"},
	{name: "query-field-of-wrong-type", method: "GET", target: "/v1/customers?limit=Zq7", header: stripeKey, status: 400, code: "parameter-schema"},
	{name: "query-field-repeated", method: "GET", target: "/v1/customers?limit=1&limit=2", header: stripeKey, status: 400, code: "parameter-repeated"},
	{name: "deep-object-with-undeclared-key", method: "GET", target: "/v1/customers?created[Zq7]=1", header: stripeKey, status: 400, code: "parameter-unknown"},
	{name: "path-parameter-too-long", method: "GET", target: "/v1/customers/" + strings.Repeat(mark, 2000), header: stripeKey, status: 400, code: "parameter-schema"},
	{name: "form-with-undeclared-field", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "name=ada&Zq7=1", status: 400, code: "body-schema"},
	{name: "form-with-undeclared-nested-field", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "address[Zq7]=1", status: 400, code: "body-schema"},
	{name: "form-with-wrong-type", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "balance=Zq7", status: 400, code: "body-schema"},
	{name: "form-with-value-out-of-enumeration", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "tax_exempt=Zq7", status: 400, code: "body-schema"},
	{name: "form-with-too-long-value", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "email=" + strings.Repeat(mark, 200), status: 400, code: "body-schema"},
	{name: "form-with-missing-field", method: "POST", target: "/v1/payment_intents", header: stripeKey, media: stripeForm, body: "currency=eur", status: 400, code: "body-schema"},
	{name: "form-field-repeated", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "name=ada&name=Zq7", status: 400, code: "body-part"},
	{name: "form-with-broken-escape", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "name=%zz", status: 400, code: "body-syntax"},
	{name: "json-instead-of-form", method: "POST", target: "/v1/customers", header: stripeKey, media: "application/json", body: `{"name":"Zq7"}`, status: 415, code: "body-media"},
	{name: "form-too-large", method: "POST", target: "/v1/customers", header: stripeKey, media: stripeForm, body: "name=" + strings.Repeat(mark, 500000), status: 413, code: "body-too-large"},
}

// stripeAnswers are the answers that Stripe's document does not describe.
var stripeAnswers = []offContract{
	"GetSubscriptionSchedules 200: trimmed",
	"GetSubscriptionSchedulesSchedule 200: trimmed",
	"PostSubscriptionSchedules 200: trimmed",
	"PostSubscriptionSchedulesSchedule 200: trimmed",
	"PostSubscriptionSchedulesScheduleCancel 200: trimmed",
	"PostSubscriptionSchedulesScheduleRelease 200: trimmed",
	"Version 401: trimmed",
}

// The tests that Stripe publishes for its Go library, against the server that
// it publishes for testing its libraries: once directly, once through the
// gate over TLS. Both must pass alike and make the same calls.
func TestStripe(t *testing.T) {
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	server := buildStripe(t)
	document := filepath.Join(goList(t, "-m", "-f", "{{.Dir}}", stripeServer), "embedded", "openapi", "spec3.json")

	direct := start(t, stripeListens, server, "-http-addr", anywhere, "-https-addr", anywhere)
	past, back := newTLSRelay(t, "http://"+direct), newRelay(t, "http://"+direct)
	certFile, keyFile := certificate(t)
	gateAddress, guarding := launch(t, gateListens, gate, "serve", "--contract", edited(t, document, stripeEdits), "--upstream", "http://"+back.address(), "--authentication", "upstream",
		"--listen", anywhere, "--tls-cert", certFile, "--tls-key", keyFile)
	// The tests of stripe-go insist on HTTP/2, which the gate does not speak.
	front := newTLSRelay(t, "https://"+gateAddress)

	passed := map[string][]string{}
	calls := map[string][]call{}
	for _, way := range []struct {
		name    string
		address string
		relay   *relay
	}{{"directly", past.address(), past}, {"through-the-gate", front.address(), back}} {
		t.Run(way.name, func(t *testing.T) {
			way.relay.seen()
			_, port, _ := strings.Cut(way.address, ":")
			for _, suite := range stripeSuites {
				out, err := run(t, goList(t, "-f", "{{.Dir}}", suite), []string{"STRIPE_MOCK_PORT=" + port}, suiteFile(suite), "-test.v")
				if err != nil {
					t.Errorf("the tests of %s fail: %v\n%s", suite, err, failures(out))
				}
				passed[way.name] = append(passed[way.name], passes(out)...)
			}
			calls[way.name] = way.relay.seen()
			t.Logf("%d tests of stripe-go passed with %d calls", len(passed[way.name]), len(calls[way.name]))
			if len(passed[way.name]) < stripeMinimum {
				t.Errorf("only %d tests of stripe-go passed, want at least %d", len(passed[way.name]), stripeMinimum)
			}
		})
	}
	t.Run("same-as-direct", func(t *testing.T) {
		if !slices.Equal(passed["directly"], passed["through-the-gate"]) {
			t.Error("other tests passed through the gate than directly")
		}
		sameCalls(t, calls["directly"], calls["through-the-gate"])
	})
	t.Run("answers", func(t *testing.T) {
		listed(t, offContracts(t, guarding, len(calls["through-the-gate"])), stripeAnswers)
	})
	t.Run("hostile", func(t *testing.T) {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		defer client.CloseIdleConnections()
		refuseAll(t, client, "https://"+gateAddress, back, stripeHostile)
	})
}

// buildStripe builds the server and the client's tests from the versions that
// the module in folder stripe pins.
func buildStripe(t *testing.T) (server string) {
	t.Helper()
	if out, err := exec.Command("go", "-C", "stripe", "mod", "download").CombinedOutput(); err != nil {
		testdata.Lack(t, "the modules that e2e/stripe/go.mod names cannot be had: %v\n%s", err, out)
	}
	server = filepath.Join(workshop, "stripe-mock")
	builds := [][]string{{"build", "-o", server, stripeServer}}
	for _, suite := range stripeSuites {
		builds = append(builds, []string{"test", "-c", "-vet=off", "-o", suiteFile(suite), suite})
	}
	for _, args := range builds {
		if out, err := exec.Command("go", append([]string{"-C", "stripe"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return server
}

// suiteFile is where the tests of a package of stripe-go are built.
func suiteFile(suite string) string {
	return filepath.Join(workshop, path.Base(suite)+".test")
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"-C", "stripe", "list"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

var (
	passLine = regexp.MustCompile(`(?m)^--- PASS: (\S+)`)
	failLine = regexp.MustCompile(`(?m)^--- FAIL: .*\n(?:    .*\n){0,12}`)
)

func passes(out string) (names []string) {
	for _, m := range passLine.FindAllStringSubmatch(out, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

func failures(out string) string {
	return tail(strings.Join(failLine.FindAllString(out, 40), ""))
}
