package serve

import (
	"bufio"
	"crypto/tls"
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

// speak sends bytes and reads the status and body of one answer.
func speak(t *testing.T, network, address, text string) (status int, body string) {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// TestWhoTheClientIs calls through a load balancer and through a Unix socket:
// the API hears who the client is.
func TestWhoTheClientIs(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "for "+r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(api.Close)
	socket := filepath.Join(t.TempDir(), "gate.sock")
	h := openHouse(t, "version: 1\nlisteners:\n  - {address: 127.0.0.1:0, proxy_protocol: {from: [127.0.0.0/8]}}\n  - {address: 'unix:"+socket+"', socket_access: owner, trusted_proxies: [127.0.0.1/32]}\n"+
		"apis: [{contract: a.yaml, upstreams: [{url: '"+api.URL+"'}]}]\nrecord: {events: none}\n")
	defer h.Stop()
	const get = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	tcp := strings.TrimPrefix(h.URL(), "http://")
	if s, b := speak(t, "tcp", tcp, "PROXY TCP4 192.0.2.77 192.0.2.1 5000 80\r\n"+get+"\r\n"); s != 200 || b != "for 192.0.2.77" {
		t.Errorf("by a load balancer: %d %s", s, b)
	}
	if s, b := speak(t, "tcp", tcp, "PROXY TCP4 192.0.2.77 192.0.2.1 5000 80\r\n"+get+"X-Forwarded-For: 192.0.2.99\r\n\r\n"); s != 200 || b != "for 192.0.2.77" {
		t.Errorf("the client's own word: %d %s", s, b)
	}
	if s, b := speak(t, "tcp", tcp, get+"\r\n"); s != 0 {
		t.Errorf("without the header: %d %s", s, b)
	}
	if s, b := speak(t, "unix", socket, get+"\r\n"); s != 200 || b != "for 127.0.0.1" {
		t.Errorf("by a socket: %d %s", s, b)
	}
	if s, b := speak(t, "unix", socket, get+"X-Forwarded-For: 192.0.2.88\r\n\r\n"); s != 200 || b != "for 192.0.2.88, 127.0.0.1" {
		t.Errorf("by a socket, from a trusted proxy: %d %s", s, b)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	// From now on nobody passes connections on.
	text := strings.Replace("version: 1\nlisteners:\n  - {address: 127.0.0.1:0}\n  - {address: 'unix:"+socket+"'}\napis: [{contract: a.yaml, upstreams: [{url: 'API'}]}]\nrecord: {events: none}\n", "API", api.URL, 1)
	h.write("gatehouse.yaml", text)
	h.reload("changed", true)
	if s, b := speak(t, "tcp", tcp, get+"\r\n"); s != 200 || b != "for 127.0.0.1" {
		t.Errorf("without a load balancer: %d %s", s, b)
	}
	if s, _ := speak(t, "tcp", tcp, "PROXY TCP4 192.0.2.77 192.0.2.1 5000 80\r\n"+get+"\r\n"); s != 400 {
		t.Errorf("a header that nobody asked for: %d", s)
	}
	if s, b := speak(t, "unix", socket, get+"\r\n"); s != 200 {
		t.Errorf("by a socket that others may use now: %d %s", s, b)
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket: %v, %v", info, err)
	}
}

// TestTLSBehindALoadBalancer has the header come before the handshake, and a
// client that is passed on without one.
func TestTLSBehindALoadBalancer(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "for "+r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(api.Close)
	cert, key, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"tls.crt": cert, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := openHouse(t, "version: 1\nlisteners:\n  - {address: 127.0.0.1:0, tls: {certificate: "+dir+"/tls.crt, key: "+dir+"/tls.key}, proxy_protocol: {from: [127.0.0.0/8]}}\n"+
		"apis: [{contract: a.yaml, upstreams: [{url: '"+api.URL+"'}]}]\nrecord: {events: none}\nmaintenance: {address: 127.0.0.1:0}\n")
	defer h.Stop()
	address := strings.TrimPrefix(h.URL(), "https://")
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "PROXY TCP6 2001:db8::7 2001:db8::1 5000 443\r\n")
	s := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	io.WriteString(s, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(answer.Body)
	if string(b) != "for 2001:db8::7" {
		t.Errorf("%d %s, %v", answer.StatusCode, b, err)
	}
	if without, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}); err == nil {
		without.Close()
		t.Error("a client without header is served")
	}
	h.countedAs(`gatehouse_proxy_header_failures_total{listener="`+address+`"} 1`, `gatehouse_tls_handshake_failures_total{listener="`+address+`"} 0`)
	if !strings.Contains(scrape(t, h), "\ngatehouse_certificate_expiry_timestamp_seconds{certificate=\""+dir+"/tls.crt\",listener=\""+address+"\"} ") {
		t.Error("nothing is said of the certificate")
	}
}
