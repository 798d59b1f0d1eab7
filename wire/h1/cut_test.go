package h1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/h1"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// stuck is an API that hears of nothing until it is let go.
type stuck struct{ called, goOn chan bool }

func (s *stuck) Send(context.Context, *gate.Exchange) error {
	s.called <- true
	<-s.goOn
	return context.Canceled
}

// TestCutWaitsForNobody cuts a connection whose exchange hears of nothing. Whoever
// cuts holds the lock of the server.
func TestCutWaitsForNobody(t *testing.T) {
	leak.Check(t)
	api := &stuck{make(chan bool), make(chan bool)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	raw, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s := h1.New(&session.Shared{Gate: stage.New(t, api).Gate, Limits: session.Limits{}.WithDefaults(), Base: context.Background()}, &session.Conn{Conn: raw, Raw: raw})
	ended := make(chan bool)
	go func() { s.Serve(); close(ended) }()
	if _, err := client.Write([]byte("GET /get HTTP/1.1\r\nHost: a\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	<-api.called
	cut := make(chan bool)
	go func() { s.Cut(); close(cut) }()
	select {
	case <-cut:
	case <-time.After(10 * time.Second):
		t.Error("it waits for the exchange")
	}
	api.goOn <- true
	<-ended
	<-cut
	client.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(client); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection goes on")
	}
}
