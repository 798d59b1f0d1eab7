package serve

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const sizedContract = `openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
security: []
paths:
  /orders/{order}:
    parameters: [{name: order, in: path, required: true, schema: {type: integer, maximum: 9999}}]
    get: {operationId: getOrder, responses: {"200": {$ref: "#/components/responses/Text"}}}
    put: {operationId: putOrder, responses: {"200": {$ref: "#/components/responses/Text"}}}
    post: {operationId: payOrder, responses: {"200": {$ref: "#/components/responses/Text"}}}
components: {responses: {Text: {description: OK, content: {text/plain: {}}}}}
`

// weight is what stands in some files below a folder, in bytes.
func weight(t *testing.T, dir string, counts func(name string) bool) (n int64) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !counts(filepath.ToSlash(name)) {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// sized makes so many calls of a kind at a gate of its own, and returns the bytes
// that each has taken: in the stream of events, in the archive's lines and index,
// in the ledger's entries and hashes.
func sized(t *testing.T, method, path, more string, n int) map[string]float64 {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "said")
	}))
	defer api.Close()
	file := strings.Replace(one("shop.yaml", api.URL), "record: {events: none}",
		"    operations: {payOrder: {audit: durable}}\nrecord:\n  events: events.jsonl\n  archive: {path: archive}\n  ledger: {name: test.example/gate-1, path: ledger, keep_free: 16MiB}\n"+more+
			"trust: {keys_file: gate.keys, key: {passphrase: \"${file:passphrase}\"}}", 1)
	h := openHouse(t, file, func(c *Config) {
		for name, text := range map[string]string{"shop.yaml": sizedContract, "passphrase": "a passphrase of many words, for tests alone"} {
			if err := os.WriteFile(filepath.Join(filepath.Dir(c.File), name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	for range n {
		r, err := http.NewRequestWithContext(t.Context(), method, h.URL()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	// What happens to the gate itself is no call, and little.
	per := func(bytes int64) float64 { return float64(bytes) / float64(n) }
	has := func(part string) func(string) bool {
		return func(name string) bool { return strings.Contains(name, part) }
	}
	index := has(".index")
	return map[string]float64{
		"events":        per(weight(t, h.dir, func(name string) bool { return strings.HasSuffix(name, "/events.jsonl") })),
		"archive lines": per(weight(t, filepath.Join(h.dir, "archive"), func(name string) bool { return !index(name) })),
		"archive index": per(weight(t, filepath.Join(h.dir, "archive"), index)),
		"entries":       per(weight(t, filepath.Join(h.dir, "ledger"), has("/tile/entries/"))),
		"hashes":        per(weight(t, filepath.Join(h.dir, "ledger"), func(name string) bool { return has("/tile/")(name) && !has("/tile/entries/")(name) })),
	}
}

// frameOfCalls is what encryption adds to calls that are written together, which on
// a slow machine is each by itself.
const frameOfCalls = 28

// TestSizing: the figures of the guide are those that a gate makes, give and take
// a twentieth. `go test ./serve -run Sizing -v` prints the rows.
func TestSizing(t *testing.T) {
	text, err := os.ReadFile("../docs/guide/events.md")
	if err != nil {
		t.Fatal(err)
	}
	const calls = 1024
	for _, row := range []struct{ name, method, path, more string }{
		{"a call that passed", "GET", "/orders/17", ""},
		{"a call that was refused", "GET", "/orders/10000", ""},
		{"a call that passed, with `audit: record`", "PUT", "/orders/17", ""},
		{"a call that passed, with `audit: durable`", "POST", "/orders/17", ""},
		{"a call that passed, with addresses by `pseudonyms`", "GET", "/orders/17", "  pseudonyms: {addresses: true}\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := sized(t, row.method, row.path, row.more, calls)
			columns := []string{"events", "archive lines", "archive index", "entries", "hashes"}
			cells := "| " + row.name
			for _, c := range columns {
				cells += fmt.Sprintf(" | %.0f", got[c])
			}
			t.Log(cells + " |")
			said := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row.name) + ` \|(.*)\|$`).FindSubmatch(text)
			if said == nil {
				t.Fatal("the guide has no such row")
			}
			for i, cell := range strings.Split(string(said[1]), "|") {
				want, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
				most := want*1.05 + 2
				if columns[i] == "archive lines" {
					most += frameOfCalls
				}
				if have := got[columns[i]]; err != nil || have < want*0.95-2 || have > most {
					t.Errorf("%s: %.1f bytes a call, and the guide says %s", columns[i], have, strings.TrimSpace(cell))
				}
			}
		})
	}
}
