package edge

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
)

// files writes a pair into dir and returns the names.
func files(t testing.TB, dir string, serial int64, end time.Time) (cert, key string) {
	t.Helper()
	c, k := stage.Pair(t, serial, end)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, c)
	write(t, key, k)
	return cert, key
}

// write replaces a file at once, as careful tools do.
func write(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name+".new", b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// pairOf speaks TLS with one pair.
func pairOf(cert, key string) *TLS { return &TLS{Pairs: []Pair{{cert, key}}} }

func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

func TestWhereToListen(t *testing.T) {
	leak.Check(t)
	cert, key := files(t, t.TempDir(), 1, tomorrow())
	oldCert, oldKey := files(t, t.TempDir(), 2, time.Now().Add(-time.Hour))
	early, earlyKey := files(t, t.TempDir(), 3, time.Now().Add(96*time.Hour))
	for _, row := range []struct {
		name string
		o    Options
		want string // of the error; "" for none
	}{
		{"plain-on-loopback", Options{Address: "127.0.0.1:0"}, ""},
		{"plain-on-ipv6-loopback", Options{Address: "[::1]:0"}, ""},
		{"plain-on-localhost", Options{Address: "localhost:0"}, ""},
		{"plain-on-every-address", Options{Address: ":0"}, ErrExposed.Error()},
		{"plain-on-unspecified", Options{Address: "0.0.0.0:0"}, ErrExposed.Error()},
		{"plain-on-unspecified-ipv6", Options{Address: "[::]:0"}, ErrExposed.Error()},
		{"plain-allowed", Options{Address: "0.0.0.0:0", PlainHTTP: true}, ""},
		{"tls-everywhere", Options{Address: ":0", TLS: pairOf(cert, key)}, ""},
		{"certificate-alone", Options{Address: "127.0.0.1:0", TLS: pairOf(cert, "")}, ErrPair.Error()},
		{"key-alone", Options{Address: "127.0.0.1:0", TLS: pairOf("", key)}, ErrPair.Error()},
		{"no-such-file", Options{Address: ":0", TLS: pairOf(cert+"x", key)}, "no such file"},
		{"no-pair", Options{Address: ":0", TLS: pairOf(cert, oldKey)}, "not a pair"},
		{"expired", Options{Address: ":0", TLS: pairOf(oldCert, oldKey)}, "expired"},
		{"not-yet-valid", Options{Address: ":0", TLS: pairOf(early, earlyKey)}, "valid from"},
		{"no-address", Options{Address: "nonsense"}, ErrAddress.Error()},
		{"port-alone", Options{Address: "8080"}, ErrAddress.Error()},
		{"port-that-does-not-exist", Options{Address: "127.0.0.1:65536"}, ErrAddress.Error()},
		{"host-that-does-not-exist", Options{Address: "a..b:0"}, "a..b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, err := Listen(row.o)
			if err == nil {
				defer l.Close()
			}
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
			mistake := errors.Is(err, ErrPair) || errors.Is(err, ErrAddress) || errors.Is(err, ErrExposed)
			if found := row.o.Check(); (found != nil) != mistake {
				t.Errorf("Check says %v, Listen %v", found, err)
			}
		})
	}
}

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

func TestReadableKeyIsWarnedOf(t *testing.T) {
	cert, key := files(t, t.TempDir(), 1, tomorrow())
	for _, row := range []struct {
		mode os.FileMode
		want int
	}{{0o600, 0}, {0o640, 0}, {0o644, 1}} {
		if err := os.Chmod(key, row.mode); err != nil {
			t.Fatal(err)
		}
		var log lines
		l, err := Listen(Options{Address: "127.0.0.1:0", TLS: pairOf(cert, key), Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if n := log.count("everyone on this machine"); n != row.want {
			t.Errorf("mode %v: %d warnings, want %d", row.mode, n, row.want)
		}
	}
}

func TestEndOfACertificateIsSaid(t *testing.T) {
	end := tomorrow()
	cert, key := files(t, t.TempDir(), 1, end)
	var log lines
	p, err := openPair(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		at           time.Time
		soon, passed int
	}{{time.Now(), 1, 0}, {end.Add(-20 * 24 * time.Hour), 1, 0}, {end.Add(-time.Hour), 2, 0}, {end.Add(-time.Minute), 2, 0}, {end.Add(time.Minute), 2, 1}, {end.Add(time.Hour), 2, 1}} {
		p.warn(row.at)
		if s, e := log.count("expires soon"), log.count("has expired"); s != row.soon || e != row.passed {
			t.Errorf("at %v: said %d and %d times, want %d and %d", row.at.Sub(end), s, e, row.soon, row.passed)
		}
	}
}

// greet accepts connections and writes a byte on each.
func greet(l *Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(5 * time.Second))
			t := tls.Server(c, l.TLS())
			if t.Handshake() == nil {
				t.Write([]byte("x"))
				t.Close()
			}
		}()
	}
}

