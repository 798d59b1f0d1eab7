package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const streamContract = `openapi: 3.1.0
info: {title: Streams, version: 1.0.0}
security: []
paths:
  /file:
    get:
      responses: {"200": {description: bytes, content: {application/octet-stream: {}}}}
    put:
      requestBody: {required: true, content: {application/octet-stream: {}}}
      responses: {"200": {description: how many, content: {text/plain: {schema: {type: string}}}}}
  /events:
    get:
      responses: {"200": {description: events, content: {text/event-stream: {}}}}
`

const streamConfig = `version: 1
listeners: [{address: 127.0.0.1:0, http2: plain}]
apis:
  - contract: streams.yaml
    upstreams: [{url: %s}]
    max_body_bytes: 1GiB
record: {events: %s}
`

// streams are an API of much and of little at a time.
func streams(events <-chan string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(1<<30))
		for b := make([]byte, 1<<20); ; {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("PUT /file", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for e := range events {
			fmt.Fprintf(w, "data: %s\n\n", e)
			w.(http.Flusher).Flush()
		}
	})
	return mux
}

// serveStreams starts the gate in front of such an API.
func serveStreams(t *testing.T, events <-chan string) (url string, gate *process) {
	t.Helper()
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(streams(events))
	t.Cleanup(api.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "gatehouse.yaml")
	for name, text := range map[string]string{"streams.yaml": streamContract, "gatehouse.yaml": fmt.Sprintf(streamConfig, api.URL, os.DevNull)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, gate := launch(t, gateListens, program, "serve", "--config", config)
	return "http://" + address, gate
}

// clients speak each one protocol.
var clients = map[string]*http.Client{
	"HTTP/1.1": {Transport: speaks((*http.Protocols).SetHTTP1)},
	"HTTP/2":   {Transport: speaks((*http.Protocols).SetUnencryptedHTTP2)},
}

func speaks(one func(*http.Protocols, bool)) *http.Transport {
	t := &http.Transport{Protocols: new(http.Protocols)}
	one(t.Protocols, true)
	return t
}

// TestAGibibyteEachWay moves 1 GiB up and down, and wants the gate to hold
// little of it at any time.
func TestAGibibyteEachWay(t *testing.T) {
	for name, client := range clients {
		t.Run(name, func(t *testing.T) { gibibyteEachWay(t, client) })
	}
}

func gibibyteEachWay(t *testing.T, client *http.Client) {
	url, gate := serveStreams(t, nil)
	defer client.CloseIdleConnections()
	before := peak(t, gate)
	res, err := client.Get(url + "/file")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if n != 1<<30 || err != nil {
		t.Errorf("%d bytes came down, %v", n, err)
	}
	for _, known := range []bool{true, false} {
		r, err := http.NewRequest("PUT", url+"/file", io.LimitReader(zeros{}, 1<<30))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		if known {
			r.ContentLength = 1 << 30
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if string(b) != strconv.Itoa(1<<30) || err != nil {
			t.Errorf("known %v: %s bytes went up, %v", known, b, err)
		}
	}
	if grown := peak(t, gate) - before; grown > 24<<10 {
		t.Errorf("the gate grew by %d KiB", grown)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

var vmHWM = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that the process held at any time, in KiB.
func peak(t *testing.T, p *process) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := vmHWM.FindSubmatch(b)
	if found == nil {
		t.Fatalf("no VmHWM in %s", bytes.TrimSpace(b))
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n
}

// TestEventStream wants each event at the client before the API has the next
// one.
func TestEventStream(t *testing.T) {
	for name, client := range clients {
		t.Run(name, func(t *testing.T) { eventStream(t, client) })
	}
}

func eventStream(t *testing.T, client *http.Client) {
	defer client.CloseIdleConnections()
	events := make(chan string)
	url, _ := serveStreams(t, events)
	res, err := client.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewReader(res.Body)
	for i := range 10 {
		began := time.Now()
		events <- strconv.Itoa(i)
		line, err := in.ReadString('\n')
		if err != nil || strings.TrimSpace(line) != fmt.Sprint("data: ", i) || time.Since(began) > 5*time.Second {
			t.Fatalf("%q, %v, after %v", line, err, time.Since(began))
		}
		in.ReadString('\n')
	}
	close(events)
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}
