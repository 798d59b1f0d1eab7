package revoke

import (
	"context"
	"crypto/x509"
	"hash/maphash"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how responders are asked.
type Options struct {
	URL string       // to ask in place of the one that each certificate names
	Log *slog.Logger // takes now and then that one does not answer
}

// Responders ask those who answer for authorities (OCSP, RFC 6960) what became
// of certificates, in the background, and keep what they say while it holds. At
// most sets*ways answers are kept.
type Responders struct {
	o      Options
	client *http.Client
	seed   maphash.Seed
	table  [sets][ways]atomic.Pointer[answer]
	queue  chan *answer
	end    context.CancelFunc
	work   sync.WaitGroup

	mu   sync.Mutex // held while an answer is put into the table
	said time.Time  // guarded by mu; when a failure was logged last
}

const (
	sets, ways = 1024, 4
	askers     = 4                // at once
	waiting    = 256              // questions
	refresh    = 10 * time.Minute // how old an answer becomes before it is asked for again, in use
	retry      = 10 * time.Second // after a failure
	sayEvery   = time.Minute
)

// answer is what is known of one certificate. It is put into the table before
// it is asked for.
type answer struct {
	c, issuer *x509.Certificate
	number    serial
	known     atomic.Pointer[knowledge]
	next      atomic.Int64  // when it is to be asked for again, in nanoseconds since 1970
	tried     chan struct{} // closed when it was asked for once
	once      sync.Once
}

type knowledge struct {
	status Status
	until  time.Time
}

// NewResponders returns Responders that work until Close.
func NewResponders(o Options) *Responders {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, end := context.WithCancel(context.Background())
	r := &Responders{o: o, seed: maphash.MakeSeed(), queue: make(chan *answer, waiting), end: end}
	r.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: askers, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: askTime},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for range askers {
		r.work.Go(func() { r.askAll(ctx) })
	}
	return r
}

// Close ends all work.
func (r *Responders) Close() {
	r.end()
	r.work.Wait()
	r.client.CloseIdleConnections()
}

// Status says what is known at a time of a certificate that issuer has signed,
// and sees to it that it is asked for when it is not known or has become old.
// It waits for nobody; for a certificate that is known it takes no lock and
// allocates nothing. Any goroutine may call it.
func (r *Responders) Status(c, issuer *x509.Certificate, now time.Time) Status {
	a := r.entry(c, issuer)
	if a == nil {
		return Unknown
	}
	if next := a.next.Load(); now.UnixNano() >= next && a.next.CompareAndSwap(next, now.Add(retry).UnixNano()) {
		select {
		case r.queue <- a:
		default: // it is asked for after a while
		}
	}
	k := a.known.Load()
	if k == nil || k.status == Good && !now.Before(k.until) {
		return Unknown
	}
	return k.status
}

// Wait is Status for a certificate that nobody may have asked for yet: it waits
// a time for the first answer.
func (r *Responders) Wait(c, issuer *x509.Certificate, most time.Duration) Status {
	s := r.Status(c, issuer, time.Now())
	a := r.entry(c, issuer)
	if s != Unknown || a == nil {
		return s
	}
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case <-a.tried:
	case <-limit.C:
	}
	return r.Status(c, issuer, time.Now())
}

// entry finds what is known of a certificate, or makes room for it; nil for
// one that no authority can have issued.
func (r *Responders) entry(c, issuer *x509.Certificate) *answer {
	number, ok := serialOf(c.SerialNumber)
	if !ok {
		return nil
	}
	set := &r.table[maphash.Bytes(r.seed, number[:])%sets]
	if a := lookUp(set, &number, issuer); a != nil {
		return a
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := lookUp(set, &number, issuer); a != nil {
		return a
	}
	a := &answer{c: c, issuer: issuer, number: number, tried: make(chan struct{})}
	oldest := &set[0]
	for i := range set {
		if at := set[i].Load(); at == nil || at.next.Load() < oldest.Load().next.Load() {
			if oldest = &set[i]; at == nil {
				break
			}
		}
	}
	oldest.Store(a)
	return a
}

func lookUp(set *[ways]atomic.Pointer[answer], number *serial, issuer *x509.Certificate) *answer {
	for i := range set {
		if a := set[i].Load(); a != nil && a.number == *number && string(a.issuer.RawSubjectPublicKeyInfo) == string(issuer.RawSubjectPublicKeyInfo) {
			return a
		}
	}
	return nil
}

// askAll asks for what stands in the queue.
func (r *Responders) askAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-r.queue:
			status, until, err := r.ask(ctx, a.c, a.issuer)
			now := time.Now()
			if err == nil {
				a.known.Store(&knowledge{status, until})
				a.next.Store(now.Add(max(time.Second, min(refresh, until.Sub(now)/2))).UnixNano())
			} else if ctx.Err() == nil {
				r.say(err, now)
			}
			a.once.Do(func() { close(a.tried) })
		}
	}
}

// say logs a failure now and then. What is known holds on until its end.
func (r *Responders) say(err error, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.said) >= sayEvery {
		r.said = now
		r.o.Log.Warn("a responder does not say whether a client certificate was revoked", "cause", err)
	}
}
