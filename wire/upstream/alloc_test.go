package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// replay answers every request of which it has read a head and the body with
// the same bytes, and allocates nothing.
func replay(answer []byte, body int) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReaderSize(c, 16<<10)
		for {
			for {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) == 2 {
					break
				}
			}
			in.Discard(body)
			c.Write(answer)
		}
	}
}

// usual is an exchange as a client makes it.
func usual(body []byte) *gate.Exchange {
	x := &gate.Exchange{Method: []byte("GET"), OutTarget: []byte("/pets/1?a=b"), Host: []byte("api.test"), Version: "HTTP/1.1",
		Context: context.Background(), Peer: netip.MustParseAddrPort("203.0.113.77:5000"), Client: netip.MustParseAddr("203.0.113.77")}
	for _, f := range [][2]string{{"Accept", "application/json"}, {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"},
		{"Accept-Encoding", "gzip, br"}, {"Authorization", "Bearer " + strings.Repeat("x", 200)}, {"Cookie", "a=b; c=d"}, {"X-Request-Id", "0123456789abcdef"}} {
		x.Fields = append(x.Fields, gate.Field{Name: []byte(f[0]), Value: []byte(f[1])})
	}
	if body != nil {
		x.Method, x.Intake.Mode, x.OutBody, x.BodyLength = []byte("POST"), gate.Buffer, body, int64(len(body))
	}
	return x
}

// answers are what an API says to usual requests.
var answers = []struct{ name, text string }{
	{"length", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: api\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024)},
	{"chunked", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + strings.Repeat("x", 1024) + "\r\n0\r\n\r\n"},
	{"large", "HTTP/1.1 200 OK\r\nContent-Length: 102400\r\n\r\n" + strings.Repeat("x", 102400)},
}

// loop returns a function that sends one request again and again and reads the
// answer.
func loop(t testing.TB, u *Upstream, body []byte) func() {
	x, buf := usual(body), make([]byte, 32<<10)
	return func() {
		if err := u.Send(x.Context, x); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := x.Answer.Body.Read(buf); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		x.Answer.Body.Close()
		x.Answer.Lease.End()
		x.Answer.Lease = nil
	}
}

func TestSendAllocatesNothing(t *testing.T) {
	for _, a := range answers {
		for name, body := range map[string][]byte{"get": nil, "post": make([]byte, 1024), "post-large": make([]byte, 20<<10)} {
			t.Run(name+"-"+a.name, func(t *testing.T) {
				u := to(t, listen(t, replay([]byte(a.text), len(body))), Options{Fields: []Field{field("X-Key", planted)}})
				run := loop(t, u, body)
				run()
				if n := testing.AllocsPerRun(300, run); n >= 1 {
					t.Errorf("%v allocations in one exchange", n)
				}
				if s := u.Stats(); s.Opened != 1 || s.Reused < 300 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestLateBodyAllocatesNothing: nor does a small body that has not come yet.
func TestLateBodyAllocatesNothing(t *testing.T) {
	const size = 1024
	u := to(t, listen(t, replay([]byte(answers[0].text), size)), Options{})
	from, buf, x := &pieces{data: make([]byte, size), piece: 100}, make([]byte, 32<<10), usual(nil)
	x.Method, x.Intake.Mode = []byte("POST"), gate.Stream
	whole := from.data
	run := func() {
		from.data, x.Incoming, x.BodyLength = whole, from, size
		if err := u.Send(x.Context, x); err != nil {
			t.Fatal(err)
		}
		for err := error(nil); err == nil; {
			_, err = x.Answer.Body.Read(buf)
		}
		x.Answer.Body.Close()
		x.Answer.Lease.End()
		x.Answer.Lease = nil
	}
	run()
	if n := testing.AllocsPerRun(300, run); n >= 1 {
		t.Errorf("%v allocations in one exchange", n)
	}
	if s := u.Stats(); s.Opened != 1 || s.Reused < 300 {
		t.Errorf("%+v", s)
	}
}

// secure returns an upstream to a server of TLS that answers every request
// with the same bytes.
func secure(t testing.TB, answer []byte, body int) *Upstream {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS() // for its certificate
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	serve := replay(answer, body)
	target := listen(t, func(c net.Conn) { serve(tls.Server(c, &tls.Config{Certificates: s.TLS.Certificates})) })
	return to(t, &url.URL{Scheme: "https", Host: target.Host}, Options{Roots: roots})
}

func BenchmarkSend(b *testing.B) {
	for _, a := range answers {
		for _, row := range []struct {
			name string
			body []byte
		}{{"get", nil}, {"post", make([]byte, 1024)}} {
			b.Run(row.name+"/"+a.name, func(b *testing.B) {
				run := loop(b, to(b, listen(b, replay([]byte(a.text), len(row.body))), Options{}), row.body)
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
	b.Run("get/tls", func(b *testing.B) {
		run := loop(b, secure(b, []byte(answers[0].text), 0), nil)
		b.ReportAllocs()
		for b.Loop() {
			run()
		}
	})
}

// BenchmarkHeads is what Send does beside the system: it writes the head of a
// request and reads that of an answer.
func BenchmarkHeads(b *testing.B) {
	u, err := New(&url.URL{Scheme: "http", Host: "api.test"}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	x, c, a, text := usual(nil), &call{owner: u, out: make([]byte, 0, 4<<10)}, answer{}, []byte(answers[0].text)
	b.Run("request", func(b *testing.B) {
		for b.Loop() {
			c.write(x)
		}
	})
	b.Run("answer", func(b *testing.B) {
		for b.Loop() {
			a.begin(a.fields)
			if done, err := a.read(text); !done || err != nil {
				b.Fatal(done, err)
			}
		}
	})
}
