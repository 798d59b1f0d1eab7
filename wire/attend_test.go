package wire_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/server"
)

// A connection waits for its next request without looking whether something is
// there already. These tests have something be there in every way there is; what
// is overlooked is a deadline of ten seconds exceeded.

// atOnce is a connection that keeps back what is written until it is told.
type atOnce struct {
	net.Conn
	held bytes.Buffer
	hold bool
}

func (a *atOnce) Write(p []byte) (int, error) {
	if a.hold {
		return a.held.Write(p)
	}
	return a.Conn.Write(p)
}

// release writes pieces of what was held, with a pause between two.
func (a *atOnce) release(t *testing.T, pieces int) {
	t.Helper()
	a.hold = false
	for all := a.held.Bytes(); len(all) > 0; pieces-- {
		n := (len(all) + pieces - 1) / pieces
		if _, err := a.Conn.Write(all[:n]); err != nil {
			t.Fatal(err)
		}
		if all = all[n:]; len(all) > 0 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	a.held.Reset()
}

// dialAtOnce returns a client's end and what is below it.
func (p *path) dialAtOnce(t *testing.T) (net.Conn, *atOnce) {
	t.Helper()
	raw, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	raw.SetDeadline(time.Now().Add(10 * time.Second))
	below := &atOnce{Conn: raw}
	if p.tls == nil {
		return below, below
	}
	return tls.Client(below, p.tls), below
}

func TestNothingThatCameIsForgotten(t *testing.T) {
	const request = "GET /get HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, secure := range []bool{false, true} {
		name := "plain"
		if secure {
			name = "tls"
		}
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			p := layTLS(t, http.HandlerFunc(echo), server.Options{}, secure)
			for _, row := range []struct {
				name             string
				requests, pieces int
				ends, rude       bool // the client's sending side, in the same moment; without a word of TLS
			}{
				{"one", 1, 1, false, false}, {"one-and-the-end", 1, 1, true, false}, {"one-and-a-rude-end", 1, 1, true, true},
				{"two", 2, 1, false, false}, {"two-and-the-end", 2, 1, true, false}, {"two-and-a-rude-end", 2, 1, true, true},
				{"one-in-pieces", 1, 3, false, false}, {"two-in-pieces-and-the-end", 2, 3, true, false},
				{"more-than-a-buffer", 300, 1, false, false}, {"more-than-a-buffer-in-pieces", 300, 7, true, false},
			} {
				t.Run(row.name, func(t *testing.T) {
					c, below := p.dialAtOnce(t)
					in := bufio.NewReader(c)
					send(t, c, good)
					receive(t, in, "GET")
					for range 5 {
						below.hold = true
						for range row.requests {
							send(t, c, request)
						}
						if row.ends && secure && !row.rude {
							c.(*tls.Conn).CloseWrite()
							below.Conn.SetDeadline(time.Now().Add(10 * time.Second)) // it let no more be written
						}
						below.release(t, row.pieces)
						if row.ends {
							below.Conn.(*net.TCPConn).CloseWrite()
						}
						for range row.requests {
							receive(t, in, "GET")
						}
						if row.ends {
							if _, err := in.ReadByte(); err != io.EOF {
								t.Fatalf("%v, want the end", err)
							}
							return
						}
					}
				})
			}
		})
	}
}

// TestWhatComesMeanwhile sends while a request is served.
func TestWhatComesMeanwhile(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, ends := range []bool{false, true} {
			leak.Check(t)
			called, goOn := make(chan bool), make(chan bool)
			p := layTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				called <- true
				<-goOn
				echo(w, r)
			}), server.Options{}, secure)
			c := p.dial(t)
			in := bufio.NewReader(c)
			for range 3 {
				send(t, c, good)
				<-called
				send(t, c, good)
				goOn <- true
				receive(t, in, "GET")
				<-called
				if ends {
					if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
						t.Fatal(err)
					}
					time.Sleep(1500 * time.Millisecond) // from a second on it is looked whether the client is there
				}
				goOn <- true
				receive(t, in, "GET")
				if ends {
					if _, err := in.ReadByte(); err != io.EOF {
						t.Fatalf("%v, want the end", err)
					}
					break
				}
			}
		}
	}
}

// TestCutDoesNotWait ends a server whose API never answers, with connections
// that attend to nothing else.
func TestCutDoesNotWait(t *testing.T) {
	leak.Check(t)
	called, release := make(chan bool), make(chan bool)
	p := lay(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called <- true
		<-release
	}), server.Options{})
	defer close(release)
	c := p.dial(t)
	send(t, c, good)
	<-called
	began := time.Now()
	p.server.Shutdown(over())
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("%v, want the connection cut", err)
	}
}
