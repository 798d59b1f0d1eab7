package gate_test

import (
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestKeep(t *testing.T) {
	p := &gate.Principal{ID: "a"}
	owners := make([]*int, 6)
	for i := range owners {
		owners[i] = new(int)
		if p.Kept(owners[i]) != nil {
			t.Error("something is kept for nobody")
		}
		p.Keep(owners[i], i)
		p.Keep(owners[i], 10+i)
	}
	for i, o := range owners {
		want := any(10 + i)
		if i < 2 { // others came between
			want = nil
		}
		if got := p.Kept(o); got != want {
			t.Errorf("owner %d has %v, want %v", i, got, want)
		}
	}
}

func TestKeepAtOnce(t *testing.T) {
	p, owner := &gate.Principal{ID: "a"}, new(int)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 100 {
				p.Keep(owner, i)
				if p.Kept(owner) == nil {
					t.Error("nothing is kept")
				}
				p.Keep(new(int), i)
				p.Keep(owner, i)
			}
		})
	}
	all.Wait()
}
