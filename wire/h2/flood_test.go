package h2

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestFloods sends frames that bring nothing until the connection ends, which
// must be soon, and calmly said.
func TestFloods(t *testing.T) {
	var ping [8]byte
	odd := func(i int) uint32 { return uint32(2*i + 1) }
	for _, row := range []struct {
		name string
		send func(r *raw, i int) error
	}{
		{"ping", func(r *raw, i int) error { return r.framer.WritePing(false, ping) }},
		{"ping-acknowledgements", func(r *raw, i int) error { return r.framer.WritePing(true, ping) }},
		{"settings", func(r *raw, i int) error { return r.framer.WriteSettings() }},
		{"many-settings", func(r *raw, i int) error {
			return r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(i)}, http2.Setting{ID: http2.SettingInitialWindowSize})
		}},
		{"priority", func(r *raw, i int) error {
			return r.framer.WritePriority(odd(i), http2.PriorityParam{Weight: 1})
		}},
		{"priority-update", func(r *raw, i int) error { return r.framer.WritePriorityUpdate(1, "u=1") }},
		{"unknown", func(r *raw, i int) error { return r.framer.WriteRawFrame(0xfa, 0, 0, nil) }},
		{"window-of-connection", func(r *raw, i int) error { return r.framer.WriteWindowUpdate(0, 1) }},
		{"goaway", func(r *raw, i int) error { return r.framer.WriteGoAway(0, http2.ErrCodeNo, nil) }},
		{"empty-data", func(r *raw, i int) error {
			if i == 0 {
				r.head(1, false, usual("POST", "/stream")...)
			}
			return r.framer.WriteData(1, false, nil)
		}},
		{"padding", func(r *raw, i int) error {
			if i == 0 {
				r.head(1, false, usual("POST", "/stream")...)
			}
			return r.framer.WriteDataPadded(1, false, nil, make([]byte, 10))
		}},
		{"window-of-stream", func(r *raw, i int) error {
			if i == 0 {
				r.head(1, true, usual("GET", "/slow")...)
			}
			return r.framer.WriteWindowUpdate(1, 1)
		}},
		{"rapid-reset", func(r *raw, i int) error {
			if err := r.request(odd(i), true, "GET", "/slow"); err != nil {
				return err
			}
			return r.framer.WriteRSTStream(odd(i), http2.ErrCodeCancel)
		}},
		{"made-you-reset", func(r *raw, i int) error {
			if err := r.request(odd(i), true, "GET", "/slow"); err != nil {
				return err
			}
			return r.framer.WriteWindowUpdate(odd(i), 0)
		}},
		{"made-you-reset-by-overflow", func(r *raw, i int) error {
			if err := r.request(odd(i), true, "GET", "/slow"); err != nil {
				return err
			}
			return r.framer.WriteWindowUpdate(odd(i), 1<<31-1)
		}},
		{"made-you-reset-by-data", func(r *raw, i int) error {
			if err := r.request(odd(i), true, "GET", "/slow"); err != nil {
				return err
			}
			return r.framer.WriteData(odd(i), true, nil)
		}},
		{"made-you-reset-by-priority", func(r *raw, i int) error {
			if err := r.request(odd(i), true, "GET", "/slow"); err != nil {
				return err
			}
			return r.framer.WritePriority(odd(i), http2.PriorityParam{StreamDep: odd(i)})
		}},
		{"made-you-refuse", func(r *raw, i int) error {
			return r.request(odd(i), true, "GET", "/slow")
		}},
		{"resets-of-ended", func(r *raw, i int) error {
			if i == 0 {
				r.head(1, true, usual("GET", "/private")...)
			}
			return r.framer.WriteRSTStream(1, http2.ErrCodeCancel)
		}},
		{"empty-continuation", func(r *raw, i int) error {
			if i == 0 {
				return r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.block(usual("GET", "/get")...), EndStream: true})
			}
			return r.framer.WriteContinuation(1, false, nil)
		}},
		{"continuation", func(r *raw, i int) error {
			if i == 0 {
				return r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.block(usual("GET", "/get")...), EndStream: true})
			}
			return r.framer.WriteContinuation(1, false, r.block(many(2000)...))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := serve(t, slow, false, func(s *session.Shared) { s.Limits.Linger = 50 * time.Millisecond })
			r := s.raw(t)
			seen := make(chan http2.ErrCode, 1)
			go func() { seen <- r.farewell() }()
			i := 0
			for ; i < 20000; i++ {
				if row.send(r, i) != nil {
					break
				}
			}
			if code := <-seen; code != http2.ErrCodeEnhanceYourCalm {
				t.Errorf("ended with %v after %d", code, i)
			}
		})
	}
}

// request sends a head beside a goroutine that reads.
func (r *raw) request(id uint32, end bool, method, path string) error {
	return r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: r.block(usual(method, path)...), EndStream: end, EndHeaders: true})
}

