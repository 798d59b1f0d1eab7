// Package jwks keeps the keys that tokens are verified with: fetched from an
// address, found by OpenID Connect discovery, read from a file, or given. One
// goroutine for each source fetches them in the background, so that no request
// waits for it beyond a small bound, and the last good set stays when fetching
// fails. Verifiers of tokens and the assembly import it; it knows nothing of
// tokens beyond that they may ask for newer keys.
package jwks

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// Bounds and defaults of sources.
const (
	defaultRefresh = 10 * time.Minute // where the server says nothing
	minRefresh     = time.Minute
	maxRefresh     = time.Hour
	fileRefresh    = 30 * time.Second
	askedRefresh   = 10 * time.Second // between fetches that tokens ask for
	minRetry       = time.Second      // behind a fetch that failed, doubled each time
	maxRetry       = 30 * time.Second
	fetchTime      = 10 * time.Second // for one fetch, discovery included
	waitTime       = time.Second      // that a caller waits for a fetch
	maxWaiting     = 1024             // callers that wait at once
	DefaultStale   = 24 * time.Hour
)

// Options say where keys come from: exactly one of URL, Issuer and File.
type Options struct {
	URL    string // of a JWK Set
	Issuer string // whose metadata (OpenID Connect Discovery section 4) say where the set is
	File   string // a JWK Set, or public keys as PEM
	// Roots are the authorities that servers are trusted by, PEM; nil for those
	// of the system.
	Roots []byte
	// Stale is how long a set is used that cannot be fetched again; 0 for
	// DefaultStale.
	Stale time.Duration
	// Report, which may be nil, is told from the goroutine of the source when
	// fetching fails or works again, and what was left out of a new set. It must
	// not block.
	Report func(Event)
}

// Event is what Report is told.
type Event struct {
	Err   error    // why keys cannot be fetched; nil when they were
	Keys  int      // in the set that is used
	Notes []string // of keys that were left out
}

// Source gives a set of keys. Many goroutines use it at once.
type Source struct {
	current atomic.Pointer[jose.Set]
	failing atomic.Bool  // the last fetch failed
	asking  atomic.Bool  // a fetch that a token asked for has not ended
	next    atomic.Int64 // when the next fetch is due, nanoseconds since 1970

	fetch  func(context.Context) (fetched, error)
	asked  time.Duration // between fetches that tokens ask for
	stale  time.Duration
	report func(Event)

	mu      sync.Mutex
	round   chan struct{} // closed when the fetch that is due or under way has ended; nil for none
	last    time.Time     // the end of the last fetch
	waiting int

	wake  chan struct{}
	end   context.CancelFunc
	ended chan struct{}
}

// fetched is what a fetch brings.
type fetched struct {
	set   *jose.Set
	notes []string
	fresh time.Duration // until it should be fetched again
}

// Fixed returns the source of a set that never changes; nil is no set.
func Fixed(set *jose.Set) *Source {
	s := new(Source)
	s.current.Store(set)
	return s
}

// Check says what is wrong with o. It asks nobody over a network; a file is
// read.
func (o *Options) Check() error {
	if _, _, err := o.fetcher(); err != nil {
		return err
	}
	if o.File != "" {
		_, err := readFile(o.File)
		return err
	}
	return nil
}

// New returns a source that begins to fetch. An error is one of o: a server
// that does not answer is none.
func New(o Options) (*Source, error) {
	fetch, asked, err := o.fetcher()
	if err != nil {
		return nil, err
	}
	return start(fetch, asked, o), nil
}

func start(fetch func(context.Context) (fetched, error), asked time.Duration, o Options) *Source {
	ctx, end := context.WithCancel(context.Background())
	s := &Source{fetch: fetch, asked: asked, stale: o.Stale, report: o.Report,
		round: make(chan struct{}), wake: make(chan struct{}, 1), end: end, ended: make(chan struct{})}
	if s.stale <= 0 {
		s.stale = DefaultStale
	}
	if s.report == nil {
		s.report = func(Event) {}
	}
	go s.run(ctx)
	return s
}

