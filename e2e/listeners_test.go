package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// heardFrom is an API that says who its clients are, and a gatehouse.yaml in
// front of it with the listeners that are given.
func heardFrom(t *testing.T, listeners string, more ...string) (configuration string) {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(api.Close)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "slow.yaml"), slowContract)
	configuration = filepath.Join(dir, "gatehouse.yaml")
	writeFile(t, configuration, strings.NewReplacer("DIR", dir).Replace("version: 1\nlisteners:\n"+listeners+
		"apis: [{contract: slow.yaml, upstreams: [{url: '"+api.URL+"'}]}]\nrecord: {events: none}\n"+strings.Join(more, "")))
	return configuration
}

// askOn makes one call by a dialer and returns the answer's body.
func askOn(t *testing.T, dial func() (net.Conn, error)) string {
	t.Helper()
	c, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, "GET /things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		t.Errorf("%d %s, %v", answer.StatusCode, b, err)
	}
	return string(b)
}

// inherited is an open port that a program gets as a descriptor.
func inherited(t *testing.T) (address string, file *os.File) {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err = l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return l.Addr().String(), file
}

const haproxyPasses = `
defaults
  mode tcp
  timeout connect 10s
  timeout client 20s
  timeout server 20s
listen version-1
  bind fd@3
  server gate ADDRESS send-proxy
listen version-2
  bind fd@4
  server gate ADDRESS send-proxy-v2 proxy-v2-options crc32c check check-send-proxy inter 50ms
listen socket
  bind fd@5
  server gate unix@SOCKET send-proxy-v2
`

// TestHAProxySaysWhoTheClientIs has HAProxy pass connections on by both
// versions of the PROXY protocol, with checks of its own in between.
func TestHAProxySaysWhoTheClientIs(t *testing.T) {
	haproxy := testdata.Program(t, "haproxy", "haproxy")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	file := heardFrom(t, "  - {address: 127.0.0.1:0, proxy_protocol: {from: [127.0.0.1/32]}}\n  - {address: 'unix:DIR/gate.sock', proxy_protocol: {}}\n")
	address, p := launch(t, gateListens, gate, "serve", "--config", file)
	socket := filepath.Join(filepath.Dir(file), "gate.sock")
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	writeFile(t, config, strings.NewReplacer("ADDRESS", address, "SOCKET", socket).Replace(haproxyPasses))
	cmd := exec.Command(haproxy, "-db", "-f", config)
	var fronts []string
	for range 3 {
		at, f := inherited(t)
		fronts, cmd.ExtraFiles = append(fronts, at), append(cmd.ExtraFiles, f)
	}
	beginCommand(t, cmd)
	for i, front := range fronts {
		for _, client := range []string{"127.0.0.7", "127.0.0.8"} {
			from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(client)}}
			if got := askOn(t, func() (net.Conn, error) { return from.Dial("tcp", front) }); got != client {
				t.Errorf("front %d: a call of %s is heard as one of %q", i, client, got)
			}
		}
	}
	if strings.Contains(p.output(), "without a readable header") {
		t.Errorf("what HAProxy says is not understood:\n%s", p.output())
	}
}

// TestSystemdHoldsTheSocket has systemd's own program start the gate at the
// first connection, which waits and is served.
func TestSystemdHoldsTheSocket(t *testing.T) {
	activate := testdata.Program(t, "systemd-socket-activate", "systemd")
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	file := heardFrom(t, "  - address: systemd:web\n  - address: 'unix:DIR/second.sock'\n")
	first, second := filepath.Join(filepath.Dir(file), "first.sock"), filepath.Join(filepath.Dir(file), "second.sock")
	p := begin(t, activate, "-l", first, "-l", second, "--fdname", "web:other", gate, "serve", "--config", file)
	for limit := time.Now().Add(10 * time.Second); ; {
		if _, err := os.Stat(second); err == nil {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("nobody listens:\n%s", p.output())
		}
	}
	for _, socket := range []string{first, second} { // by name, and by where it is
		if got := askOn(t, func() (net.Conn, error) { return net.Dial("unix", socket) }); got != "127.0.0.1" {
			t.Errorf("heard as %q", got)
		}
	}
}

// TestProgramIsReplacedUnderLoad starts the program anew several times while
// clients connect and others keep their connections: none is turned away, none
// loses an answer, and each program that was replaced ends well.
func TestProgramIsReplacedUnderLoad(t *testing.T) {
	gate, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	file := heardFrom(t, "  - address: 127.0.0.1:0\n  - {address: 127.0.0.1:0, http2: plain}\n", "handover: handover.sock\n")
	address, now := launch(t, gateListens, gate, "serve", "--config", file)
	var calls atomic.Int64
	var clients sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for i := range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				if err := callUntilClosed(ctx, address, i%2 == 0, &calls); err != nil {
					t.Errorf("client %d: %v", i, err)
					return
				}
			}
		})
	}
	known := new(http.Protocols)
	known.SetUnencryptedHTTP2(true)
	second := gateListens.FindAllStringSubmatch(now.output(), -1)[1][1]
	for range 2 {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{Protocols: known}}
		clients.Go(func() {
			for ctx.Err() == nil {
				answer, err := client.Get("http://" + second + "/things")
				if err != nil {
					t.Errorf("by HTTP/2: %v", err)
					return
				}
				b, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != 200 || answer.ProtoMajor != 2 {
					t.Errorf("by HTTP/2: %s %d %s, %v", answer.Proto, answer.StatusCode, b, err)
				}
				calls.Add(1)
			}
			client.CloseIdleConnections()
		})
	}
	for range 4 {
		before := calls.Load()
		for limit := time.Now().Add(20 * time.Second); calls.Load() < before+200; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("calls do not go on:\n%s", now.output())
			}
		}
		again, next := launch(t, gateListens, gate, "serve", "--config", file)
		select {
		case <-now.done:
		case <-time.After(20 * time.Second):
			t.Fatalf("the program that was replaced goes on:\n%s", now.output())
		}
		if now.err != nil || again != address {
			t.Errorf("from %s to %s, %v\n%s", address, again, now.err, now.output())
		}
		now = next
	}
	stop()
	clients.Wait()
	t.Logf("%d calls", calls.Load())
}

// callUntilClosed makes calls on one connection, a single one unless keep, until
// the gate says that an answer is the last one.
func callUntilClosed(ctx context.Context, address string, keep bool, calls *atomic.Int64) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return fmt.Errorf("turned away: %w", err)
	}
	defer c.Close()
	end := ""
	if !keep {
		end = "Connection: close\r\n"
	}
	for r := bufio.NewReader(c); ; calls.Add(1) {
		c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(c, "GET /things HTTP/1.1\r\nHost: a\r\n"+end+"\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 || string(b) != "127.0.0.1" {
			return fmt.Errorf("%d %s: %w", answer.StatusCode, b, err)
		}
		if answer.Close || ctx.Err() != nil {
			return nil
		}
	}
}
