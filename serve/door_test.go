package serve

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestListenersMove adds a listener, removes the first one, and changes what
// is spoken at an address that stays.
func TestListenersMove(t *testing.T) {
	api, _ := upstreamOf(t)
	first := one("a.yaml", api)
	h := openHouse(t, first)
	defer h.Stop()
	before := h.URL()
	h.write("gatehouse.yaml", strings.Replace(first, "apis:", "  - address: localhost:0\napis:", 1))
	h.reload("a test", true)
	urls := h.URLs()
	if len(urls) != 2 || urls[0] != before || status(t, urls[0]+"/a") != 200 || status(t, urls[1]+"/a") != 200 {
		t.Fatalf("listeners %v", urls)
	}
	h.write("gatehouse.yaml", strings.Replace(first, "127.0.0.1:0", "localhost:0", 1))
	h.reload("a test", true)
	if now := h.URLs(); len(now) != 1 || now[0] != urls[1] || status(t, now[0]+"/a") != 200 {
		t.Errorf("listeners %v, want %s", now, urls[1])
	}
	h.said("listeners closed: 127.0.0.1:0")
	for limit := time.Now().Add(10 * time.Second); ; {
		if _, err := http.Get(before); err != nil {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%s still answers", before)
		}
	}
}

// TestListenerChangesItsSpeech puts TLS on an address that plain HTTP was
// spoken on: the port stays open all the while.
func TestListenerChangesItsSpeech(t *testing.T) {
	api, _ := upstreamOf(t)
	plain := one("a.yaml", api)
	h := openHouse(t, plain)
	defer h.Stop()
	before := h.URL()
	cert, key, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	h.write("cert.pem", string(cert))
	h.write("key.pem", string(key))
	h.write("gatehouse.yaml", one("a.yaml", api, "    tls: {certificate: cert.pem, key: key.pem}\n"))
	h.reload("a test", true)
	if want := strings.Replace(before, "http:", "https:", 1); h.URL() != want {
		t.Fatalf("listens on %s, want %s", h.URL(), want)
	}
	if s := secureStatus(t, h.URL()+"/a"); s != http.StatusOK {
		t.Errorf("status %d", s)
	}
	renewed, key, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	h.write("cert.pem", string(renewed))
	h.write("key.pem", string(key))
	h.reload("renewed", false)
	if got := shown(t, h.URL()); !bytes.Equal(got, renewed) {
		t.Errorf("the certificate of before is shown: %s", got)
	}
	h.write("gatehouse.yaml", plain)
	h.reload("back", true)
	if h.URL() != before || status(t, before+"/a") != http.StatusOK {
		t.Errorf("listens on %s, want %s", h.URL(), before)
	}
}

// TestClosedListenersDrain stops the program while a call of a listener that
// was closed by a reload is with the API.
func TestClosedListenersDrain(t *testing.T) {
	arrived, free := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-free
		io.WriteString(w, "late")
	}))
	defer slow.Close()
	h := openHouse(t, one("a.yaml", slow.URL))
	got := make(chan int, 1)
	go func() { got <- status(t, h.URL()+"/a") }()
	<-arrived
	h.write("gatehouse.yaml", strings.Replace(one("a.yaml", slow.URL), "127.0.0.1:0", "localhost:0", 1))
	h.reload("a test", true)
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop() }()
	close(free)
	if s, err := <-got, <-stopped; s != http.StatusOK || err != nil {
		t.Errorf("the call in flight: %d; the end: %v", s, err)
	}
}
