package testdata

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Redis is a server of Redis, or of Valkey, of a test. It listens on loopback
// and keeps nothing on a disk.
type Redis struct {
	Address string
	t       testing.TB
	program string
	more    []string
	watched string // what a sentinel is told; "" for a server
	running *exec.Cmd
	ended   chan struct{}
}

// StartRedis starts a server that ends with the test, with options as on its
// command line. The environment variable REDIS_SERVER names another program than
// redis-server, such as valkey-server.
func StartRedis(t testing.TB, options ...string) *Redis {
	t.Helper()
	program := os.Getenv("REDIS_SERVER")
	if program == "" {
		program = Program(t, "redis-server", "redis-server")
	}
	return begin(&Redis{t: t, program: program, more: options})
}

// StartSentinel starts a sentinel that watches a primary under a name.
func StartSentinel(t testing.TB, name string, primary *Redis) *Redis {
	t.Helper()
	host, port, _ := net.SplitHostPort(primary.Address)
	return begin(&Redis{t: t, program: primary.program, watched: "sentinel monitor " + name + " " + host + " " + port + " 1\n"})
}

func begin(r *Redis) *Redis {
	t := r.t
	t.Helper()
	// The server cannot be given a free port, and another program may be faster.
	for range 10 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		r.Address = l.Addr().String()
		l.Close()
		if r.start() == nil {
			t.Cleanup(r.Kill)
			return r
		}
	}
	t.Fatal(r.start())
	return nil
}

// Start starts the server again after Kill, with nothing in it.
func (r *Redis) Start() {
	r.t.Helper()
	var err error
	for range 20 {
		if err = r.start(); err == nil {
			return
		}
	}
	r.t.Fatal(err)
}

func (r *Redis) start() error {
	_, port, _ := net.SplitHostPort(r.Address)
	// A folder of its own, since it loads what others have left. Its socket is
	// there when it has the port, and not somebody else.
	folder, err := os.MkdirTemp("", "redis")
	if err != nil {
		return err
	}
	r.t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "socket")
	log := new(bytes.Buffer)
	args := append([]string{"--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"}, r.more...)
	if r.watched != "" {
		file := filepath.Join(folder, "sentinel.conf")
		if err := os.WriteFile(file, []byte(r.watched), 0o600); err != nil {
			return err
		}
		args = []string{file, "--sentinel"}
	}
	cmd := exec.Command(r.program, append(args, "--port", port, "--bind", "127.0.0.1", "--unixsocket", socket)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		select {
		case <-ended:
			return fmt.Errorf("%s ended: %s", r.program, log)
		default:
		}
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			r.running, r.ended = cmd, ended
			return nil
		}
	}
	cmd.Process.Kill()
	<-ended
	return fmt.Errorf("%s does not answer", r.program)
}

// Kill ends the server at once, with all that it knows.
func (r *Redis) Kill() {
	if r.running == nil {
		return
	}
	r.running.Process.Kill()
	<-r.ended
	r.running = nil
}

// Do has the server do a command, and returns the first line of its answer, or
// the line behind it for one of several bytes.
func (r *Redis) Do(words ...string) string {
	r.t.Helper()
	c, err := net.Dial("tcp", r.Address)
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(c, "$%d\r\n%s\r\n", len(w), w)
	}
	in := bufio.NewReader(c)
	line, err := in.ReadString('\n')
	if err == nil && strings.HasPrefix(line, "$") && !strings.HasPrefix(line, "$-1") {
		var size int
		fmt.Sscanf(line, "$%d", &size)
		text := make([]byte, size)
		for n := 0; n < size && err == nil; {
			var m int
			m, err = in.Read(text[n:])
			n += m
		}
		line = string(text)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
