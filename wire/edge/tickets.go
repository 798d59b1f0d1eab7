package edge

import (
	"crypto/rand"
	"crypto/tls"
	"time"
)

// tickets are the keys that session tickets are sealed with (RFC 8446 section
// 4.6.1): the newest seals, those before it only open. Each policy for client
// certificates has its own, so that a ticket made under one is of no use under
// another: a ticket carries the verified certificate of its client.
type tickets struct {
	keys   [][32]byte // newest first
	turned time.Time
}

const (
	// ticketTurn is how long a key seals.
	ticketTurn = 6 * time.Hour
	// ticketKeys is how many there are at most: a ticket is good for 12 to 18
	// hours, and then nothing on this machine can open it any more.
	ticketKeys = 3
)

// turn makes a new key when it is time, and reports whether it did. With anew
// it forgets those before.
func (t *tickets) turn(now time.Time, anew bool) bool {
	if !anew && len(t.keys) > 0 && now.Sub(t.turned) < ticketTurn {
		return false
	}
	keep := t.keys
	if anew {
		keep = nil
	}
	keep = keep[:min(len(keep), ticketKeys-1)]
	var key [32]byte
	rand.Read(key[:]) // never fails
	t.keys, t.turned = append([][32]byte{key}, keep...), now
	return true
}

// hand gives the keys to settings, which may be in use.
func (t *tickets) hand(c *tls.Config) { c.SetSessionTicketKeys(t.keys) }
