package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// setLie has the API answer every call with the file's bytes. The lines of the
// head end with CR LF; a Content-Length is added where none is stated and the
// body is not chunked. The body is sent as it stands, without the file's last
// line end; in it, $ACCEPT-ENCODING and $RANGE are those fields of the call, and
// $PLANTED_NAME is a planted secret, and anywhere $KEYS is what the gate shows the API. The first lie opens the API's
// address.
func setLie(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := on(ts)
	s.mu.Lock()
	first := s.lie == ""
	s.lie = ts.ReadFile(args[0])
	s.mu.Unlock()
	if first {
		startLiar(ts, s)
	}
}

// wording is the lie as an answer to r.
func wording(lie string, r *http.Request) string {
	head, body, _ := strings.Cut(lie, "\n\n")
	head, body = strings.TrimSpace(head), strings.TrimSuffix(body, "\n")
	body = strings.ReplaceAll(body, "$ACCEPT-ENCODING", fmt.Sprint(r.Header["Accept-Encoding"]))
	keys := fmt.Sprintf("%q", r.Header.Get("X-Api-Key")+" "+r.Header.Get("X-Token"))
	head, body = strings.ReplaceAll(head, "$KEYS", keys), strings.ReplaceAll(body, "$KEYS", keys)
	body = strings.ReplaceAll(body, "$RANGE", fmt.Sprint(r.Header["Range"]))
	for name, value := range plantedVariables {
		body = strings.ReplaceAll(body, "$"+name, value)
	}
	switch lower := strings.ToLower(head); {
	case strings.Contains(lower, "\ntransfer-encoding: chunked"):
		body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	case !strings.Contains(lower, "\ncontent-length:"):
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	if r.Method == http.MethodHead {
		body = ""
	}
	return strings.ReplaceAll(head+"\nConnection: close", "\n", "\r\n") + "\r\n\r\n" + body
}

func startLiar(ts *testscript.TestScript, s *stage) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	ts.Defer(func() { l.Close(); <-done })
	ts.Setenv("API", "http://"+l.Addr().String())
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.tell(conn)
		}
	}()
}

// tell answers one call, in turn: scripts make one at a time.
func (s *stage) tell(conn net.Conn) {
	defer conn.Close()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	io.WriteString(conn, wording(s.lie, r))
}
