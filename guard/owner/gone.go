package owner

import (
	"context"
	"sync"
	"time"
)

// gone are objects that were removed and of which the store could not be told:
// it is told again until it has heard. What is lost when the program ends
// before is that the objects have their former owners, and nobody else gets
// them.
type gone struct {
	mu   sync.Mutex    // above list
	list map[Sum]Sum   // who owned them, by object
	more chan struct{} // holds one: something was added

	telling sync.Mutex // one tells the store at a time
}

// Gone is an object that was removed, and who owned it. Of an object that
// somebody else has made since, it says nothing.
type Gone struct{ Object, Owner Sum }

const (
	maxGone   = 4096 // objects
	goneAtMax = 500  // told at once
	firstWait = time.Second
	longWait  = 30 * time.Second
)

// add notes objects, and reports whether there was room.
func (g *gone) add(list []Gone) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.list)+len(list) > maxGone {
		return false
	}
	for _, o := range list {
		g.list[o.Object] = o.Owner
	}
	select {
	case g.more <- struct{}{}:
	default:
	}
	return true
}

// has reports whether what the store says of an object is older than that it is
// gone.
func (g *gone) has(o *Owned) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.list) == 0 {
		return false
	}
	owner, is := g.list[o.Object]
	return is && owner == o.Owner
}

// some returns a few of the list.
func (g *gone) some() (list []Gone) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for object, owner := range g.list {
		if len(list) == goneAtMax {
			break
		}
		list = append(list, Gone{object, owner})
	}
	return list
}

func (g *gone) remove(list []Gone) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range list {
		delete(g.list, o.Object)
	}
}

// waiting is how many the store was not told of.
func (g *gone) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.list)
}

// forget makes an object nobody's, here at once and in the store; there later,
// when the store cannot be reached.
func (k *Keeper) forget(ctx context.Context, object []byte) error {
	t := k.table.Load()
	if t == nil {
		return errUnread
	}
	var list, known []Gone
	for _, v := range k.hash.Versions() {
		h, ok := k.sum(v, object)
		if !ok {
			continue
		}
		list = append(list, Gone{Object: h.bytes()})
		if owner := t.get(h); owner != (hash{}) {
			known = append(known, Gone{h.bytes(), owner.bytes()})
		}
		t.forget(h)
	}
	k.alarm(t)
	err := k.store.Forget(context.WithoutCancel(ctx), list)
	if err == nil {
		return nil
	}
	k.unforgotten.Add(1)
	if k.gone.add(known) {
		k.warn("the store cannot be told that an object is gone: it is tried again", "cause", err)
	} else {
		k.warn("the store cannot be told that an object is gone, and too many wait: it keeps its owner there", "cause", err)
	}
	return err
}

// flush tells the store what it was not told.
func (k *Keeper) flush(ctx context.Context) error {
	if k.gone.waiting() == 0 {
		return nil
	}
	k.gone.telling.Lock()
	defer k.gone.telling.Unlock()
	for {
		list := k.gone.some()
		if len(list) == 0 {
			return nil
		}
		if err := k.store.Forget(ctx, list); err != nil {
			return err
		}
		k.gone.remove(list)
	}
}

// retry tells the store until ctx ends, after waits that grow, and once more
// then.
func (k *Keeper) retry(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			k.last()
			return
		case <-k.gone.more:
		}
		for wait := firstWait; ; wait = min(2*wait, longWait) {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				k.last()
				return
			case <-timer.C:
			}
			if k.flush(ctx) == nil {
				break
			}
		}
	}
}

// last tells the store before the end.
func (k *Keeper) last() {
	if err := k.flush(context.Background()); err != nil {
		k.log.Warn("the store was not told of objects that are gone: they keep their owners", "objects", k.gone.waiting(), "cause", err)
	}
}
