package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// readAnswer reads one answer to its end.
func readAnswer(t *testing.T, c net.Conn, method string) (status int, header http.Header, text string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == 101 {
		return 101, answer.Header, ""
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(b)
}

// passOn relays connections to a Unix socket as a load balancer does, with a
// header of the PROXY protocol that names a client.
func passOn(t *testing.T, socket string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer front.Close()
				back, err := net.Dial("unix", socket)
				if err != nil {
					return
				}
				defer back.Close()
				io.WriteString(back, "PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n")
				work.Go(func() {
					io.Copy(back, front)
					back.(*net.UnixConn).CloseWrite()
				})
				io.Copy(front, back)
			})
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return l.Addr().String()
}
