package counter

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// link is the connection to the server and what is known of it. One goroutine
// alone connects, and says every second that this node lives.
type link struct {
	c      *Counters
	live   atomic.Bool
	client atomic.Pointer[rueidis.Client]
	bad    atomic.Int32  // answers in a row that were of no use
	lost   atomic.Int64  // how often the server was found down
	nodes  atomic.Int64  // that live
	offset atomic.Int64  // microseconds by which the server's clock is ahead of this one
	wake   chan struct{} // the server was found down

	mu    sync.Mutex
	cause error         // guarded by mu; why it was down the last time
	wait  chan struct{} // guarded by mu; closed when it is up
}

const (
	// beatEvery is how often a node says that it lives, and nodeLife how long it
	// is believed.
	beatEvery = time.Second
	nodeLife  = 10 * time.Second
	// patience is how long connecting and a beat may take.
	patience = time.Second
	// So many answers in a row that were late, or errors, are too many.
	badInARow = 5
	// The pauses between attempts double up to maxPause, each by chance shorter
	// by up to a half, so that nodes do not come all at once. They are short
	// again when the server was well for calm.
	minPause = 50 * time.Millisecond
	maxPause = 5 * time.Second
	calm     = 10 * time.Second
)

func (l *link) init(c *Counters) {
	l.c, l.wake, l.wait = c, make(chan struct{}, 1), make(chan struct{})
	l.nodes.Store(1)
}

func (l *link) up() bool { return l.live.Load() }

// ready waits until the link is up.
func (l *link) ready(ctx context.Context) error {
	l.mu.Lock()
	wait := l.wait
	l.mu.Unlock()
	select {
	case <-wait:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		return errors.Join(ErrDown, l.cause)
	}
}

// run keeps the link until ctx ends.
func (l *link) run(ctx context.Context) {
	defer l.leave()
	pause, address := minPause, 0
	for ctx.Err() == nil {
		if err := l.visit(ctx, address); err != nil {
			l.fall(err)
			if err != ErrLate { // a slow server is no faster behind a new connection
				l.drop()
				address = (address + 1) % len(l.c.o.Addresses)
			}
		} else if l.rise(); l.stay(ctx) > calm {
			pause = minPause
		}
		if ctx.Err() == nil && !l.up() {
			sleep(ctx, nil, pause)
			pause = min(2*pause, maxPause)
		}
	}
}

// stay says that this node lives while the server is up, and returns for how
// long it was.
func (l *link) stay(ctx context.Context) time.Duration {
	begun := time.Now()
	for l.up() && ctx.Err() == nil {
		sleep(ctx, l.wake, beatEvery)
		if !l.up() || ctx.Err() != nil {
			break
		}
		if err := l.visit(ctx, 0); err != nil && ctx.Err() == nil {
			l.fall(err)
		}
	}
	return time.Since(begun)
}

