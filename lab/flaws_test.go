package lab_test

import (
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/lab"
)

// TestEveryFlawCanBeExploited runs the lines of FLAWS.md as they stand there,
// each against a shop that has just opened.
func TestEveryFlawCanBeExploited(t *testing.T) {
	testdata.Program(t, "curl", "curl")
	begin, err := lab.Shell()
	if err != nil {
		t.Fatal(err)
	}
	flaws, err := lab.Flaws()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flaws {
		t.Run(f.ID, func(t *testing.T) {
			server := httptest.NewServer(lab.New(lab.Options{}))
			defer server.Close()
			if output := run(t, begin+f.Script, server.URL, server.URL); !f.Succeeded(output) {
				t.Errorf("no evidence %q\n%.2000s", f.Evidence, output)
			}
		})
	}
}

// run runs a script against the shop, or the gate in front of it, and returns
// what it prints.
func run(t *testing.T, script, shop, api string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(cmd.Environ(), "SHOP="+shop, "API="+api, "no_proxy=*")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v %s\n%.2000s", err, stderr.String(), output)
	}
	return string(output)
}

// TestEveryRiskHasAFlaw counts the risks of 2023.
func TestEveryRiskHasAFlaw(t *testing.T) {
	flaws, err := lab.Flaws()
	if err != nil {
		t.Fatal(err)
	}
	var risks []string
	for _, f := range flaws {
		risk, _, _ := strings.Cut(f.ID, "-")
		if !slices.Contains(risks, risk) {
			risks = append(risks, risk)
		}
	}
	if want := strings.Fields("API1 API2 API3 API4 API5 API6 API7 API8 API9 API10 MORE"); !slices.Equal(risks, want) {
		t.Errorf("got %v", risks)
	}
}
