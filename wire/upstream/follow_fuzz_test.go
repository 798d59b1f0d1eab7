package upstream

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
)

// run follows data in pieces, as the answer to one request.
func run(data []byte, piece int, head bool) (passed []byte, err error) {
	var f follower
	f.begin(head)
	for len(data) > 0 && err == nil {
		p := append([]byte(nil), data[:min(piece, len(data))]...)
		data = data[len(p):]
		var n int
		n, err = f.follow(p)
		passed = append(passed, p[:n]...)
	}
	return passed, err
}

// FuzzFollow checks that pieces make no difference, and that net/http finds
// the same answer in what is passed on as in what came.
func FuzzFollow(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nuntil the end",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200\r\nX:\t a \r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
	} {
		f.Add([]byte(s), uint8(1), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8, head bool) {
		whole, err := run(data, len(data)+1, head)
		split, err2 := run(data, int(piece)+1, head)
		if err == nil && (err2 != nil || !bytes.Equal(whole, split)) || err != nil && err2 != err {
			t.Fatalf("whole %q %v, split %q %v", whole, err, split, err2)
		}
		if err == nil {
			sameAnswer(t, data, whole, head)
		}
	})
}

// sameAnswer compares what net/http reads of two texts.
func sameAnswer(t *testing.T, came, passed []byte, head bool) {
	method := "GET"
	if head {
		method = "HEAD"
	}
	a, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(came)), &http.Request{Method: method})
	b, err2 := http.ReadResponse(bufio.NewReader(bytes.NewReader(passed)), &http.Request{Method: method})
	if err != nil || err2 != nil {
		if (err == nil) != (err2 == nil) {
			t.Fatalf("of %q they say %v, of %q %v", came, err, passed, err2)
		}
		return
	}
	x, errX := io.ReadAll(a.Body)
	y, errY := io.ReadAll(b.Body)
	if errX == nil && (errY != nil || a.StatusCode != b.StatusCode || !bytes.Equal(x, y)) {
		t.Fatalf("of %q they read %d %q, of %q %d %q %v", came, a.StatusCode, x, passed, b.StatusCode, y, errY)
	}
}