// serial connects and returns the serial number of the certificate.
func serial(addr string) (int64, error) {
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		return 0, err
	}
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// TestCertificateChangesUnderLoad changes the files while clients connect all
// the time: no connection fails, the new pair comes into use by itself, and a
// bad one never does.
func TestCertificateChangesUnderLoad(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	cert, key := files(t, dir, 1, tomorrow())
	var log lines
	l, err := Listen(Options{Address: "127.0.0.1:0", TLS: pairOf(cert, key), Poll: time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() { greet(l) })
	defer func() { l.Close(); work.Wait() }()
	addr := l.Addr().String()

	var now, done atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for done.Load() == 0 {
				n, err := serial(addr)
				if err != nil {
					t.Errorf("a connection failed: %v", err)
					return
				}
				now.Store(n)
			}
		})
	}
	await := func(what string, ok func() bool) {
		t.Helper()
		for limit := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("waited for %s", what)
			}
		}
	}
	await("the first certificate", func() bool { return now.Load() == 1 })
	for n := int64(2); n < 6; n++ {
		files(t, dir, n, tomorrow())
		await("the changed certificate", func() bool { return now.Load() == n })
	}
	bad := log.count("is not used") // the moment between the two files may have been seen
	write(t, cert, []byte("nonsense"))
	await("the reason why a bad one is not used", func() bool { return log.count("is not used") > bad })
	if err := l.secure.reload(); err == nil || !strings.Contains(err.Error(), "not a pair") {
		t.Errorf("reload on a bad file: %v", err)
	}
	if n, err := serial(addr); n != 5 || err != nil {
		t.Errorf("beside a bad file serves %d, %v", n, err)
	}
	os.Remove(key)
	if err := l.secure.reload(); err == nil {
		t.Error("reload without a key file says nothing")
	}
	files(t, dir, 7, tomorrow())
	if err := l.secure.reload(); err != nil {
		t.Errorf("reload: %v", err)
	}
	if n, err := serial(addr); n != 7 || err != nil {
		t.Errorf("after reload serves %d, %v", n, err)
	}
	done.Store(1)
	clients.Wait()
}

func TestOnlyTLS13(t *testing.T) {
	leak.Check(t)
	cert, key := files(t, t.TempDir(), 1, tomorrow())
	l, err := Listen(Options{Address: "127.0.0.1:0", TLS: pairOf(cert, key)})
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() { greet(l) })
	defer func() { l.Close(); work.Wait() }()
	for _, row := range []struct {
		name string
		c    *tls.Config
		ok   bool
	}{
		{"tls-1-3", &tls.Config{}, true},
		{"tls-1-2", &tls.Config{MaxVersion: tls.VersionTLS12}, false},
		{"http-1-1", &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, true},
		{"http-2-alone", &tls.Config{NextProtos: []string{"h2"}}, false},
	} {
		row.c.InsecureSkipVerify = true
		c, err := tls.Dial("tcp", l.Addr().String(), row.c)
		if (err == nil) != row.ok {
			t.Errorf("%s: %v, want it to work: %v", row.name, err, row.ok)
		}
		if err == nil {
			if p := c.ConnectionState().NegotiatedProtocol; p != "" && p != "http/1.1" {
				t.Errorf("%s: negotiated %q", row.name, p)
			}
			c.Close()
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	leak.Check(t)
	for _, row := range []struct {
		name string
		o    Options
		want int
	}{
		{"in-all", Options{MaxConnections: 3, MaxPerAddress: 100}, 3},
		{"per-address", Options{MaxConnections: 100, MaxPerAddress: 2}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.o.Address = "127.0.0.1:0"
			l, err := Listen(row.o)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var held []net.Conn
			for round := range 2 { // closed ones give their place back
				held = held[:0]
				for range row.want {
					held = append(held, connect(t, l))
				}
				one, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				next := make(chan net.Conn)
				go func() {
					c, _ := l.Accept()
					next <- c
				}()
				one.SetDeadline(time.Now().Add(5 * time.Second))
				if n, err := one.Read(make([]byte, 1)); n != 0 || err == nil || os.IsTimeout(err) {
					t.Errorf("round %d: one more connection is not closed: %v", round, err)
				}
				one.Close()
				held[0].Close()
				held[0].Close() // counts once
				two, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				held[0] = <-next
				two.Close()
				for _, c := range held {
					c.Close()
				}
			}
			if l.Counts().Dropped != 2 || l.Counts().Open != 0 || len(l.by) != 0 {
				t.Errorf("%+v, networks %d", l.Counts(), len(l.by))
			}
		})
	}
}

func connect(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestNetworkOfAClient(t *testing.T) {
	l := limit(nil, 10, 1, slog.New(slog.DiscardHandler))
	a, b := netip.MustParsePrefix("2001:db8::/64"), netip.MustParsePrefix("2001:db8:0:1::/64")
	if !l.enter(a) || l.enter(a) || !l.enter(b) {
		t.Error("networks are not counted apart")
	}
}
