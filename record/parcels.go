package record

import (
	"io"
	"log/slog"
	"time"
)

// Parcels takes pieces of what is sent elsewhere without ever holding up whoever
// has one: those that find no room are lost and counted.
type Parcels struct{ *queue }

// parcelSlots is how many pieces may wait.
const parcelSlots = 2048

// NewParcels starts a queue that writes pieces, one behind the other and many at
// once, to w until Close. w is used by one goroutine at a time. What of them, as
// in "spans", cannot be written is said to log once.
func NewParcels(w io.Writer, what string, log *slog.Logger) *Parcels {
	return &Parcels{newQueue(w, parcelSlots, what, log, func(b []byte, _ time.Time, _ uint64) []byte { return b })}
}

// Put puts in the piece that add appends to its argument.
func (p *Parcels) Put(add func(b []byte) []byte) {
	if s, at := p.claim(); s != nil {
		s.line = add(s.line[:0])
		p.put(s, at)
	}
}
