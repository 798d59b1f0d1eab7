package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// passage is an address that is known before what it leads to.
type passage struct {
	listener net.Listener
	to       string // set before anybody calls
	all      sync.WaitGroup
}

func newPassage(t *testing.T) *passage {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	p := &passage{listener: l}
	t.Cleanup(func() {
		l.Close()
		p.all.Wait()
	})
	return p
}

// lead has connections go to an address.
func (p *passage) lead(to string) {
	p.to = to
	p.all.Go(func() {
		for {
			from, err := p.listener.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { join(from, p.to) })
		}
	})
}

// join carries bytes both ways until one side has ended.
func join(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(to, from)
		to.Close()
	}()
	_, _ = io.Copy(from, to)
	from.Close()
	<-ended
}

// TestClientThatKnowsOnlyTheAPI has a client find the provider by the challenge
// and the metadata of the API (RFC 9728), and call.
func TestClientThatKnowsOnlyTheAPI(t *testing.T) {
	node, front := installNode(t), newPassage(t)
	i := newTLSIdentity(t, node)
	i.up(t, "a")
	_, port, _ := strings.Cut(front.listener.Addr().String(), ":")
	resource := "https://localhost:" + port
	cert, key := certificate(t)
	own, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	writeFile(t, roots, string(i.roots)+string(own))
	gate, _, _ := guarded(t, i,
		`"127.0.0.1:0"}`, fmt.Sprintf(`"127.0.0.1:0", tls: {certificate: %s, key: %s}}`, cert, key),
		"    caller:", fmt.Sprintf("    protected_resource: {resource: %q}\n    caller:", resource),
		`"https://api.example.com/orders"], clock_skew: 1s}`, fmt.Sprintf("%q], clock_skew: 1s, jwks: {ca: %s}, binding: {required: true, nonce: always}}", resource, roots))
	front.lead(strings.TrimPrefix(gate, "http://"))
	out, err := run(t, node, []string{"NODE_EXTRA_CA_CERTS=" + roots}, "node", "discover.js", resource)
	if err != nil {
		t.Fatal(err)
	}
	tried(t, out, map[string]string{
		"nobody":                       "401",
		"challenge-names-the-document": "true",
		"scopes":                       "orders:read,orders:write",
		"methods":                      "header",
		"call":                         "200 robot",
	})
}
