package upstream

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestHostileAPI has many calls at once go to an API that ends connections at
// odd moments, says that it does or not, and answers in pieces. Whatever is
// answered is the answer to that request, no POST comes twice, and nobody waits
// for a deadline.
func TestHostileAPI(t *testing.T) {
	t.Run("tcp", func(t *testing.T) { hostileAPI(t, "tcp", "127.0.0.1:0") })
	t.Run("unix", func(t *testing.T) { hostileAPI(t, "unix", t.TempDir()+"/s") })
}

// reset ends a connection so that its other end learns of it by an error.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	c.Close()
}

func hostileAPI(t *testing.T, network, address string) {
	var mu sync.Mutex
	seen := map[string]int{} // requests by their target
	u := to(t, listenOn(t, network, address, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			first, err := skipHead(in)
			if err != nil {
				return
			}
			_, rest, _ := strings.Cut(first, " ")
			id, _, _ := strings.Cut(rest, " ")
			mu.Lock()
			seen[id]++
			mu.Unlock()
			if strings.HasPrefix(first, "POST") {
				in.Discard(4)
			}
			answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(id), id)
			switch rand.N(12) {
			case 0: // before it has answered
				reset(c)
				return
			case 1:
				return
			case 2: // half of it
				io.WriteString(c, answer[:len(answer)/2])
				return
			case 3: // at once behind it
				io.WriteString(c, answer)
				return
			case 4:
				io.WriteString(c, answer)
				c.(interface{ CloseWrite() error }).CloseWrite()
				io.Copy(io.Discard, in)
				return
			case 5: // a moment later
				io.WriteString(c, answer)
				time.Sleep(rand.N(2 * time.Millisecond))
				return
			case 6:
				io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\n"+answer[:9])
				io.WriteString(c, answer[9:])
			case 7:
				io.WriteString(c, strings.Replace(answer, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1))
				return
			case 8:
				io.WriteString(c, answer)
				reset(c)
				return
			default:
				io.WriteString(c, answer)
			}
		}
	}), Options{})
	var slowest, good atomic.Int64
	var all sync.WaitGroup
	for lane := range 8 {
		all.Go(func() {
			for i := range 400 {
				method, body := "GET", ""
				if i%2 == 1 {
					method, body = "POST", "body"
				}
				x := request(method, body)
				id := fmt.Sprintf("/%s-%d-%d", method, lane, i)
				x.OutTarget = []byte(id)
				began := time.Now()
				status, got, err := outcome(u, x)
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
				if err == nil {
					good.Add(1)
					if status != 200 || got != id {
						t.Errorf("%s is answered %d %q", id, status, got)
					}
				}
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	for id, n := range seen {
		if strings.HasPrefix(id, "/POST") && n > 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if len(seen) == 0 || good.Load() < 1000 {
		t.Errorf("%d of %d were answered: too few to say anything", good.Load(), len(seen))
	}
	if took := time.Duration(slowest.Load()); took > 5*time.Second {
		t.Errorf("one took %v", took)
	}
}
