package count

import (
	"net/netip"
	"testing"
	"time"
)

var (
	start = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	limit = &Limits{Most: 3, Window: time.Minute, First: time.Second, Longest: 8 * time.Second}
)

func key(t *Table, text string) uint64 { return t.Key('x', "", netip.Prefix{}, []byte(text)) }

func lockedFor(t *Table, key uint64, now time.Time) time.Duration {
	end, _ := t.Until(key)
	return time.Duration(max(0, end-now.UnixNano()))
}

func TestLocks(t *testing.T) {
	table, now := New(16), start
	k := key(table, "a")
	for i, want := range []time.Duration{0, 0, 1, 2, 4, 8, 8} {
		table.Bump(k, limit, now)
		if got := lockedFor(table, k, now); got != want*time.Second {
			t.Fatalf("failure %d: locked for %v", i, got)
		}
		now = now.Add(want * time.Second)
	}
	if table.Active(now) || table.Locks() != 5 {
		t.Errorf("%v, %d locks", table.Active(now), table.Locks())
	}
	table.Ease(k)
	if table.Bump(k, limit, now); lockedFor(table, k, now) == 0 {
		t.Error("what was locked was eased")
	}
	table.Forgive(k)
	if _, counted := table.Until(k); counted {
		t.Error("it is still counted")
	}
}

func TestPercent(t *testing.T) {
	table := New(16)
	l := *limit
	l.Percent = 50
	k := key(table, "a")
	for range 10 {
		table.Good(k, &l, start)
	}
	for i := range 9 {
		if table.Bump(k, &l, start) {
			t.Errorf("locked by %d of %d", i+1, i+11)
		}
	}
	if !table.Bump(k, &l, start) {
		t.Error("half is not enough")
	}
}

func TestUnderWay(t *testing.T) {
	table := New(16)
	k := key(table, "a")
	for i := range 5 {
		if got := table.Enter(k, limit, start); got != (i < 3) {
			t.Errorf("%d: %v", i, got)
		}
	}
	table.Bump(k, limit, start)
	table.Leave(k)
	if table.Enter(k, limit, start) {
		t.Error("a failure leaves room")
	}
	for range 9 {
		table.Leave(k)
	}
	table.Bump(k, limit, start)
	if !table.Enter(k, limit, start) {
		t.Error("none is under way, and none may be")
	}
	table.Forgive(k)
	table.Leave(k)
	for range 2 {
		if !table.Enter(k, limit, start) {
			t.Error("forgiven, and not forgotten")
		}
	}
}

// TestFull: what is locked outlasts what is only counted, and what is counted
// what is not.
func TestFull(t *testing.T) {
	table := New(1)
	k := key(table, "locked")
	for range 3 {
		table.Bump(k, limit, start)
	}
	for i := range 100 {
		table.Bump(key(table, string(rune('a'+i))), limit, start.Add(time.Duration(i)))
	}
	if lockedFor(table, k, start) == 0 {
		t.Error("a lock is lost")
	}
	if _, counted := table.Until(key(table, string(rune('a'+99)))); !counted {
		t.Error("the last one is not counted")
	}
}

func TestNetworks(t *testing.T) {
	for text, want := range map[string][2]string{
		"192.0.2.7":        {"192.0.2.7/32", "192.0.2.0/24"},
		"::ffff:192.0.2.7": {"192.0.2.7/32", "192.0.2.0/24"},
		"2001:db8:1:2::9":  {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"fe80::1%eth0":     {"fe80::/64", "fe80::/48"},
	} {
		a := netip.MustParseAddr(text)
		if got := [2]string{Network(a).String(), Wide(a).String()}; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if Network(netip.Addr{}).IsValid() {
		t.Error("nobody has a network")
	}
}
