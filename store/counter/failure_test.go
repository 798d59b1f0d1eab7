package counter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// soon is the time of a question in tests of servers that fail. No question may
// take longer than that and what the machine, which is busy, adds.
const (
	soon = 20 * time.Millisecond
	busy = 500 * time.Millisecond
)

func impatient(o *Options) { o.Timeout = soon }

// until asks until the answer is what is wanted, and returns how many questions
// that took. None may take long.
func until(t *testing.T, c *Counters, a Ask, wanted func(Grant, error) bool) (n int) {
	t.Helper()
	for begun := time.Now(); ; n++ {
		asked := time.Now()
		g, err := c.Take(t.Context(), &a)
		if took := time.Since(asked); took > soon+busy {
			t.Errorf("a question took %v", took)
		}
		if wanted(g, err) {
			return n
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("in the end: %+v %v", g, err)
		}
		time.Sleep(time.Millisecond)
	}
}

func down(_ Grant, err error) bool { return err == ErrDown }
func up(g Grant, err error) bool   { return err == nil && g.Units > 0 }

func plenty() Ask { return rate(1_000_000, time.Second, 1_000_000) }

func TestServerIsSlow(t *testing.T) {
	t.Parallel()
	relay := testdata.NewRelay(t, testdata.StartRedis(t).Address)
	c := open(t, relay.Address, impatient)
	until(t, c, plenty(), up)
	relay.Delay(2 * soon)
	if n := until(t, c, plenty(), down); n > 3*badInARow {
		t.Errorf("%d questions waited for a slow server", n)
	}
	// Then nobody waits: thousands of questions take no time.
	begun := time.Now()
	for range 1000 {
		a := plenty()
		if _, err := c.Take(t.Context(), &a); err != ErrDown {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took > soon+busy {
		t.Errorf("1000 questions took %v", took)
	}
	if s := c.Stats(); s.Up || s.Late < badInARow || s.Spared < 1000 || s.Lost != 1 {
		t.Errorf("%+v", s)
	}
	relay.Delay(0)
	until(t, c, plenty(), up)
}

// TestLateUnitsAreGivenBack: what a slow server grants when nobody waits any
// more is not lost.
func TestLateUnitsAreGivenBack(t *testing.T) {
	t.Parallel()
	relay := testdata.NewRelay(t, testdata.StartRedis(t).Address)
	c := open(t, relay.Address, impatient)
	a := Ask{Limit: name(1), Key: name(2), Kind: Quota, Amount: 100, Want: 100, Need: 1, Life: time.Hour, Period: func(at time.Time) (time.Time, time.Time) {
		began := at.UTC().Truncate(24 * time.Hour)
		return began, began.Add(24 * time.Hour)
	}}
	relay.Delay(3 * soon)
	if _, err := c.Take(t.Context(), &a); err != ErrLate {
		t.Fatal(err)
	}
	relay.Delay(0)
	until(t, c, a, func(g Grant, err error) bool { return err == nil && g.Units == 100 })
}

func TestServerSaysNothing(t *testing.T) {
	t.Parallel()
	relay := testdata.NewRelay(t, testdata.StartRedis(t).Address)
	c := open(t, relay.Address, impatient)
	relay.Hold(true)
	// As many at once as may wait, and many more.
	var work sync.WaitGroup
	for range 4 * maxWaiting {
		work.Go(func() {
			asked := time.Now()
			a := plenty()
			if _, err := c.Take(t.Context(), &a); err == nil {
				t.Error("granted")
			}
			if took := time.Since(asked); took > soon+2*busy {
				t.Errorf("a question took %v", took)
			}
		})
	}
	work.Wait()
	until(t, c, plenty(), down)
	relay.Hold(false)
	until(t, c, plenty(), up)
}

// TestServerDies: it is left alone until it lives again, and then not stormed.
func TestServerDies(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	relay := testdata.NewRelay(t, server.Address)
	var log testdata.Buffer
	c := open(t, relay.Address, impatient, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	until(t, c, plenty(), up)
	server.Kill()
	relay.Cut()
	until(t, c, plenty(), down)
	before := relay.Accepted.Load()
	var work sync.WaitGroup
	for begun, n := time.Now(), 0; n < 32; n++ {
		work.Go(func() {
			for time.Since(begun) < time.Second {
				a := plenty()
				c.Take(t.Context(), &a)
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	work.Wait()
	if n := relay.Accepted.Load() - before; n > 12 {
		t.Errorf("%d attempts to connect in a second", n)
	}
	server.Start()
	until(t, c, plenty(), up)
	if n := relay.Accepted.Load() - before; n > 20 {
		t.Errorf("%d connections until it was back", n)
	}
	for _, word := range []string{"does not answer", "answers: limits are counted"} {
		if n := strings.Count(log.String(), word); n < 1 || n > 3 {
			t.Errorf("%q is said %d times: %s", word, n, log.String())
		}
	}
}

func TestServerIsAwayAtTheStart(t *testing.T) {
	t.Parallel()
	server := testdata.StartRedis(t)
	server.Kill()
	c := New(Options{Addresses: []string{server.Address}, Prefix: "test", Timeout: patient})
	defer c.Close()
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := c.Ready(short); err == nil {
		t.Error("ready without a server")
	}
	a := plenty()
	if _, err := c.Take(t.Context(), &a); err != ErrDown {
		t.Error(err)
	}
	server.Start()
	await(t, c)
	take(t, c, a)
}

// TestReplicaTakesOver: gates find the new primary among the addresses, and
// counters go on.
func TestReplicaTakesOver(t *testing.T) {
	t.Parallel()
	first, second := testdata.StartRedis(t), testdata.StartRedis(t)
	host, port, _ := net.SplitHostPort(first.Address)
	second.Do("REPLICAOF", host, port)
	c := open(t, first.Address, func(o *Options) { o.Addresses = append(o.Addresses, second.Address) })
	a := rate(100, 24*time.Hour, 100)
	if g := take(t, c, asking(a, 90, 1)); g.Units != 90 {
		t.Fatalf("%+v", g)
	}
	for second.Do("EXISTS", "test:AQAAAAAAAAAAAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAA") != ":1" {
		time.Sleep(time.Millisecond)
	}
	second.Do("REPLICAOF", "NO", "ONE")
	host, port, _ = net.SplitHostPort(second.Address)
	first.Do("REPLICAOF", host, port) // the old primary goes on, and must not be believed
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		q := asking(a, 90, 1)
		if g, err := c.Take(t.Context(), &q); err == nil {
			if g.Units != 10 {
				t.Errorf("%+v", g)
			}
			break
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal("the new primary is not found")
		}
	}
	first.Kill()
	take(t, c, a)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ca := testdata.NewAuthority(t, "authority")
	cert, key := ca.Server(7, "redis.test")
	folder := t.TempDir()
	for name, text := range map[string][]byte{"ca": ca.PEM, "cert": cert, "key": key} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	testdata.StartRedis(t, "--tls-port", port, "--tls-cert-file", filepath.Join(folder, "cert"), "--tls-key-file", filepath.Join(folder, "key"),
		"--tls-ca-cert-file", filepath.Join(folder, "ca"), "--tls-auth-clients", "no")
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	c := open(t, "127.0.0.1:"+port, func(o *Options) { o.TLS = &tls.Config{RootCAs: pool, ServerName: "redis.test"} })
	take(t, c, plenty())
	bad := New(Options{Addresses: []string{"127.0.0.1:" + port}, Prefix: "test", TLS: &tls.Config{RootCAs: pool, ServerName: "other.test"}})
	defer bad.Close()
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := bad.Ready(short); err == nil || !strings.Contains(err.Error(), "other.test") {
		t.Errorf("a certificate for another name: %v", err)
	}
}
