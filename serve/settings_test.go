package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/wire/edge"
)

const notes = `openapi: 3.1.0
info: {title: Notes, version: 1.0.0}
paths:
  /notes:
    post:
      operationId: addNote
      requestBody:
        required: true
        content:
          application/json: {schema: {type: object, properties: {text: {type: string}}}}
      responses: { default: { description: Said, content: { text/plain: {} } } }
`

func noteFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "notes.yaml")
	if err := os.WriteFile(name, []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestSettingsReachTheGate changes one setting at a time and makes the same
// calls: what is configured must be what is done.
func TestSettingsReachTheGate(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Write(append([]byte("saw "), body...))
	}))
	defer api.Close()
	tests := []struct {
		name       string
		change     func(*Config)
		path, body string
		status     int
		saw        string // of the API
	}{
		{"defaults", func(*Config) {}, "/notes", `{"text":"a"}`, 200, `saw {"text":"a"}`},
		{"defaults-refuse-what-is-undeclared", func(*Config) {}, "/notes", `{"text":"a","b":1}`, 400, ""},
		{"defaults-refuse-unknown-paths", func(*Config) {}, "/other", "", 404, ""},
		{"defaults-bound-bodies", func(*Config) {}, "/notes", `{"text":"` + strings.Repeat("a", 1<<20) + `"}`, 413, ""},
		{"observe", func(c *Config) { c.Mode = config.Observe }, "/other", "", 200, "saw "},
		{"observe-undeclared", func(c *Config) { c.Mode = config.Observe }, "/notes", `{"b":1}`, 200, `saw {"b":1}`},
		{"drop", func(c *Config) { c.Undeclared = config.Drop }, "/notes", `{"text":"a","b":1}`, 200, `saw {"text":"a"}`},
		{"allow", func(c *Config) { c.Undeclared = config.Allow }, "/notes", `{"b":1}`, 200, `saw {"b":1}`},
		{"bound-at", func(c *Config) { c.MaxBodyBytes = 12 }, "/notes", `{"text":"a"}`, 200, `saw {"text":"a"}`},
		{"bound-beyond", func(c *Config) { c.MaxBodyBytes = 11 }, "/notes", `{"text":"a"}`, 413, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Config{Contract: noteFile(t), Upstream: api.URL, Listen: "127.0.0.1:0"}
			test.change(&c)
			p, err := Start(c)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Stop()
			answer, err := http.Post(p.URL()+test.path, "application/json", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != test.status || test.saw != "" && string(body) != test.saw {
				t.Errorf("got %d %s", answer.StatusCode, body)
			}
		})
	}
}

// TestUpstreamThatIsTheGate holds addresses of the API against the gate's own.
func TestUpstreamThatIsTheGate(t *testing.T) {
	tests := []struct {
		name, listen, host string
		loops              bool
	}{
		{"same-address", "127.0.0.1:0", "127.0.0.1", true},
		{"by-name", "127.0.0.1:0", "localhost", true},
		{"in-ipv6-form", "127.0.0.1:0", "[::ffff:127.0.0.1]", true},
		{"another-loopback-address", "127.0.0.1:0", "127.0.0.2", false},
		{"another-host", "127.0.0.1:0", "192.0.2.1", false},
		{"a-name", "127.0.0.1:0", "a.example", false},
		{"listening-everywhere", "0.0.0.0:0", "127.0.0.2", true},
		{"listening-everywhere-another-host", "0.0.0.0:0", "192.0.2.1", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, err := edge.Listen(edge.Options{Address: test.listen, PlainHTTP: true})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			_, port, _ := strings.Cut(strings.TrimPrefix(l.Addr().String(), "[::]"), ":")
			u := &config.Upstream{URL: "http://" + test.host + ":" + port}
			if wrong := loops(u, l.Addr()); (wrong != nil) != test.loops {
				t.Errorf("%s behind %s: %v", u.URL, l.Addr(), wrong)
			}
			u.URL = "http://" + test.host + ":1"
			if wrong := loops(u, l.Addr()); wrong != nil {
				t.Errorf("another port: %v", wrong)
			}
		})
	}
}

// TestStartLooksForLoops starts on a port that was free a moment ago, with
// itself as the API.
func TestStartLooksForLoops(t *testing.T) {
	l, err := edge.Listen(edge.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	own := l.Addr().String()
	l.Close()
	p, err := Start(Config{Contract: noteFile(t), Upstream: "http://" + own, Listen: own})
	if err == nil {
		p.Stop()
	}
	var mistake *ConfigError
	if !errors.As(err, &mistake) || mistake.Flag != "upstream" && mistake.Flag != "listen" {
		t.Errorf("error %v", err)
	}
}

func TestListenerThatFails(t *testing.T) {
	p, err := Start(Config{Contract: noteFile(t), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	p.doors[0].listener.Close() // behind the program's back
	if err := p.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "the listener failed") {
		t.Errorf("error %v", err)
	}
}

func TestPortZeroOfTheAPI(t *testing.T) {
	for _, port := range []string{"0", "65536", "99999999999999999999"} {
		_, wrong := pools{}.acquire(&config.Upstream{URL: "http://127.0.0.1:" + port})
		if wrong == nil || !strings.Contains(wrong.text, "ports are 1 to 65535") {
			t.Errorf("port %s: %v", port, wrong)
		}
	}
	for _, port := range []string{"1", "65535"} {
		ps := pools{}
		p, wrong := ps.acquire(&config.Upstream{URL: "http://127.0.0.1:" + port})
		if wrong != nil {
			t.Errorf("port %s: %v", port, wrong.text)
			continue
		}
		ps.release([]*pool{p})
		if len(ps) != 0 {
			t.Errorf("port %s: the pool stays", port)
		}
	}
}

// late takes nothing until it is let go, and says when that is needed.
type late struct {
	begun, free chan struct{}
	first       sync.Once
	out         bytes.Buffer
}

func (l *late) Write(p []byte) (int, error) {
	l.first.Do(func() { close(l.begun) })
	<-l.free
	return l.out.Write(p)
}

// TestEventsGetTheirTime lets draining take all of its time: the events that
// wait have a second all the same.
func TestEventsGetTheirTime(t *testing.T) {
	out := &late{begun: make(chan struct{}), free: make(chan struct{})}
	p, err := Start(Config{
		Contract: noteFile(t), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0",
		Events: "-", Stdout: out, Drain: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(p.URL() + "/other")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	<-out.begun
	time.AfterFunc(50*time.Millisecond, func() { close(out.free) })
	err = p.Stop()
	if err != nil && strings.Contains(err.Error(), "events were lost") || !strings.Contains(out.out.String(), "path-unknown") {
		t.Errorf("error %v, written %q", err, out.out.String())
	}
}

// TestStopsWhenItsContextEnds: Wait returns without an error.
func TestStopsWhenItsContextEnds(t *testing.T) {
	p, err := Start(Config{Contract: noteFile(t), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); err != nil {
		t.Error(err)
	}
}
