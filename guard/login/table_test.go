package login

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var (
	start = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	home  = netip.MustParseAddr("192.0.2.1")
	away  = netip.MustParseAddr("198.51.100.7")
)

func attempt(t *Table, account, password string) *gate.Login {
	return &gate.Login{Account: t.account([]byte(account)), Password: t.password([]byte(password))}
}

// do makes a whole attempt and reports whether it was let begin.
func do(t *Table, from netip.Addr, account, password string, o Outcome, l *Limits, now time.Time) bool {
	a := attempt(t, account, password)
	if why, _ := t.Begin(a, from, l, now); why != free {
		return false
	}
	t.End(a, from, o, l, now)
	return true
}

// TestAtOnce: as many guesses as are made at once are not all made before the
// first has failed.
func TestAtOnce(t *testing.T) {
	table, l := NewTable(), Settings{}.Limits()
	var under []*gate.Login
	for range 100 {
		a := attempt(table, "alice", "x")
		if why, _ := table.Begin(a, home, l, start); why == free {
			under = append(under, a)
		} else if why != Busy {
			t.Errorf("%v", why)
		}
	}
	if len(under) != 5 {
		t.Errorf("%d are under way", len(under))
	}
	for _, a := range under {
		table.End(a, home, Unknown, l, start)
		table.End(a, home, Failed, l, start) // once is all
	}
	if !do(table, home, "alice", "x", Failed, l, start) {
		t.Error("what did not fail counts")
	}
}

// TestManyAddresses: a botnet has few guesses at one account, and the account's
// own network is not closed.
func TestManyAddresses(t *testing.T) {
	table, l := NewTable(), Settings{}.Limits()
	do(table, home, "alice", "right", Succeeded, l, start)
	n := 0
	for i := range 10_000 {
		from := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0x0a000000+uint32(i)*256)))
		if do(table, from, "alice", strconv.Itoa(i), Failed, l, start) {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d guesses", n)
	}
	if !do(table, home, "alice", "right", Succeeded, l, start) {
		t.Error("the owner is locked out")
	}
	if do(table, away, "alice", "right", Succeeded, l, start) {
		t.Error("a network that the account never came from is let in")
	}
	if !do(table, away, "bob", "right", Succeeded, l, start) {
		t.Error("another account is locked out")
	}
}

// TestOffice: many who mistype behind one address are no stuffing, many who
// fail are.
func TestOffice(t *testing.T) {
	table, l := NewTable(), Settings{NetworkFailures: 1000}.Limits()
	for i := range 300 {
		name := "user" + strconv.Itoa(i)
		if i%10 == 0 {
			do(table, home, name, "typo"+name, Failed, l, start)
		}
		if !do(table, home, name, "right"+name, Succeeded, l, start) {
			t.Fatalf("user %d is locked out", i)
		}
	}
	n := 0
	for i := range 2000 {
		if do(table, home, "victim"+strconv.Itoa(i), "leaked"+strconv.Itoa(i), Failed, l, start) {
			n++
		}
	}
	if n < 100 || n > 500 {
		t.Errorf("%d accounts were tried beside an office of 300", n)
	}
	if !do(table, home, "user5", "right", Succeeded, l, start) {
		t.Error("a user of the office is locked out")
	}
}

// TestAttacked: thousands of addresses with a guess each at an account each lock
// nobody, and are seen.
func TestAttacked(t *testing.T) {
	table, l := NewTable(), Settings{}.Limits()
	for i := range 1000 {
		if table.Attacked(start) {
			t.Errorf("seen after %d users", i)
			break
		}
		do(table, home, "user"+strconv.Itoa(i), "right", Succeeded, l, start)
	}
	for i := range 3000 {
		from := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0x0a000000+uint32(i)*256)))
		do(table, from, "victim"+strconv.Itoa(i), "leaked"+strconv.Itoa(i), Failed, l, start)
	}
	if !table.Attacked(start) {
		t.Error("it is not seen")
	}
	if table.Attacked(start.Add(time.Hour)) {
		t.Error("it never ends")
	}
}

// TestFlood: made-up names and networks take no lock away that holds, and make
// nobody known.
func TestFlood(t *testing.T) {
	table, l := NewTable(), Settings{NetworkFailures: 1 << 20, NetworkAccounts: 1 << 20, PasswordAccounts: 1 << 20}.Limits()
	for range 12 {
		do(table, home, "alice", "x", Failed, l, start)
	}
	for i := range 200_000 {
		from := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 0x0a000000+uint32(i)*256)))
		do(table, from, "n"+strconv.Itoa(i), "p"+strconv.Itoa(i), Failed, l, start)
	}
	if do(table, home, "alice", "x", Failed, l, start) {
		t.Error("a lock was lost to what is only counted")
	}
}

func TestForgotten(t *testing.T) {
	table, l := NewTable(), Settings{}.Limits()
	do(table, home, "alice", "right", Succeeded, l, start)
	a := attempt(table, "alice", "x")
	if table.Begin(a, home, l, start.Add(29*24*time.Hour)); !a.Known {
		t.Error("forgotten within a month")
	}
	if table.Begin(a, home, l, start.Add(31*24*time.Hour)); a.Known {
		t.Error("known for longer than a month")
	}
}

func TestNoAllocation(t *testing.T) {
	table, l := NewTable(), Settings{Failures: 1}.Limits()
	a := attempt(table, "alice", "x")
	if n := testing.AllocsPerRun(100, func() {
		table.Begin(a, home, l, start)
		a.Begun = true
		table.End(a, home, Failed, l, start)
		table.Attacked(start)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTable(b *testing.B) {
	table, l := NewTable(), Settings{}.Limits()
	a := attempt(table, "alice", "x")
	b.Run("good", func(b *testing.B) {
		for b.Loop() {
			table.Begin(a, home, l, start)
			table.End(a, home, Succeeded, l, start)
		}
	})
	b.Run("locked", func(b *testing.B) {
		for range 10 {
			do(table, away, "alice", "x", Failed, l, start)
		}
		for b.Loop() {
			if why, _ := table.Begin(a, away, l, start); why == free {
				b.Fatal("not locked")
			}
		}
	})
}
