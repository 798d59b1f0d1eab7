// Package tap lets parts of the program that learn from calls see their events,
// and beside them the calls that no operation describes: the form of their paths,
// without anything that a client chose. Each subscriber has a bounded ring of its
// own; one that is slow misses events, which are counted, and holds up nobody.
// Without a subscriber an event costs one atomic load.
//
// Package serve makes the tap, and package record/alert subscribes to it, as
// inventories and baselines of behaviour may. It imports gate and knows nothing
// of who listens.
package tap

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Tap hands events to its subscribers. The zero Tap has none.
type Tap struct {
	mu    sync.Mutex                      // held while live is changed
	live  atomic.Pointer[[]*Subscription] // nil without subscribers
	words atomic.Pointer[map[string]bool] // that shapes may show
}

var _ gate.Tap = (*Tap)(nil)

// Know says which segments of paths a shape may show as they are, since contracts
// have them. The map is kept and must not be changed afterwards.
func (t *Tap) Know(words map[string]bool) { t.words.Store(&words) }

// See implements gate.Tap.
func (t *Tap) See(e *gate.Event, path []byte) {
	list := t.live.Load()
	if list == nil {
		return
	}
	var text [MaxShape]byte
	shape := text[:0]
	if len(path) > 0 {
		var words map[string]bool
		if known := t.words.Load(); known != nil {
			words = *known
		}
		shape = AppendShape(shape, path, words)
	}
	for _, s := range *list {
		s.put(e, shape)
	}
}

// Subscribe returns a subscription of whom at least size events may wait.
func (t *Tap) Subscribe(size int) *Subscription {
	s := newSubscription(size)
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*Subscription
	if old := t.live.Load(); old != nil {
		list = slices.Clone(*old)
	}
	list = append(list, s)
	t.live.Store(&list)
	return s
}

// Unsubscribe ends a subscription: no event that begins to be seen afterwards
// is put into it.
func (t *Tap) Unsubscribe(s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.live.Load()
	if old == nil {
		return
	}
	list := slices.DeleteFunc(slices.Clone(*old), func(o *Subscription) bool { return o == s })
	if len(list) == 0 {
		t.live.Store(nil)
		return
	}
	t.live.Store(&list)
}
