package serve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

const pets = `openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    get: {operationId: listPets, responses: { default: { description: Said, content: { text/plain: {} } } }}
`

// write writes a file of its own folder and returns its name.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// slow is an API that says when a call has arrived and answers when told.
type slow struct {
	*httptest.Server
	arrived, answer chan struct{}
}

func newSlow(t *testing.T) *slow {
	s := &slow{arrived: make(chan struct{}, 10), answer: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.arrived <- struct{}{}
		select {
		case <-s.answer:
			io.WriteString(w, "pets")
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// call makes a call in the background and sends its status, 0 for none.
func call(url string) <-chan int {
	status := make(chan int, 1)
	go func() {
		answer, err := http.Get(url)
		if err != nil {
			status <- 0
			return
		}
		defer answer.Body.Close()
		if _, err := io.ReadAll(answer.Body); err != nil {
			status <- 0
			return
		}
		status <- answer.StatusCode
	}()
	return status
}

// TestDrain ends a program while a call is on its way: the call is finished,
// its event written, and a new call finds nobody.
func TestDrain(t *testing.T) {
	api := newSlow(t)
	var events, banner testdata.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	p, err := serve.Start(serve.Config{Contract: write(t, "pets.yaml", pets), Upstream: api.URL, Listen: "127.0.0.1:0", Events: "-", Stdout: &events, Stderr: &banner})
	if err != nil {
		t.Fatal(err)
	}
	status := call(p.URL() + "/pets")
	<-api.arrived
	ended := make(chan error, 1)
	cancel()
	go func() { ended <- p.Wait(ctx) }()
	refuses(t, p.URL())
	close(api.answer)
	if got := <-status; got != http.StatusOK {
		t.Errorf("the call in flight got status %d", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(events.String(), `"outcome":"passed"`) {
		t.Errorf("events %q", events.String())
	}
	for _, want := range []string{"listening", "enforce", "1, public: 1", "WARNING     PUBLIC", "standard output"} {
		if !strings.Contains(banner.String(), want) {
			t.Errorf("the banner lacks %q:\n%s", want, banner.String())
		}
	}
}

// refuses waits until nobody accepts connections at url.
func refuses(t *testing.T, url string) {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		c.Close()
	}
	t.Fatal("the gate goes on to accept connections")
}

// TestCut ends a program whose call does not end.
func TestCut(t *testing.T) {
	tests := []struct {
		name  string
		drain time.Duration
		cut   bool
	}{
		{"by-time", time.Millisecond, false},
		{"by-the-second-signal", time.Hour, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			api := newSlow(t)
			var events testdata.Buffer
			cut := make(chan struct{})
			p, err := serve.Start(serve.Config{
				Contract: write(t, "pets.yaml", pets), Upstream: api.URL, Listen: "127.0.0.1:0",
				Events: "-", Stdout: &events, Drain: test.drain, Cut: cut,
			})
			if err != nil {
				t.Fatal(err)
			}
			status := call(p.URL() + "/pets")
			<-api.arrived
			if test.cut {
				close(cut)
			}
			if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "before all exchanges had ended") {
				t.Errorf("error %v", err)
			}
			if got := <-status; got == http.StatusOK {
				t.Errorf("status %d", got)
			}
			if n := strings.Count(events.String(), `"event":"exchange"`); n != 1 {
				t.Errorf("%d events: %s", n, events.String())
			}
			if !strings.Contains(events.String(), `"outcome":"aborted"`) || !strings.Contains(events.String(), `"code":"not-ready"`) {
				t.Errorf("the cut is recorded as %s", events.String())
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	busy := l.Addr().String()
	good := func() serve.Config {
		return serve.Config{Contract: write(t, "pets.yaml", pets), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0"}
	}
	tests := []struct {
		name   string
		change func(*serve.Config)
		flag   string // of the *ConfigError; "" when the error is another
		want   string
	}{
		{"no-contract", func(c *serve.Config) { c.Contract = "" }, "contract", "missing"},
		{"no-upstream", func(c *serve.Config) { c.Upstream = "" }, "upstream", "missing"},
		{"upstream-no-url", func(c *serve.Config) { c.Upstream = "http://[::1" }, "upstream", "not a URL"},
		{"upstream-other-scheme", func(c *serve.Config) { c.Upstream = "ftp://a.example" }, "upstream", "http://"},
		{"upstream-with-path", func(c *serve.Config) { c.Upstream = "http://a.example/api" }, "upstream", "requests keep their path"},
		{"upstream-with-password", func(c *serve.Config) { c.Upstream = "http://u:hidden@a.example" }, "upstream", "password"},
		{"body-bound", func(c *serve.Config) { c.MaxBodyBytes = -1 }, "max-body", "at least 1"},
		{"drain", func(c *serve.Config) { c.Drain = -1 }, "drain", "negative"},
		{"contract-not-there", func(c *serve.Config) { c.Contract += "x" }, "", "pets.yamlx"},
		{"contract-not-openapi", func(c *serve.Config) { c.Contract = write(t, "a.yaml", "a: b\n") }, "", "a.yaml:1:1"},
		{"listen-nowhere", func(c *serve.Config) { c.Listen = "nonsense" }, "listen", "host:port"},
		{"plain-beyond-loopback", func(c *serve.Config) { c.Listen = ":0" }, "listen", "without TLS"},
		{"certificate-not-there", func(c *serve.Config) { c.TLSCert, c.TLSKey = "a.pem", "a.key" }, "tls-cert, --tls-key", "a.pem"},
		{"certificate-without-key", func(c *serve.Config) { c.TLSCert = "a.pem" }, "tls-cert, --tls-key", "both"},
		{"events-cannot-be-written", func(c *serve.Config) { c.Events = c.Contract + "/a" }, "events", "not a directory"},
		{"contract-is-a-folder", func(c *serve.Config) { c.Contract = filepath.Dir(c.Contract) }, "contract", "is a folder"},
		{"contract-is-a-url", func(c *serve.Config) { c.Contract = "https://a.example/openapi.yaml" }, "contract", "from files only"},
		{"upstream-without-such-a-port", func(c *serve.Config) { c.Upstream = "http://a.example:65536" }, "upstream", "ports are 1 to 65535"},
		{"address-in-use", func(c *serve.Config) { c.Listen = busy }, "listen", "listen: " + busy + ": address already in use"},
		{"address-of-another-machine", func(c *serve.Config) { c.Listen, c.PlainHTTP = "192.0.2.1:0", true }, "listen", "192.0.2.1:0"},
		{"host-that-does-not-exist", func(c *serve.Config) { c.Listen = "a..b:0" }, "listen", "a..b"},
		{"no-certificate-in-the-files", func(c *serve.Config) { c.TLSCert, c.TLSKey = c.Contract, c.Contract }, "tls-cert, --tls-key", "not a pair"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := good()
			test.change(&c)
			p, err := serve.Start(c)
			if err == nil {
				p.Stop()
				t.Fatal("it serves")
			}
			var config *serve.ConfigError
			if flag := ""; errors.As(err, &config) && config.Flag != test.flag || config == nil && test.flag != flag {
				t.Errorf("%#v, want flag %q", err, test.flag)
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %q, want %q in it", err, test.want)
			}
		})
	}
}

// TestMistakesAreSaidAtOnce counts those that can be seen without opening
// anything.
func TestMistakesAreSaidAtOnce(t *testing.T) {
	_, err := serve.Start(serve.Config{Listen: ":0", MaxBodyBytes: -1, Drain: -1})
	var flags []string
	for _, e := range serve.ConfigErrors(err) {
		flags = append(flags, e.Flag)
		if e.Hint == "" || e.Cause != nil {
			t.Errorf("%s: hint %q, cause %v", e.Flag, e.Hint, e.Cause)
		}
	}
	if got := strings.Join(flags, " "); got != "contract upstream listen max-body drain" {
		t.Errorf("flags %s", got)
	}
	if list := serve.ConfigErrors(errors.New("another")); list != nil {
		t.Errorf("%v", list)
	}
}

// TestProblemsOfTheContractKeepTheirType lets the command print them with
// places and hints.
func TestProblemsOfTheContractKeepTheirType(t *testing.T) {
	text := strings.Replace(pets, "paths:", "security: [{token: []}]\ncomponents: {securitySchemes: {token: {type: http, scheme: bearer}}}\npaths:", 1)
	_, err := serve.Start(serve.Config{Contract: write(t, "pets.yaml", text), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0"})
	var problems source.Problems
	if !errors.As(err, &problems) || problems[0].Line == 0 || problems[0].Hint == "" {
		t.Errorf("%v", err)
	}
}

func TestBannerIsLoud(t *testing.T) {
	secured := strings.Replace(pets, "paths:", "security: [{token: []}]\ncomponents: {securitySchemes: {token: {type: http, scheme: bearer}}}\npaths:", 1)
	tests := []struct {
		name, contract string
		change         func(*serve.Config)
		want           []string
		never          string
	}{
		{"observe", pets, func(c *serve.Config) { c.Mode = config.Observe }, []string{"OBSERVE: nothing is refused"}, "enforce:"},
		{"public", secured, func(c *serve.Config) { c.Authentication = gatehouse.Public }, []string{"WARNING     PUBLIC: the contract asks for credentials"}, "verifies"},
		{"credentials", secured, func(c *serve.Config) { c.Authentication = gatehouse.Upstream }, []string{"each needs a credential, which the API verifies"}, "WARNING"},
		{"plain-http", pets, func(c *serve.Config) { c.Listen, c.PlainHTTP = "0.0.0.0:0", true }, []string{"WARNING     PLAIN HTTP beyond this machine"}, "https"},
		{"no-events", pets, func(c *serve.Config) { c.Events = "none" }, []string{"not recorded (--events none)"}, "standard output"},
		{"quiet", pets, func(c *serve.Config) { c.Quiet = true }, nil, "listening"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stderr testdata.Buffer
			c := serve.Config{Contract: write(t, "pets.yaml", test.contract), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0", Stderr: &stderr}
			test.change(&c)
			p, err := serve.Start(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Stop(); err != nil {
				t.Error(err)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("%q is missing:\n%s", want, stderr.String())
				}
			}
			if strings.Contains(stderr.String(), test.never) {
				t.Errorf("%q is there:\n%s", test.never, stderr.String())
			}
		})
	}
}

// TestRunEndsWithItsContext runs the whole life in one call.
func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := serve.Run(ctx, serve.Config{Contract: write(t, "pets.yaml", pets), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0"}); err != nil {
		t.Error(err)
	}
}

// failing is a file that cannot be written.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestLostEventsAreSaid(t *testing.T) {
	var stderr testdata.Buffer
	p, err := serve.Start(serve.Config{
		Contract: write(t, "pets.yaml", pets), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0",
		Events: "-", Stdout: failing{}, Stderr: &stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	<-call(p.URL() + "/admin")
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "events were lost") {
		t.Errorf("error %v", err)
	}
}

// stuck is a writer that takes nothing, as a pipe whose reader has stopped.
type stuck struct{ begun, free chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.free
	return len(p), nil
}

// TestStuckEventsDoNotKeepTheProgram ends a program whose events nobody reads.
func TestStuckEventsDoNotKeepTheProgram(t *testing.T) {
	for _, drain := range []time.Duration{time.Millisecond, time.Hour} {
		w := stuck{make(chan struct{}, 1), make(chan struct{})}
		cut := make(chan struct{})
		p, err := serve.Start(serve.Config{
			Contract: write(t, "pets.yaml", pets), Upstream: "http://127.0.0.1:1", Listen: "127.0.0.1:0",
			Events: "-", Stdout: w, Drain: drain, Cut: cut,
		})
		if err != nil {
			t.Fatal(err)
		}
		<-call(p.URL() + "/admin")
		<-w.begun
		if drain == time.Hour {
			close(cut)
		}
		if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "events were lost: 3 were not taken") {
			t.Errorf("error %v", err)
		}
		close(w.free)
	}
}