// sleep sleeps for a time by chance: between half of most and all of it, and no
// longer than until ctx ends or wake is told.
func sleep(ctx context.Context, wake <-chan struct{}, most time.Duration) {
	timer := time.NewTimer(most/2 + rand.N(most/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// visit connects where there is no connection and says that this node lives.
// Only a primary lets it.
func (l *link) visit(ctx context.Context, address int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if l.client.Load() == nil {
		client, err := rueidis.NewClient(l.options(address))
		if err != nil {
			return err
		}
		l.client.Store(&client)
	}
	for try := 0; ; try++ {
		begun := time.Now()
		values, err := l.exec(ctx, beat, l.c.o.Prefix+":nodes", []string{l.c.node, strconv.FormatInt(nodeLife.Microseconds(), 10), "0"})
		if err != nil {
			return err
		}
		if len(values) != 6 || values[0] < 1 || values[1] <= 0 || values[1] > maxNumber {
			return errAnswer
		}
		l.nodes.Store(values[0])
		l.clock(values[1], begun)
		switch slow := time.Since(begun) > l.c.o.Timeout; {
		case !slow:
			return nil
		case try == 2 && !l.up():
			return ErrLate
		case try == 2:
			l.useless(ErrLate)
			return nil
		}
	}
}

func (l *link) options(address int) rueidis.ClientOption {
	o := &l.c.o
	addresses := o.Addresses
	if o.Sentinel == "" && !o.Cluster {
		addresses = addresses[address : address+1]
	}
	option := rueidis.ClientOption{
		InitAddress: addresses, TLSConfig: o.TLS, SelectDB: o.Database, ClientName: "gatehouse", ClientSetInfo: rueidis.DisableClientSetInfo,
		AuthCredentialsFn: func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			return rueidis.AuthCredentials{Username: o.User, Password: o.Password.Reveal()}, nil
		},
		ForceSingleClient: o.Sentinel == "" && !o.Cluster,
		Sentinel:          rueidis.SentinelOption{MasterSet: o.Sentinel, TLSConfig: o.TLS, TopologyRefreshInterval: 5 * time.Second},
		// A question is asked once: whether a script ran whose answer was lost is
		// not known.
		DisableRetry: true, DisableCache: true, AlwaysPipelining: true, PipelineMultiplex: -1,
		ConnWriteTimeout: patience, ReadBufferEachConn: 1 << 14, WriteBufferEachConn: 1 << 14,
	}
	option.Dialer.Timeout = patience
	option.Sentinel.Dialer.Timeout = patience
	return option
}

// exec runs a script.
func (l *link) exec(ctx context.Context, script *rueidis.Lua, key string, args []string) ([]int64, error) {
	client := l.client.Load()
	if client == nil {
		return nil, ErrDown
	}
	return script.Exec(ctx, *client, []string{key}, args).AsIntSlice()
}

// rise says that the server answers.
func (l *link) rise() {
	l.bad.Store(0)
	l.mu.Lock()
	was := l.live.Swap(true)
	if !was {
		close(l.wait)
	}
	l.mu.Unlock()
	if was {
		return
	}
	l.c.o.Log.Info("the server of counters answers: limits are counted with the other gates", "gates", l.nodes.Load())
}

// fall says that the server does not answer.
func (l *link) fall(err error) {
	l.mu.Lock()
	first := l.cause == nil && !l.live.Load()
	l.cause = err
	was := l.live.Swap(false)
	if was {
		l.wait = make(chan struct{})
	}
	l.mu.Unlock()
	if was {
		l.lost.Add(1)
	}
	if was || first {
		l.c.o.Log.Warn("the server of counters does not answer: limits that gates share go by their on_failure until it does", "cause", err)
	}
}

// fail notes that the server cannot be asked, and has the link look after it.
func (l *link) fail(err error) {
	if !l.up() || l.c.ctx.Err() != nil {
		return
	}
	l.fall(err)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// useless notes an answer that was late, or an error of the server: one may be
// by chance.
func (l *link) useless(err error) {
	if l.bad.Add(1) >= badInARow {
		l.fail(err)
	}
}

func (l *link) well() { l.bad.Store(0) }

// drop ends the connection.
func (l *link) drop() {
	if client := l.client.Swap(nil); client != nil {
		(*client).Close()
	}
}

// leave says that this node lives no more, where the server answers.
func (l *link) leave() {
	if l.up() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		l.exec(ctx, beat, l.c.o.Prefix+":nodes", []string{l.c.node, strconv.FormatInt(nodeLife.Microseconds(), 10), "1"})
	}
	l.live.Store(false)
	l.drop()
}

// clock takes over what the server's clock said to a question of a time.
func (l *link) clock(now int64, begun time.Time) { l.offset.Store(now - begun.UnixMicro()) }

// time is what the server's clock says at a time of this one.
func (l *link) time(at time.Time) time.Time {
	return at.Add(time.Duration(l.offset.Load()) * time.Microsecond)
}
