//go:build linux

package wire_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// asAPI makes this test binary an API at an address instead.
const asAPI = "GATEHOUSE_TEST_API"

func TestMain(m *testing.M) {
	if address := os.Getenv(asAPI); address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(l.Addr())
		http.Serve(l, http.HandlerFunc(mortal))
	}
	os.Exit(m.Run())
}

// mortal answers, or says that it has begun and waits for its end.
func mortal(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	switch r.URL.RawQuery {
	case "waits":
		os.Stdout.WriteString("begun\n")
		select {}
	case "half":
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		select {}
	}
	io.WriteString(w, "ok")
}

// process is an API in a process of its own.
type process struct {
	*exec.Cmd
	said *bufio.Reader
	addr string
}

func start(t *testing.T, address string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), asAPI+"="+address)
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.said = bufio.NewReader(out)
	line, err := p.said.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p.addr = strings.TrimSpace(line)
	return p
}

// kill is kill -9.
func (p *process) kill() {
	p.Process.Kill()
	p.Wait()
}

// descriptors fails t when there are more open files after the test than
// before. Call it first.
func descriptors(t *testing.T) {
	t.Helper()
	count := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	count() // what the runtime opens itself
	before := count()
	t.Cleanup(func() {
		for limit := time.Now().Add(5 * time.Second); count() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Errorf("%d open files before, %d after", before, count())
				return
			}
		}
	})
}

// TestKilledAPI has the API killed with kill -9: between two calls, while it
// works, within its answer; and started again.
func TestKilledAPI(t *testing.T) {
	descriptors(t)
	leak.Check(t)
	api := start(t, "127.0.0.1:0")
	p := serve(t, to(t, "http://"+api.addr, upstream.Options{}), server.Options{}, false)
	c := p.client(t)
	get := func(method, target string) (int, string, error) {
		t.Helper()
		r, err := http.NewRequest(method, p.url+target, nil)
		if method == "POST" {
			r, err = http.NewRequest(method, p.url+target, strings.NewReader("body"))
		}
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return res.StatusCode, string(b), err
	}
	for _, method := range []string{"GET", "POST"} {
		target := map[string]string{"GET": "/get", "POST": "/buffer"}[method]
		fine := func() {
			t.Helper()
			if status, body, err := get(method, target); status != 200 || body != "ok" || err != nil {
				t.Fatalf("%s: %d %s %v", method, status, body, err)
			}
		}
		fine()
		api.kill()
		// A GET may still have been written when the end had just come, and a POST not.
		if status, body, _ := get(method, target); status != 502 || !strings.Contains(body, `"upstream-unreachable"`) && (method == "POST" || !strings.Contains(body, `"upstream-broken"`)) {
			t.Errorf("%s of an API that is gone: %d %s", method, status, body)
		}
		api = start(t, api.addr)
		fine()
		addr := api.addr
		api.kill()
		api = start(t, addr)
		fine() // over no connection of before

		victim, dead := api, make(chan bool)
		go func() {
			victim.said.ReadString('\n') // it has begun
			victim.kill()
			close(dead)
		}()
		if status, body, _ := get(method, target+"?waits"); status != 502 || !strings.Contains(body, `"upstream-broken"`) {
			t.Errorf("%s while it is killed: %d %s", method, status, body)
		}
		<-dead
		api = start(t, addr)
		fine()
	}
	res, err := c.Get(p.url + "/get?half")
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(res.Body, make([]byte, 4))
	api.kill()
	if rest, err := io.ReadAll(res.Body); err == nil || len(rest) > 0 {
		t.Errorf("the answer looks whole: %q", rest)
	}
	res.Body.Close()
}

// blackhole is an address that takes no connection and refuses none: nobody
// accepts there, and the queue is full.
func blackhole(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = syscall.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for {
		c, err := net.DialTimeout("tcp", address, brief)
		if err != nil {
			return "http://" + address
		}
		t.Cleanup(func() { c.Close() })
	}
}

