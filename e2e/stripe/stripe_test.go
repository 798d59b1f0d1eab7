package stripe

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is pinned must be what package e2e counts on: a document in OpenAPI 3.0
// with hundreds of operations, and a folder of tests.
func TestPinned(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(list(t, "-m", "-f", "{{.Dir}}", "github.com/stripe/stripe-mock"), "embedded", "openapi", "spec3.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		OpenAPI string
		Paths   map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.0.") || len(document.Paths) < 400 {
		t.Errorf("stripe-mock's document is OpenAPI %q with %d paths, want 3.0 with at least 400", document.OpenAPI, len(document.Paths))
	}
	if tests := list(t, "-f", "{{len .TestGoFiles}}", "github.com/stripe/stripe-go/v85/example"); tests == "0" {
		t.Error("stripe-go's folder example holds no tests")
	}
}

func list(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
