package login

import (
	"sync/atomic"
	"time"
)

// epochs are the bits of an entry that say in which window it was made.
const epochs = 1<<12 - 1

// newly reports whether a key is met for the first time in this window. There is
// one place for all keys with the same low bits: one that was overwritten counts
// once more, so that floods make the gate stricter, never blind.
func (t *Table) newly(key uint64, window time.Duration, now time.Time) bool {
	entry := key&^epochs | uint64(now.UnixNano()/int64(window))&epochs
	return t.lately[key>>12%pairs].Swap(entry) != entry
}

// remembered is how long an account is known on a network that it does not log
// in from any more.
const remembered = 30 * 24 * time.Hour

// minutes are the bits of an entry that say when it was made.
const minutes = 1<<24 - 1

func minute(now time.Time) uint64 { return uint64(now.Unix()/60) & minutes }

// age is how long ago an entry was made.
func age(entry uint64, now time.Time) time.Duration {
	return time.Duration((minute(now)-entry&minutes)&minutes) * time.Minute
}

// knows reports whether an account has logged in from a network.
func (t *Table) knows(pair uint64, now time.Time) bool {
	list := t.homes(pair)
	for i := range list {
		if e := list[i].Load(); e != 0 && (e^pair)&^uint64(minutes) == 0 {
			return age(e, now) <= remembered
		}
	}
	return false
}

// learn keeps that it has, in the place of what is oldest.
func (t *Table) learn(pair uint64, now time.Time) {
	list := t.homes(pair)
	entry := pair&^uint64(minutes) | minute(now)
	at, oldest := 0, time.Duration(-1)
	for i := range list {
		e := list[i].Load()
		if e == 0 || (e^pair)&^uint64(minutes) == 0 {
			at = i
			break
		}
		if a := age(e, now); a > oldest {
			at, oldest = i, a
		}
	}
	list[at].Store(entry)
}

// homes is the set of entries in which a pair is kept.
func (t *Table) homes(pair uint64) []atomic.Uint64 {
	n := pair >> 1 % homes // bits that the entry itself does not hold
	return t.home[n*homeWays : (n+1)*homeWays]
}
