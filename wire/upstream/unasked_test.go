package upstream

import (
	"crypto/tls"
	"errors"
	"os"
	"testing"
	"time"
)

// TestUnaskedBytes passes nothing on of what no request asked for.
func TestUnaskedBytes(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for _, row := range []struct {
		name, came, passed string
		err                error
	}{
		{"answer", ok, ok, nil},
		{"answer-and-a-byte", ok + "x", ok, errUnasked},
		{"two-answers", ok + ok, ok, errUnasked},
		{"behind-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", errUnasked},
		{"behind-no-body", "HTTP/1.1 204 OK\r\n\r\n\r\n", "HTTP/1.1 204 OK\r\n\r\n", errUnasked},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, piece := range []int{1, 7, 1000} {
				if passed, err := run([]byte(row.came), piece, false); string(passed) != row.passed || err != row.err {
					t.Errorf("in pieces of %d: passed %q, %v; want %q, %v", piece, passed, err, row.passed, row.err)
				}
			}
		})
	}
	var idle follower
	if n, err := idle.follow([]byte("HTTP/1.1 200 OK\r\n\r\n")); n != 0 || err != errUnasked {
		t.Errorf("before any request: %d bytes, %v", n, err)
	}
}

// TestSilentAPI wants a read to end of itself, also where nothing was written.
func TestSilentAPI(t *testing.T) {
	l, _ := pair(t)
	l.limit = time.Millisecond
	l.begin(false, false, false)
	ended := make(chan error, 1)
	go func() {
		_, err := l.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the read does not end")
	}
}

// TestSettings keeps what was given and changes nothing of it.
func TestSettings(t *testing.T) {
	given := &tls.Config{ServerName: "given.test", MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}}
	for _, row := range []struct {
		name  string
		given *tls.Config
		want  string
	}{
		{"none", nil, "api.test"},
		{"without-name", &tls.Config{}, "api.test"},
		{"with-name", given, "given.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := settings(&Options{TLS: row.given}, "api.test")
			if s.ServerName != row.want || s == row.given || len(s.NextProtos) != 1 || s.NextProtos[0] != "http/1.1" {
				t.Errorf("name %q, protocols %q", s.ServerName, s.NextProtos)
			}
		})
	}
	if given.NextProtos[0] != "h2" || settings(&Options{TLS: given}, "api.test").MinVersion != tls.VersionTLS13 {
		t.Error("what was given is changed or lost")
	}
}
