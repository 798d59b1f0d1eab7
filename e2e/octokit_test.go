package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// githubEdits is what GitHub's document needs for the calls of octokit/client.js.
var githubEdits = []edit{
	{
		why:   "the query field created of workflow runs takes a range such as >=2026-01-01, as its own description says, and is no date-time",
		old:   createdIsDateTime,
		new:   strings.Replace(createdIsDateTime, ",\n          \"format\": \"date-time\"", "", 1),
		times: 1,
	},
}

const createdIsDateTime = `#query-for-dates).\"",
        "in": "query",
        "required": false,
        "schema": {
          "type": "string",
          "format": "date-time"
        }
      },
      "exclude-pull-requests": {`

// githubHostile are calls next to those that Octokit makes.
var githubHostile = []hostile{
	{name: "undeclared-path", method: "GET", target: "/repos/octo-org/hello-world/secrets", status: 404, code: "path-unknown"},
	{name: "undeclared-method", method: "PUT", target: "/repos/octo-org/hello-world", media: "application/json", body: `{"name":"Zq7"}`, status: 405, code: "method-unknown"},
	{name: "undeclared-query-field", method: "GET", target: "/repos/octo-org/hello-world/issues?Zq7=1", status: 400, code: "parameter-unknown"},
	{name: "query-field-out-of-enumeration", method: "GET", target: "/repos/octo-org/hello-world/issues?state=Zq7", status: 400, code: "parameter-schema"},
	{name: "path-parameter-of-wrong-type", method: "GET", target: "/repos/octo-org/hello-world/issues/Zq7", status: 400, code: "parameter-schema"},
	{name: "path-with-dots", method: "GET", target: "/repos/octo-org/../../admin", status: 400, code: "path-form"},
	// Octokit writes files in folders so. Encoded slashes need an opt-in for the
	// parameter, which the command does not have yet.
	{name: "path-parameter-with-encoded-slash", method: "GET", target: "/repos/octo-org/hello-world/branches/docs%2Fa", status: 400, code: "path-form"},
	{name: "undeclared-property", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/json", body: `{"title":"a","Zq7":1}`, status: 400, code: "body-schema"},
	{name: "property-in-other-case", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/json", body: `{"title":"a","Title":"Zq7"}`, status: 400, code: "body-schema"},
	{name: "property-twice", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/json", body: `{"title":"a","title":"Zq7"}`, status: 400, code: "body-syntax"},
	{name: "wrong-type", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/json", body: `{"title":["Zq7"]}`, status: 400, code: "body-schema"},
	{name: "missing-property", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/json", body: `{"body":"Zq7"}`, status: 400, code: "body-schema"},
	{name: "undeclared-nested-property", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/json", body: `{"title":"a","labels":[{"name":"a","Zq7":1}]}`, status: 400, code: "body-schema"},
	{name: "form-instead-of-json", method: "POST", target: "/repos/octo-org/hello-world/issues", media: "application/x-www-form-urlencoded", body: "title=Zq7", status: 415, code: "body-media"},
	{name: "body-where-none-is-declared", method: "PUT", target: "/user/starred/octo-org/hello-world", media: "application/json", body: `{"a":"Zq7"}`, status: 400, code: "body-unexpected"},
}

// githubRules is the gatehouse.yaml: paths of files may hold slashes.
const githubRules = `version: 1
listeners: [{address: "127.0.0.1:0"}]
apis:
  - contract: %s
    upstreams: [{url: %s}]
    modes: {answer: observe}
    operations:
      repos/get-content: {slashes: [path]}
      repos/create-or-update-file-contents: {slashes: [path]}
      repos/delete-file: {slashes: [path]}
`

// GitHub's document with GitHub's own client. GitHub itself cannot stand here,
// so the API behind the gate answers every call with an empty object, and the
// gate only observes answers: this shows that a real client with JSON bodies of
// every kind passes, and nothing of what an API makes of them.
func TestOctokit(t *testing.T) {
	testdata.Program(t, "node", "nodejs")
	testdata.Program(t, "npm", "npm")
	document := edited(t, filepath.Join(testdata.Path(t, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), "github.json"), githubEdits)
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	client := t.TempDir()
	installPackages(t, "octokit", client)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(api.Close)
	back := newRelay(t, api.URL)
	config := filepath.Join(t.TempDir(), "gatehouse.yaml")
	writeFile(t, config, fmt.Sprintf(githubRules, document, "http://"+back.address()))
	gateAddress := start(t, gateListens, gate, "serve", "--config", config)
	front := newRelay(t, "http://"+gateAddress)

	t.Run("client", func(t *testing.T) {
		out, err := run(t, client, nil, "node", "client.js", "http://"+front.address())
		if err != nil {
			t.Fatal(err)
		}
		calls := strings.Split(strings.TrimSpace(out), "\n")
		for _, call := range calls {
			if !strings.HasSuffix(call, " 200") {
				t.Errorf("refused: %s", call)
			}
		}
		t.Logf("Octokit made %d calls", len(calls))
		sameCalls(t, front.seen(), back.seen())
	})
	t.Run("hostile", func(t *testing.T) {
		refuseAll(t, http.DefaultClient, "http://"+gateAddress, back, githubHostile)
	})
}

// installPackages installs what the package-lock.json of a folder pins beside a
// copy of the folder, which it makes.
func installPackages(t *testing.T, from, folder string) {
	t.Helper()
	if err := os.CopyFS(folder, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		_ = os.RemoveAll(folder)
		testdata.Lack(t, "the packages that e2e/%s/package-lock.json names cannot be had: %v\n%s", from, err, out)
	}
}
