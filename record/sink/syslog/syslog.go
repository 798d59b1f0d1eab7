// Package syslog is a sink's receiver that sends lines to a syslog daemon, as
// messages of RFC 5424: over TLS (RFC 5425), over TCP or through a socket of
// this machine. Package serve makes it; of lines it knows the few fields from
// which the head of a message is made.
//
// Syslog acknowledges nothing. So a parcel counts as delivered when the system
// at the other end has all of it and the connection still stands, and what was
// sent shortly before a connection ended is sent again over the next one.
package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/record/sink"
)

// Options say where messages go and how they are written.
type Options struct {
	Network    string      // tcp or unixgram
	Address    string      // host:port, or the path of a socket
	TLS        *tls.Config // nil for none; its ServerName is that of Address when it has none
	Facility   Facility
	Refused    Facility // of exchanges that the gate refused
	Cookie     string   // stands before each line, as "@cee: "
	MaxMessage int      // bytes of a message, at least MinMessage
}

// MinMessage is the least bound of a message.
const MinMessage = 1 << 10

// Target sends to a daemon.
type Target struct {
	o     Options
	from  string // who sends, as it stands in each message
	c     *connection
	count uint64 // messages that were numbered and delivered
	lately
	falls int           // connections in a row that did not last
	least time.Duration // of patience

	frames, message []byte // memory that is used again
}

var _ sink.Target = (*Target)(nil)

// New connects to nothing yet.
func New(o Options) *Target {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return &Target{o: o, from: sender(host, os.Getpid()), least: time.Second}
}

// Deliver implements sink.Target.
func (t *Target) Deliver(ctx context.Context, lines []byte, _ int) error {
	start := time.Now()
	var n uint64
	t.frames, n = t.appendFrames(t.frames[:0], lines)
	if err := t.deliver(ctx, t.frames); err != nil {
		t.hangUp(start)
		return err
	}
	t.count += n
	t.remember(t.frames, time.Now())
	return nil
}

func (t *Target) deliver(ctx context.Context, frames []byte) error {
	if t.c.ended() {
		t.hangUp(time.Now())
	}
	fresh := t.c == nil
	if fresh {
		if err := t.connect(ctx); err != nil {
			return err
		}
	}
	if err := t.c.send(ctx, frames); err != nil {
		return err
	}
	if fresh {
		t.c.settle(ctx, t.patience())
	}
	if t.c.ended() {
		return t.c.why()
	}
	return nil
}

// connect opens a connection, and sends again what the end of the last one left
// in doubt.
func (t *Target) connect(ctx context.Context) error {
	c, err := dial(ctx, &t.o)
	if err != nil {
		return err
	}
	t.c = c
	for i := range t.parcels {
		t.parcels[i].sent = c.since
	}
	for i := range t.parcels {
		if err := c.send(ctx, t.parcels[i].frames); err != nil {
			return err
		}
	}
	return nil
}

// hangUp gives a connection up that worked until then, or ended before, and
// forgets what was sent so long before that it has arrived.
func (t *Target) hangUp(then time.Time) {
	if t.c == nil {
		return
	}
	end := t.c.close()
	if then.Before(end) {
		end = then
	}
	t.forget(end.Add(-doubtful))
	if t.falls++; end.Sub(t.c.since) > doubtful {
		t.falls = 0
	}
	t.c = nil
}

// patience is how long a new connection is watched before what was sent over it
// counts as delivered: a server that does not take the gate's certificate says
// so behind the handshake (RFC 8446 section 4.4.2.4), when it gets to it. It is
// longer after each connection that did not last.
func (t *Target) patience() time.Duration {
	return min(t.least<<min(t.falls, 10), mostPatience)
}

const mostPatience = 10 * time.Second

// lastWait is how long Close waits for a receiver.
const lastWait = 2 * time.Second

// Close implements sink.Target. A receiver that ends its side after the gate has
// ended its own has read everything (RFC 5425 section 4.4).
func (t *Target) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastWait)
	defer cancel()
	if t.c.ended() {
		t.hangUp(time.Now())
		if len(t.parcels) > 0 && t.connect(ctx) == nil {
			t.c.settle(ctx, t.patience())
		}
	}
	if t.c == nil {
		return nil
	}
	t.c.finish(ctx)
	t.c.close()
	t.c = nil
	return nil
}

// What was sent lately is kept for as long as a receiver may have it and not
// have read it, within a bound.
const (
	doubtful     = 30 * time.Second
	doubtfulSize = 1 << 20 // bytes
)

// lately is what was sent lately, the oldest first.
type lately struct {
	parcels []parcel
	size    int
}

type parcel struct {
	frames []byte
	sent   time.Time
}

func (l *lately) remember(frames []byte, now time.Time) {
	l.forget(now.Add(-doubtful))
	l.parcels = append(l.parcels, parcel{slices.Clone(frames), now})
	for l.size += len(frames); l.size > doubtfulSize && len(l.parcels) > 1; {
		l.drop()
	}
}

// forget drops what was sent before at.
func (l *lately) forget(at time.Time) {
	for len(l.parcels) > 0 && l.parcels[0].sent.Before(at) {
		l.drop()
	}
}

func (l *lately) drop() {
	l.size -= len(l.parcels[0].frames)
	l.parcels = slices.Delete(l.parcels, 0, 1)
}

var errClosed = errors.New("the receiver closed the connection")
