package lock_test

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/lock"
)

var (
	start  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	home   = netip.MustParseAddr("192.0.2.1")
	office = netip.MustParseAddr("198.51.100.7")
)

const both = gate.OfCredential | gate.OfCaller

func password(from netip.Addr, user, text string) gate.Attempt {
	return gate.Attempt{Client: from, Scheme: "basic", Subject: []byte(user), Credential: []byte(user + ":" + text)}
}

func token(from netip.Addr, text string) gate.Attempt {
	return gate.Attempt{Client: from, Scheme: "token", Credential: []byte(text)}
}

// guess fails n times with other passwords of one user.
func guess(t *lock.Table, from netip.Addr, user string, n int, now time.Time) {
	for i := range n {
		t.Failed(password(from, user, "guess"+strconv.Itoa(i)), both, now)
	}
}

func TestProgress(t *testing.T) {
	table := lock.New(lock.Options{})
	now := start
	guess(table, home, "alice", 9, now)
	if table.Active(now) || table.Locked(password(home, "alice", "x"), now) != 0 {
		t.Fatal("locked after 9")
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
		guess(table, home, "alice", 1, now)
		if got := table.Locked(password(home, "alice", "x"), now); got != want*time.Second {
			t.Fatalf("locked for %v, want %v", got, want*time.Second)
		}
		now = now.Add(want * time.Second)
		if table.Locked(password(home, "alice", "x"), now) != 0 {
			t.Fatal("locked beyond its end")
		}
	}
	now = now.Add(2*time.Minute + time.Second) // two quiet windows
	guess(table, home, "alice", 1, now)
	if got := table.Locked(password(home, "alice", "x"), now); got != 900*time.Second {
		t.Errorf("locked for %v", got)
	}
	now = now.Add(15*time.Minute + time.Hour)
	guess(table, home, "alice", 9, now)
	if got := table.Locked(password(home, "alice", "x"), now); got != 0 {
		t.Errorf("an hour later locked for %v", got)
	}
}

func TestSlowFailuresDoNotLock(t *testing.T) {
	table := lock.New(lock.Options{})
	for i := range 100 {
		guess(table, home, "alice", 1, start.Add(time.Duration(i)*7*time.Second))
	}
	if table.Count() != 0 {
		t.Errorf("%d locks", table.Count())
	}
}

// TestVictimGetsIn: whoever attacks a subject must not keep it from its own
// network, known before or not.
func TestVictimGetsIn(t *testing.T) {
	table := lock.New(lock.Options{})
	guess(table, home, "alice", 100, start)
	if table.Locked(password(home, "alice", "right"), start) == 0 {
		t.Error("the attacker is not locked")
	}
	if table.Locked(password(office, "alice", "right"), start) != 0 {
		t.Error("the victim is locked")
	}
	if table.Locked(token(home, "somebody else's, never seen"), start) == 0 {
		t.Error("the network of the attacker is not locked")
	}
}

// TestManyAddresses: a subject under attack from everywhere is closed to each
// address behind its first failure.
func TestManyAddresses(t *testing.T) {
	table := lock.New(lock.Options{})
	address := func(i int) netip.Addr {
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0x0a000000+uint32(i))))
	}
	free := 0
	for i := range 1000 {
		for j := range 3 {
			a := password(address(i), "alice", strconv.Itoa(i)+"."+strconv.Itoa(j))
			if table.Locked(a, start) == 0 {
				free++
				table.Failed(a, both, start)
			}
		}
	}
	if free > 1000+3*10 {
		t.Errorf("%d guesses by 1000 addresses", free)
	}
}

// TestNeighbours behind one address: credentials that were valid there are let
// through while the network is locked.
func TestNeighbours(t *testing.T) {
	table := lock.New(lock.Options{})
	table.Succeeded(token(home, "good"), start)
	for i := range 50 {
		table.Failed(token(home, "bad"+strconv.Itoa(i)), both, start)
	}
	if table.Locked(token(home, "good"), start) != 0 {
		t.Error("a valid credential is locked out")
	}
	if table.Locked(token(home, "new"), start) == 0 {
		t.Error("the network is not locked")
	}
	if table.Locked(token(office, "good"), start) != 0 {
		t.Error("another network is locked")
	}
	table.Failed(token(home, "good"), gate.OfCredential, start)
	if table.Locked(token(home, "good"), start) == 0 {
		t.Error("a credential that is not valid any more is let through")
	}
}

