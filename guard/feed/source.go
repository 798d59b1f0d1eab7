package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Kind is what a source has.
type Kind uint8

const (
	List      Kind = iota // addresses and networks, one a line
	Countries             // a database in the format of MaxMind
)

// Options are where a Source is read from.
type Options struct {
	Name     string
	Kind     Kind
	File     string        // a path, or
	URL      string        // of https
	Every    time.Duration // between two looks; default 1h for URLs, 10s for files
	MaxStale time.Duration // how long what was read holds when there is nothing newer; default 7 days
	MaxBytes int64         // of the list; default 256 MiB
	Client   *http.Client  // for URLs; nil for one of its own
	Log      *slog.Logger
}

// Source is one list that is read again when it has changed. What was read last
// stays when the next is wrong, for as long as it holds. Many goroutines may ask
// it at once.
type Source struct {
	o    Options
	live atomic.Pointer[loaded]
	tag  string      // of the last answer
	seen os.FileInfo // of the last file
	bad  string      // why the last try failed, so that it is said once

	failed atomic.Bool // the last try, if there was one
}

// loaded is what was read.
type loaded struct {
	table *table
	until time.Time
	made  time.Time // by its own word; zero where nothing says so
}

// NewSource returns a Source of which nothing is known before Load or Run.
func NewSource(o Options) *Source {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	if def(&o.MaxStale, 7*24*time.Hour); o.File != "" {
		def(&o.Every, 10*time.Second)
	}
	if def(&o.Every, time.Hour); o.MaxBytes <= 0 {
		o.MaxBytes = 256 << 20
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 2 * time.Minute, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Scheme != "https" || len(via) > 3 {
				return errors.New("redirects lead to https, three at most")
			}
			return nil
		}}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Source{o: o}
}

// Run reads the source until ctx ends. One goroutine runs it; nobody else calls
// Load meanwhile.
func (s *Source) Run(ctx context.Context) {
	for {
		wait := s.o.Every
		if err := s.Load(ctx); err != nil && ctx.Err() == nil {
			if err.Error() != s.bad {
				s.warn("a feed could not be read; what was read before stays", err)
			}
			s.bad, wait = err.Error(), min(wait, time.Minute)
		} else {
			s.bad = ""
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// warn says in the log what is wrong, and what to do next where that is known.
func (s *Source) warn(what string, err error) {
	list := []any{"feed", s.o.Name, "cause", err}
	if t := (*Trouble)(nil); errors.As(err, &t) {
		if s.o.File != "" {
			list = append(list, "file", s.o.File)
		}
		list = append(list, "hint", t.Hint)
	}
	s.o.Log.Warn(what, list...)
}

// Load reads the source once, if it has changed.
func (s *Source) Load(ctx context.Context) (err error) {
	if s.o.File != "" {
		err = s.loadFile()
		if err != nil {
			err = explained(s.o.Kind, err)
		}
	} else {
		err = s.loadURL(ctx)
	}
	s.failed.Store(err != nil && ctx.Err() == nil)
	return err
}

// Stats are what is known of a source now.
type Stats struct {
	Entries int           // ranges of addresses; 0 while nothing holds
	Holds   bool          // what was read last, if anything
	Failed  bool          // the last try to read it
	Read    bool          // it was, ever
	Age     time.Duration // since it was last found to be what there is; meaningful with Read
}

// Stats tells them.
func (s *Source) Stats(now time.Time) Stats {
	out := Stats{Failed: s.failed.Load()}
	l := s.live.Load()
	if l == nil {
		return out
	}
	out.Read, out.Age = true, max(0, now.Sub(l.until.Add(-s.o.MaxStale)))
	if out.Holds = !now.After(l.until); out.Holds {
		out.Entries, _ = l.table.size()
	}
	return out
}

func (s *Source) loadFile() error {
	info, err := os.Stat(s.o.File)
	if err != nil {
		return err
	}
	if b := s.seen; b != nil && os.SameFile(b, info) && b.Size() == info.Size() && b.ModTime().Equal(info.ModTime()) {
		s.still()
		return nil
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return trouble("this is a pipe, a socket or a device", "name a file: whoever opens one of these may wait for ever")
	}
	f, err := os.Open(s.o.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.take(f); err != nil {
		return err
	}
	s.seen = info
	return nil
}

func (s *Source) loadURL(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.o.URL, nil)
	if err != nil {
		return err
	}
	if s.tag != "" && s.live.Load() != nil {
		r.Header.Set("If-None-Match", s.tag) // RFC 9110 section 13.1.2
	}
	a, err := s.o.Client.Do(r)
	if err != nil {
		return errors.New("the server of the feed does not answer") // the cause holds the URL, which may be a key
	}
	defer a.Body.Close()
	switch a.StatusCode {
	case http.StatusNotModified:
		s.still()
		return nil
	case http.StatusOK:
	default:
		return fmt.Errorf("the server of the feed answered with %d", a.StatusCode)
	}
	if err := s.take(a.Body); err != nil {
		return err
	}
	s.tag = a.Header.Get("ETag")
	return nil
}

// still notes that what was read is what there is.
func (s *Source) still() {
	if l := s.live.Load(); l != nil {
		s.live.Store(&loaded{l.table, time.Now().Add(s.o.MaxStale), l.made})
	}
}

var errLarge = errors.New("the feed is larger than it may be")

// take reads what comes in the place of what was read before.
func (s *Source) take(r io.Reader) error {
	bounded := &io.LimitedReader{R: r, N: s.o.MaxBytes + 1}
	var t *table
	var from time.Time
	var err error
	if s.o.Kind == Countries {
		var data bytes.Buffer
		if _, err = data.ReadFrom(bounded); err == nil && bounded.N > 0 {
			t, from, err = readCountries(data.Bytes())
		}
	} else {
		t, err = readList(bounded)
	}
	switch {
	case bounded.N <= 0:
		return errLarge
	case err != nil:
		return err
	}
	n, size := t.size()
	if old := s.live.Load(); old != nil && n == 0 {
		if before, _ := old.table.size(); before > 0 {
			return errors.New("the feed is empty now, and was not before")
		}
	}
	now := &loaded{t, time.Now().Add(s.o.MaxStale), from}
	s.live.Store(now)
	s.o.Log.Info("a feed was read", "feed", s.o.Name, "ranges", n, "bytes", size)
	if err := s.old(now, time.Now()); err != nil {
		s.warn("a feed is old", err)
	}
	return nil
}

// current returns the table that holds, nil for none.
func (s *Source) current() *table {
	l := s.live.Load()
	if l == nil || time.Now().After(l.until) {
		return nil
	}
	return l.table
}
