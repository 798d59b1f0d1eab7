package login

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/count"
)

// Limits say when whom is locked out. They belong to a plan, what is counted
// does not: a reload forgets nothing.
type Limits struct {
	Account   count.Limits // failures of one account from one network
	Strangers count.Limits // of one account from networks that it has not logged in from
	Network   count.Limits // of one network
	Wide      count.Limits // of the network around it
	Source    count.Limits // accounts that failed from one network: credential stuffing
	Password  count.Limits // accounts that failed with one password: spraying
	Attack    count.Limits // accounts that failed at the whole API; locks nobody
}

// Settings are the numbers of Limits as people write them; the zero value of
// each is its default.
type Settings struct {
	Failures         int           // of one account from one network within Window; default 5
	AccountFailures  int           // of one account from networks unknown to it; default 20
	NetworkFailures  int           // of one network; default 50, and four times as many of the one around it
	NetworkAccounts  int           // accounts that fail from one network; default 10
	FailedPercent    int           // of the accounts tried from one network, from which these count; default 60
	PasswordAccounts int           // accounts that fail with one password; default 10
	Window           time.Duration // default 10 minutes
	First            time.Duration // the first lock; each further failure doubles it; default a second
	Longest          time.Duration // default 15 minutes
	AttackAccounts   int           // accounts that fail at the whole API; default 100
}

// Limits fills in the defaults.
func (s Settings) Limits() *Limits {
	set(&s.Failures, 5)
	set(&s.AccountFailures, 20)
	set(&s.NetworkFailures, 50)
	set(&s.NetworkAccounts, 10)
	set(&s.FailedPercent, 60)
	set(&s.PasswordAccounts, 10)
	set(&s.AttackAccounts, 100)
	set(&s.Window, 10*time.Minute)
	set(&s.First, time.Second)
	set(&s.Longest, 15*time.Minute)
	limit := func(most int) count.Limits {
		return count.Limits{Most: most, Window: s.Window, First: s.First, Longest: s.Longest}
	}
	l := &Limits{
		Account: limit(s.Failures), Strangers: limit(s.AccountFailures), Network: limit(s.NetworkFailures), Wide: limit(4 * s.NetworkFailures),
		Source: limit(s.NetworkAccounts), Password: limit(s.PasswordAccounts), Attack: limit(s.AttackAccounts),
	}
	l.Source.Percent, l.Attack.Percent = s.FailedPercent, s.FailedPercent
	// Nobody mistypes the names of ten accounts: such a lock begins longer.
	l.Source.First = min(max(s.First, time.Minute), s.Longest)
	l.Attack.First = l.Source.First
	return l
}

func set[T int | time.Duration](at *T, otherwise T) {
	if *at <= 0 {
		*at = otherwise
	}
}

// Sizes of a table: some 7 MiB, whatever clients do.
const (
	sets     = 8192    // of counters, 8 in each
	pairs    = 1 << 17 // of accounts with what they were tried with lately
	homes    = 1 << 16 // sets of accounts with networks that they have logged in from
	homeWays = 4
)

// Table is what is known of the logins of one API. Nothing is ever allocated
// for a client; many goroutines may use it at once.
type Table struct {
	counts *count.Table
	lately []atomic.Uint64
	home   []atomic.Uint64

	tried, failed, refused, breached atomic.Uint64
	locks                            [whys]atomic.Uint64
}

// NewTable returns an empty table.
func NewTable() *Table {
	return &Table{counts: count.New(sets), lately: make([]atomic.Uint64, pairs), home: make([]atomic.Uint64, homes*homeWays)}
}

// Why is what an attempt is locked out for; for the operator alone.
type Why uint8

// What it is locked out for.
const (
	free     Why = iota
	Account      // the account, from this network
	Stranger     // the account, from networks that it has not logged in from
	Network      // the network, or the one around it
	Source       // the network, for trying many accounts
	Password     // the password, which was tried at many accounts
	Busy         // too many attempts are under way
	whys
)

var whyNames = [whys]string{"", "account", "account-elsewhere", "network", "stuffing", "spraying", "under-way"}

func (w Why) String() string { return whyNames[w] }

// account and password are the keys of texts.
func (t *Table) account(text []byte) uint64  { return t.counts.Key('A', "", netip.Prefix{}, text) }
func (t *Table) password(text []byte) uint64 { return t.counts.Key('P', "", netip.Prefix{}, text) }

// keys are those of one attempt.
type keys struct {
	pair, account, network, wide, source, password uint64
}

func (t *Table) keys(a *gate.Login, client netip.Addr) (k keys) {
	narrow := count.Network(client)
	k.network = t.counts.Key('n', "", narrow, nil)
	k.wide = t.counts.Key('w', "", count.Wide(client), nil)
	k.source = t.counts.Join('d', k.network, 0)
	if a.Account != 0 {
		k.account = t.counts.Join('a', a.Account, 0)
		k.pair = t.counts.Join('p', a.Account, k.network)
	}
	if a.Password != 0 {
		k.password = t.counts.Join('s', a.Password, 0)
	}
	return k
}

// attack is the key of the whole API.
func (t *Table) attack() uint64 { return t.counts.Key('g', "", netip.Prefix{}, nil) }

// Begin says whether an attempt may be made, and until when it may not. One
// that may is under way until End.
func (t *Table) Begin(a *gate.Login, client netip.Addr, l *Limits, now time.Time) (why Why, wait time.Duration) {
	return t.begin(a, client, l, false, now)
}

