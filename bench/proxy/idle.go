//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// idleConnections is how many wait at once.
const idleConnections = 10_000

// idle opens connections, lets each have one answer, and looks what their
// waiting takes.
func (b *bench) idle(ctx context.Context, s *scenario, p *process) (figures, error) {
	f := none()
	if files := allowFiles(); files < idleConnections+200 {
		return f, fmt.Errorf("only %d files may be open: raise ulimit -n to %d", files, idleConnections+1000)
	}
	before := treeMemory(p.pid(), "VmRSS")
	conns, err := b.openIdle(ctx, s)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	if err != nil {
		return f, err
	}
	after, err := settled(ctx, func() int64 { return treeMemory(p.pid(), "VmRSS") })
	if err != nil {
		return f, err
	}
	// all must still be there, or the figure is of fewer
	for _, i := range []int{0, len(conns) / 2, len(conns) - 1} {
		if err := newWire(conns[i], s, b.at).exchange(); err != nil {
			return f, fmt.Errorf("an idle connection is not there any more: %w", err)
		}
	}
	f.idle = float64(after-before) / (1 << 10) / float64(len(conns))
	return f, nil
}

// openIdle opens the connections, some at a time.
func (b *bench) openIdle(ctx context.Context, s *scenario) ([]net.Conn, error) {
	conns := make([]net.Conn, idleConnections)
	errs := make(chan error, 32)
	var wg sync.WaitGroup
	for k := range cap(errs) {
		wg.Go(func() {
			for i := k; i < len(conns); i += cap(errs) {
				c, err := dialIdle(ctx, s, b.at)
				if err != nil {
					errs <- err
					return
				}
				conns[i] = c
			}
		})
	}
	wg.Wait()
	close(errs)
	var err error
	for e := range errs {
		err = errors.Join(err, e)
	}
	open := conns[:0]
	for _, c := range conns {
		if c != nil {
			open = append(open, c)
		}
	}
	return open, err
}

// dialIdle opens one connection and has one answer on it. Closing it resets
// it, so that no port waits afterwards.
func dialIdle(ctx context.Context, s *scenario, at *stage) (net.Conn, error) {
	to := at.plain()
	if s.protocol != plain {
		to = at.encrypted()
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, err
	}
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		c.Close()
		return nil, err
	}
	if s.protocol != plain {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}})
	}
	if err := newWire(c, s, at).exchange(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// settled returns a figure once it has not fallen any more for five seconds, at
// most after half a minute: what programs have freed goes back to the system
// slowly.
func settled(ctx context.Context, read func() int64) (int64, error) {
	const enough, most = 5, 30
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	least, still := read(), 0
	for range most {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		now := read()
		if still++; now < least-least/100 {
			still = 0
		}
		least = min(least, now)
		if still == enough {
			break
		}
	}
	return least, nil
}
