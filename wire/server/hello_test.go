package server_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
)

// hearing is an API that answers with the fingerprint of the client's TLS.
type hearing struct{}

func (hearing) Send(_ context.Context, x *gate.Exchange) error {
	text := "unknown"
	if x.Hello != nil {
		text = x.Hello.JA4
	}
	x.Answer = gate.Answer{Status: 200, Length: int64(len(text)), Body: io.NopCloser(strings.NewReader(text))}
	return nil
}

// TestHello tells guards of the TLS of a Go program, where the plan asks for it.
func TestHello(t *testing.T) {
	for name, hears := range map[string]bool{"wanted": true, "not-wanted": false} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			cert, key, roots := stage.Files(t)
			pair, err := tls.LoadX509KeyPair(cert, key)
			if err != nil {
				t.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			house := stage.New(t, hearing{})
			house.Gate.Plan().Hellos = hears
			s := server.NewServer(house.Gate, server.Options{})
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(l, &tls.Config{Certificates: []tls.Certificate{pair}}) }()
			defer func() { s.Shutdown(context.Background()); <-ended }()
			c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{"http/1.1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(20 * time.Second))
			io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
			text, _ := io.ReadAll(c)
			if got := strings.Contains(string(text), "\r\n\r\nt13d"); got != hears {
				t.Errorf("answered %q", text)
			}
		})
	}
}
