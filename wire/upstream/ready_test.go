package upstream

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestReady: a body that says it is ready does not wait. The API of each row
// sends its text in one piece and then nothing until it was read.
func TestReady(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	for _, row := range []struct {
		name, text string
		ready      bool   // at first
		want       string // that can be read without waiting when ready
		rest       string
	}{
		{"whole", head + "Content-Length: 2\r\n\r\nok", true, "ok", ""},
		{"part", head + "Content-Length: 4\r\n\r\nok", true, "ok", "ok"},
		{"nothing-yet", head + "Content-Length: 2\r\n\r\n", false, "", "ok"},
		{"chunks", head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true, "ok", ""},
		{"size-alone", head + "Transfer-Encoding: chunked\r\n\r\n2\r\n", false, "", "ok\r\n0\r\n\r\n"},
		{"end-in-content", head + "Transfer-Encoding: chunked\r\n\r\na\r\n0\r\n\r\n", true, "0\r\n\r\n", "hello\r\n0\r\n\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			more := make(chan bool)
			ended := make(chan bool)
			go func() {
				defer close(ended)
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				http.ReadRequest(bufio.NewReader(c))
				io.WriteString(c, row.text)
				<-more
				io.WriteString(c, row.rest)
			}()
			up, err := New(&url.URL{Scheme: "http", Host: l.Addr().String()}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer up.Close()
			x := &gate.Exchange{Context: context.Background(), Method: []byte("GET"), Target: []byte("/"), OutTarget: []byte("/"), Host: []byte("a"), Version: "HTTP/1.1"}
			if err := up.Send(context.Background(), x); err != nil {
				t.Fatal(err)
			}
			ready := x.Answer.Body.(interface{ Ready() bool }).Ready()
			if ready != row.ready {
				t.Errorf("ready %v", ready)
			}
			b := make([]byte, 64)
			if ready {
				n, err := x.Answer.Body.Read(b) // or hangs
				if string(b[:n]) != row.want || err != nil && err != io.EOF {
					t.Errorf("%q, %v", b[:n], err)
				}
			}
			close(more)
			if _, err := io.ReadAll(x.Answer.Body); err != nil {
				t.Error(err)
			}
			x.Answer.Body.Close()
			<-ended
		})
	}
}
