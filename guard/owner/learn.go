package owner

import (
	"context"
	"errors"
)

// learning is some objects with their owners on the way to the store.
type learning struct {
	rows  []Owned
	taken int // of them, by somebody else
	err   error
	done  chan struct{}
}

var errBusy = errors.New("too much waits to be written")

// learn has objects written and waits for it; it returns how many of them
// somebody else owns already.
func (k *Keeper) learn(ctx context.Context, rows []Owned) (taken int, err error) {
	l, err := k.begin(rows)
	if l == nil {
		return 0, err
	}
	select {
	case <-l.done:
		return l.taken, l.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// begin has objects written that are not known to be kept; nil when there are
// none.
func (k *Keeper) begin(rows []Owned) (*learning, error) {
	t := k.table.Load()
	if t == nil {
		return nil, errUnread
	}
	l := &learning{done: make(chan struct{})}
	for i := range rows {
		switch now := t.get(hashFrom(rows[i].Object[:])); {
		case now == hashFrom(rows[i].Owner[:]).asOwner():
		case now != (hash{}):
			l.taken++
			k.conflicts.Add(1)
		case t.count.Load() >= t.max:
			k.full.Add(1)
			k.alarm(t)
		default:
			l.rows = append(l.rows, rows[i])
		}
	}
	if len(l.rows) == 0 {
		close(l.done)
		return l, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) >= maxWaiting {
		k.unlearned.Add(int64(len(l.rows)))
		return nil, errBusy
	}
	k.queue = append(k.queue, l)
	if !k.writing {
		k.writing = true
		k.writers.Go(k.write)
	}
	return l, nil
}

// write writes what waits until nothing does: many learnings in one
// transaction, since each waits for the disk.
func (k *Keeper) write() {
	for {
		k.mu.Lock()
		n, size := 0, 0
		for n < len(k.queue) && (n == 0 || size+len(k.queue[n].rows) <= maxBatch) {
			size += len(k.queue[n].rows)
			n++
		}
		batch := k.queue[:n:n]
		if k.queue = k.queue[n:]; len(k.queue) == 0 {
			k.queue = nil
		}
		if n == 0 {
			k.writing = false
		}
		k.mu.Unlock()
		if n == 0 {
			return
		}
		k.commit(batch, size)
	}
}

// commit writes a batch. What the client of one of them does makes no
// difference to the others: the store bounds the time.
func (k *Keeper) commit(batch []*learning, size int) {
	rows := make([]Owned, 0, size)
	for _, l := range batch {
		rows = append(rows, l.rows...)
	}
	// What is gone goes first: an object whose id is used again would be that of
	// its former owner.
	err := k.flush(context.Background())
	var now []Owned
	if err == nil {
		now, err = k.store.Keep(context.Background(), rows)
	}
	t := k.table.Load()
	for _, l := range batch {
		if l.err = err; err == nil {
			for i := range l.rows {
				if now[i].Owner != l.rows[i].Owner {
					l.taken++
					k.conflicts.Add(1)
				}
				k.take(t, now[i])
			}
			now = now[len(l.rows):]
		}
		close(l.done)
	}
	if err != nil {
		k.unlearned.Add(int64(size))
		k.warn("who owns objects cannot be kept", "cause", err)
	}
}
