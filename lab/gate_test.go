package lab_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/lab"
	"github.com/gatehouse-api/gatehouse/serve"
)

// guarded starts the gate in front of a shop that has just opened: with the
// shop's contract and nothing else to go by, or by gatehouse.yaml.
func guarded(t *testing.T, rules bool) (shop *lab.Shop, api, gate string) {
	t.Helper()
	shop = lab.New(lab.Options{})
	server := httptest.NewServer(shop)
	var stderr strings.Builder
	c := serve.Config{Drain: time.Second, Stderr: &stderr, Quiet: true, Poll: -1}
	if rules {
		c.File = ruled(t, server.URL)
	} else {
		c.Read, c.Upstream, c.Listen, c.Authentication = read(t), server.URL, "127.0.0.1:0", config.ByUpstream
	}
	p, err := serve.Start(c)
	if err != nil {
		server.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		server.Close()
		if stderr.Len() > 0 {
			t.Errorf("said %q", stderr.String())
		}
	})
	return shop, server.URL, p.URL()
}

// ruled writes the lab's gatehouse.yaml for a shop at another address.
func ruled(t *testing.T, api string) string {
	t.Helper()
	text, err := os.ReadFile("gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	places := strings.NewReplacer("http://127.0.0.1:9000", api, "127.0.0.1:8080", "127.0.0.1:0")
	for name, text := range map[string]string{"gatehouse.yaml": places.Replace(string(text)), lab.DocumentName: string(lab.Document())} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "gatehouse.yaml")
}

// TestFlawsThroughTheGate holds the status of each row of FLAWS.md to the
// truth: what is closed has no effect any more, what is open has, and what a
// rule closes has until the rule is there.
func TestFlawsThroughTheGate(t *testing.T) {
	testdata.Program(t, "curl", "curl")
	begin, err := lab.Shell()
	if err != nil {
		t.Fatal(err)
	}
	flaws, err := lab.Flaws()
	if err != nil {
		t.Fatal(err)
	}
	for name, rules := range map[string]bool{"contract-alone": false, "with-rules": true} {
		t.Run(name, func(t *testing.T) {
			for _, f := range flaws {
				t.Run(f.ID, func(t *testing.T) {
					_, api, gate := guarded(t, rules)
					output := run(t, begin+f.Script, gate, api)
					if fault := untrue(&f, output, f.Open || f.Rule != "" && !rules); fault != "" {
						t.Errorf("%s\n%.2000s", fault, output)
					}
				})
			}
		})
	}
}

// untrue says why the row of f does not tell what became of its script; open
// is what the row says.
func untrue(f *lab.Flaw, output string, open bool) string {
	left := f.Left(output)
	code := strings.Contains(output, fmt.Sprintf(`"code":%q`, f.Code))
	switch {
	case open && !f.Succeeded(output):
		return "the row says open, and the exploit fails: the row is out of date"
	case open:
		return ""
	case f.Succeeded(output) || len(left) > 0:
		return fmt.Sprintf("the row says closed, and there is %q", append(left, f.Evidence...))
	case f.Code != "" && !code:
		return "the row says refused as " + f.Code
	case f.Code == "" && !strings.Contains(output, "HTTP/1.1 "):
		return "there is no answer"
	}
	return ""
}

// inward are calls with addresses that are nobody's but the shop's own, since
// the shop of the lab reaches no others, and a name that nobody has: with ssrf
// they are refused.
var inward = map[string]bool{"PUT /users/2/avatar": true, "PUT /users/999/avatar": true, "POST /webhooks": true}

// TestHonestCallsThroughTheGate makes the calls of honest clients: none is
// refused but those of inward, and no answer is replaced.
func TestHonestCallsThroughTheGate(t *testing.T) {
	for name, rules := range map[string]bool{"contract-alone": false, "with-rules": true} {
		t.Run(name, func(t *testing.T) {
			shop, api, gate := guarded(t, rules)
			payment := ""
			for _, h := range calls {
				t.Run(strings.NewReplacer(" ", "-", "/", "-").Replace(h.line), func(t *testing.T) {
					got, body := h.make(t, shop, gate, api, payment)
					want, refused := h.status, inward[h.line]
					if refused = refused && rules; refused {
						want = 403
					} else if rules && h.line == "POST /webhooks/2/test" {
						want = 404 // it was never made
					}
					if got.StatusCode != want || strings.Contains(string(body), `"code":"`) != refused {
						t.Fatalf("status %d, want %d: %s", got.StatusCode, want, body)
					}
					if h.operation == "createPayment" && h.status == 201 {
						payment = paymentIn(body)
					}
				})
			}
		})
	}
}
