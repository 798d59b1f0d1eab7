package e2e

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const socketContract = `openapi: 3.1.0
info: {title: Chat, version: 1.0.0}
security: []
paths:
  /rooms/{id}/live:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"426": {description: only by WebSocket}}
  /rooms/{id}/closed:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"426": {description: only by WebSocket}}
`

const socketConfig = `version: 1
listeners: [{address: 127.0.0.1:0}]
apis:
  - contract: chat.yaml
    upstreams: [{url: %s}]
    operations: {"GET /rooms/{id}/live": {upgrade: [websocket]}}
record: {events: events.jsonl}
`

// socketKey and its answer are those of RFC 6455 section 1.3.
const socketKey = "dGhlIHNhbXBsZSBub25jZQ=="

// chat is an API that speaks WebSocket: it sends every text back.
func chat(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || !strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
		w.WriteHeader(http.StatusUpgradeRequired)
		return
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	c, in, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	for {
		text, err := readFrame(in.Reader)
		if err != nil {
			return
		}
		c.Write(append([]byte{0x81, byte(len(text))}, text...)) // one unmasked frame of text
	}
}

// readFrame reads one short frame, masked or not (RFC 6455 section 5.2).
func readFrame(in *bufio.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	var mask [4]byte
	if head[1]&0x80 != 0 {
		if _, err := io.ReadFull(in, mask[:]); err != nil {
			return nil, err
		}
	}
	text := make([]byte, head[1]&0x7f)
	_, err := io.ReadFull(in, text)
	for i := range text {
		text[i] ^= mask[i%4]
	}
	return text, err
}

// TestWebSocket speaks WebSocket through the gate where the file lets it, and
// gets an answer in HTTP elsewhere.
func TestWebSocket(t *testing.T) {
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(chat))
	t.Cleanup(api.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{"chat.yaml": socketContract, "gatehouse.yaml": fmt.Sprintf(socketConfig, api.URL)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, gate := launch(t, gateListens, program, "serve", "--config", filepath.Join(dir, "gatehouse.yaml"))
	for _, row := range []struct {
		target string
		status int
	}{
		{"/rooms/7/live", 101}, {"/rooms/7/closed", 426}, {"/rooms/seven/live", 400}, {"/rooms/7/other", 404},
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", row.target, address, socketKey)
		in := bufio.NewReader(c)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != row.status {
			t.Errorf("%s: status %d, want %d", row.target, res.StatusCode, row.status)
		}
		if row.status == 101 && res.StatusCode == 101 {
			if got := res.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Errorf("accepted by %q", got)
			}
			talk(t, c, in)
		}
	}
	gate.stop(t) // what was seen is in the file at the latest now
	events, err := os.ReadFile(filepath.Join(dir, "events.jsonl"))
	if want := `"status":101`; err != nil || strings.Count(string(events), want) != 1 {
		t.Errorf("no event with %s, %v: %s", want, err, events)
	}
}

// talk says something and wants it back, then ends.
func talk(t *testing.T, c net.Conn, in *bufio.Reader) {
	t.Helper()
	mask := [4]byte{1, 2, 3, 4}
	for i := range 20 {
		said := fmt.Sprint("hello ", i)
		frame := append([]byte{0x81, 0x80 | byte(len(said))}, mask[:]...)
		for i := range said {
			frame = append(frame, said[i]^mask[i%4])
		}
		if _, err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
		if got, err := readFrame(in); err != nil || string(got) != said {
			t.Fatalf("%q, %v, want %q", got, err, said)
		}
	}
	c.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Errorf("behind it came %q, %v", rest, err)
	}
}
