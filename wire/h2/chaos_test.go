package h2

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestClientsAtRandom does on many connections whatever may be done, in any
// order, and leaves: each exchange ends with its one event, and nothing is left
// behind. Some connections are drained or cut meanwhile.
func TestClientsAtRandom(t *testing.T) {
	s := serve(t, api(func(ctx context.Context, x *gate.Exchange) error {
		if string(x.Path) == "/wait" {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(time.Millisecond):
			}
		}
		return echo(ctx, x)
	}), false, func(s *session.Shared) { s.Limits = session.Limits{Linger: time.Millisecond, HeadTimeout: time.Second} })
	var clients sync.WaitGroup
	for i := range uint64(60) {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		clients.Go(func() { s.disturb(t, c, rand.New(rand.NewPCG(1, i))) })
	}
	clients.Wait()
	s.each(session.Session.Cut)
	for requests := int(s.shared.Counts.Requests.Load()); s.Events() < requests; {
		s.Event(s.Events())
	}
	if s.Events() < 100 {
		t.Errorf("%d events", s.Events())
	}
}

// disturb is one client.
func (s *server) disturb(t *testing.T, c net.Conn, r *rand.Rand) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if r.IntN(4) > 0 {
		go io.Copy(io.Discard, c) // others read nothing
	}
	io.WriteString(c, http2.ClientPreface)
	one := &raw{t: t, conn: c, framer: http2.NewFramer(c, nil)}
	one.framer.AllowIllegalWrites = true
	one.prepare()
	one.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(r.IntN(100_000))})
	one.framer.WriteSettingsAck()
	id, data := uint32(1), make([]byte, 20_000)
	for range 50 + r.IntN(300) {
		some := uint32(1)
		if id > 1 {
			some = 2*uint32(r.IntN(int(id)/2)) + 1
		}
		var err error
		switch r.IntN(16) {
		case 0, 1, 2:
			err = one.request(id, true, "GET", []string{"/get", "/private", "/wait"}[r.IntN(3)])
			id += 2
		case 3, 4:
			err = one.request(id, false, "POST", []string{"/buffer", "/stream", "/wait"}[r.IntN(3)])
			id += 2
		case 5, 6, 7:
			if id > 1 {
				err = one.framer.WriteData(id-2, r.IntN(2) == 0, data[:r.IntN(maxFrame)])
			}
		case 8:
			err = one.framer.WriteRSTStream(some, http2.ErrCodeCancel)
		case 9:
			err = one.framer.WriteWindowUpdate(some, 1+uint32(r.IntN(50_000)))
		case 10, 11:
			err = one.framer.WriteWindowUpdate(0, 1+uint32(r.IntN(100_000)))
		case 12:
			err = one.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(r.IntN(200_000))})
		case 13:
			err = one.framer.WritePing(false, [8]byte{})
		case 14:
			if r.IntN(20) == 0 {
				s.each(session.Session.Drain)
			}
		case 15:
			if id > 1 && r.IntN(4) == 0 {
				err = one.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id - 2, BlockFragment: one.block("sum", "1"), EndStream: true, EndHeaders: true})
			}
		}
		if err != nil {
			return
		}
	}
}
