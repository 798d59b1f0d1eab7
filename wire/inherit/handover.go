package inherit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// What both sides of a handover say, in this order: the new program asks, the
// old one answers with a line for each socket and the sockets beside it, the
// new one says that it listens on them, and the old one that it does not any
// more. When either breaks off before the third word, the old program serves on
// as if nothing had been.
const (
	wordAsk   = "gatehouse-handover 1\n"
	wordReady = "ready\n"
	wordOver  = "over\n"
)

// How long one side waits for the other.
const (
	askTime    = 5 * time.Second
	answerTime = 30 * time.Second // the old program may be about to read a new configuration
	readyTime  = time.Minute      // that the new program may take to open what it has beside
)

const maxNames = 64 << 10 // bytes of the lines

// Given is a socket to be handed over.
type Given struct {
	Name string // no line feed in it
	File *os.File
}

// Taken are sockets that a running gate has handed over. It goes on to listen
// on them until Ready.
type Taken struct {
	Sockets []Socket
	c       *net.UnixConn
}

// Take asks the gate that listens at path for its sockets; nil when none does.
func Take(path string) (*Taken, error) {
	c, err := net.DialTimeout("unix", path, askTime)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := &Taken{c: c.(*net.UnixConn)}
	if err := t.take(); err != nil {
		t.Close()
		return nil, fmt.Errorf("the gate that runs hands nothing over: %w", err)
	}
	return t, nil
}

func (t *Taken) take() error {
	t.c.SetDeadline(time.Now().Add(answerTime))
	if _, err := t.c.Write([]byte(wordAsk)); err != nil {
		return err
	}
	text, beside := make([]byte, maxNames), make([]byte, controlSpace(maxSockets))
	n, beyond, _, _, err := t.c.ReadMsgUnix(text, beside)
	if err != nil {
		return err
	}
	files, err := received(beside[:beyond])
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return err
	}
	names, err := parseNames(string(text[:n]), len(files))
	if err != nil {
		return err
	}
	for i, f := range files {
		l, err := net.FileListener(f) // has its own
		if err != nil {
			return err
		}
		t.Sockets = append(t.Sockets, Socket{names[i], l})
	}
	return nil
}

// parseNames reads the lines beside want sockets.
func parseNames(text string, want int) ([]string, error) {
	head, ok := strings.CutSuffix(text, "\n")
	names := strings.Split(head, "\n")
	if !ok || len(names) != want || want > maxSockets {
		return nil, errors.New("what it says cannot be read")
	}
	return names, nil
}

// Ready tells the old gate that this one listens on its sockets, and waits
// until it has stopped to.
func (t *Taken) Ready() error {
	t.c.SetDeadline(time.Now().Add(askTime))
	if _, err := t.c.Write([]byte(wordReady)); err != nil {
		return err
	}
	return expect(t.c, wordOver)
}

// Close gives up what was taken. Before Ready the old gate serves on.
func (t *Taken) Close() {
	Close(t.Sockets)
	t.c.Close()
}

// expect reads one word.
func expect(c net.Conn, word string) error {
	got := make([]byte, len(word))
	for n := 0; n < len(got); {
		m, err := c.Read(got[n:])
		if err != nil {
			return err
		}
		n += m
	}
	if string(got) != word {
		return errors.New("the other side says something else")
	}
	return nil
}

// Offer hands sockets over to whoever asks at l, one after the other, until
// somebody has taken them, l is closed, which the caller does, or ctx ends,
// which breaks off what is being said. give returns them with the files open;
// Offer closes those. When a new program listens on them, over is called once,
// which returns when this one has stopped to.
func Offer(ctx context.Context, l net.Listener, give func() ([]Given, error), over func()) error {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { c.Close() })
		done := offer(c, give, over)
		stop()
		if done {
			return nil
		}
	}
}

// messenger is a Unix socket of streams.
type messenger interface {
	net.Conn
	WriteMsgUnix(b, oob []byte, addr *net.UnixAddr) (n, oobn int, err error)
}

// offer speaks with one program and reports whether it has taken over.
func offer(c net.Conn, give func() ([]Given, error), over func()) bool {
	defer c.Close()
	to, ok := c.(messenger)
	if !ok {
		return false
	}
	c.SetDeadline(time.Now().Add(askTime))
	if expect(c, wordAsk) != nil {
		return false
	}
	list, err := give()
	defer func() {
		for _, g := range list {
			g.File.Close()
		}
	}()
	if err != nil || len(list) == 0 || len(list) > maxSockets {
		return false
	}
	var text strings.Builder
	for _, g := range list {
		text.WriteString(g.Name + "\n")
	}
	beside, err := rights(list)
	if err != nil || text.Len() > maxNames {
		return false
	}
	if _, _, err := to.WriteMsgUnix([]byte(text.String()), beside, nil); err != nil {
		return false
	}
	c.SetDeadline(time.Now().Add(readyTime))
	if expect(c, wordReady) != nil {
		return false
	}
	over()
	c.SetDeadline(time.Now().Add(askTime))
	c.Write([]byte(wordOver)) // that the new program is gone by now changes nothing
	return true
}
