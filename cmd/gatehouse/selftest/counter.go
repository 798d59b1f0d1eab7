package selftest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
)

// limits lets all calls of a test through, but for the limit that is tried: it
// counts few, with one other gate. That gate is silent.
func (c *copied) limits(s *config.Config, t *test, f *fault) {
	tried := ""
	names := slices.Sorted(maps.Keys(s.Limits))
	if f != nil && f.part == partCounters {
		tried = names[f.at]
	}
	for _, name := range names {
		l := s.Limits[name]
		if l.Hidden = false; name == tried && countable(&l) {
			amount(&l, fewCalls*max(1, f.call.own.Weight))
		} else {
			amount(&l, 1<<20)
		}
		l.Shared = name == tried
		s.Limits[name] = l
	}
	if tried == "" {
		s.Counters = nil
		return
	}
	o := s.Counters
	*o = config.Counters{Place: o.Place, Addresses: []string{c.counter(f.way, o.Timeout)}, Gates: 2, Pepper: trust.NewSecret(rand.Text() + rand.Text()), Prefix: "selftest", Timeout: o.Timeout}
	if f.way == gone || f.way == emptied {
		o.Timeout = waits // what is well is to be found well
	}
}

// amount has a limit let n units through, without any that come back soon.
func amount(l *config.Limit, n int64) {
	const long = 24 * time.Hour
	switch {
	case l.Rate != nil:
		l.Rate = &config.RateLimit{Place: l.Rate.Place, Amount: n, Burst: n, Per: long}
	case l.Window != nil:
		l.Window = &config.WindowLimit{Place: l.Window.Place, Amount: n, Per: long}
	case l.Quota != nil:
		l.Quota.Amount = n
	case l.Concurrency != nil:
		l.Concurrency.Amount = n
	}
}

// counter opens a server of counters that fails by w.
func (c *copied) counter(w way, timeout time.Duration) string {
	if w == refused || w == silent || w == garbage {
		return c.lever(w, nil).address()
	}
	socket, err := c.redis()
	if err != nil {
		c.err = errors.Join(c.err, err)
		return "127.0.0.1:0"
	}
	delay := time.Duration(0)
	if w == late {
		delay = 10 * timeout
	}
	l, err := newTalker(func(client net.Conn) { pass(client, socket, delay) })
	if err != nil {
		c.err = errors.Join(c.err, err)
		return "127.0.0.1:0"
	}
	c.levers = append(c.levers, l)
	switch w {
	case gone:
		c.breaks = l.close
	case emptied:
		c.breaks = func() { c.err = errors.Join(c.err, flush(socket)) }
	}
	return l.address()
}

// redisProgram is a server of counters on this machine; "" for none.
func redisProgram() string {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// redis starts one that keeps nothing, and speaks with nobody but this copy.
func (c *copied) redis() (socket string, err error) {
	socket = filepath.Join(c.folder, "redis")
	cmd := exec.Command(redisProgram(), "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--daemonize", "no")
	cmd.Dir = c.folder
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	c.ends = append(c.ends, func() { cmd.Process.Kill(); <-ended })
	tick := time.NewTicker(looks / 10)
	defer tick.Stop()
	for late := time.After(20 * time.Second); ; {
		if conn, err := net.Dial("unix", socket); err == nil {
			return socket, conn.Close()
		}
		select {
		case <-tick.C:
		case <-ended:
			return "", errors.New("the server of counters of a copy ended")
		case <-late:
			return "", errors.New("the server of counters of a copy does not answer")
		}
	}
}

// pass hands a connection on to a socket; what comes back waits.
func pass(client net.Conn, socket string, delay time.Duration) {
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	go func() {
		io.Copy(server, client)
		server.Close()
	}()
	defer server.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := server.Read(b)
		<-time.After(delay)
		if n > 0 {
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// flush has a server lose all that it counts.
func flush(socket string) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "FLUSHALL\r\n"); err != nil {
		return err
	}
	var answer [5]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil || string(answer[:3]) != "+OK" {
		return fmt.Errorf("the server of counters of a copy cannot be emptied: %q", answer)
	}
	return nil
}
