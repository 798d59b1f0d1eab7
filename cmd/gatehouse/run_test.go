package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestExitStatus holds the statuses that docs/reference/cli.md promises.
func TestExitStatus(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const info = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\n"
	good := write("good.yaml", info+"security: []\npaths: {/a: {get: {responses: {\"200\": {description: OK}}}}}\n")
	warned := write("warned.yaml", info+"paths: {/a: {get: {responses: {\"200\": {description: OK}}}}}\n")
	bad := write("bad.yaml", info+"paths: {a: {}}\n")
	tests := []struct {
		name   string
		args   string
		status int
	}{
		{"nothing", "", statusOK},
		{"help", "help serve", statusOK},
		{"version", "version", statusOK},
		{"good-contract", "check --contract " + good, statusOK},
		{"contract-with-a-warning", "check --contract " + warned, statusOK},
		{"bad-contract", "check --contract " + bad, statusProblems},
		{"bad-contract-as-json", "check --json --contract " + bad, statusProblems},
		{"no-such-contract", "check --contract " + bad + "x", statusProblems},
		{"served-bad-contract", "serve --upstream http://127.0.0.1:1 --contract " + bad, statusProblems},
		{"address-that-cannot-be", "serve --upstream http://127.0.0.1:1 --listen 192.0.2.1:1 --plain-http --contract " + good, statusProblems},
		{"events-that-cannot-be-written", "serve --upstream http://127.0.0.1:1 --listen 127.0.0.1:0 --contract " + good + " --events " + folder + "/missing/events", statusProblems},
		{"certificate-that-is-not-there", "serve --upstream http://127.0.0.1:1 --listen 127.0.0.1:0 --contract " + good + " --tls-cert a.pem --tls-key a.key", statusProblems},
		{"no-such-configuration", "serve --config " + bad + "x", statusProblems},
		{"bad-configuration", "serve --config " + bad, statusProblems},
		{"beginning-that-is-there", "init --output " + good, statusProblems},
		{"beginning-with-mistakes", "init --upstream nonsense --output " + good + "x", statusUsage},
		{"authority-for-no-host", "dev-ca a/b --output " + folder + "/ca", statusUsage},
		{"authority-that-cannot-be-written", "dev-ca --output " + good, statusProblems},
		{"no-such-upstream", "serve --upstream nonsense --contract " + good, statusUsage},
		{"unknown-command", "guard", statusUsage},
		{"unknown-flag", "check --contrct a", statusUsage},
		{"flag-without-value", "check --contract", statusUsage},
		{"wrong-value", "serve --mode both", statusUsage},
		{"argument-too-many", "version now", statusUsage},
		{"flag-missing", "serve --contract " + good, statusUsage},
		{"listen-without-host", "serve --upstream http://127.0.0.1:1 --listen 8080 --contract " + good, statusUsage},
		{"listen-beyond-loopback-without-tls", "serve --upstream http://127.0.0.1:1 --listen :0 --contract " + good, statusUsage},
		{"certificate-without-key", "serve --upstream http://127.0.0.1:1 --tls-cert a.pem --contract " + good, statusUsage},
		{"no-time", "serve --drain 5", statusUsage},
		{"flags-that-exclude", "serve --public --authentication upstream --contract " + good, statusUsage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			got := Run(t.Context(), strings.Fields(test.args), strings.NewReader(""), &stdout, &stderr, nil)
			if got != test.status {
				t.Errorf("status %d, want %d\n%s", got, test.status, stderr.String())
			}
			said := &stderr // where the problem must stand, alone
			if strings.Contains(test.args, "--json") {
				said = &stdout
			}
			if got != statusOK && (said.Len() == 0 || stdout.Len() > 0 && stderr.Len() > 0) {
				t.Errorf("standard output %q, standard error %q", stdout.String(), stderr.String())
			}
		})
	}
}

