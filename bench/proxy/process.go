//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is a program that this one started and will end.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // read after done
	out  output
}

// output keeps the end of what a program says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > 64<<10 {
		o.buf.Reset()
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs a program in dir.
func start(dir string, env []string, command ...string) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.SysProcAttr = attributes()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) pid() int     { return p.cmd.Process.Pid }
func (p *process) name() string { return filepath.Base(p.cmd.Path) }

// await waits until the program accepts connections at each address.
func (p *process) await(ctx context.Context, addresses ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(addresses) > 0 {
		if c, err := net.Dial("tcp", addresses[0]); err == nil {
			c.Close()
			addresses = addresses[1:]
			continue
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("%s ended before it accepted connections: %v\n%s", p.name(), p.err, &p.out)
		case <-ctx.Done():
			return fmt.Errorf("%s does not accept connections at %s\n%s", p.name(), addresses[0], &p.out)
		}
	}
	return nil
}

// alive says what became of a program that should still run.
func (p *process) alive() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended: %v\n%s", p.name(), p.err, &p.out)
	default:
		return nil
	}
}

// stop asks the program to end and waits; one that does not is killed.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(20 * time.Second):
		_ = syscall.Kill(-p.pid(), syscall.SIGKILL) // its own group, see attributes
		<-p.done
		return errors.New(p.name() + " did not end within 20 s of SIGTERM")
	}
}

// freePort returns a port of loopback that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
