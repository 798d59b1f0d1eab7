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
	"hash/maphash"
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
	askedRefresh   = 10 * time.Second // between fetches that tokens ask for, on average
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
	next    atomic.Int64 // when the next fetch is due, nanoseconds since 1970

	fetch  func(context.Context) (fetched, error)
	seed   maphash.Seed
	stale  time.Duration
	report func(Event)

	mu      sync.Mutex
	round   chan struct{} // closed when the fetch that is due or under way has ended; nil for none
	last    time.Time     // the end of the last fetch
	waiting int
	asked   asked

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
	fetch, every, err := o.fetcher()
	if err != nil {
		return nil, err
	}
	return start(fetch, every, o), nil
}

func start(fetch func(context.Context) (fetched, error), every time.Duration, o Options) *Source {
	ctx, end := context.WithCancel(context.Background())
	s := &Source{fetch: fetch, seed: maphash.MakeSeed(), asked: asked{every: every}, stale: o.Stale, report: o.Report,
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

// Failing reports whether the set could not be fetched the last time: what it
// does not hold may exist all the same.
func (s *Source) Failing() bool { return s.failing.Load() }

// Retry is in how many seconds, at least one, it is worth while to ask again.
func (s *Source) Retry(now time.Time) int {
	return max(1, int(time.Duration(s.next.Load()-now.UnixNano()).Seconds()+0.5))
}

// Newer returns a set that is newer than the one that has no key of that id, or
// the same. It asks for a fetch, as often as the source allows, and waits a
// bounded time for one that is under way; all callers share it. When the set is
// the same and wait is not zero, nobody knows yet whether there is such a key:
// it is worth while to ask again behind wait.
func (s *Source) Newer(ctx context.Context, than *jose.Set, id string) (set *jose.Set, wait time.Duration) {
	if s.ended == nil { // it is fixed
		return s.current.Load(), 0
	}
	hash := maphash.String(s.seed, id)
	round, set, wait := s.ask(hash, than)
	if round == nil {
		return set, wait
	}
	timer := time.NewTimer(waitTime)
	defer timer.Stop()
	select {
	case <-round:
	case <-timer.C:
	case <-s.ended:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	if wait = 0; s.asked.waits(hash) {
		wait = s.patience()
	}
	return s.current.Load(), wait
}

// ask asks for a fetch for the sake of a key. It returns the round to wait for,
// or nil and what Newer returns.
func (s *Source) ask(hash uint64, than *jose.Set) (round chan struct{}, set *jose.Set, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set = s.current.Load()
	switch {
	case set != than, s.failing.Load(), !s.asked.ask(hash, time.Now()):
		return nil, set, 0
	case s.round == nil:
		s.round = make(chan struct{})
		s.nudge()
	}
	if wait = s.patience(); s.waiting >= maxWaiting || wait > waitTime {
		return nil, set, wait
	}
	s.waiting++
	return s.round, set, wait
}

// patience is how long the fetch that is owed takes to begin, at least a moment.
// The caller holds mu.
func (s *Source) patience() time.Duration {
	return max(time.Millisecond, time.Until(s.asked.due(s.last)))
}

// nudge has run look for what is owed.
func (s *Source) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
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
		s.settle(now, pause, err == nil)
		s.rest(ctx, now.Add(pause))
	}
}

// rest waits for the time of the next fetch, which may come closer.
func (s *Source) rest(ctx context.Context, until time.Time) {
	for {
		timer := time.NewTimer(time.Until(s.due(until)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
			continue
		}
		timer.Stop()
		return
	}
}

// due is when the next fetch is to begin: at a time, or before it when one was
// asked for. A server that fails is left alone until then.
func (s *Source) due(until time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked.owed && !s.failing.Load() {
		if at := s.asked.due(s.last); at.Before(until) {
			return at
		}
	}
	return until
}

func (s *Source) once(ctx context.Context) (fetched, error) {
	s.mu.Lock()
	s.asked.begin(time.Now())
	if s.round == nil { // whoever asks from now on waits for it
		s.round = make(chan struct{})
	}
	s.mu.Unlock()
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
func (s *Source) settle(now time.Time, pause time.Duration, good bool) {
	s.next.Store(now.Add(pause).UnixNano())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = now
	if good {
		s.asked.brought(now)
	}
	if s.round != nil {
		close(s.round)
		s.round = nil
	}
}

func count(set *jose.Set) int {
	if set == nil {
		return 0
	}
	return len(set.Keys())
}
