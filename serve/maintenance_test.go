package serve

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/maintenance"
)

// gone waits until nobody listens at an address.
func gone(t *testing.T, url string) {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); ; {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		c.Close()
		if time.Now().After(limit) {
			t.Fatalf("%s still listens", url)
		}
	}
}

// TestMaintenanceFollowsTheConfiguration opens the listener, keeps it, moves
// it and closes it by reloads.
func TestMaintenanceFollowsTheConfiguration(t *testing.T) {
	api, _ := upstreamOf(t)
	without := one("a.yaml", api)
	h := openHouse(t, without)
	defer h.Stop()
	if h.MaintenanceURL() != "" {
		t.Fatal("there is a listener that nobody asked for")
	}
	h.write("gatehouse.yaml", without+"maintenance: {address: 127.0.0.1:0}\n")
	h.reload("opened", true)
	first := h.MaintenanceURL()
	if first == "" || first == h.URL() || status(t, first+"/healthz") != 200 || status(t, first+"/readyz") != 200 || status(t, first+"/a") != 404 {
		t.Fatalf("maintenance at %q, calls at %q", first, h.URL())
	}
	if s := status(t, h.URL()+"/healthz"); s != 404 {
		t.Errorf("clients get %d", s)
	}
	h.write("gatehouse.yaml", without+"maintenance: {address: 127.0.0.1:0}\ndrain: 7s\n")
	h.reload("kept", true)
	if h.count != 3 || h.MaintenanceURL() != first || status(t, first+"/readyz") != 200 {
		t.Errorf("plan %d, maintenance at %s", h.count, h.MaintenanceURL())
	}
	h.write("gatehouse.yaml", without+"maintenance: {address: localhost:0}\n")
	h.reload("moved", true)
	second := h.MaintenanceURL()
	if second == first || status(t, second+"/readyz") != 200 {
		t.Errorf("maintenance at %s", second)
	}
	gone(t, first)
	h.write("gatehouse.yaml", without)
	h.reload("closed", true)
	gone(t, second)
	if h.MaintenanceURL() != "" || status(t, h.URL()+"/a") != 200 {
		t.Errorf("maintenance at %s", h.MaintenanceURL())
	}
}

// TestAddressesChangeHands makes the address of maintenance one for clients,
// and back: the port stays open all the while.
func TestAddressesChangeHands(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", api)+"maintenance: {address: 127.0.0.1:0}\n")
	defer h.Stop()
	free := strings.TrimPrefix(h.MaintenanceURL(), "http://")
	for i, text := range []string{
		one("a.yaml", api) + "maintenance: {address: \"" + free + "\"}\n", // by number from now on
		strings.Replace(one("a.yaml", api), "apis:", "  - address: \""+free+"\"\napis:", 1),
		one("a.yaml", api) + "maintenance: {address: \"" + free + "\"}\n",
	} {
		if i == 0 { // the port is still held by the one that was chosen
			h.write("gatehouse.yaml", one("a.yaml", api))
			h.reload("free", true)
			gone(t, "http://"+free)
		}
		h.write("gatehouse.yaml", text)
		h.reload("a test", true)
		if h.failing {
			t.Fatalf("step %d: %s", i, h.log.String())
		}
		want := map[bool]string{true: "/a", false: "/readyz"}[i == 1]
		for limit := time.Now().Add(10 * time.Second); status(t, "http://"+free+want) != 200; {
			if time.Now().After(limit) {
				t.Fatalf("step %d: %s does not answer", i, want)
			}
		}
	}
}

// TestMaintenanceThatCannotBeOpened leaves all as it was, with the place.
func TestMaintenanceThatCannotBeOpened(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", api))
	defer h.Stop()
	h.write("gatehouse.yaml", one("a.yaml", api)+"maintenance: {address: \""+strings.TrimPrefix(api, "http://")+"\"}\n")
	h.reload("a test", true)
	h.said("address already in use\" at=")
	h.said("gatehouse.yaml:8:24")
	if h.count != 1 || h.MaintenanceURL() != "" || status(t, h.URL()+"/a") != 200 {
		t.Errorf("plan %d", h.count)
	}
}

// TestReadyWhileDraining stops the program while a call is with the API: it is
// not ready any more, and lives.
func TestReadyWhileDraining(t *testing.T) {
	arrived, free := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-free
		io.WriteString(w, "late")
	}))
	defer slow.Close()
	h := openHouse(t, one("a.yaml", slow.URL)+"maintenance: {address: 127.0.0.1:0}\n")
	got := make(chan int, 1)
	go func() { got <- status(t, h.URL()+"/a") }()
	<-arrived
	watch, calls := h.MaintenanceURL(), h.URL()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Wait(ctx) }()
	if s := status(t, watch+"/readyz"); s != 200 {
		t.Errorf("ready: %d", s)
	}
	cancel()
	gone(t, calls)
	if ready, alive := status(t, watch+"/readyz"), status(t, watch+"/healthz"); ready != 503 || alive != 200 {
		t.Errorf("draining: ready %d, alive %d", ready, alive)
	}
	close(free)
	if s, err := <-got, <-ended; s != 200 || err != nil {
		t.Errorf("the call in flight: %d; the end: %v", s, err)
	}
	gone(t, watch)
}

// TestMaintenanceOfManySilentConnections: one address does not keep the others
// from asking.
func TestMaintenanceOfManySilentConnections(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("a.yaml", api)+"maintenance: {address: 127.0.0.1:0}\n")
	defer h.Stop()
	address := strings.TrimPrefix(h.MaintenanceURL(), "http://")
	for range 2 * maintenance.Connections {
		if c, err := net.Dial("tcp", address); err == nil { // those beyond the bound are reset
			defer c.Close()
		}
	}
	another := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	client := http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{DialContext: another.DialContext, DisableKeepAlives: true}} // below what a silent connection may last
	answer, err := client.Get("http://" + address + maintenance.Health)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("status %d", answer.StatusCode)
	}
}
