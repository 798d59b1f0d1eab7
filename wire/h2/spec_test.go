package h2

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// hello reads the body and answers with a few bytes.
var hello = api(func(_ context.Context, x *gate.Exchange) error {
	if _, err := content(x); err != nil {
		return err
	}
	answer(x, 200, "hello from the API")
	return nil
})

var allPassed = regexp.MustCompile(`(?m)^(\d+) tests, (\d+) passed, 0 skipped, 0 failed$`)

// TestSpecification runs h2spec, a client that breaks each rule of RFC 7540
// and RFC 7541 in turn.
func TestSpecification(t *testing.T) {
	h2spec := filepath.Join(t.TempDir(), "h2spec")
	if out, err := exec.Command("go", "-C", "../../tools", "build", "-o", h2spec, "github.com/summerwind/h2spec/cmd/h2spec").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, args := range map[string][]string{"tls": {"-t", "-k"}, "prior-knowledge": nil} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, hello, len(args) > 0, nil)
			_, port, _ := net.SplitHostPort(s.addr)
			out, err := exec.Command(h2spec, append(args, "-h", "127.0.0.1", "-p", port, "-P", "/unrouted", "-o", "5")...).CombinedOutput()
			if m := allPassed.FindSubmatch(out); err != nil || m == nil || !bytes.Equal(m[1], m[2]) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
