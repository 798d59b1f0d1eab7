package wire_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// TestDescriptorsThatAreSentAlong has a client of a Unix socket send descriptors
// beside its requests (SCM_RIGHTS of unix(7)), which nobody may take.
func TestDescriptorsThatAreSentAlong(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc")
	}
	leak.Check(t)
	descriptors(t)
	back := httptest.NewServer(http.HandlerFunc(echo))
	defer back.Close()
	at := filepath.Join(t.TempDir(), "s")
	l, err := edge.Listen(edge.Options{Address: "unix:" + at})
	if err != nil {
		t.Fatal(err)
	}
	s := server.NewServer(stage.New(t, to(t, back.URL, upstream.Options{})).Gate, server.Options{})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l, nil) }()
	defer func() { s.Shutdown(over()); <-ended }()
	c, err := net.Dial("unix", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(c)
	send(t, c, good)
	receive(t, in, "GET")
	for range 50 {
		if _, _, err := c.(*net.UnixConn).WriteMsgUnix([]byte(good), syscall.UnixRights(0, 0), nil); err != nil {
			t.Fatal(err)
		}
		receive(t, in, "GET")
	}
}

// TestResetsBehindAPartOfARecord resets connections in the moment in which
// something comes of which TLS makes nothing yet.
func TestResetsBehindAPartOfARecord(t *testing.T) {
	leak.Check(t)
	p := layTLS(t, http.HandlerFunc(echo), server.Options{}, true)
	for range 100 {
		c := p.dial(t)
		send(t, c, good)
		receive(t, bufio.NewReader(c), "GET")
		time.Sleep(time.Millisecond)
		raw := c.(*tls.Conn).NetConn()
		raw.(*net.TCPConn).SetLinger(0)
		raw.Write([]byte{23, 3, 3})
		raw.Close()
	}
	for until := time.Now().Add(10 * time.Second); p.server.Counts().Open.Load() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%d connections are open", p.server.Counts().Open.Load())
		}
	}
}

// TestWhatIsNoRecord is for the race detector: what TLS refuses lies in memory that
// others use next.
func TestWhatIsNoRecord(t *testing.T) {
	leak.Check(t)
	p := layTLS(t, http.HandlerFunc(echo), server.Options{}, true)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				c := p.dial(t)
				in := bufio.NewReader(c)
				for range 5 {
					if _, err := io.WriteString(c, good); err != nil {
						t.Error(err)
						return
					}
					if _, err := http.ReadResponse(in, nil); err != nil {
						t.Error(err)
						return
					}
				}
				raw := c.(*tls.Conn).NetConn()
				raw.Write(make([]byte, 6000))
				if _, err := io.ReadAll(raw); isTimeout(err) {
					t.Error("the connection goes on")
				}
				raw.Close()
			}
		})
	}
	all.Wait()
}

// TestKeysOfASilentClient has a client ask for new keys when it was silent for
// longer than an answer may wait to be taken: TLS itself answers that (RFC 8446
// section 4.6.3), under no deadline of before.
func TestKeysOfASilentClient(t *testing.T) {
	openssl := testdata.Program(t, "openssl", "openssl")
	const stall = 300 * time.Millisecond
	p := layTLS(t, http.HandlerFunc(echo), server.Options{Limits: session.Limits{WriteStall: stall}}, true)
	c := exec.Command(openssl, "s_client", "-connect", p.addr, "-servername", "localhost", "-crlf")
	to, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	const request = "GET /get HTTP/1.1\nHost: a\n\n"
	for _, line := range []string{request, "K\n", request, "K\n", request} { // K asks for keys
		time.Sleep(2 * stall)
		io.WriteString(to, line)
	}
	time.Sleep(2 * stall)
	to.Close()
	c.Wait()
	if n := strings.Count(out.String(), "HTTP/1.1 200"); n != 3 {
		t.Errorf("%d answers, want 3:\n%s", n, out.String())
	}
}
