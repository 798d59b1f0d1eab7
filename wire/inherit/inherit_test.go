package inherit

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
)

func environment(pairs ...string) Lookup {
	return func(name string) (string, bool) {
		for _, p := range pairs {
			if value, ok := strings.CutPrefix(p, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// answers connects to a and has l accept it.
func answers(t *testing.T, a net.Addr, l net.Listener) {
	t.Helper()
	c, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accepted.Write([]byte("x"))
	accepted.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	if b, err := io.ReadAll(c); string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestMistakesOfSystemd(t *testing.T) {
	me := "LISTEN_PID=" + strconv.Itoa(os.Getpid())
	for _, row := range []struct {
		name string
		env  []string
		want string
	}{
		{"nothing", nil, ""},
		{"for-another-process", []string{"LISTEN_PID=1", "LISTEN_FDS=1"}, ""},
		{"for-nobody", []string{"LISTEN_FDS=1"}, ""},
		{"none", []string{me, "LISTEN_FDS=0"}, ""},
		{"no-number", []string{me, "LISTEN_FDS=x"}, "not a number"},
		{"negative", []string{me, "LISTEN_FDS=-1"}, "not a number"},
		{"too-many", []string{me, "LISTEN_FDS=251"}, "not a number"},
		{"names-that-are-missing", []string{me, "LISTEN_FDS=2", "LISTEN_FDNAMES=a"}, "has 1 names"},
		{"no-such-descriptor", []string{me, "LISTEN_FDS=1"}, "no listening socket"},
	} {
		t.Run(row.name, func(t *testing.T) {
			list, err := fromSystemd(environment(row.env...), 1<<20)
			if len(list) != 0 || (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, %v", list, err)
			}
		})
	}
}

// state is what one word to systemd holds.
func state(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	b := make([]byte, 256)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestNotifications(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), fmt.Sprintf("@gatehouse-test-%d", os.Getpid())} {
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		n := NewNotifier(environment("NOTIFY_SOCKET=" + name))
		for _, row := range []struct {
			say  func() error
			want string
		}{{n.Ready, "READY=1"}, {n.Reloading, "RELOADING=1\nMONOTONIC_USEC="}, {n.Stopping, "STOPPING=1"}} {
			if err := row.say(); err != nil {
				t.Fatal(err)
			}
			got := state(t, c)
			if !strings.HasPrefix(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if _, usec, ok := strings.Cut(got, "USEC="); ok && len(usec) < 6 {
				t.Errorf("the clock says %q", usec)
			}
		}
		c.Close()
		if n.Ready() == nil {
			t.Error("nobody is told, and nothing is said")
		}
	}
	if n := NewNotifier(environment("NOTIFY_SOCKET=nonsense")); n != nil || n.Ready() != nil {
		t.Error("nonsense is told")
	}
}

// giver returns what Offer gives of a listener.
func giver(t *testing.T, names ...string) (give func() ([]Given, error), l *net.TCPListener) {
	l = listen(t, "tcp", "127.0.0.1:0").(*net.TCPListener)
	return func() (list []Given, err error) {
		for _, name := range names {
			f, err := l.File()
			if err != nil {
				t.Error(err)
			}
			list = append(list, Given{name, f})
		}
		return list, nil
	}, l
}

func TestHandover(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(t.TempDir(), "handover")
	if taken, err := Take(path); taken != nil || err != nil {
		t.Fatalf("without a gate: %v, %v", taken, err)
	}
	at := listen(t, "unix", path)
	give, old := giver(t, "127.0.0.1:0", "unix:/a b")
	over := make(chan struct{})
	ended := make(chan error)
	go func() { ended <- Offer(t.Context(), at, give, func() { old.Close(); close(over) }) }()

	given, err := Take(path) // which thinks better of it
	if err != nil {
		t.Fatal(err)
	}
	given.Close()
	answers(t, old.Addr(), old)

	given, err = Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(given.Sockets); n != 2 || given.Sockets[0].Name != "127.0.0.1:0" || given.Sockets[1].Name != "unix:/a b" {
		t.Fatalf("%+v", given.Sockets)
	}
	answers(t, old.Addr(), given.Sockets[1].Listener)
	select {
	case <-over:
		t.Error("the old one stops before the new one listens")
	default:
	}
	if err := given.Ready(); err != nil {
		t.Fatal(err)
	}
	<-over
	if err := <-ended; err != nil {
		t.Error(err)
	}
	answers(t, given.Sockets[0].Listener.Addr(), given.Sockets[0].Listener)
	given.Close()
	at.Close()
	if taken, err := Take(path); taken != nil || err != nil {
		t.Errorf("when nobody listens any more: %v, %v", taken, err)
	}
}

// TestStrangersAtTheHandover says what no gate says: nothing is handed over,
// and the gate serves on.
func TestStrangersAtTheHandover(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(t.TempDir(), "handover")
	at := listen(t, "unix", path)
	give, _ := giver(t, "a")
	ended := make(chan error)
	go func() { ended <- Offer(t.Context(), at, give, func() { t.Error("is over") }) }()
	for _, text := range []string{"", "gatehouse-handover 2\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", wordAsk + "never\n"} {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, text)
		c.(*net.UnixConn).CloseWrite()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		got, _ := io.ReadAll(c)
		if want := map[bool]string{true: "a\n"}[strings.HasPrefix(text, wordAsk)]; string(got) != want {
			t.Errorf("after %q: %q", text, got)
		}
		c.Close()
	}
	at.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNothingToGive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "handover")
	at := listen(t, "unix", path)
	go Offer(t.Context(), at, func() ([]Given, error) { return nil, errors.New("closed") }, nil)
	if taken, err := Take(path); taken != nil || err == nil || !strings.Contains(err.Error(), "hands nothing over") {
		t.Errorf("%v, %v", taken, err)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("127.0.0.1:80\n", 1)
	f.Add("a\nb\n", 2)
	f.Add("a\nb", 2)
	f.Fuzz(func(t *testing.T, text string, want int) {
		names, err := parseNames(text, want)
		if err == nil && (len(names) != want || strings.Join(names, "\n")+"\n" != text) {
			t.Errorf("%q is %q", text, names)
		}
	})
}
