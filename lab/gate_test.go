package lab_test

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/lab"
	"github.com/gatehouse-api/gatehouse/serve"
)

// guarded starts the gate, with the shop's contract and nothing else to go by,
// in front of a shop that has just opened.
func guarded(t *testing.T) (shop *lab.Shop, api, gate string) {
	t.Helper()
	shop = lab.New(lab.Options{})
	server := httptest.NewServer(shop)
	var stderr strings.Builder
	p, err := serve.Start(serve.Config{
		Read: read(t), Upstream: server.URL, Listen: "127.0.0.1:0", Authentication: config.ByUpstream,
		Drain: time.Second, Stderr: &stderr, Quiet: true,
	})
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

// TestFlawsThroughTheGate holds the status of each row of FLAWS.md to the
// truth: what is closed has no effect any more, what is open has.
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
	for _, f := range flaws {
		t.Run(f.ID, func(t *testing.T) {
			_, api, gate := guarded(t)
			cmd := exec.Command("sh", "-c", begin+f.Script)
			cmd.Env = append(cmd.Environ(), "SHOP="+gate, "API="+api, "no_proxy=*")
			output, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%.2000s", err, output)
			}
			if fault := untrue(&f, string(output)); fault != "" {
				t.Errorf("%s\n%.2000s", fault, output)
			}
		})
	}
}

// untrue says why the row of f does not tell what became of its script.
func untrue(f *lab.Flaw, output string) string {
	left := f.Left(output)
	code := strings.Contains(output, fmt.Sprintf(`"code":%q`, f.Code))
	switch {
	case f.Open && !f.Succeeded(output):
		return "the row says open, and the exploit failed"
	case f.Open:
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

// TestHonestCallsThroughTheGate makes the calls of honest clients: none is
// refused, and no answer is replaced.
func TestHonestCallsThroughTheGate(t *testing.T) {
	shop, api, gate := guarded(t)
	payment := ""
	for _, h := range calls {
		t.Run(strings.NewReplacer(" ", "-", "/", "-").Replace(h.line), func(t *testing.T) {
			got, body := h.make(t, shop, gate, api, payment)
			if got.StatusCode != h.status || strings.Contains(string(body), `"code":"`) {
				t.Fatalf("status %d, want %d: %s", got.StatusCode, h.status, body)
			}
			if h.operation == "createPayment" && h.status == 201 {
				payment = paymentIn(body)
			}
		})
	}
}