func TestOneCredential(t *testing.T) {
	table := lock.New(lock.Options{})
	for range 10 {
		table.Failed(token(home, "expired"), gate.OfCredential, start)
	}
	if table.Locked(token(home, "expired"), start) == 0 || table.Locked(token(office, "expired"), start) == 0 {
		t.Error("it is not locked")
	}
	if table.Locked(token(home, "other"), start) != 0 {
		t.Error("it locks another one")
	}
	table.Succeeded(token(home, "expired"), start)
	if table.Locked(token(office, "expired"), start) != 0 {
		t.Error("a success does not forgive")
	}
}

// TestStolen: failed proofs of a stolen credential do not lock its owner out.
func TestStolen(t *testing.T) {
	table := lock.New(lock.Options{})
	for range 100 {
		table.Failed(token(home, "stolen"), gate.OfCaller, start)
	}
	if table.Locked(token(office, "stolen"), start) != 0 {
		t.Error("its owner is locked out")
	}
	if table.Locked(token(home, "stolen"), start) == 0 {
		t.Error("the thief is not")
	}
}

func TestSuccessForgivesItsOwn(t *testing.T) {
	table := lock.New(lock.Options{})
	guess(table, home, "alice", 9, start)
	table.Succeeded(password(home, "alice", "right"), start)
	guess(table, home, "alice", 9, start)
	if table.Locked(password(home, "alice", "x"), start) != 0 {
		t.Error("nothing was forgiven")
	}
	for range 6 { // nothing of the network is
		guess(table, home, "bob", 6, start)
		table.Succeeded(password(home, "alice", "right"), start)
	}
	if table.Locked(token(home, "another"), start) == 0 {
		t.Error("one good account forgives guesses at another")
	}
}

func TestNetworks(t *testing.T) {
	table := lock.New(lock.Options{NetworkFailures: 1})
	table.Failed(token(netip.MustParseAddr("2001:db8:1:2::1"), "x"), gate.OfCaller, start)
	table.Failed(token(netip.MustParseAddr("::ffff:203.0.113.9"), "x"), gate.OfCaller, start)
	for address, want := range map[string]bool{
		"2001:db8:1:2:ffff::9": true, "2001:db8:1:3::1": false, "203.0.113.9": true, "203.0.113.8": false,
	} {
		if got := table.Locked(token(netip.MustParseAddr(address), "y"), start) > 0; got != want {
			t.Errorf("%s: locked is %v", address, got)
		}
	}
}

// TestFlood fills the table with names: locks outlast what is only counted.
func TestFlood(t *testing.T) {
	table := lock.New(lock.Options{NetworkFailures: 1 << 30})
	guess(table, home, "alice", 16, start)
	for i := range 300_000 {
		table.Failed(token(office, strconv.Itoa(i)), gate.OfCredential, start)
	}
	if table.Locked(password(home, "alice", "x"), start) == 0 {
		t.Error("a lock was evicted by what is only counted")
	}
}

func TestNoAllocation(t *testing.T) {
	table := lock.New(lock.Options{Failures: 1, NetworkFailures: 1})
	a := password(home, "alice", "x")
	if n := testing.AllocsPerRun(100, func() {
		table.Failed(a, both, start)
		table.Locked(a, start)
		table.Succeeded(a, start)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLocks(b *testing.B) {
	table := lock.New(lock.Options{})
	a := token(home, "a token of some length that was valid before")
	b.Run("quiet", func(b *testing.B) {
		for b.Loop() {
			table.Active(start)
		}
	})
	guess(table, home, "alice", 100, start)
	table.Succeeded(a, start)
	b.Run("under-attack", func(b *testing.B) {
		for b.Loop() {
			if table.Active(start) {
				table.Locked(a, start)
			}
		}
	})
	b.Run("failed", func(b *testing.B) {
		for b.Loop() {
			table.Failed(a, both, start)
		}
	})
}