// begin is Begin, for a client that has proved work or not: one that has may
// try an account that strangers guess at.
func (t *Table) begin(a *gate.Login, client netip.Addr, l *Limits, proven bool, now time.Time) (why Why, wait time.Duration) {
	t.tried.Add(1)
	k := t.keys(a, client)
	a.Known = k.pair != 0 && t.knows(k.pair, now)
	if t.counts.Active(now) {
		if why, wait = t.locked(a, &k, proven, now); why != free {
			t.refused.Add(1)
			return why, wait
		}
	}
	if !t.enter(a, &k, l, now) {
		t.refused.Add(1)
		return Busy, time.Second
	}
	a.Begun = true
	return free, 0
}

// locked finds the longest lock of an attempt. Where an account is known, only
// what failed for it from there counts: whoever guesses its name elsewhere, or
// tries others beside it, does not keep its owner out.
func (t *Table) locked(a *gate.Login, k *keys, proven bool, now time.Time) (why Why, wait time.Duration) {
	at, end := now.UnixNano(), int64(0)
	look := func(key uint64, w Why) {
		if key == 0 {
			return
		}
		if until, _ := t.counts.Until(key); until > at && until > end {
			why, end = w, until
		}
	}
	look(k.pair, Account)
	if !a.Known {
		if !proven {
			look(k.account, Stranger)
		}
		look(k.network, Network)
		look(k.wide, Network)
		look(k.source, Source)
		look(k.password, Password)
	}
	return why, time.Duration(max(0, end-at))
}

// enter counts an attempt as under way.
func (t *Table) enter(a *gate.Login, k *keys, l *Limits, now time.Time) bool {
	entered := [...]struct {
		key uint64
		of  *count.Limits
	}{{k.pair, &l.Account}, {stranger(a, k.account), &l.Strangers}, {stranger(a, k.network), &l.Network}}
	for i, e := range entered {
		if e.key == 0 || t.counts.Enter(e.key, e.of, now) {
			continue
		}
		for _, before := range entered[:i] {
			t.leave(before.key)
		}
		return false
	}
	return true
}

// stranger is the key where the account is not known.
func stranger(a *gate.Login, key uint64) uint64 {
	if a.Known {
		return 0
	}
	return key
}

func (t *Table) leave(key uint64) {
	if key != 0 {
		t.counts.Leave(key)
	}
}

// Outcome is how an attempt ended.
type Outcome uint8

// How it ended.
const (
	Unknown Outcome = iota // nobody knows, or it was not made: it does not count
	Failed
	Succeeded
)

// End counts how an attempt ended that was let begin.
func (t *Table) End(a *gate.Login, client netip.Addr, o Outcome, l *Limits, now time.Time) {
	if !a.Begun {
		return
	}
	a.Begun = false
	k := t.keys(a, client)
	t.leave(k.pair)
	t.leave(stranger(a, k.account))
	t.leave(stranger(a, k.network))
	switch o {
	case Failed:
		t.failed.Add(1)
		t.fail(a, &k, l, now)
	case Succeeded:
		t.succeed(a, &k, l, now)
	}
}

func (t *Table) fail(a *gate.Login, k *keys, l *Limits, now time.Time) {
	if k.pair != 0 {
		t.bump(k.pair, &l.Account, Account, now)
		if !a.Known {
			t.bump(k.account, &l.Strangers, Stranger, now)
		}
	}
	t.bump(k.network, &l.Network, Network, now)
	t.bump(k.wide, &l.Wide, Network, now)
	if k.pair != 0 && t.newly(t.counts.Join('x', k.pair, 0), l.Source.Window, now) {
		t.bump(k.source, &l.Source, Source, now)
	}
	if k.account != 0 && t.newly(t.counts.Join('y', k.account, 0), l.Attack.Window, now) {
		t.counts.Bump(t.attack(), &l.Attack, now)
	}
	if k.password != 0 && k.account != 0 && t.newly(t.counts.Join('z', k.account, k.password), l.Password.Window, now) {
		t.bump(k.password, &l.Password, Password, now)
	}
}

func (t *Table) bump(key uint64, l *count.Limits, why Why, now time.Time) {
	if t.counts.Bump(key, l, now) {
		t.locks[why].Add(1)
	}
}

// succeed learns that an account logs in from there. It forgives nothing of the
// network: with one account of his own an attacker could guess at others for ever.
func (t *Table) succeed(a *gate.Login, k *keys, l *Limits, now time.Time) {
	if k.pair == 0 {
		return
	}
	t.learn(k.pair, now)
	t.counts.Forgive(k.pair)
	if !a.Known { // that it comes from where it always does says nothing of strangers
		t.counts.Ease(k.account)
	}
	if t.newly(t.counts.Join('X', k.pair, 0), l.Source.Window, now) {
		t.counts.Good(k.source, &l.Source, now)
	}
	if t.newly(t.counts.Join('Y', k.account, 0), l.Attack.Window, now) {
		t.counts.Good(t.attack(), &l.Attack, now)
	}
}

// Attacked reports whether many accounts fail at the API, and most do.
func (t *Table) Attacked(now time.Time) bool {
	if !t.counts.Active(now) {
		return false
	}
	end, _ := t.counts.Until(t.attack())
	return end > now.UnixNano()
}

// Stats is what a table has counted.
type Stats struct {
	Tried, Failed, Refused, Breached uint64
	Locks                            map[string]uint64 // by what was locked
	Attacked                         bool
}

// Stats returns what was counted.
func (t *Table) Stats() Stats {
	s := Stats{Tried: t.tried.Load(), Failed: t.failed.Load(), Refused: t.refused.Load(), Breached: t.breached.Load(), Locks: map[string]uint64{}, Attacked: t.Attacked(time.Now())}
	for w := Account; w < Busy; w++ {
		s.Locks[w.String()] = t.locks[w].Load()
	}
	return s
}
