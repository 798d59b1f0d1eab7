package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAllMistakesAtOnce: what is wrong with the store or the gate's keys hides
// nothing of what is wrong with APIs, and the other way round.
func TestAllMistakesAtOnce(t *testing.T) {
	const (
		api     = "version: 1\nlisteners: [{address: 127.0.0.1:0}]\napis: [{name: O, contract: a.yaml, upstreams: [{url: http://127.0.0.1:1}], schemes: {key: k}, owners: {order: {ids: [x], creates: [nothing]}}}]\n"
		owners  = `the contract has no operation "nothing"`
		healthy = "store: {}\ntrust: {keys_file: k, key: {passphrase: \"${file:passphrase}\"}}\ncredentials: [{name: k, keys: {}}]\n"
	)
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": keyed, "passphrase": "correct horse battery staple"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"nothing-else", healthy, []string{owners}},
		{"no-store", "trust: {keys_file: k, key: {passphrase: \"${file:passphrase}\"}}\ncredentials: [{name: k, keys: {}}]\n", []string{owners, "API keys are kept in a store"}},
		{"no-keys", "store: {}\ncredentials: [{name: k, keys: {}}]\n", []string{owners, "there is no secret to hash keys with"}},
		{"nothing-that-seals", strings.Replace(healthy, ", key: {passphrase: \"${file:passphrase}\"}", "", 1), []string{owners, "there is no key to seal them with"}},
		{"no-passphrase", strings.Replace(healthy, "file:passphrase", "file:other", 1), []string{owners, "there is no file"}},
		{"store-misspelt", strings.Replace(healthy, "store: {}", "store: {sqlit: {}}", 1), []string{owners, `there is no key "sqlit"`}},
		{"admin", healthy + "admin: {}\n", []string{owners, "#/admin"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(dir, row.name+".yaml")
			if err := os.WriteFile(file, []byte(api+row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			found := Check(file)
			said := ""
			for _, p := range found.Problems {
				said += p.String() + "\n"
			}
			for _, want := range row.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in\n%s", want, said)
				}
			}
			if strings.Contains(said, "nothing says who verifies") || strings.Contains(said, "nothing keeps what is learned") {
				t.Errorf("what follows from the mistakes is told besides:\n%s", said)
			}
			if found.Problems.Err() == nil {
				t.Error("it passes")
			}
		})
	}
}
