package ledger

import (
	"encoding/binary"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// A stretch is what one key encrypts: as many entries as its nonces allow, and no
// more than a time, so that the key of what was deleted can be destroyed and what
// copies still have is not read any more.
//
// An entry that was encrypted just before a key began may come into the tree behind
// that, and not behind the key after: one begins only once entries of the last one
// alone come in. So all that a key encrypted stands below the beginning of the
// second key after it.

// turn makes the key of the next stretch, which begins at from, where the last one
// is full or as old as every. last are the entries that came in last.
func (k *keyring) turn(f Files, by seal.Sealer, from int64, every time.Duration, last [][]byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	old := k.body
	now := old.Sealing[len(old.Sealing)-1]
	aged := now.At == 0 || time.Since(time.Unix(now.At, 0)) >= every
	if from == now.From || from-now.From < stretch && !aged || len(old.Sealing) == maxStretchs || !allOf(now.Number, last) {
		return nil
	}
	k.body.Sealing = append(old.Sealing[:len(old.Sealing):len(old.Sealing)], freshKey(now.Number+1, from))
	if err := k.keep(f, by); err != nil {
		k.body = old
		return err
	}
	c, err := k.find(now.Number + 1)
	if err == nil {
		k.now.Store(c)
	}
	return err
}

// allOf reports whether the key of a number encrypted all entries.
func allOf(number uint32, entries [][]byte) bool {
	for _, e := range entries {
		if len(e) >= sealOverhead && e[0] == kindSealed && binary.BigEndian.Uint32(e[1:]) != number {
			return false
		}
	}
	return true
}

// begun is the index below which every entry was recorded before at: where the
// last stretch begins that began by then. A stretch whose time nobody knows is as
// young as the one after it.
func (k *keyring) begun(at time.Time) (index int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.body.Sealing {
		if s.At > at.Unix() {
			break
		}
		if s.At != 0 {
			index = s.From
		}
	}
	return index
}

// spent is the number of the first key that is still needed when all entries below
// an index are deleted.
func (k *keyring) spent(below int64) uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.body.Sealing[k.unneeded(below)].Number
}

func (k *keyring) unneeded(below int64) (n int) {
	for n+2 < len(k.body.Sealing) && k.body.Sealing[n+2].From <= below {
		n++
	}
	return n
}

// destroy forgets the keys of which every entry stands below an index, on disk
// first.
func (k *keyring) destroy(f Files, by seal.Sealer, below int64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.unneeded(below)
	if n == 0 {
		return nil
	}
	old := k.body
	k.body.Sealing = append([]stretchBody(nil), old.Sealing[n:]...)
	if err := k.keep(f, by); err != nil {
		k.body = old
		return err
	}
	for _, s := range old.Sealing[:n] {
		delete(k.open, s.Number)
		clear(s.Key)
	}
	return nil
}
