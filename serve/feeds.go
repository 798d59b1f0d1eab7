package serve

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/feed"
	"github.com/gatehouse-api/gatehouse/record/metrics"
)

// feeds are the lists of addresses that are read while the program runs. They
// outlive plans: a reload that does not change where a list is reads nothing
// anew.
type feeds struct {
	log  *slog.Logger
	mu   sync.Mutex
	open map[feedKey]*openFeed
	work sync.WaitGroup
}

// feedKey is what makes two sources one.
type feedKey struct {
	kind            feed.Kind
	name, file, url string
	every, stale    time.Duration
	most            int64
}

type openFeed struct {
	source *feed.Source
	end    context.CancelFunc
}

func newFeeds(log *slog.Logger) *feeds {
	return &feeds{log: log, open: make(map[feedKey]*openFeed)}
}

// source returns the source of a key. A file is read at once, so that a gate
// which starts with a list knows it.
func (f *feeds) source(k feedKey) *feed.Source {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.open[k]; known != nil {
		return known.source
	}
	ctx, end := context.WithCancel(context.Background())
	s := feed.NewSource(k.options(f.log))
	if k.file != "" {
		_ = s.Load(ctx) // Run says what is wrong
	}
	f.work.Go(func() { s.Run(ctx) })
	f.open[k] = &openFeed{s, end}
	return s
}

// options are how the source of a key is read; log may be nil.
func (k *feedKey) options(log *slog.Logger) feed.Options {
	return feed.Options{Name: k.name, Kind: k.kind, File: k.file, URL: k.url, Every: k.every, MaxStale: k.stale, MaxBytes: k.most, Log: log}
}

func listKey(l *config.Feed) feedKey {
	return feedKey{name: l.Name, file: string(l.File), url: l.URL, every: l.Every, stale: l.MaxStale, most: int64(l.MaxBytes)}
}

func geoKey(g *config.Geo) feedKey {
	return feedKey{kind: feed.Countries, name: "geo", file: string(g.Database), stale: g.MaxStale}
}

// equip gives an API the lists of a configuration. Readers that do not serve
// have none.
func (f *feeds) equip(a *gatehouse.API, c *config.Config) {
	if f == nil || len(c.Feeds) == 0 && c.Geo == nil {
		return
	}
	a.Feeds = &gatehouse.Feeds{}
	for i := range c.Feeds {
		l := &c.Feeds[i]
		if l.Found == config.URLAllow {
			continue
		}
		a.Feeds.Lists = append(a.Feeds.Lists, feed.Feed{Source: f.source(listKey(l)), Observe: l.Found == config.URLObserve, Except: l.Except, Open: l.OnFailure == config.FailOpen})
	}
	if g := c.Geo; g != nil {
		a.Feeds.Geo, a.Feeds.Open = f.source(geoKey(g)), g.OnFailure == config.FailOpen
	}
}

// stats are what is known of all that are read, in order. Two of one name, as
// there are while a configuration takes the place of another, are told once.
func (f *feeds) stats(now time.Time) (list []metrics.Feed) {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, o := range f.open {
		kind := "list"
		if k.kind == feed.Countries {
			kind = "countries"
		}
		s := o.source.Stats(now)
		list = append(list, metrics.Feed{Name: k.name, Kind: kind, Entries: s.Entries, Holds: s.Holds, Failed: s.Failed, Read: s.Read, Age: s.Age})
	}
	slices.SortFunc(list, func(a, b metrics.Feed) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Age, b.Age))
	})
	return slices.CompactFunc(list, func(a, b metrics.Feed) bool { return a.Kind == b.Kind && a.Name == b.Name })
}

// settle lets go of lists that the configuration which serves does not name.
func (f *feeds) settle(c *config.Config) {
	wanted := make(map[feedKey]bool)
	for i := range c.Feeds {
		wanted[listKey(&c.Feeds[i])] = true
	}
	if c.Geo != nil {
		wanted[geoKey(c.Geo)] = true
	}
	f.keep(wanted)
}

func (f *feeds) keep(wanted map[feedKey]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, o := range f.open {
		if !wanted[k] {
			o.end()
			delete(f.open, k)
		}
	}
}

// close ends all; of nil there is none.
func (f *feeds) close() {
	if f != nil {
		f.keep(nil)
		f.work.Wait()
	}
}
