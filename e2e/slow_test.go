package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const slowContract = `openapi: 3.1.0
info: {title: Slow, version: 1.0.0}
security: []
paths:
  /things:
    get:
      responses: {"200": {description: a thing, content: {text/plain: {schema: {type: string}}}}}
    post:
      requestBody: {required: true, content: {application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: {type: string}}}}}
      responses: {"200": {description: a thing, content: {text/plain: {schema: {type: string}}}}}
`

// TestSlowClientsHoldNobodyUp has slowhttptest hold a thousand connections in
// each of its modes, and wants a client that behaves served as if they were
// not there.
func TestSlowClientsHoldNobodyUp(t *testing.T) {
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, strings.Repeat("x", 64<<10))
	}))
	t.Cleanup(api.Close)
	contract := filepath.Join(t.TempDir(), "slow.yaml")
	if err := os.WriteFile(contract, []byte(slowContract), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []struct {
		name string
		args []string
	}{
		{"headers", []string{"-H"}},
		{"body", []string{"-B", "-s", "8192", "-t", "POST"}},
		{"read", []string{"-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "3"}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			address := start(t, gateListens, program, "serve", "--contract", contract, "--upstream", api.URL, "--listen", anywhere, "--events", os.DevNull)
			url := "http://" + address + "/things"
			args := append(mode.args, "-c", "1000", "-r", "500", "-i", "1", "-l", "6", "-p", "3", "-u", url)
			slow := exec.Command("slowhttptest", args...)
			if err := slow.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan bool)
			go func() { slow.Wait(); close(ended) }()
			took := behave(t, url, ended)
			slices.Sort(took)
			p99 := took[len(took)*99/100]
			t.Logf("%d calls, the median %v, p99 %v", len(took), took[len(took)/2], p99)
			if len(took) < 100 || p99 > 100*time.Millisecond {
				t.Errorf("%d calls, p99 %v, want 100ms at most", len(took), p99)
			}
		})
	}
}

// behave calls url, each second time on a connection of its own, until ended is
// closed, and returns how long each call took.
func behave(t *testing.T, url string, ended <-chan bool) (took []time.Duration) {
	t.Helper()
	kept, fresh := &http.Transport{}, &http.Transport{DisableKeepAlives: true}
	defer kept.CloseIdleConnections()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ended:
			return took
		case <-tick.C:
		}
		c := &http.Client{Transport: []*http.Transport{kept, fresh}[i%2], Timeout: 10 * time.Second}
		began := time.Now()
		if err := get(c, url); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
}

func get(c *http.Client, url string) error {
	res, err := c.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err != nil || n != 64<<10 || res.StatusCode != 200 {
		return fmt.Errorf("status %d, %d bytes, %v", res.StatusCode, n, err)
	}
	return nil
}
