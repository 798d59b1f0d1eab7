package wire_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// BenchmarkProxy sends one request after the other over a kept connection, by
// the gate and by httputil.ReverseProxy, to an API that answers 1 KiB. Time
// and allocations are those of the whole process: client and API are the same
// hand-written loops on both ways.
func BenchmarkProxy(b *testing.B) {
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024)
	back := listen(b, func(c net.Conn) { replay(c, answer) })
	gatehouse := serve(b, to(b, back, upstream.Options{}), server.Options{}, false)
	u, err := url.Parse(back)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u); r.SetXForwarded() }})
	b.Cleanup(proxy.Close)
	for _, way := range []struct{ name, addr string }{{"gatehouse", gatehouse.addr}, {"reverseproxy", u2addr(proxy.URL)}} {
		for _, call := range []struct{ name, text string }{
			{"get", "GET /get HTTP/1.1\r\nHost: api.test\r\nAccept: application/json\r\nUser-Agent: bench\r\nAuthorization: Bearer token\r\n\r\n"},
			{"post", "POST /buffer HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("y", 1024)},
		} {
			b.Run(call.name+"/"+way.name, func(b *testing.B) {
				c, err := net.Dial("tcp", way.addr)
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(time.Minute))
				in := bufio.NewReaderSize(c, 8<<10)
				b.ReportAllocs()
				for b.Loop() {
					io.WriteString(c, call.text)
					if err := skip(in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func u2addr(s string) string { return strings.TrimPrefix(s, "http://") }

// skip reads one answer of 1 KiB.
func skip(in *bufio.Reader) error {
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !strings.HasPrefix(string(line), "HTTP/1.1 200") {
			return fmt.Errorf("%s", line)
		}
		if len(line) == 2 {
			_, err := in.Discard(1024)
			return err
		}
	}
}

// replay answers every request with the same bytes.
func replay(c net.Conn, answer string) {
	in := bufio.NewReaderSize(c, 8<<10)
	for {
		length := 0
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(string(line), "Content-Length: 1024") {
				length = 1024
			}
			if len(line) == 2 {
				break
			}
		}
		in.Discard(length)
		io.WriteString(c, answer)
	}
}
