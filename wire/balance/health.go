package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Health says how a target is asked whether it is well. A zero field takes its
// default, but there is none for the path.
type Health struct {
	Path      string        // that GET answers with 2xx
	Host      string        // of the request
	Interval  time.Duration // default 5s
	Timeout   time.Duration // of one request; default 2s
	Healthy   int           // answers in a row until it is well again; default 2
	Unhealthy int           // failures in a row until it is not; default 3
}

func (h Health) withDefaults() Health {
	fill(&h.Interval, 5*time.Second)
	fill(&h.Timeout, 2*time.Second)
	fill(&h.Healthy, 2)
	fill(&h.Unhealthy, 3)
	return h
}

// checks is the goroutine that asks a node.
type checks struct {
	mu    sync.Mutex
	end   context.CancelFunc // guarded by mu; nil before the start
	ended bool               // guarded by mu
	done  sync.WaitGroup
}

// Start has the node asked from now on, where that is wanted. Until it was
// well for the first time each answer decides by itself, so that an API that is
// started behind the gate serves at once; before the first one the node is taken
// to be well. Start may be called again.
func (n *Node) Start() {
	c := &n.checks
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.o.Health == nil || c.end != nil || c.ended {
		return
	}
	ctx, end := context.WithCancel(context.Background())
	c.end = end
	c.done.Go(func() { n.watch(ctx) })
}

// stop ends the goroutine and waits for it.
func (c *checks) stop() {
	c.mu.Lock()
	c.ended = true
	if c.end != nil {
		c.end()
	}
	c.mu.Unlock()
	c.done.Wait()
}

// watch asks at every interval, some earlier and some later, so that gates
// which were started together do not ask together.
func (n *Node) watch(ctx context.Context) {
	h := n.o.Health
	unmet, row := true, 0 // it never was well; answers in a row that speak against what is known
	for {
		err := n.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		sick := n.sick.Load()
		need := h.Unhealthy
		if sick {
			need = h.Healthy
		}
		if row++; sick == (err != nil) {
			row = 0
		}
		if row >= need || row > 0 && unmet {
			n.turn(err)
			row = 0
		}
		unmet = unmet && err != nil
		pause := time.NewTimer(h.Interval*9/10 + rand.N(h.Interval/5+1))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// turn makes a node sick, or well when err is nil: what failed before is then
// tried at once.
func (n *Node) turn(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sick.Store(err != nil)
	if err == nil {
		n.until = nanos(time.Now())
		n.o.Log.Info("an address of an API is well", "upstream", n.o.Name)
	} else {
		n.o.Log.Warn("an address of an API is not well, and left out", "upstream", n.o.Name, "because", err.Error())
	}
	changes.Add(1)
}

var (
	methodGet = []byte("GET")
	asker     = []gate.Field{{Name: []byte("User-Agent"), Value: []byte("gatehouse (health check)")}}
)

// maxHealth bounds what is read of an answer, so that its connection can be
// kept.
const maxHealth = 64 << 10

// ask makes one request. The error says what is wrong.
func (n *Node) ask(ctx context.Context) error {
	h := n.o.Health
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	x := &gate.Exchange{
		Context: ctx, Method: methodGet, Target: []byte(h.Path), OutTarget: []byte(h.Path), Host: []byte(h.Host),
		Version: "HTTP/1.1", Fields: asker,
	}
	if err := n.target.Send(ctx, x); err != nil {
		if ctx.Err() != nil {
			return errors.New("it did not answer in time")
		}
		return errors.New(failure(x, err))
	}
	discard(&x.Answer, maxHealth)
	if s := x.Answer.Status; s < 200 || s > 299 {
		return errors.New(failure(x, nil))
	}
	return nil
}

// failure says for the log what went wrong with a call. It may be the only one
// to say so: others answer what was sent here, and then nothing more is.
func failure(x *gate.Exchange, err error) string {
	if err == nil {
		return fmt.Sprintf("it answered with %d", x.Answer.Status)
	}
	if u := (*gate.Unavailable)(nil); errors.As(err, &u) {
		return u.Error()
	}
	return code(err).String()
}

// discard throws an answer away. Of its body no more than most bytes are read.
func discard(a *gate.Answer, most int64) {
	if a.Body != nil {
		io.Copy(io.Discard, io.LimitReader(a.Body, most))
		a.Body.Close()
		a.Body = nil
	}
	if a.Lease != nil {
		a.Lease.End()
		a.Lease = nil
	}
}
