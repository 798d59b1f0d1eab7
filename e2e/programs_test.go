package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// anywhere is a free port of loopback; programs say which one they took.
const anywhere = "127.0.0.1:0"

// How the programs say it.
var (
	gateListens         = regexp.MustCompile(`listening +https?://(127\.0\.0\.1:\d+)`)
	alertmanagerListens = regexp.MustCompile(`msg="Listening on" address=(127\.0\.0\.1:\d+)`)
	stripeListens       = regexp.MustCompile(`Listening for HTTP at address: (127\.0\.0\.1:\d+)`)
)

// gatehouse builds the command once and returns its path. The tests of the
// command itself stand elsewhere; here it is one more program.
var gatehouse = sync.OnceValues(func() (string, error) {
	path := filepath.Join(workshop, "gatehouse")
	build := exec.Command("go", "build", "-pgo=auto", "-o", path, "../cmd/gatehouse")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build has it
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return path, err
})

// workshop is where programs are built; TestMain removes it.
var workshop string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if workshop, err = os.MkdirTemp("", "gatehouse-e2e-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(workshop)
		return m.Run()
	}())
}

// process is a program that a test started and will end.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of the process; read after done
	mu   sync.Mutex
	out  bytes.Buffer // guarded by mu
}

// Write takes the program's output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start runs a program until the test ends. It waits until the program says
// where it listens, which the first group of listening finds, and returns that
// address.
func start(t *testing.T, listening *regexp.Regexp, program string, args ...string) (address string) {
	t.Helper()
	address, _ = launch(t, listening, program, args...)
	return address
}

// launch is start for a program whose output is read later.
func launch(t *testing.T, listening *regexp.Regexp, program string, args ...string) (address string, p *process) {
	t.Helper()
	p = begin(t, program, args...)
	return p.await(t, listening), p
}

// begin starts a program that runs until the test ends.
func begin(t *testing.T, program string, args ...string) *process {
	t.Helper()
	return beginCommand(t, exec.Command(program, args...))
}

// beginCommand is begin for a command that has more than arguments.
func beginCommand(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, done: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.stop(t) })
	return p
}

// await waits for the words of listening, at most a minute: a large document
// on a busy machine takes its time.
func (p *process) await(t *testing.T, listening *regexp.Regexp) string {
	t.Helper()
	end := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if found := listening.FindStringSubmatch(p.output()); found != nil {
			return found[1]
		}
		select {
		case <-tick.C:
		case <-p.done:
			t.Fatalf("%s ended before it listened: %v\n%s", p.cmd.Path, p.err, p.output())
		case <-end:
			t.Fatalf("%s does not say where it listens\n%s", p.cmd.Path, p.output())
		}
	}
}

// stop asks the program to end and waits for it; one that does not is killed
// and reported.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		t.Errorf("%s did not end within 10 s of SIGTERM\n%s", p.cmd.Path, p.output())
	}
	if t.Failed() {
		t.Logf("%s said:\n%s", filepath.Base(p.cmd.Path), tail(p.output()))
	}
}

// tail is the end of a program's output, enough for a failed test.
func tail(s string) string {
	const enough = 6000
	if len(s) > enough {
		s = "..." + s[len(s)-enough:]
	}
	return s
}

// run runs a client program to its end, at most 25 seconds, and returns what
// it wrote to standard output.
func run(t *testing.T, dir string, env []string, program string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = errors.Join(err, errors.New(stderr.String()))
	}
	return stdout.String(), err
}
