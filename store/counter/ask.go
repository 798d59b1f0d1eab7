package counter

import (
	_ "embed" // the scripts
	"encoding/base64"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// Kind is how units are counted.
type Kind uint8

// The kinds. The zero Kind is none and must not be asked for.
const (
	NoKind      Kind = iota
	Rate             // a bucket of Burst units, into which Amount flow per Per
	Window           // Amount in any time that is Per long
	Quota            // Amount in a period of the calendar
	Concurrency      // Amount places at once
)

// Ask is what is asked.
type Ask struct {
	// Limit and Key name the counter: hashes that are the same at all nodes.
	// What makes a limit another one stands in Limit, beside its numbers.
	Limit, Key [16]byte
	Kind       Kind
	Amount     int64
	Burst      int64         // Rate
	Per        time.Duration // Rate, Window
	// Period says when the period of a time begins and ends: Quota.
	Period func(time.Time) (began, ends time.Time)

	Want, Need   int64 // units: as many, or at least so many
	CountRefused bool  // Need counts also when it is not granted
	// Life is how long what is granted may be spent or held.
	Life    time.Duration
	Granted time.Time // Give: when the units were granted, by this node's clock
}

// Grant is what is granted.
type Grant struct {
	Units     int64
	Until     time.Time     // by this node's clock
	Remaining int64         // what is left for all nodes behind it
	Retry     time.Duration // when Need units may be there, where none were granted
}

//go:embed rate.lua
var rateScript string

//go:embed window.lua
var windowScript string

//go:embed quota.lua
var quotaScript string

//go:embed hold.lua
var holdScript string

//go:embed beat.lua
var beatScript string

// scripts are those of the kinds, and beat that of a node. They are sent by
// their sums, and whole where the server does not have them (NOSCRIPT).
var (
	scripts = [...]*rueidis.Lua{Rate: rueidis.NewLuaScript(rateScript), Window: rueidis.NewLuaScript(windowScript), Quota: rueidis.NewLuaScript(quotaScript), Concurrency: rueidis.NewLuaScript(holdScript)}
	beat    = rueidis.NewLuaScript(beatScript)
)

// question is an Ask on its way.
type question struct {
	kind        Kind
	key         string
	amount      int64
	burst       int64
	per, life   time.Duration
	began, ends time.Time
	need, want  int64
	back        int64
	age         time.Duration
	count       bool
	seen        seen
}

func (c *Counters) question(a *Ask, now time.Time) question {
	q := question{kind: a.Kind, amount: a.Amount, burst: a.Burst, per: a.Per, life: a.Life, need: a.Need, want: a.Want, count: a.CountRefused}
	name := make([]byte, 0, len(c.o.Prefix)+64)
	name = append(name, c.o.Prefix...)
	name = append(name, ':')
	name = base64.RawURLEncoding.AppendEncode(name, append(append(make([]byte, 0, 32), a.Limit[:]...), a.Key[:]...))
	if a.Kind == Quota {
		at := now
		if !a.Granted.IsZero() {
			at = a.Granted
		}
		q.began, q.ends = a.Period(c.link.time(at))
		name = append(name, ':')
		name = strconv.AppendInt(name, q.began.Unix(), 36)
	}
	q.key = string(name)
	return q
}

// args are what the script of a question takes.
func (q *question) args(node string) []string {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	if q.kind == Concurrency {
		return []string{n(q.amount), n(q.need), n(q.want), n((q.life + holdGrace).Microseconds()), node}
	}
	second, third := n(q.per.Microseconds()), n(q.burst)
	if q.kind == Quota {
		second, third = n(q.began.UnixMicro()), n(q.ends.UnixMicro())
	}
	count := "0"
	if q.count {
		count = "1"
	}
	return []string{n(q.amount), second, third, n(q.need), n(q.want), n(q.back), n(q.age.Microseconds()), count, n(q.seen.made), n(q.seen.used), n(q.seen.at)}
}

// holdGrace is how much longer than a node believes it has places the server
// keeps them: clocks do not run alike to the last microsecond.
const holdGrace = 500 * time.Millisecond
