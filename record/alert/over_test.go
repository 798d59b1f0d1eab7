package alert_test

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/record/alert"
)

// TestOver: where a rule says so it is told once that what was told is over, and
// then the same is told of anew.
func TestOver(t *testing.T) {
	threshold := alert.Rule{Name: "a", Quiet: time.Hour, Resolved: true, By: []alert.Field{alert.Address}, Threshold: &alert.Threshold{Count: 3, Window: 10 * time.Second}}
	thrice := func(b *bench, n int) {
		for range 3 {
			b.after(time.Second, from(n))
		}
	}
	t.Run("threshold", func(t *testing.T) {
		b := newBench(threshold)
		thrice(b, 1) // at 3
		thrice(b, 2) // at 6
		thrice(b, 1) // at 9, which goes on
		b.after(time.Minute, nil)
		b.want(t, "3s a threshold 3 10.0.1.0/24", "6s a threshold 3 10.0.2.0/24", "16s a threshold 0 10.0.2.0/24 over since 6s", "19s a threshold 0 10.0.1.0/24 over since 3s")
		thrice(b, 2)
		if n := len(b.told); n != 5 || b.told[4] != "1m12s a threshold 3 10.0.2.0/24" {
			t.Errorf("it is not told anew: %q", b.told)
		}
	})
	t.Run("threshold-without-ticks", func(t *testing.T) { // as where recorded events are judged
		b := newBench(threshold)
		thrice(b, 1)
		b.now = b.now.Add(time.Minute)
		b.after(0, from(1))
		b.want(t, "3s a threshold 3 10.0.1.0/24", "13s a threshold 0 10.0.1.0/24 over since 3s")
	})
	t.Run("not-where-nothing-says-so", func(t *testing.T) {
		r := threshold
		r.Resolved = false
		b := newBench(r)
		thrice(b, 1)
		b.after(2*time.Hour, nil)
		b.want(t, "3s a threshold 3 10.0.1.0/24")
	})
	t.Run("silence", func(t *testing.T) {
		b := newBench(alert.Rule{Name: "a", Quiet: time.Minute, Resolved: true, Absence: &alert.Absence{Window: 10 * time.Second}})
		b.after(90*time.Second, same)
		b.after(0, same)
		b.after(15*time.Second, nil)
		b.want(t, "10s a absence 0", "1m10s a absence 0", "1m30s a absence 0 over since 10s", "1m40s a absence 0")
	})
	t.Run("silence-of-some", func(t *testing.T) {
		b := newBench(alert.Rule{Name: "a", Quiet: time.Minute, Resolved: true, By: []alert.Field{alert.Address}, Absence: &alert.Absence{Window: 10 * time.Second}})
		b.after(0, from(1))
		b.after(0, from(2))
		b.after(5*time.Minute, from(2))
		b.want(t, "10s a absence 0 10.0.1.0/24", "10s a absence 0 10.0.2.0/24", "5m0s a absence 0 10.0.2.0/24 over since 10s")
		if n := b.Stats()[0].Groups; n != 2 {
			t.Errorf("%d groups", n)
		}
	})
}

// TestOverIsBounded: groups whose end is owed take no more room than others.
func TestOverIsBounded(t *testing.T) {
	b := newBench(alert.Rule{Name: "a", Quiet: time.Hour, Resolved: true, By: []alert.Field{alert.Address}, Threshold: &alert.Threshold{Count: 1, Window: time.Hour}})
	for n := range 6000 {
		b.after(0, from(n))
	}
	if s := b.Stats()[0]; s.Groups > 4096 || s.Told != 20 {
		t.Errorf("%+v", s)
	}
	b.after(3*time.Hour, nil)
	over := len(b.told) - 20
	if s := b.Stats()[0]; over > 20 || s.Groups != 0 {
		t.Errorf("%d are over, %+v", over, s)
	}
}
