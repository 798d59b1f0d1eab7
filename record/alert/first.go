package alert

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Seen is what a rule of FirstSeen remembers, and what is kept of it: values as
// keyed hashes, and since when.
type Seen struct {
	Begun  time.Time // of the time to learn
	key    [32]byte
	values []value
}

// value is one that was seen.
type value struct {
	hash uint64
	last int64 // when it was seen last, in minutes since 1970
}

// NewSeen returns one that begins to learn now.
func NewSeen(now time.Time) *Seen {
	s := &Seen{Begun: now}
	rand.Read(s.key[:])
	return s
}

// first judges rules of FirstSeen.
type first struct {
	*Seen
	by     map[uint64]int // where values are
	hand   int
	change bool // since it was kept
	buffer []byte
}

func newFirst(seen *Seen, now time.Time) *first {
	fresh := seen == nil
	if fresh {
		seen = NewSeen(now)
	}
	j := &first{Seen: seen, by: make(map[uint64]int, len(seen.values)), change: fresh}
	for i, v := range seen.values {
		j.by[v.hash] = i
	}
	return j
}

func (j *first) see(r *rule, e *gate.Event, now time.Duration) {
	key, ok := r.group(e, r.FirstSeen.Value)
	if !ok {
		return
	}
	at := r.engine.base.Add(now)
	hash, minute := j.hash(key), at.Unix()/60
	if i, known := j.by[hash]; known {
		if j.values[i].last < minute {
			j.values[i].last, j.change = minute, true
		}
		return
	}
	if j.put(value{hash, minute}) {
		r.stats.Evicted++
	}
	if at.Before(j.Begun.Add(r.FirstSeen.Learn)) {
		return
	}
	a := r.common(e, "first-seen")
	r.FirstSeen.Value.copyTo(a, e)
	a.Alert.Of, a.Alert.Count, a.Alert.Since = string(r.FirstSeen.Value), 1, at
	if e.ID != (gate.ID{}) {
		a.Alert.Events = []gate.ID{e.ID}
	}
	r.alert(a, now)
}

// hash is a number of a value that says nothing without the key.
func (j *first) hash(text []byte) uint64 {
	j.buffer = append(append(j.buffer[:0], j.key[:]...), text...)
	sum := sha256.Sum256(j.buffer)
	return binary.BigEndian.Uint64(sum[:])
}

// put remembers a value. When there is no room, of some the one that was not seen
// for longest is forgotten, which it returns.
func (j *first) put(v value) (forgot bool) {
	j.change = true
	if len(j.values) < maxSeen {
		j.by[v.hash] = len(j.values)
		j.values = append(j.values, v)
		return false
	}
	oldest := -1
	for range look {
		j.hand = (j.hand + 1) % len(j.values)
		if oldest < 0 || j.values[j.hand].last < j.values[oldest].last {
			oldest = j.hand
		}
	}
	delete(j.by, j.values[oldest].hash)
	j.by[v.hash], j.values[oldest] = oldest, v
	return true
}

func (j *first) tick(*rule, time.Duration) {}

func (j *first) size() int { return len(j.values) }
