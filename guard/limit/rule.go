package limit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"time"
)

// Rule is a Limit made ready. It is immutable; State.Rule makes it.
type Rule struct {
	Limit
	// ID names the limit's counters: the hash of all that makes it another
	// limit, so that Amount, Burst and what becomes of a call may change and the
	// counters stay.
	ID Hash
	// Slice is how many units a node leases at a time of a limit that is Global;
	// 0 has it ask for every call.
	Slice int64

	// The keys of the hashes of whose calls are counted together: of counters that
	// nodes share, which others can read, and of those of this node alone.
	key  secret
	seed maphash.Seed

	state    *State
	reckon   reckoning
	counters *counters
}

// The most that limits can count.
const (
	MaxAmount = 1 << 42 // units
	MaxWindow = 1<<23 - 1
	MaxPer    = 366 * 24 * time.Hour
)

// errors of Limit.check, of which the words are those of the configuration.
var (
	errKind   = errors.New("a limit is a rate, a window, a quota or a concurrency")
	errName   = errors.New("a limit has a name of small letters, digits and hyphens, at most 64")
	errKey    = errors.New("a limit has a key")
	errAmount = fmt.Errorf("a limit has an amount of 1 to %d", int64(MaxAmount))
	errBurst  = fmt.Errorf("a burst is at most %d", int64(MaxAmount))
	errPer    = errors.New("a rate and a window have a time, of 1 ms to 366 days")
	errWindow = fmt.Errorf("a window counts at most %d units of what is not bytes", MaxWindow)
	errPeriod = errors.New("a quota is of a day or a month")
	errLong   = errors.New("what a rate lets through at once comes back within 366 days")
	errUnit   = errors.New("a concurrency counts calls")
)

// check finds what no Rule is made of.
func (l *Limit) check() error {
	switch {
	case !plain(l.Name):
		return errName
	case len(l.Key) == 0:
		return errKey
	case l.Kind == NoKind || l.Kind > Concurrency:
		return errKind
	case l.Amount < 1 || l.Amount > MaxAmount:
		return errAmount
	case l.Burst < 0 || l.Burst > MaxAmount:
		return errBurst
	case (l.Kind == Rate || l.Kind == Window) && (l.Per < time.Millisecond || l.Per > MaxPer):
		return errPer
	case l.Kind == Rate && float64(max(l.Burst, l.Amount))/float64(l.Amount)*float64(l.Per) > float64(MaxPer):
		return errLong
	case l.Kind == Window && l.Amount > MaxWindow && l.Unit != RequestBytes && l.Unit != AnswerBytes:
		return errWindow
	case l.Kind == Quota && l.Period != Day && l.Period != Month:
		return errPeriod
	case l.Kind == Concurrency && l.Unit != Calls:
		return errUnit
	}
	return nil
}

// plain reports whether clients can be told a name as it is.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// fill puts defaults in the place of what was left out.
func (l *Limit) fill() {
	set(&l.IPv4Bits, 32)
	set(&l.IPv6Bits, 64)
	set(&l.Burst, l.Amount)
	set(&l.MaxKeys, 1_000_000)
	set(&l.Wait, 5*time.Millisecond)
	set(&l.Nodes, 1)
	if l.Zone == nil {
		l.Zone = time.UTC
	}
}

func set[T int | int64 | time.Duration](at *T, otherwise T) {
	if *at <= 0 {
		*at = otherwise
	}
}

// identity is all that makes a limit another one.
func (l *Limit) identity() []byte {
	b := append([]byte("gatehouse limit 1\x00"), l.Name...)
	b = append(b, 0, byte(l.Kind), byte(l.Unit), byte(l.Period))
	switch l.Kind {
	case Rate, Window:
		b = binary.LittleEndian.AppendUint64(b, uint64(l.Per))
	case Quota:
		b = append(b, l.Zone.String()...)
	}
	b = append(b, 0, byte(l.IPv4Bits), byte(l.IPv6Bits))
	for _, p := range l.Key {
		b = append(append(append(b, byte(p.What)), p.Name...), 0)
	}
	return b
}

// capacity is what a key has that was idle.
func (l *Limit) capacity() int64 {
	if l.Kind == Rate {
		return l.Burst
	}
	return l.Amount
}

// slice is what SlicePermille makes of a limit.
func (l *Limit) slice() int64 {
	permille := int64(l.SlicePermille)
	if permille == 0 {
		permille = MaxSlicePermille
	}
	return min(l.capacity(), l.Amount) * min(max(permille, 0), MaxSlicePermille) / 1000
}

// MaxSlicePermille is the most of a limit that a node leases at a time.
const MaxSlicePermille = 20

// Never reports whether a call of a weight is beyond what the limit lets through
// at once.
func (l *Limit) Never(weight int64) bool {
	return l.Unit == Calls && l.Kind != Concurrency && weight > l.capacity()
}

// Began is when the period of a quota began in which a time is, and Ends when it
// ends, in the limit's time zone. Days are those of the calendar: with daylight
// saving one has 23 hours, and one 25.
func (l *Limit) Began(at time.Time) time.Time {
	y, m, d := at.In(l.Zone).Date()
	if l.Period == Month {
		d = 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, l.Zone)
}

// Ends is the end of the period that Began begins.
func (l *Limit) Ends(at time.Time) time.Time {
	y, m, d := at.In(l.Zone).Date()
	if l.Period == Month {
		return time.Date(y, m+1, 1, 0, 0, 0, 0, l.Zone)
	}
	return time.Date(y, m, d+1, 0, 0, 0, 0, l.Zone)
}