// TestMistakesOfFlags holds what is said to the letter.
func TestMistakesOfFlags(t *testing.T) {
	tests := []struct{ name, args, want string }{
		{"file-and-flags", "serve --config a.yaml --drain 5s --public", `gatehouse: --config and --drain, --public exclude each other
  hint: the file says everything: change it there, or leave --config out
`},
		{"nothing-to-serve", "serve", `gatehouse: there is nothing to serve: no gatehouse.yaml in this folder, and no flag that says what
  hint: gatehouse init writes a gatehouse.yaml; or name an API: --contract openapi.yaml --upstream http://127.0.0.1:9000
`},
		{"configuration-as-argument", "serve a/gatehouse.yaml", "  hint: write --config a/gatehouse.yaml\n"},
		{"several-at-once", "serve --listen 8080", `gatehouse: --contract: is missing
  hint: name the API's OpenAPI document: --contract openapi.yaml
gatehouse: --upstream: is missing
  hint: say where the API is: --upstream http://127.0.0.1:9000
gatehouse: --listen: the address is not host:port, as in 127.0.0.1:8080
  hint: write it like --listen 127.0.0.1:8080
`},
		{"check-says-the-same", "check", "gatehouse: there is nothing to check: no gatehouse.yaml in this folder, and no flag that says what\n  hint: name an OpenAPI document, --contract openapi.yaml, or a gatehouse.yaml elsewhere, --config\n"},
		{"empty-contract", "check --contract=", "gatehouse: --contract: is missing\n  hint: name the API's OpenAPI document: --contract openapi.yaml\n"},
		{"time-without-unit", "serve --drain 5", "must have a unit, such as 5s or 5m\n"},
		{"no-time", "serve --drain soon", "must be a time with its unit, such as 30s or 2m\n"},
		{"the-only-word", "serve --authentication jwt", "must be upstream\n"},
		{"near-word", "serve --mode obsrve", "must be one of enforce, observe; did you mean \"observe\"?\n"},
		{"far-word", "serve --mode jwt", "must be one of enforce, observe\n"},
		{"short-flag", "serve -v", "gatehouse: gatehouse serve has no flag -v\n"},
		{"one-dash", "serve -contract=a.yaml", "gatehouse: gatehouse serve has no flag -c\n  hint: write --contract, with two dashes\n"},
		{"version-as-flag", "--version", "gatehouse: gatehouse has no flag --version\n  hint: write gatehouse version\n"},
		{"version-as-letter", "-v", "  hint: write gatehouse version\n"},
		{"upstream-without-scheme", "serve --contract a.yaml --upstream localhost", "gatehouse: --upstream: there is no scheme: write http:// or https:// before the host\n"},
		{"completion-of-no-shell", "completion csh", "gatehouse: gatehouse completion takes no argument, got \"csh\"\n  hint: gatehouse completion --help shows examples\n"},
		{"completion-with-argument", "completion bash now", "gatehouse: gatehouse completion bash takes no argument, got \"now\"\n"},
		{"help-of-no-command", "help chek", "gatehouse: there is no command \"chek\"\n  hint: did you mean \"check\"?\n"},
		{"decimal-size", "serve --max-body 1MB", "must be a number of bytes from 1 to 1GiB, such as 4096, 64KiB or 1MiB\n"},
		{"size-beyond-that-of-the-file", "serve --max-body 2GiB", "must be a number of bytes from 1 to 1GiB, such as 4096, 64KiB or 1MiB\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stderr bytes.Buffer
			status := Run(t.Context(), strings.Fields(test.args), nil, io.Discard, &stderr, nil)
			if status != statusUsage || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("status %d, %s", status, stderr.String())
			}
		})
	}
}

// full is a device without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestLostOutputIsSaid writes results where there is no room.
func TestLostOutputIsSaid(t *testing.T) {
	contract := filepath.Join(t.TempDir(), "a.yaml")
	const text = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\nsecurity: []\npaths: {/a: {get: {responses: {\"200\": {description: OK}}}}}\n"
	if err := os.WriteFile(contract, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"check --contract " + contract, "check --json --contract " + contract, "demo --once", "version", "version --json", "help", ""} {
		t.Run(strings.ReplaceAll(strings.TrimSuffix("of "+args, contract), " ", "-"), func(t *testing.T) {
			var stderr bytes.Buffer
			status := Run(t.Context(), strings.Fields(args), nil, full{}, &stderr, nil)
			if want := "gatehouse: standard output cannot be written: " + syscall.ENOSPC.Error() + "\n"; status != statusProblems || stderr.String() != want {
				t.Errorf("status %d, standard error %q", status, stderr.String())
			}
		})
	}
}

// TestDemoServesUntilItIsEnded makes the call that the demo proposes.
func TestDemoServesUntilItIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- Run(ctx, []string{"demo"}, nil, in, in, nil)
		in.Close()
	}()
	called := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		target, ok := strings.CutPrefix(line, "curl -i http")
		if !ok || called {
			continue
		}
		called = true
		answer, err := http.Get("http" + strings.Fields(target)[0])
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("status %d", answer.StatusCode)
		}
		cancel()
	}
	if got := <-status; got != statusOK || !called {
		t.Errorf("status %d, called %v", got, called)
	}
}

// TestSignals sends two signals to this process: the first ends the context,
// the second closes the channel.
func TestSignals(t *testing.T) {
	ctx, cut, stop := interrupts(t.Context())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	select {
	case <-cut:
		t.Error("the first signal cuts")
	default:
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-cut
}

// TestHangups sends signals to this process: each is a request to reload, and
// one that nobody takes holds up nothing.
func TestHangups(t *testing.T) {
	arrived := make(chan os.Signal, 3) // else one that comes late would end this process
	signal.Notify(arrived, syscall.SIGHUP)
	defer signal.Stop(arrived)
	reload, stop := hangups()
	for range 2 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		<-reload
		<-arrived
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	<-arrived
	stop() // with a request that nobody takes
	select {
	case <-reload:
		t.Error("a request after the end")
	default:
	}
}

func TestContextEndsWithItsParent(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	ctx, cut, stop := interrupts(parent)
	cancel()
	<-ctx.Done()
	stop()
	select {
	case <-cut:
		t.Error("the end of the parent cuts")
	default:
	}
}
