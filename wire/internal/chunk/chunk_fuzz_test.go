package chunk

import (
	"bytes"
	"io"
	"net/http/httputil"
	"testing"
)

// run scans data in pieces and returns what is passed on and what is behind
// the body.
func run(data []byte, piece int) (body, rest []byte, done, ok bool) {
	var s Scanner
	s.Start()
	buf := make([]byte, piece)
	for len(data) > 0 && !s.Done() {
		src := data[:min(piece, len(data))]
		in, out, ok := s.Scan(buf, src)
		if body = append(body, buf[:out]...); !ok {
			return nil, nil, false, false
		}
		data = data[in:]
	}
	return body, data, s.Done(), true
}

// FuzzScan checks that pieces make no difference and that another reader
// finds the same content in what is passed on as in what came.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"5\r\nhello\r\n0\r\n\r\nrest", "5;a=b\r\nhello\r\n0;c\r\nX: y\r\n\r\n", "0\r\n\r\n", "5\nhello\r\n0\r\n\r\n",
		"0x5\r\nhello\r\n", "5\r\nhel", "00a\r\n0123456789\r\n0\r\nHost: a\r\n\r\n",
	} {
		f.Add([]byte(s), uint8(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		body, rest, done, ok := run(data, len(data)+1)
		split, behind, ended, good := run(data, int(piece)+1)
		if ok != good || done != ended || !bytes.Equal(body, split) || !bytes.Equal(rest, behind) {
			t.Fatalf("whole %q %q %v %v, split %q %q %v %v", body, rest, done, ok, split, behind, ended, good)
		}
		if !done {
			return
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(data)))
		ours, err2 := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body)))
		if err == nil && (err2 != nil || !bytes.Equal(ours, theirs)) {
			t.Fatalf("of %q they read %q, of what is passed on %q (%v)", data, theirs, ours, err2)
		}
		if err != nil && len(data) < 1000 { // longer ones they refuse for their overhead
			t.Fatalf("we take %q, they do not: %v", data, err)
		}
	})
}
