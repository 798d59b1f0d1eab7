package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

// What goes in comes out, in turns on one connection.
func TestRelays(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		answer := bytes.Repeat([]byte("a"), int(n)+3)
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.Write(answer)
	}))
	defer api.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go serve(l, api.Listener.Addr().String())
	for _, size := range []int{0, 1000, 100_000} {
		a, err := http.Post("http://"+l.Addr().String(), "text/plain", bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(a.Body)
		a.Body.Close()
		if err != nil || len(body) != size+3 {
			t.Errorf("%d bytes, %v; want %d", len(body), err, size+3)
		}
	}
}
