package upstream

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// listen runs an API that does serve with each connection, and returns its
// URL.
func listen(t testing.TB, serve func(net.Conn)) *url.URL {
	t.Helper()
	return listenOn(t, "tcp", "127.0.0.1:0", serve)
}

// listenOn is listen on an address of a network.
func listenOn(t testing.TB, network, address string, serve func(net.Conn)) *url.URL {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	if network == "unix" {
		return &url.URL{Scheme: "unix", Path: address}
	}
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

// to returns an upstream for target.
func to(t testing.TB, target *url.URL, o Options) *Upstream {
	t.Helper()
	o.Poison = true
	u, err := New(target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return u
}

// skipHead reads one head and returns its first line.
func skipHead(in *bufio.Reader) (first string, err error) {
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		switch {
		case err != nil:
			return first, err
		case n == 0:
			first = strings.TrimSpace(line)
		case line == "\r\n":
			return first, nil
		}
	}
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// request is an exchange for the API.
func request(method, body string) *gate.Exchange {
	x := &gate.Exchange{Method: []byte(method), OutTarget: []byte("/"), Host: []byte("api.test"), Version: "HTTP/1.1", Context: context.Background()}
	if body != "" {
		x.Intake.Mode, x.OutBody, x.BodyLength = gate.Buffer, []byte(body), int64(len(body))
	}
	return x
}

// streaming is an exchange whose body comes from r.
func streaming(r io.Reader, length int64) *gate.Exchange {
	x := request("POST", "")
	x.Intake = gate.Intake{Mode: gate.Stream, MaxBytes: 1 << 40}
	x.Incoming, x.BodyLength = r, length
	return x
}

// outcome sends x and returns the answer's status and body, or how it ended.
func outcome(u *Upstream, x *gate.Exchange) (status int, body string, err error) {
	if err := u.Send(x.Context, x); err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(x.Answer.Body)
	x.Answer.Body.Close()
	status = x.Answer.Status
	x.Answer.Lease.End()
	x.Answer = gate.Answer{Fields: x.Answer.Fields[:0]}
	return status, string(b), err
}

// mustGet wants a GET to be answered as fine.
func mustGet(t testing.TB, u *Upstream) {
	t.Helper()
	if status, body, err := outcome(u, request("GET", "")); status != 200 || body != "ok" || err != nil {
		t.Fatalf("%d %q %v", status, body, err)
	}
}

// code is the refusal that err is.
func code(err error) gate.Code {
	if u, ok := err.(*gate.Unavailable); ok {
		return u.Code
	}
	return gate.Undecided
}

// until waits for something that another goroutine or the system does.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(5 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("never: %s", what)
		}
	}
}
