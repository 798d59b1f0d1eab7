package h1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// brief is short for a test and long for a busy machine.
const brief = 150 * time.Millisecond

// switching is an API that switches to whatever it is asked for and then does
// speak with its end.
type switching struct {
	speak func(c *net.TCPConn)
	work  sync.WaitGroup
}

func (s *switching) Send(_ context.Context, x *gate.Exchange) error {
	if len(x.Upgrade) == 0 {
		x.Answer = gate.Answer{Status: 204}
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	s.work.Go(func() {
		c, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			defer c.Close()
			s.speak(c.(*net.TCPConn))
		}
	})
	c, err := l.Accept()
	if err != nil {
		return err
	}
	x.Answer = gate.Answer{Status: 101, Length: -1, Body: c.(*net.TCPConn), Fields: append(x.Answer.Fields[:0],
		gate.Field{Name: []byte("Sec-WebSocket-Accept"), Value: []byte("x")}, gate.Field{Name: []byte("Upgrade"), Value: []byte("other")})}
	return nil
}

const upgrade = "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n"

// open asks for a tunnel to an API that speaks so.
func open(t *testing.T, l session.Limits, text string, speak func(*net.TCPConn)) (h *stage.House, c *net.TCPConn, in *bufio.Reader) {
	t.Helper()
	leak.Check(t)
	up := &switching{speak: speak}
	h = stage.New(t, up)
	c = engineOn(t, h.Gate, l).(*net.TCPConn)
	t.Cleanup(up.work.Wait)
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	in = bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 101 || res.Header.Get("Connection") != "Upgrade" || len(res.Header["Upgrade"]) != 1 || res.Header.Get("Upgrade") != "WebSocket" ||
		res.Header.Get("Sec-WebSocket-Accept") != "x" || res.Header.Get("Content-Length") != "" || len(res.TransferEncoding) != 0 {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	return h, c, in
}

func echo(c *net.TCPConn) {
	io.Copy(c, c)
	io.WriteString(c, "bye")
}

// expect reads as much as want and compares.
func expect(t *testing.T, in io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(in, b); err != nil || string(b) != want {
		t.Fatalf("%q, %v, want %q", b, err, want)
	}
}

// TestTunnel passes bytes both ways, those that came with the head first, and
// each side's end to the other.
func TestTunnel(t *testing.T) {
	h, c, in := open(t, session.Limits{}, upgrade+"early", echo)
	expect(t, in, "early")
	for range 3 {
		io.WriteString(c, "hello")
		expect(t, in, "hello")
	}
	c.CloseWrite()
	if b, err := io.ReadAll(in); string(b) != "bye" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if e := h.Event(0); e.Outcome != gate.Passed || e.Status != 101 || e.BodyIn != 20 || e.BodyOut != 23 {
		t.Errorf("%v, status %d, %d in, %d out", e.Outcome, e.Status, e.BodyIn, e.BodyOut)
	}
}

// TestMuchThroughATunnel sends more than any buffer holds.
func TestMuchThroughATunnel(t *testing.T) {
	_, c, in := open(t, session.Limits{}, upgrade, echo)
	sent := make([]byte, 4<<20)
	for i := range sent {
		sent[i] = byte(i * i >> 8)
	}
	go func() { c.Write(sent); c.CloseWrite() }()
	got, err := io.ReadAll(in)
	if err != nil || string(got) != string(sent)+"bye" {
		t.Errorf("%d bytes of %d, %v", len(got), len(sent), err)
	}
}

// TestTunnelThatTheAPIEnds lets the client say its last words.
func TestTunnelThatTheAPIEnds(t *testing.T) {
	heard := make(chan string, 1)
	h, c, in := open(t, session.Limits{}, upgrade, func(c *net.TCPConn) {
		io.WriteString(c, "bye")
		c.CloseWrite()
		b, _ := io.ReadAll(c)
		heard <- string(b)
	})
	if b, err := io.ReadAll(in); string(b) != "bye" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	io.WriteString(c, "last words")
	c.Close()
	if got := <-heard; got != "last words" {
		t.Errorf("the API heard %q", got)
	}
	if e := h.Event(0); e.Outcome != gate.Passed {
		t.Errorf("outcome %v", e.Outcome)
	}
}

// TestTunnelsThatAreCut ends a tunnel in which nothing moves, one whose
// operation is gone, and one of which a side breaks off. Both sides hear of it.
func TestTunnelsThatAreCut(t *testing.T) {
	for _, row := range []struct {
		name   string
		limits session.Limits
		act    func(h *stage.House, c *net.TCPConn)
		reset  bool // by the API
	}{
		{"idle", session.Limits{TunnelIdle: brief, Recheck: brief / 4}, func(*stage.House, *net.TCPConn) {}, false},
		{"not-allowed-any-more", session.Limits{Recheck: brief / 4}, func(h *stage.House, _ *net.TCPConn) { h.Gate.Swap(bare(t)) }, false},
		{"client-breaks-off", session.Limits{}, func(_ *stage.House, c *net.TCPConn) { c.SetLinger(0); c.Close() }, false},
		{"api-breaks-off", session.Limits{}, func(*stage.House, *net.TCPConn) {}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			ended, may := make(chan bool), make(chan bool)
			h, c, in := open(t, row.limits, upgrade, func(c *net.TCPConn) {
				defer close(ended)
				if row.reset {
					<-may
					c.SetLinger(0)
					return
				}
				io.Copy(io.Discard, c)
			})
			row.act(h, c)
			close(may)
			<-ended
			if b, err := io.ReadAll(in); len(b) > 0 {
				t.Errorf("%q, %v", b, err)
			}
			if e := h.Event(0); e.Outcome != gate.Aborted {
				t.Errorf("outcome %v", e.Outcome)
			}
		})
	}
}

// bare is a plan that has nothing.
func bare(t *testing.T) *gate.Plan {
	routes, problems := route.Build(nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return &gate.Plan{Routes: routes}
}

// TestNoTunnel answers in HTTP where the operation does not allow the protocol,
// or the API does not want it.
func TestNoTunnel(t *testing.T) {
	for _, text := range []string{
		"GET /get HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		"GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
	} {
		c := engine(t, &switching{}, session.Limits{})
		for range 2 { // the connection stays
			io.WriteString(c, text)
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || res.StatusCode != 204 {
				t.Errorf("%v, %v", res, err)
			}
		}
	}
}
