package edge_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
)

// introducer is what an engine asks of a connection that was passed on.
type introducer interface{ Introduce() error }

func open(t *testing.T, o edge.Options) *edge.Listener {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	l, err := edge.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// reach connects, says something and accepts the connection.
func reach(t *testing.T, l *edge.Listener, text string) (client, accepted net.Conn) {
	t.Helper()
	client = dial(t, l.Addr())
	if _, err := io.WriteString(client, text); err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	accepted.SetReadDeadline(time.Now().Add(5 * time.Second))
	return client, accepted
}

var here = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

const line = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"

func TestClientIsWhoTheLoadBalancerSays(t *testing.T) {
	leak.Check(t)
	for _, row := range []struct {
		name, address, text string
		senders             []netip.Prefix
		want                string // the client; "" for an error
	}{
		{"named", "", line, here, "192.0.2.1:56324"},
		{"nobody-named", "", "PROXY UNKNOWN\r\n", here, "127.0.0.1"},
		{"no-header", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", here, ""},
		{"not-from-there", "", line, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "127.0.0.1"},
		{"from-nobody", "", line, nil, "127.0.0.1"},
		{"unix", "unix", line, []netip.Prefix{}, "192.0.2.1:56324"},
		{"unix-nobody-named", "unix", "PROXY UNKNOWN\r\n", []netip.Prefix{}, "127.0.0.1:0"},
		{"unix-no-header", "unix", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", []netip.Prefix{}, ""},
		{"unix-from-nobody", "unix", line, nil, "127.0.0.1:0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.address != "" {
				row.address = "unix:" + filepath.Join(t.TempDir(), "s")
			}
			l := open(t, edge.Options{Address: row.address, Senders: row.senders})
			_, c := reach(t, l, row.text+"rest")
			var err error
			if i, ok := c.(introducer); ok {
				if a := c.RemoteAddr().String(); strings.HasPrefix(a, "192.") {
					t.Errorf("the client is %s before it was introduced", a)
				}
				err = i.Introduce()
			}
			if (err == nil) != (row.want != "") {
				t.Fatalf("error %v, want %q", err, row.want)
			}
			if unheard := l.Counts().Unheard; unheard == 0 != (err == nil) {
				t.Errorf("%d were not understood, error %v", unheard, err)
			}
			if err != nil {
				if n, again := c.Read(make([]byte, 1)); n != 0 || again == nil {
					t.Error("the connection can still be read")
				}
				return
			}
			if a := c.RemoteAddr().String(); !strings.HasPrefix(a, row.want) {
				t.Errorf("the client is %s", a)
			}
			want := "rest"
			if !strings.HasPrefix(row.want, "192.") && !strings.Contains(row.text, "UNKNOWN") { // it was not read as a header
				want = row.text + "rest"
			}
			b := make([]byte, len(want))
			if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
				t.Errorf("read %q, %v", b, err)
			}
		})
	}
}

func TestReadingIntroduces(t *testing.T) {
	l := open(t, edge.Options{Senders: here})
	_, c := reach(t, l, line+"rest")
	b := make([]byte, 4)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "rest" {
		t.Errorf("read %q, %v", b, err)
	}
	if c.RemoteAddr().String() != "192.0.2.1:56324" {
		t.Errorf("the client is %v", c.RemoteAddr())
	}
}

// TestSlowHeaderHoldsUpNobody accepts others while a load balancer says
// nothing, and ends the wait for it.
func TestSlowHeaderHoldsUpNobody(t *testing.T) {
	leak.Check(t)
	l := open(t, edge.Options{Senders: here})
	_, silent := reach(t, l, "PROX")
	_, other := reach(t, l, line)
	if err := other.(introducer).Introduce(); err != nil {
		t.Error(err)
	}
	ended := make(chan error)
	go func() { ended <- silent.(introducer).Introduce() }()
	silent.Close()
	if err := <-ended; err == nil {
		t.Error("half a header is taken")
	}
	if open := l.Counts().Open; open != 1 {
		t.Errorf("%d connections are open", open)
	}
}

// TestBoundsAreOfTheClient lets one load balancer have more connections than
// each of its clients.
func TestBoundsAreOfTheClient(t *testing.T) {
	leak.Check(t)
	l := open(t, edge.Options{Senders: here, MaxPerAddress: 2, MaxConnections: 5, Log: slog.New(slog.DiscardHandler)})
	for i, row := range []struct {
		client string
		ok     bool
	}{{"192.0.2.1", true}, {"192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true}} {
		_, c := reach(t, l, "PROXY TCP4 "+row.client+" 198.51.100.1 1 2\r\n")
		if err := c.(introducer).Introduce(); (err == nil) != row.ok {
			t.Errorf("connection %d of %s: %v", i, row.client, err)
		} else if err != nil {
			c.Close()
		}
	}
	// The bound in all counts also those that nobody has introduced.
	reach(t, l, "")
	reach(t, l, "")
	client := dial(t, l.Addr())
	go l.Accept()
	client.SetReadDeadline(time.Now().Add(5 * time.Second))
	var timeout net.Error
	if _, err := client.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("one beyond the bound is kept: %v", err)
	}
	if c := l.Counts(); c.Open != 5 || c.Dropped != 2 || c.Opened != 6 {
		t.Errorf("%+v", c)
	}
}

func TestSendersChange(t *testing.T) {
	l := open(t, edge.Options{})
	_, before := reach(t, l, "")
	l.SetSenders(here)
	_, after := reach(t, l, "")
	_, was := before.(introducer)
	if _, is := after.(introducer); was || !is {
		t.Errorf("introduced: %v, then %v", was, is)
	}
}
