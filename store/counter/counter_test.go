package counter

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/trust"
)

// patient is a time in which a server of a test answers also on a busy machine.
const patient = 5 * time.Second

// open connects to a server.
func open(t testing.TB, address string, change ...func(*Options)) *Counters {
	t.Helper()
	o := Options{Addresses: []string{address}, Prefix: "test", Timeout: patient}
	for _, f := range change {
		f(&o)
	}
	c := New(o)
	t.Cleanup(c.Close)
	await(t, c)
	return c
}

func await(t testing.TB, c *Counters) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
}

// name names a counter.
func name(n byte) (id [16]byte) {
	id[0] = n
	return id
}

func rate(amount int64, per time.Duration, burst int64) Ask {
	return Ask{Limit: name(1), Key: name(2), Kind: Rate, Amount: amount, Per: per, Burst: burst, Want: 1, Need: 1, Life: time.Second}
}

func take(t testing.TB, c *Counters, a Ask) Grant {
	t.Helper()
	g, err := c.Take(t.Context(), &a)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// asking returns a with other numbers of units.
func asking(a Ask, want, need int64) Ask {
	a.Want, a.Need = want, need
	return a
}

func TestRate(t *testing.T) {
	t.Parallel()
	c := open(t, testdata.StartRedis(t).Address)
	a := rate(10, 24*time.Hour, 10) // one in 2.4 hours: none comes while the test runs
	if g := take(t, c, asking(a, 7, 7)); g.Units != 7 || g.Remaining != 3 {
		t.Errorf("%+v", g)
	}
	if g := take(t, c, asking(a, 7, 4)); g.Units != 0 || g.Remaining != 3 || g.Retry < 2*time.Hour || g.Retry > 3*time.Hour {
		t.Errorf("of fewer than needed: %+v", g)
	}
	if g := take(t, c, asking(a, 7, 1)); g.Units != 3 || g.Remaining != 0 {
		t.Errorf("what is there: %+v", g)
	}
	a.Granted = time.Now()
	if err := c.Give(t.Context(), &Ask{Limit: a.Limit, Key: a.Key, Kind: Rate, Amount: 10, Per: a.Per, Burst: 10, Want: 2, Granted: a.Granted}); err != nil {
		t.Error(err)
	}
	if g := take(t, c, asking(a, 9, 1)); g.Units < 1 || g.Units > 2 {
		t.Errorf("what was given back: %+v", g)
	}
	other := a
	other.Key = name(3)
	if g := take(t, c, asking(other, 10, 10)); g.Units != 10 {
		t.Errorf("another key: %+v", g)
	}
	fast := rate(1000, time.Second, 5)
	fast.Limit = name(9)
	take(t, c, asking(fast, 5, 5))
	time.Sleep(3 * time.Millisecond) // of the server's clock, which no test can turn
	if g := take(t, c, asking(fast, 5, 1)); g.Units < 3 {
		t.Errorf("3 ms later: %+v", g)
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	c := open(t, testdata.StartRedis(t).Address)
	a := rate(10, 640*time.Millisecond, 0)
	a.Kind = Window
	begun := time.Now()
	if g := take(t, c, asking(a, 8, 1)); g.Units != 8 {
		t.Fatalf("%+v", g)
	}
	if g := take(t, c, asking(a, 8, 1)); g.Units != 2 {
		t.Fatalf("%+v", g)
	}
	for {
		g := take(t, c, asking(a, 10, 1))
		if g.Units > 0 {
			if took := time.Since(begun); took < a.Per {
				t.Errorf("%+v after %v", g, took)
			}
			break
		}
		if g.Retry <= 0 || g.Retry > 660*time.Millisecond {
			t.Fatalf("%+v", g)
		}
		time.Sleep(min(g.Retry, 20*time.Millisecond))
	}
	if took := time.Since(begun); took > a.Per+2*time.Second {
		t.Errorf("after %v", took)
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	c := open(t, server.Address)
	day := func(at time.Time) (time.Time, time.Time) {
		began := at.UTC().Truncate(24 * time.Hour)
		return began, began.Add(24 * time.Hour)
	}
	a := Ask{Limit: name(1), Key: name(2), Kind: Quota, Amount: 100, Period: day, Life: time.Hour}
	if g := take(t, c, asking(a, 60, 1)); g.Units != 60 || g.Remaining != 40 {
		t.Errorf("%+v", g)
	}
	give := asking(a, 10, 0)
	give.Granted = time.Now()
	if err := c.Give(t.Context(), &give); err != nil {
		t.Error(err)
	}
	if g := take(t, c, asking(a, 60, 1)); g.Units != 50 || time.Until(g.Until) > time.Hour {
		t.Errorf("%+v", g)
	}
	if g := take(t, c, asking(a, 1, 1)); g.Units != 0 || g.Retry <= 0 || g.Retry > 24*time.Hour {
		t.Errorf("%+v", g)
	}
	// A node whose clock is wrong by a day counts in the server's.
	c.link.offset.Store((30 * time.Hour).Microseconds())
	if g := take(t, c, asking(a, 1, 1)); g.Units != 0 {
		t.Errorf("by a wrong clock: %+v", g)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	one, two := open(t, server.Address), open(t, server.Address)
	a := Ask{Limit: name(1), Key: name(2), Kind: Concurrency, Amount: 10, Life: time.Minute}
	hold := func(c *Counters, want, need int64) Grant {
		t.Helper()
		q := asking(a, want, need)
		g, err := c.Hold(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	if g := hold(one, 7, 1); g.Units != 7 || g.Remaining != 3 {
		t.Errorf("%+v", g)
	}
	if g := hold(two, 7, 1); g.Units != 3 || g.Remaining != 0 {
		t.Errorf("%+v", g)
	}
	if g := hold(one, 2, 2); g.Units != 2 || g.Remaining != 5 {
		t.Errorf("fewer: %+v", g)
	}
	if g := hold(two, 9, 1); g.Units != 8 {
		t.Errorf("what was let go: %+v", g)
	}
	// A dead node's places come back when its time is over.
	a.Life = 0
	if g := hold(two, 8, 8); g.Units != 8 {
		t.Errorf("%+v", g)
	}
	a.Life = time.Minute
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if g := hold(one, 10, 2); g.Units == 10 {
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("places of a dead node do not come back")
		}
	}
	hold(one, 0, 0)
	if n := server.Do("EXISTS", "test:"+"AQAAAAAAAAAAAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAA"); n != ":0" {
		t.Errorf("a key of which nobody holds anything: %s", n)
	}
}

// TestKeysEnd: every key that is left in the server ends by itself, and none has
// more in its name than the prefix and a hash.
func TestKeysEnd(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	c := open(t, server.Address)
	for n := range byte(20) {
		a := rate(100, time.Minute, 10)
		a.Key = name(n)
		for _, a.Kind = range []Kind{Rate, Window, Quota, Concurrency} {
			a.Limit = name(byte(a.Kind))
			a.Period = func(at time.Time) (time.Time, time.Time) { return at.Add(-time.Hour), at.Add(time.Hour) }
			if a.Kind == Concurrency {
				if _, err := c.Hold(t.Context(), &a); err != nil {
					t.Fatal(err)
				}
				continue
			}
			take(t, c, a)
		}
	}
	wrong := server.Do("EVAL", `local n, bad = 0, ''
for _, k in ipairs(redis.call('KEYS', '*')) do
	n = n + 1
	if redis.call('PTTL', k) <= 0 or not (k == 'test:nodes' or string.match(k, '^test:[%w_-]+$') or string.match(k, '^test:[%w_-]+:%w+$')) then bad = bad .. ' ' .. k end
end
return n .. bad`, "0")
	if wrong != "81" {
		t.Error(wrong)
	}
}

// TestLost: counters go on where this node has seen them when the server has
// lost them, and its scripts.
func TestLost(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	c := open(t, server.Address)
	for _, kind := range []Kind{Rate, Window, Quota} {
		a := rate(100, time.Hour, 100)
		a.Kind, a.Limit = kind, name(byte(kind))
		a.Period = func(at time.Time) (time.Time, time.Time) {
			began := at.UTC().Truncate(24 * time.Hour)
			return began, began.Add(24 * time.Hour)
		}
		if g := take(t, c, asking(a, 90, 1)); g.Units != 90 {
			t.Errorf("%d: %+v", kind, g)
		}
		server.Do("FLUSHALL")
		server.Do("SCRIPT", "FLUSH")
		if g := take(t, c, asking(a, 90, 1)); g.Units < 10 || g.Units > 11 {
			t.Errorf("%d after FLUSHALL: %+v", kind, g)
		}
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	const secret = "planted-password-of-redis"
	server := testdata.StartRedis(t, "--requirepass", secret, "--databases", "4")
	var log testdata.Buffer
	with := func(password string) func(*Options) {
		return func(o *Options) {
			o.Password, o.Database, o.Log = trust.NewSecret(password), 3, slog.New(slog.NewTextHandler(&log, nil))
		}
	}
	c := open(t, server.Address, with(secret))
	if g := take(t, c, rate(1, time.Hour, 1)); g.Units != 1 {
		t.Errorf("%+v", g)
	}
	o := Options{Addresses: []string{server.Address}, Prefix: "test"}
	with("wrong-" + secret)(&o)
	bad := New(o)
	defer bad.Close()
	for begun := time.Now(); !strings.Contains(log.String(), "WRONGPASS"); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatal(log.String())
		}
	}
	a := rate(1, time.Hour, 1)
	if _, err := bad.Take(t.Context(), &a); err != ErrDown {
		t.Error(err)
	}
	if text := log.String() + fmt.Sprint(o) + fmt.Sprintf("%+v", o); strings.Contains(text, secret) {
		t.Error("the password is written: ", text)
	}
}

// TestLeastRights: a user of the server with the rights that the guide names is
// enough.
func TestLeastRights(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/guide/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "\nACL SETUSER ")
	line, _, found := strings.Cut(rest, "\n")
	if !found {
		t.Fatal("the guide does not say what rights are needed")
	}
	server := testdata.StartRedis(t)
	if answer := server.Do(append([]string{"ACL", "SETUSER"}, strings.Fields(line)...)...); answer != "+OK" {
		t.Fatal(answer)
	}
	c := open(t, server.Address, func(o *Options) {
		o.User, o.Password, o.Prefix = "gatehouse", trust.NewSecret("PASSWORD"), "gatehouse"
	})
	a := rate(100, time.Hour, 100)
	a.Period = func(at time.Time) (time.Time, time.Time) { return at.Add(-time.Hour), at.Add(time.Hour) }
	for _, a.Kind = range []Kind{Rate, Window, Quota} {
		a.Limit = name(byte(a.Kind))
		take(t, c, a)
	}
	a.Kind, a.Limit = Concurrency, name(9)
	for _, a.Want = range []int64{3, 0} {
		a.Need = 0
		if _, err := c.Hold(t.Context(), &a); err != nil {
			t.Error(err)
		}
	}
}
