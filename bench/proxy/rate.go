//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	steadyRate        = 2000 // requests a second in all
	steadyConnections = 16
	quietTries        = 4 // how often a busy machine is given a chance to be quiet
)

// steady asks at a fixed rate, which is what latency means something at.
func (b *bench) steady(ctx context.Context, s *scenario, p *process) (figures, error) {
	f := none()
	if _, err := pace(ctx, s, b.at, b.warm); err != nil {
		return f, err
	}
	for range quietTries {
		before, machine := treeUsage(p.pid()), readProcessor()
		latencies, err := pace(ctx, s, b.at, b.length)
		if err != nil {
			return f, err
		}
		f.busy = readProcessor().busySince(machine)
		if err := f.spent(treeUsage(p.pid()).since(before), len(latencies)); err != nil {
			return f, err
		}
		f.rate = float64(len(latencies)) / b.length.Seconds()
		if f.busy <= tooBusy {
			slices.Sort(latencies)
			f.p50 = float64(percentile(latencies, 0.50).Nanoseconds()) / 1e3
			f.p99 = float64(percentile(latencies, 0.99).Nanoseconds()) / 1e3
			break
		}
	}
	return f, nil
}

// pace sends steadyRate requests a second for d over steadyConnections, each
// with a schedule of its own, and returns how long each answer took.
func pace(ctx context.Context, s *scenario, at *stage, d time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu   sync.Mutex
		all  []time.Duration // guarded by mu
		errs []error         // guarded by mu
		wg   sync.WaitGroup
	)
	interval := time.Second * steadyConnections / steadyRate
	begin := time.Now().Add(10 * time.Millisecond)
	for k := range steadyConnections {
		wg.Go(func() {
			first := begin.Add(interval * time.Duration(k) / steadyConnections)
			list, err := paceOne(ctx, s, at, first, interval, int(d/interval))
			if err != nil {
				cancel()
			}
			mu.Lock()
			defer mu.Unlock()
			all, errs = append(all, list...), append(errs, err)
		})
	}
	wg.Wait()
	return all, errors.Join(errs...)
}

// paceOne sends n requests over one connection. A request whose time comes
// while the one before is still on its way counts from its time, since a client
// would have had to wait; otherwise it counts from when it was sent, so that
// this program's own timers do not count.
func paceOne(ctx context.Context, s *scenario, at *stage, first time.Time, interval time.Duration, n int) ([]time.Duration, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", at.plain())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	w := newWire(c, s, at)
	list := make([]time.Duration, 0, n)
	for i := range n {
		due := first.Add(interval * time.Duration(i))
		from := due
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
			from = time.Now()
		}
		if err := w.exchange(); err != nil {
			return nil, err
		}
		list = append(list, time.Since(from))
	}
	return list, nil
}

// wire is one HTTP/1.1 connection that asks the same thing again and again.
type wire struct {
	c    net.Conn
	r    *bufio.Reader
	send []byte
	want int // length of the body
}

func newWire(c net.Conn, s *scenario, at *stage) *wire {
	var q bytes.Buffer
	fmt.Fprintf(&q, "%s %s HTTP/1.1\r\nHost: %s\r\n", s.request.method, s.request.path, at.plain())
	if s.request.method == "POST" {
		fmt.Fprintf(&q, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(at.order))
	}
	q.WriteString("\r\n")
	if s.request.method == "POST" {
		q.Write(at.order)
	}
	return &wire{c: c, r: bufio.NewReaderSize(c, 4<<10), send: q.Bytes(), want: len(s.request.answer(at))}
}

// exchange sends the request and reads the answer, which must be 200 and as
// long as it should be.
func (w *wire) exchange() error {
	if _, err := w.c.Write(w.send); err != nil {
		return err
	}
	length, line := -1, 0
	for ; ; line++ {
		text, err := w.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		text = bytes.TrimRight(text, "\r\n")
		if line == 0 && !bytes.HasPrefix(text, []byte("HTTP/1.1 200")) {
			return fmt.Errorf("the answer is %q", text)
		}
		if len(text) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(text, []byte(":")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length != w.want {
		return fmt.Errorf("the answer has %d bytes, not %d", length, w.want)
	}
	_, err := io.CopyN(io.Discard, w.r, int64(length))
	return err
}