// TestEagerReader widens its windows for each KiB that it reads, and measures
// its way with PINGs: no flood, since it takes something each time.
func TestEagerReader(t *testing.T) {
	body := make([]byte, 16<<20)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		answer(x, 200, string(body))
		return nil
	}), false, nil)
	r := s.raw(t)
	r.head(1, true, usual("GET", "/get")...)
	got := 0
	for done := false; !done; {
		switch f := r.next().(type) {
		case nil:
			t.Fatalf("the connection ended after %d bytes", got)
		case *http2.GoAwayFrame:
			t.Fatalf("%v after %d bytes", f, got)
		case *http2.DataFrame:
			got, done = got+len(f.Data()), f.StreamEnded()
			for left := len(f.Data()); left > 0; left -= 1 << 10 {
				r.check(r.framer.WriteWindowUpdate(0, uint32(min(left, 1<<10))))
				if !done {
					r.check(r.framer.WriteWindowUpdate(1, uint32(min(left, 1<<10))))
				}
			}
			r.check(r.framer.WritePing(false, [8]byte{}))
		}
	}
	if got != len(body) {
		t.Errorf("%d bytes", got)
	}
}

// farewell reads up to the end of the connection, however it comes, and
// returns the code of the last GOAWAY. Beside a goroutine that writes.
func (r *raw) farewell() http2.ErrCode {
	code := http2.ErrCode(0xffff)
	for {
		f, err := r.framer.ReadFrame()
		if err != nil {
			return code
		}
		if g, ok := f.(*http2.GoAwayFrame); ok {
			code = g.ErrCode
		}
	}
}

// TestResetsCount opens and resets streams whose exchanges go on: no more of
// them run than may be open.
func TestResetsCount(t *testing.T) {
	begun := make(chan struct{}, 10*maxStreams)
	let := make(chan struct{})
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		begun <- struct{}{}
		<-let
		answer(x, 200, "late")
		return nil
	}), false, nil)
	r := s.raw(t)
	id := uint32(1)
	for range maxStreams {
		r.head(id, true, usual("GET", "/get")...)
		<-begun
		r.check(r.framer.WriteRSTStream(id, http2.ErrCodeCancel))
		id += 2
	}
	r.head(id, true, usual("GET", "/get")...)
	if code := r.reset(id); code != http2.ErrCodeRefusedStream {
		t.Errorf("one more: %v", code)
	}
	if n := len(begun); n != 0 {
		t.Errorf("%d more were begun", n)
	}
	close(let)
	for i := range maxStreams {
		s.Event(i)
	}
	id += 2
	r.head(id, true, usual("GET", "/get")...)
	if status, body := r.response(id); status != "200" || body != "late" {
		t.Errorf("afterwards: %s %q", status, body)
	}
}

// TestReferences sends a field block that is small and refers to one large
// field again and again.
func TestReferences(t *testing.T) {
	s := serve(t, echo, false, nil)
	r := s.raw(t)
	large := string(make([]byte, 0)) + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for len(large) < 3000 {
		large += large
	}
	fields := usual("GET", "/get")
	for range 15000 {
		fields = append(fields, "a", large)
	}
	r.headers(1, fields...)
	if status, _ := r.response(1); status != "431" {
		t.Errorf("status %s", status)
	}
	r.head(3, true, usual("GET", "/get")...)
	if status, _ := r.response(3); status != "200" {
		t.Errorf("after it: %s", status)
	}
}

// TestDeafClient asks for much and reads nothing of it: neither its windows
// nor its connection hold the exchanges for longer than a write may take.
func TestDeafClient(t *testing.T) {
	big := make([]byte, 4<<20)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		answer(x, 200, string(big))
		return nil
	}), false, func(s *session.Shared) {
		s.Limits = session.Limits{WriteStall: 200 * time.Millisecond, Linger: 10 * time.Millisecond}
	})
	t.Run("no-window", func(t *testing.T) {
		r := s.raw(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		r.head(1, true, usual("GET", "/get")...)
		if code := r.reset(1); code != http2.ErrCodeCancel {
			t.Errorf("reset with %v", code)
		}
		if e := s.Event(0); e.Outcome != gate.Aborted {
			t.Error("the event does not say that the answer broke off")
		}
	})
	t.Run("little-by-little", func(t *testing.T) {
		before := s.Events()
		r := s.raw(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		r.head(1, true, usual("GET", "/get")...)
		over := make(chan struct{})
		go func() {
			defer close(over)
			for r.framer.WriteWindowUpdate(1, 1) == nil {
				select {
				case <-t.Context().Done():
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		if e := s.Event(before); e.Outcome != gate.Aborted {
			t.Error("the event does not say that the answer broke off")
		}
		r.conn.Close()
		<-over
	})
	t.Run("no-reading", func(t *testing.T) {
		before := s.Events()
		r := s.raw(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1})
		r.check(r.framer.WriteWindowUpdate(0, 1<<30))
		for i := range uint32(16) {
			r.head(2*i+1, true, usual("GET", "/get")...)
		}
		for i := range 16 {
			s.Event(before + i)
		}
	})
}

// TestSlowBodies sends bodies slower than the least rate.
func TestSlowBodies(t *testing.T) {
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		if _, err := content(x); err != nil {
			return err
		}
		return errors.New("the body came")
	}), false, func(s *session.Shared) { s.Limits.BodyGrace = 100 * time.Millisecond })
	for i, path := range []string{"/buffer", "/stream"} {
		r := s.raw(t)
		r.head(1, false, usual("POST", path)...)
		r.check(r.framer.WriteData(1, false, []byte("a")))
		if status, _ := r.response(1); status != "408" {
			t.Errorf("%s: status %s", path, status)
		}
		if e := s.Event(i); e.Code != gate.BodyTimeout {
			t.Errorf("%s: event %v", path, e.Code)
		}
	}
}
