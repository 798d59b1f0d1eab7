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
	return s.run(data, piece)
}

func (s *Scanner) run(data []byte, piece int) (body, rest []byte, done, ok bool) {
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
		var s Scanner
		s.StartPlain()
		if plain, behind, _, good := s.run(data, int(piece)+1); !good || err == nil && !bytes.Equal(plain, theirs) || !bytes.Equal(behind, rest) {
			t.Fatalf("plain %q %q %v, they read %q", plain, behind, good, theirs)
		}
		for _, f := range s.Trailers(nil) {
			if !bytes.Contains(data, f.Name) || !bytes.Contains(data, f.Value) {
				t.Fatalf("of %q the trailer %q: %q", data, f.Name, f.Value)
			}
		}
		if err != nil && len(data) < 1000 { // longer ones they refuse for their overhead
			t.Fatalf("we take %q, they do not: %v", data, err)
		}
	})
}

// TestPlain takes the coding off in place and keeps the trailer section.
func TestPlain(t *testing.T) {
	const text = "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum:\t 1 \r\nY:\r\n\r\nGET"
	var s Scanner
	for range 2 {
		s.StartPlain()
		b := []byte(text)
		in, out, ok := s.Scan(b, b)
		list := s.Trailers(nil)
		if !ok || !s.Done() || text[in:] != "GET" || string(b[:out]) != "hello!" || len(list) != 2 ||
			string(list[0].Name) != "X-Sum" || string(list[0].Value) != "1" || string(list[1].Name) != "Y" || len(list[1].Value) != 0 {
			t.Fatalf("%d %q %v %v %v", in, b[:out], ok, s.Done(), list)
		}
	}
	s.Start()
	b := []byte(text)
	if _, _, ok := s.Scan(b, b); !ok || len(s.Trailers(nil)) != 0 {
		t.Error("trailers of a body that is passed on in its coding")
	}
}
