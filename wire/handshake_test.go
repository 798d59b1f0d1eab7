package wire_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/server"
)

// TestFailedHandshakesAreSaid wants one line of the log for clients that TLS
// locks out: why, how often, and not who.
func TestFailedHandshakesAreSaid(t *testing.T) {
	for _, row := range []struct {
		name, want string
		connect    func(p *path, c net.Conn)
	}{
		{"plain-http", "the client does not speak TLS", func(_ *path, c net.Conn) { io.WriteString(c, good) }},
		{"old-version", "client offered only unsupported versions", func(_ *path, c net.Conn) {
			tls.Client(c, &tls.Config{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true}).Handshake()
		}},
		{"client-does-not-trust", "the client says bad certificate", func(_ *path, c net.Conn) {
			tls.Client(c, &tls.Config{ServerName: "localhost"}).Handshake()
		}},
		{"names-of-the-client-are-not-said", "client requested unsupported application protocols", func(p *path, c net.Conn) {
			own := p.tls.Clone()
			own.NextProtos = []string{"secret"}
			tls.Client(c, own).Handshake()
		}},
		{"breaks-off", "unexpected EOF", func(_ *path, c net.Conn) {
			io.WriteString(c, "\x16\x03\x01\x02\x00\x01")
			c.(*net.TCPConn).CloseWrite()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := layTLS(t, http.NotFoundHandler(), server.Options{}, true)
			for range 3 {
				c, err := net.Dial("tcp", p.addr)
				if err != nil {
					t.Fatal(err)
				}
				row.connect(p, c)
				io.Copy(io.Discard, c) // until the gate has closed it
				c.Close()
			}
			said := p.log.String()
			if strings.Count(said, "TLS handshakes fail") != 1 || !strings.Contains(said, row.want) || !strings.Contains(said, `"so far"=1`) {
				t.Errorf("log %s", said)
			}
			if strings.Contains(said, "127.0.0.1") || strings.Contains(said, "secret") {
				t.Errorf("the log says too much: %s", said)
			}
			if n := p.Events(); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}
