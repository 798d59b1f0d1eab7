package wire_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/balance"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// spread is a way to several addresses of an API; roles are those of the
// first ones.
func spread(t *testing.T, o balance.Options, n balance.NodeOptions, addresses []string, roles ...balance.Role) *balance.Balancer {
	t.Helper()
	for i, a := range addresses {
		n.Name = a
		m := balance.Member{Node: balance.NewNode(to(t, a, upstream.Options{AnswerTimeout: 300 * time.Millisecond, ConnectTimeout: time.Second, Poison: true}), n)}
		if i < len(roles) {
			m.Role = roles[i]
		}
		o.Members = append(o.Members, m)
	}
	b, err := balance.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// sums is an API that answers with the sum of what it was sent, and keeps it.
type sums struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int // guarded by mu
}

func newSums(t *testing.T) *sums {
	s := &sums{seen: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		if _, err := io.Copy(h, r.Body); err != nil {
			return // it did not come whole, and is no call
		}
		sum := fmt.Sprintf("%s %s %x", r.Method, r.URL.Path, h.Sum(nil))
		s.mu.Lock()
		s.seen[sum]++
		s.mu.Unlock()
		io.WriteString(w, sum)
	}))
	t.Cleanup(s.Close)
	return s
}

// deadAddress is one where nobody listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// always has a node stay in, whatever it does.
var always = balance.NodeOptions{Outliers: balance.Outliers{Off: true}, Breaker: balance.Breaker{Off: true}}

// TestUnreachableLosesNothing: whatever reached nobody reaches another address
// whole, streams included.
func TestUnreachableLosesNothing(t *testing.T) {
	leak.Check(t)
	good := newSums(t)
	b := spread(t, balance.Options{}, always, []string{deadAddress(t), good.URL})
	p := serve(t, b, server.Options{}, false)
	c := p.client(t)
	for i := range 60 {
		for _, size := range []int{0, 10, 5000, 300_000} {
			body := bytes.Repeat([]byte{byte('a' + i%26)}, size)
			for _, row := range []struct{ path, how string }{{"/buffer", "length"}, {"/stream", "length"}, {"/stream", "chunked"}} {
				var from io.Reader = bytes.NewReader(body)
				if row.how == "chunked" {
					from = io.MultiReader(from)
				}
				res, err := c.Post(p.url+row.path, "text/plain", from)
				if err != nil {
					t.Fatal(err)
				}
				got, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if want := fmt.Sprintf("POST %s %x", row.path, sha256.Sum256(body)); res.StatusCode != 200 || string(got) != want {
					t.Fatalf("%s of %d bytes, %s: %d %.200s", row.path, size, row.how, res.StatusCode, got)
				}
			}
		}
	}
	if s := b.Stats(); s.Retries < 200 || s.Members[0].Failed != s.Retries {
		t.Errorf("%+v", s)
	}
}

// TestBadAddress: an address that misbehaves costs no client an answer that can
// be had elsewhere, and no call is performed twice that must not be.
func TestBadAddress(t *testing.T) {
	for _, row := range []struct {
		name string
		bad  func(net.Conn)
	}{
		{"black-hole", func(c net.Conn) { io.Copy(io.Discard, c) }},
		{"closes-at-once", func(net.Conn) {}},
		{"resets", func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }},
		{"garbage", func(c net.Conn) { c.Read(make([]byte, 4096)); io.WriteString(c, "SSH-2.0-OpenSSH\r\n") }},
		{"half-a-head", func(c net.Conn) { c.Read(make([]byte, 4096)); io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			leak.Check(t)
			good := newSums(t)
			b := spread(t, balance.Options{}, balance.NodeOptions{Outliers: balance.Outliers{EjectFor: time.Minute}}, []string{listen(t, row.bad), good.URL})
			p := serve(t, b, server.Options{}, false)
			c := p.client(t)
			failed := 0
			for i := range 100 {
				res, err := c.Get(p.url + "/get")
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode != 200 {
					t.Fatalf("call %d: %d", i, res.StatusCode)
				}
			}
			for i := range 100 {
				res, err := c.Post(p.url+"/buffer", "text/plain", bytes.NewReader(fmt.Append(nil, "order ", i)))
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode != 200 {
					failed++
				}
			}
			s := b.Stats()
			if failed > 0 || s.Members[0].Health != balance.Ejected || s.Members[0].Sent != 5 {
				t.Errorf("%d calls failed; %+v", failed, s.Members)
			}
			for call, n := range good.seen {
				if n != 1 && call != fmt.Sprintf("GET /get %x", sha256.Sum256(nil)) {
					t.Errorf("%s was performed %d times", call, n)
				}
			}
		})
	}
}

// TestMirroredBytes: a copy holds what the client sent, though the exchange
// and its buffers have been another's for long. The buffers are poisoned.
func TestMirroredBytes(t *testing.T) {
	leak.Check(t)
	live, mirror := newSums(t), newSums(t)
	o := balance.Options{Mirror: balance.Mirror{Methods: []string{"POST"}, MaxInFlight: 1000, MaxBody: 1 << 20}}
	b := spread(t, o, always, []string{mirror.URL, live.URL}, balance.MirrorRole)
	p := serve(t, b, server.Options{}, false)
	var work sync.WaitGroup
	for w := range 8 {
		c := p.client(t)
		work.Go(func() {
			for i := range 50 {
				body := bytes.Repeat(fmt.Append(nil, w, i), 1+i*300)
				res, err := c.Post(p.url+"/buffer", "text/plain", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close()
			}
		})
	}
	work.Wait()
	for limit := time.Now().Add(10 * time.Second); mirror.calls() < 400 && time.Now().Before(limit); time.Sleep(time.Millisecond) {
	}
	if s := b.Stats(); s.Mirrored != 400 || s.Dropped != 0 {
		t.Errorf("%+v", s)
	}
	for call, n := range live.seen {
		if mirror.seen[call] != n {
			t.Errorf("the mirror has seen %d of %d %s", mirror.seen[call], n, call)
		}
	}
}

func (s *sums) calls() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, calls := range s.seen {
		n += calls
	}
	return n
}