// TestAPIsThatFail is the table of docs/guide/to-the-api.md: what clients get,
// under some load, and that nothing is left behind.
func TestAPIsThatFail(t *testing.T) {
	o := upstream.Options{ConnectTimeout: 2 * brief, AnswerTimeout: 2 * brief, StallTimeout: 2 * brief}
	const ok = "HTTP/1.1 200 OK\r\n"
	endless := func(c net.Conn) {
		io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n")
		for {
			if _, err := io.WriteString(c, "4\r\nmore\r\n"); err != nil {
				return
			}
		}
	}
	says := func(text string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, text) } }
	reset := func(text string) func(net.Conn) {
		return func(c net.Conn) { io.WriteString(c, text); c.(*net.TCPConn).SetLinger(0) }
	}
	for _, row := range []struct {
		name   string
		do     func(net.Conn) // behind the head of a request; nil for a black hole
		status int            // 0 for an answer that breaks off
		code   string
	}{
		{"swallows-packets", nil, 502, "upstream-unreachable"},
		{"never-answers", func(c net.Conn) { io.Copy(io.Discard, c) }, 504, "upstream-timeout"},
		{"closes", says(""), 502, "upstream-broken"},
		{"resets", reset(""), 502, "upstream-broken"},
		{"resets-in-its-head", reset(ok + "X: "), 502, "upstream-broken"},
		{"garbage", says("\x15\x03\x01\x00\x02\x02\x28garbage\r\n\r\n"), 502, "upstream-broken"},
		{"endless-garbage", func(c net.Conn) { io.Copy(c, zeros{}) }, 502, "upstream-broken"},
		{"two-lengths", says(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nok"), 502, "upstream-broken"},
		{"resets-in-its-body", reset(ok + "Content-Length: 100\r\n\r\nhalf"), 0, ""},
		{"stops-in-its-body", func(c net.Conn) { says(ok + "Content-Length: 100\r\n\r\nhalf")(c); io.Copy(io.Discard, c) }, 0, ""},
		{"never-ends", endless, 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			descriptors(t)
			leak.Check(t)
			target := ""
			if row.do == nil {
				target = blackhole(t)
			} else {
				target = listen(t, func(c net.Conn) {
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						row.do(c)
					}
				})
			}
			up := to(t, target, o)
			p := serve(t, up, server.Options{}, false)
			c := p.client(t)
			const clients, calls = 4, 3
			var work sync.WaitGroup
			for range clients {
				work.Go(func() {
					for i := range calls {
						failing(t, c, p.url, i, row.status, row.code)
					}
				})
			}
			work.Wait()
			for i := range clients * calls {
				if e := p.Event(i); e.Outcome == gate.Passed {
					t.Errorf("event %d: %v", i, e.Outcome)
				}
			}
			if s := up.Stats(); s.InFlight != 0 || s.Idle != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// failing makes one call that fails.
func failing(t *testing.T, c *http.Client, url string, i, status int, code string) {
	call := func() (*http.Response, error) { return c.Get(url + "/get") }
	if i == 1 {
		call = func() (*http.Response, error) {
			return c.Post(url+"/stream", "text/plain", strings.NewReader("body"))
		}
	}
	res, err := call()
	if err != nil {
		if status != 0 || isTimeout(err) { // a short answer may break off before any of it has left
			t.Error(err)
		}
		return
	}
	defer res.Body.Close()
	if status == 0 {
		if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); res.StatusCode != 200 || err == nil && res.Header.Get("Content-Length") != "" {
			t.Errorf("%d, %v", res.StatusCode, err)
		}
		return
	}
	if b, err := io.ReadAll(res.Body); res.StatusCode != status || !strings.Contains(string(b), `"`+code+`"`) || err != nil {
		t.Errorf("%d %s %v", res.StatusCode, b, err)
	}
}