// Close ends the goroutine and waits for it. The source goes on to give the set
// that it has.
func (s *Source) Close() {
	if s.end != nil {
		s.end()
		<-s.ended
	}
}

// Keys returns the set; nil when there is none yet, or none that is still
// trusted. It costs one load.
func (s *Source) Keys() *jose.Set { return s.current.Load() }

// Failing reports whether the set could not be fetched the last time, or takes
// longer than callers of Newer wait: what it does not hold may exist all the
// same.
func (s *Source) Failing() bool { return s.failing.Load() || s.asking.Load() }

// Retry is in how many seconds, at least one, it is worth while to ask again.
func (s *Source) Retry(now time.Time) int {
	if s.asking.Load() {
		return int(waitTime / time.Second)
	}
	return max(1, int(time.Duration(s.next.Load()-now.UnixNano()).Seconds()+0.5))
}

// Newer returns a set that is newer than the one that has disappointed, or the
// same when there is none. It asks for a fetch, as often as the source allows,
// and waits a bounded time for one that is under way; all callers share it.
func (s *Source) Newer(ctx context.Context, than *jose.Set) *jose.Set {
	s.mu.Lock()
	if set := s.current.Load(); set != than || s.ended == nil || s.waiting >= maxWaiting {
		s.mu.Unlock()
		return set
	}
	if s.round == nil {
		if s.failing.Load() || time.Since(s.last) < s.asked {
			s.mu.Unlock()
			return than
		}
		s.round = make(chan struct{})
		s.asking.Store(true)
		s.wake <- struct{}{} // has room: a round is asked for once
	}
	round := s.round
	s.waiting++
	s.mu.Unlock()
	timer := time.NewTimer(waitTime)
	defer timer.Stop()
	select {
	case <-round:
	case <-timer.C:
	case <-s.ended:
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.waiting--
	s.mu.Unlock()
	return s.current.Load()
}

// run fetches until ctx ends.
func (s *Source) run(ctx context.Context) {
	defer close(s.ended)
	retry := minRetry
	var good time.Time // when the set was last known to be the issuer's
	for ctx.Err() == nil {
		got, err := s.once(ctx)
		if ctx.Err() != nil {
			return
		}
		now, pause := time.Now(), retry
		if err == nil {
			good, retry, pause = now, minRetry, got.fresh
		} else {
			retry = min(2*retry, maxRetry)
			if !good.IsZero() && now.Sub(good) >= s.stale {
				s.current.Store(nil)
			}
		}
		s.accept(got, err)
		s.settle(now, pause)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.wake:
		}
		timer.Stop()
	}
}

func (s *Source) once(ctx context.Context) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	got, err := s.fetch(ctx)
	if err == nil && got.set == nil {
		err = errors.New("there is no key set")
	}
	// Gates that began together do not come back together.
	got.fresh -= rand.N(got.fresh/10 + 1)
	return got, err
}

// accept puts a set in the place of the one before, unless it is the same, and
// reports what changed.
func (s *Source) accept(got fetched, err error) {
	before := s.current.Load()
	failed := s.failing.Swap(err != nil)
	if err != nil {
		if !failed {
			s.report(Event{Err: err, Keys: count(before)})
		}
		return
	}
	changed := before == nil || !got.set.Equal(before)
	if changed {
		if before != nil {
			got.set = got.set.Adopt(before)
		}
		s.current.Store(got.set)
	}
	if failed || changed {
		s.report(Event{Keys: count(got.set), Notes: got.notes})
	}
}

// settle ends the round.
func (s *Source) settle(now time.Time, pause time.Duration) {
	s.next.Store(now.Add(pause).UnixNano())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = now
	if s.round != nil {
		s.asking.Store(false) // before callers go on, to whom the set is all there is
		close(s.round)
		s.round = nil
	}
	select { // whoever asked while it was under way has been served
	case <-s.wake:
	default:
	}
}

func count(set *jose.Set) int {
	if set == nil {
		return 0
	}
	return len(set.Keys())
}
