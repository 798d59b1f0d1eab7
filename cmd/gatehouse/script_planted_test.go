package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// startReceiver starts a server that takes whatever is sent to it, as sinks and
// receivers of OpenTelemetry do, and keeps it in files of the script's folder.
func startReceiver(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 0)
	folder := ts.MkAbs("received")
	ts.Check(os.MkdirAll(folder, 0o700))
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			body = unpacked
		}
		text, err := io.ReadAll(body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		head := fmt.Sprintf("%s %s %v\n\n", r.Method, r.RequestURI, r.Header)
		name := fmt.Sprintf("%s/%04d-%s", folder, count.Add(1), strings.ReplaceAll(strings.Trim(r.URL.Path, "/"), "/", "-"))
		if err := os.WriteFile(name, append([]byte(head), text...), 0o600); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	ts.Setenv("RECEIVER", server.URL)
	ts.Defer(server.Close)
}

// crashGate ends the gate as a crash does while it has a call in hand that is full
// of secrets: all goroutines are written to gate.err, and no core is left.
func crashGate(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := on(ts)
	conn, err := net.Dial("tcp", ts.Getenv("ADDRESS"))
	ts.Check(err)
	defer conn.Close()
	head := "POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n"
	body := ""
	for name := range plantedVariables {
		value := ts.Getenv(name)
		body += fmt.Sprintf("{%q:%q}", name, value)
		if !strings.ContainsAny(value, "\r\n") {
			head += "X-Planted: " + value + "\r\n"
		}
	}
	_, err = io.WriteString(conn, head+"Authorization: Bearer "+ts.Getenv(args[0])+"\r\nExpect: 100-continue\r\n\r\n")
	ts.Check(err)
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	var answer [12]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil || string(answer[:]) != "HTTP/1.1 100" {
		ts.Fatalf("the gate does not wait for the body: %q, %v", answer, err)
	}
	_, err = io.WriteString(conn, body)
	ts.Check(err)
	ts.Check(s.gate.Process.Signal(syscall.SIGABRT))
	<-s.done
	s.gate.Wait()
	status := s.gate.ProcessState.Sys().(syscall.WaitStatus)
	if status.CoreDump() {
		ts.Fatalf("the gate has left a core")
	}
	if s.gate.ProcessState.Success() || !strings.Contains(ts.ReadFile("gate.err"), "goroutine ") {
		ts.Fatalf("the gate did not crash: %v\n%s", s.gate.ProcessState, ts.ReadFile("gate.err"))
	}
	s.gate = nil
}

// allowCores has the system write the memory of programs that crash, as far as it
// may be told to: a gate must keep it from that by itself.
func allowCores() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = limit.Max
		syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}
