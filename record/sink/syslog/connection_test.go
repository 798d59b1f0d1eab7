package syslog

import (
	"bufio"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// daemon is a listener of a test that hands out its connections.
func daemon(t *testing.T) (l net.Listener, o Options) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, Options{Network: "tcp", Address: l.Addr().String()}
}

// read reads messages from a connection, n of them.
func read(t *testing.T, c net.Conn, n int) (list []string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(c)
	for range n {
		text, err := in.ReadString(' ')
		size, _ := strconv.Atoi(strings.TrimSpace(text))
		message := make([]byte, size)
		if err == nil {
			_, err = io.ReadFull(in, message)
		}
		if err != nil {
			t.Fatal(list, err)
		}
		list = append(list, string(message))
	}
	return list
}

// TestUnread closes a connection with what was sent in it unread: it counted as
// delivered, and is sent again with the next parcel, and numbered as before.
func TestUnread(t *testing.T) {
	l, o := daemon(t)
	to := target(o)
	if err := give(to, line("a")); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-to.c.gone
	if err := give(to, line("b")); err != nil {
		t.Fatal(err)
	}
	if c, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	got := read(t, c, 2)
	if !strings.Contains(got[0], `sequenceId="1"`) || !strings.Contains(got[0], `"id":"a"`) || !strings.Contains(got[1], `sequenceId="2"`) || !strings.Contains(got[1], `"id":"b"`) {
		t.Error(got)
	}
	// The end of the gate waits for that of the receiver.
	closed := make(chan error)
	go func() { closed <- to.Close() }()
	if n, err := io.Copy(io.Discard, c); n != 0 || err != nil {
		t.Error(n, err)
	}
	select {
	case <-closed:
		t.Error("it did not wait for the receiver")
	default:
	}
	c.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// TestLastWords sends again, as the gate ends, what the end of a connection left
// in doubt.
func TestLastWords(t *testing.T) {
	l, o := daemon(t)
	to := target(o)
	if err := give(to, line("a")); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-to.c.gone
	go to.Close()
	if c, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := read(t, c, 1); !strings.Contains(got[0], `"id":"a"`) {
		t.Error(got)
	}
}

// TestDeaf is a receiver that takes a connection and reads nothing: what does
// not arrive in time was not delivered.
func TestDeaf(t *testing.T) {
	_, o := daemon(t)
	to := target(o)
	defer to.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	many := strings.Repeat(line("a"), 60_000) // more than the systems between keep
	begun := time.Now()
	if err := to.Deliver(ctx, []byte(many), 60_000); err == nil {
		t.Error("it was delivered to nobody")
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Error(took)
	}
	if to.c != nil {
		t.Error("the connection was kept")
	}
}

// TestAtOnce is a receiver that closes each connection at once.
func TestAtOnce(t *testing.T) {
	l, o := daemon(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	to := target(o)
	defer to.Close()
	to.least = 20 * time.Second // which ends with the connection
	for range 3 {
		if err := give(to, line("a")); err == nil {
			t.Error("it was delivered to nobody")
		}
	}
	to.least = time.Second
	if to.falls != 3 || to.patience() != 8*time.Second {
		t.Error(to.falls, to.patience())
	}
}

// TestLately keeps no more than its bound, and nothing that is old.
func TestLately(t *testing.T) {
	var l lately
	now := time.Unix(1000, 0)
	for n := range 20 {
		l.remember(make([]byte, doubtfulSize/4), now.Add(time.Duration(n)*time.Second))
	}
	if len(l.parcels) != 4 || l.size != doubtfulSize {
		t.Error(len(l.parcels), l.size)
	}
	l.remember(make([]byte, 2*doubtfulSize), now.Add(20*time.Second)) // alone larger than the bound
	if len(l.parcels) != 1 || l.size != 2*doubtfulSize {
		t.Error(len(l.parcels), l.size)
	}
	l.remember([]byte("x"), now.Add(20*time.Second+doubtful+1))
	if len(l.parcels) != 1 || l.size != 1 {
		t.Error(len(l.parcels), l.size)
	}
}
