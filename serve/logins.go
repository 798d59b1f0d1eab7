package serve

import (
	"maps"
	"slices"
	"sync"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/guard/bot"
	"github.com/gatehouse-api/gatehouse/guard/challenge"
	"github.com/gatehouse-api/gatehouse/guard/login"
	"github.com/gatehouse-api/gatehouse/record/metrics"
)

// loginTables are what is known of logins, by the names of APIs: a reload
// forgets no failure.
type loginTables struct {
	mu    sync.Mutex
	byAPI map[string]*login.Table // guarded by mu
}

// countLogins gives an API what counts its logins, where it has some.
func (cs *credentials) countLogins(a *gatehouse.API) {
	if !gatehouse.Logins(&a.Options) {
		return
	}
	name := gatehouse.NameOf(&a.Options, a.Contract)
	l := &cs.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byAPI[name] == nil {
		if l.byAPI == nil {
			l.byAPI = map[string]*login.Table{}
		}
		l.byAPI[name] = login.NewTable()
	}
	a.Logins = l.byAPI[name]
	if log := cs.deps.log; log != nil {
		a.ListFailed = func(err error) {
			log.Warn("the list of breached passwords cannot be read again: the one before is used on", "api", name, "cause", cause(err))
		}
	}
}

// stats are what the tables have counted, in the order of names.
func (l *loginTables) stats() (list []metrics.Logins) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(l.byAPI)) {
		s := l.byAPI[name].Stats()
		list = append(list, metrics.Logins{API: name, Tried: s.Tried, Failed: s.Failed, Refused: s.Refused, Breached: s.Breached, Locks: s.Locks, Attacked: s.Attacked})
	}
	return list
}

// puzzles is what is known of proofs of work, the same as long as the program
// runs.
func (cs *credentials) puzzles() *challenge.State {
	if s := cs.challenges.Load(); s != nil {
		return s
	}
	s := challenge.NewState()
	cs.challenges.Store(s)
	return s
}

// suspects is who asked for honeypots: a reload forgets nobody.
func (cs *credentials) suspects() *bot.State {
	if s := cs.bots.Load(); s != nil {
		return s
	}
	s := bot.NewState()
	cs.bots.Store(s)
	return s
}
