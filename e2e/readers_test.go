package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// reader is a server that tells what it read since it was asked last.
type reader struct {
	address string // of its TCP port
	take    func(t *testing.T) []testdata.Outcome
}

// readers are the servers behind the gate, by name.
var readers = []struct {
	name  string
	start func(t *testing.T) reader
}{
	{"go", goReader},
	{"node", func(t *testing.T) reader { return nodeReader(t, "strict") }},
	{"node-lenient", func(t *testing.T) reader { return nodeReader(t, "lenient") }},
	{"nginx", nginxReader},
	{"haproxy", haproxyReader},
}

// goReader is net/http, which reads.
func goReader(t *testing.T) reader {
	var mu sync.Mutex
	var read []testdata.Outcome
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // it broke off
		}
		mu.Lock()
		read = append(read, testdata.ReadingOf(r, body))
		mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return reader{server.Listener.Addr().String(), func(*testing.T) []testdata.Outcome {
		mu.Lock()
		defer mu.Unlock()
		all := read
		read = nil
		return all
	}}
}

var nodeListens = regexp.MustCompile(`reads on (127\.0\.0\.1:\d+), tells on (127\.0\.0\.1:\d+)`)

func nodeReader(t *testing.T, how string) reader {
	node := testdata.Program(t, "node", "nodejs")
	address, p := launch(t, nodeListens, node, fixture(t, "recorder.js"), how)
	teller := "http://" + nodeListens.FindStringSubmatch(p.output())[2]
	return reader{address, func(t *testing.T) (read []testdata.Outcome) {
		t.Helper()
		res, err := http.Get(teller)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var list []struct {
			Method       string
			Target, Body []byte
			Fields       [][]byte // names and values in turns
		}
		if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			o := testdata.Outcome{Method: r.Method, Target: string(r.Target), Body: string(r.Body)}
			for i := 0; i+1 < len(r.Fields); i += 2 {
				if strings.EqualFold(string(r.Fields[i]), "host") {
					o.Host = string(r.Fields[i+1])
				}
				o.Fields = append(o.Fields, string(r.Fields[i])+": "+string(r.Fields[i+1]))
			}
			read = append(read, o)
		}
		return read
	}}
}

func nginxReader(t *testing.T) reader {
	program := testdata.Program(t, "nginx", "nginx")
	return proxyReader(t, "nginx.conf", "nginx.sock", func(dir, config string) []string {
		return []string{program, "-p", dir, "-e", "stderr", "-c", config}
	})
}

func haproxyReader(t *testing.T) reader {
	program := testdata.Program(t, "haproxy", "haproxy")
	return proxyReader(t, "haproxy.cfg", "haproxy.sock", func(_, config string) []string {
		return []string{program, "-db", "-f", config}
	})
}

// proxyReader is a proxy in front of a goReader. It listens on a Unix socket,
// since it cannot say which port it took; a relay of bytes stands before it.
func proxyReader(t *testing.T, config, socket string, command func(dir, config string) []string) reader {
	t.Helper()
	back := goReader(t)
	dir := t.TempDir()
	text, err := os.ReadFile(fixture(t, config))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, config)
	writeFile(t, path, strings.NewReplacer("DIR", dir, "RECORDER", back.address).Replace(string(text)))
	args := command(dir, path)
	p := begin(t, args[0], args[1:]...)
	socket = filepath.Join(dir, socket)
	p.awaitSocket(t, socket)
	return reader{relayBytes(t, socket), back.take}
}

// awaitSocket waits until somebody listens on the Unix socket.
func (p *process) awaitSocket(t *testing.T, path string) {
	t.Helper()
	end := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return
		}
		select {
		case <-tick.C:
		case <-p.done:
			t.Fatalf("%s ended before it listened: %v\n%s", p.cmd.Path, p.err, p.output())
		case <-end:
			t.Fatalf("%s does not listen on %s\n%s", p.cmd.Path, path, p.output())
		}
	}
}

// relayBytes hands connections on to a Unix socket and returns where it
// listens.
func relayBytes(t *testing.T, socket string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
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
			work.Go(func() { pipe(c, socket) })
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return l.Addr().String()
}

// pipe copies both ways until both have ended.
func pipe(front net.Conn, socket string) {
	defer front.Close()
	back, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer back.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(back, front)
		back.(*net.UnixConn).CloseWrite()
	}()
	io.Copy(front, back)
	front.(*net.TCPConn).CloseWrite()
	<-done
}

// fixture is a file of this test.
func fixture(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "differential", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
