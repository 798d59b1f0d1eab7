package edge

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
)

// TestBadPairIsNotUsed changes the files to what is of no use: the pair before
// serves on, the reason is logged once, however often somebody looks, and a
// good pair comes into use afterwards.
func TestBadPairIsNotUsed(t *testing.T) {
	for _, row := range []struct {
		name string
		make func(t *testing.T, dir, cert, key string)
		want string
	}{
		{"expired", func(t *testing.T, dir, _, _ string) { files(t, dir, 2, time.Now().Add(-time.Hour)) }, "expired"},
		{"not-yet-valid", func(t *testing.T, dir, _, _ string) { files(t, dir, 2, time.Now().Add(96*time.Hour)) }, "valid from"},
		{"no-pair", func(t *testing.T, _, cert, _ string) {
			c, _ := stage.Pair(t, 2, tomorrow())
			write(t, cert, c)
		}, "not a pair"},
		{"no-certificate", func(t *testing.T, _, cert, _ string) { write(t, cert, []byte("nonsense")) }, "not a pair"},
		{"too-large", func(t *testing.T, _, cert, _ string) { pad(t, cert, maxFile+1) }, "larger than"},
		{"no-key", func(t *testing.T, _, _, key string) {
			if err := os.Remove(key); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			cert, key := files(t, dir, 1, tomorrow())
			var log lines
			p, err := openPair(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			serves := func(want int64) {
				t.Helper()
				if n := p.live.Load().Leaf.SerialNumber.Int64(); n != want {
					t.Errorf("serves %d, want %d", n, want)
				}
			}
			row.make(t, dir, cert, key)
			for range 3 {
				if err := p.reload(); err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("reload: %v, want %q", err, row.want)
				}
				serves(1)
			}
			if n := log.count("is not used"); n != 1 {
				t.Errorf("the reason is logged %d times", n)
			}
			files(t, dir, 3, tomorrow())
			for range 2 {
				if err := p.reload(); err != nil {
					t.Errorf("reload of a good pair: %v", err)
				}
			}
			serves(3)
			if n := log.count("was changed"); n != 1 {
				t.Errorf("the change is logged %d times", n)
			}
		})
	}
}

// pad makes the file n bytes long, with line ends behind what it holds.
func pad(t *testing.T, name string, n int) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, append(b, bytes.Repeat([]byte("\n"), n-len(b))...))
}

// TestFilesAreBounded reads a file of the largest size and none that is larger.
func TestFilesAreBounded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	for size, ok := range map[int]bool{0: true, maxFile: true, maxFile + 1: false, 2 * maxFile: false} {
		write(t, name, make([]byte, size))
		if b, err := readFile(name, maxFile); (err == nil) != ok || ok && len(b) != size {
			t.Errorf("%d bytes: read %d, %v", size, len(b), err)
		}
	}
}

// TestNetworkOfAConnection wants clients of one IPv6 /64 taken for one, and
// those of IPv4 for one by address.
func TestNetworkOfAConnection(t *testing.T) {
	for _, row := range []struct{ name, listen, dial, want string }{
		{"ipv6", "[::1]:0", "", "::/64"},
		{"ipv4", "127.0.0.1:0", "", "127.0.0.1/32"},
		{"ipv4-at-an-ipv6-socket", "[::]:0", "127.0.0.1", "127.0.0.1/32"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, err := net.Listen("tcp", row.listen)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			host, port, _ := net.SplitHostPort(l.Addr().String())
			if row.dial != "" {
				host = row.dial
			}
			client, err := net.Dial("tcp", net.JoinHostPort(host, port))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if got := network(c.RemoteAddr()); got != netip.MustParsePrefix(row.want) {
				t.Errorf("network %v, want %s", got, row.want)
			}
		})
	}
}
