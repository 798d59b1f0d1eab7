package replay_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestOnce(t *testing.T) {
	s := replay.New(time.Minute, 0)
	for i, row := range []struct {
		owner, id string
		after     time.Duration
		want      replay.Outcome
	}{
		{"alice", "1", 0, replay.Fresh},
		{"alice", "1", 0, replay.Seen},
		{"alice", "2", 0, replay.Fresh},
		{"bob", "1", 0, replay.Fresh},
		{"alic", "e1", 0, replay.Fresh},
		{"alice", "1", time.Minute, replay.Seen},
		{"alice", "1", time.Minute + 1, replay.Fresh},
		{"alice", "1", time.Minute + 2, replay.Seen},
		{"alice", "1", -time.Hour, replay.Seen}, // a clock that went back
		{"", "", 0, replay.Fresh},
		{"", "", 0, replay.Seen},
	} {
		if got := s.Use(row.owner, row.id, start.Add(row.after)); got != row.want {
			t.Errorf("row %d: %d, want %d", i, got, row.want)
		}
	}
}

// TestFull sees that a set which is full forgets nothing, and that it takes new
// ids when the old ones cannot be used any more.
func TestFull(t *testing.T) {
	s := replay.New(time.Minute, 1600)
	fresh := 0
	for i := range 4000 {
		switch s.Use("a", strconv.Itoa(i), start) {
		case replay.Fresh:
			fresh++
		case replay.Seen:
			t.Fatal("seen: ", i)
		}
	}
	if fresh != 1600 {
		t.Errorf("remembers %d", fresh)
	}
	for i := range 4000 {
		if s.Use("a", strconv.Itoa(i), start.Add(time.Minute)) == replay.Fresh {
			t.Fatal("forgot or took more: ", i)
		}
	}
	if got := s.Use("a", "next", start.Add(time.Minute+1)); got != replay.Fresh {
		t.Error("is full for good")
	}
}

func TestNil(t *testing.T) {
	var s *replay.Set
	if s.Use("a", "b", start) != replay.Full {
		t.Error("a set that is not there lets proofs pass")
	}
}

func TestRace(t *testing.T) {
	s := replay.New(time.Minute, 0)
	var fresh atomic.Int64
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range 1000 {
				if s.Use("a", strconv.Itoa(i), start) == replay.Fresh {
					fresh.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if fresh.Load() != 1000 {
		t.Errorf("%d of 1000 ids were fresh once", fresh.Load())
	}
}

func BenchmarkUse(b *testing.B) {
	s := replay.New(time.Millisecond, 1<<16)
	ids := make([]string, 1<<12)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	b.ReportAllocs()
	now := start
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Microsecond)
		s.Use("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", ids[i%len(ids)], now)
	}
}
