package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

var errLast = errors.New("it is the last one")

// TestLastKeyStaysAtTwoGates: two stores that stand on the same data revoke each
// a key, if another one is good, and the second begins while the first makes up
// its mind. It must see what the first has done.
func TestLastKeyStaysAtTwoGates(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		settings := b.fresh(t)
		gates := [2]*store.Store{open(t, settings), open(t, settings)}
		ids := [2]string{"a", "b"}
		for i, id := range ids {
			if err := gates[i].AddKey(t.Context(), key(id)); err != nil {
				t.Fatal(err)
			}
		}
		revoke := func(i int, asked func()) error {
			return gates[i].RevokeKeyIf(t.Context(), "live", ids[i], now, func(all []*store.Key) error {
				asked()
				if len(all) != 2 {
					return fmt.Errorf("%d keys", len(all))
				}
				for _, k := range all {
					if k.ID != ids[i] && k.Revoked.IsZero() {
						return nil
					}
				}
				return errLast
			})
		}
		var second sync.WaitGroup
		var errs [2]error
		var once sync.Once
		between := make(chan struct{})
		errs[0] = revoke(0, func() {
			once.Do(func() {
				second.Go(func() { errs[1] = revoke(1, sync.OnceFunc(func() { close(between) })) })
				select {
				case <-between:
					t.Error("both are asked at once")
				case <-time.After(200 * time.Millisecond): // as it must be: it waits for this one
				}
			})
		})
		second.Wait()
		if errs[0] != nil || !errors.Is(errs[1], errLast) {
			t.Errorf("%v, then %v", errs[0], errs[1])
		}
		for i, id := range ids {
			k, err := gates[1-i].Key(t.Context(), id)
			if err != nil || k.Revoked.IsZero() != (id == "b") {
				t.Errorf("%s: %+v %v", id, k, err)
			}
		}
	})
}

// TestRefusedRevocationChangesNothing: not even the number of the last change.
func TestRefusedRevocationChangesNothing(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		s := open(t, b.fresh(t))
		if err := s.AddKey(t.Context(), key("a")); err != nil {
			t.Fatal(err)
		}
		before, err := s.Key(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.RevokeKeyIf(store.By(t.Context(), "somebody"), "live", "a", now, func([]*store.Key) error { return errLast }); !errors.Is(err, errLast) {
			t.Errorf("%v", err)
		}
		if err := s.RevokeKeyIf(t.Context(), "live", "b", now, func([]*store.Key) error { return nil }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if err := s.AddKey(t.Context(), key("c")); err != nil {
			t.Fatal(err)
		}
		a, _ := s.Key(t.Context(), "a")
		c, _ := s.Key(t.Context(), "c")
		if !a.Revoked.IsZero() || a.Changed != before.Changed || c.Changed != before.Changed+1 {
			t.Errorf("%+v, %+v", a, c)
		}
		changes := 0
		if err := s.Changes(t.Context(), 0, 10, func(store.Change) error { changes++; return nil }); err != nil || changes != 0 {
			t.Errorf("%d changes, %v", changes, err)
		}
	})
}
