package gate_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestBodies(t *testing.T) {
	stream := head(func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Stream, MaxBytes: 10}
		return gate.Allow
	})
	none := verdict(gate.Allow)
	rows := []struct {
		name   string
		guard  gate.HeadGuard
		length int64
		from   io.Reader
		code   gate.Code
	}{
		{"whole", buffered(10), 5, strings.NewReader("12345"), 0},
		{"in-single-bytes", buffered(10), 5, iotest.OneByteReader(strings.NewReader("12345")), 0},
		{"length-not-stated", buffered(10), -1, strings.NewReader("12345"), 0},
		{"at-the-bound", buffered(5), -1, strings.NewReader("12345"), 0},
		{"beyond-the-bound-stated", buffered(4), 5, strings.NewReader("12345"), gate.BodyTooLarge},
		{"beyond-the-bound-not-stated", buffered(4), -1, strings.NewReader("12345"), gate.BodyTooLarge},
		{"shorter-than-stated", buffered(10), 6, strings.NewReader("12345"), gate.BodyIncomplete},
		{"longer-than-stated", buffered(10), 4, strings.NewReader("12345"), gate.BodyIncomplete},
		{"breaks-off", buffered(10), 5, io.MultiReader(strings.NewReader("12"), iotest.ErrReader(io.ErrUnexpectedEOF)), gate.BodyIncomplete},
		{"too-slow", buffered(10), 5, iotest.ErrReader(os.ErrDeadlineExceeded), gate.BodyTimeout},
		{"an-engine-that-knows-better", buffered(10), 5, iotest.ErrReader(&gate.Unavailable{Code: gate.Malformed, Cause: errors.New("bad chunk")}), gate.Malformed},
		{"none-wanted", none, 5, strings.NewReader("12345"), gate.BodyUnexpected},
		{"none-wanted-not-stated", none, -1, strings.NewReader("12345"), gate.BodyUnexpected},
		{"none-wanted-none-sent", none, 0, nil, 0},
		{"stream", stream, 5, strings.NewReader("12345"), 0},
		{"not-read-when-stated-too-large", buffered(4), 5, iotest.ErrReader(errors.New("was read")), gate.BodyTooLarge},
		{"client-gone", buffered(10), 5, iotest.ErrReader(context.Canceled), gate.ClientGone},
		{"deadline-of-the-context", buffered(10), 5, iotest.ErrReader(context.DeadlineExceeded), gate.BodyTimeout},
		{"stream-of-unstated-length", stream, -1, strings.NewReader("12345"), 0},
		{"stream-beyond-the-bound-stated", stream, 11, strings.NewReader("12345678901"), gate.BodyTooLarge},
		{"stream-beyond-the-bound-not-stated", stream, -1, strings.NewReader("12345678901"), gate.BodyTooLarge},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: r.guard})
			x, w := h.gate.Acquire(), &wire{}
			x.Method, x.Target, x.BodyLength, x.Incoming = []byte("POST"), []byte("/pets/1"), r.length, r.from
			h.gate.Serve(x, w)
			if h.last().Code != r.code || (w.status == 200) != (r.code == 0) {
				t.Fatalf("got %d %v, want %v", w.status, h.last().Code, r.code)
			}
			if r.code == 0 && r.from != nil && (h.api.body != "12345" || h.last().BodyIn != 5) {
				t.Errorf("forwarded %q, counted %d bytes", h.api.body, h.last().BodyIn)
			}
		})
	}
}

// TestBodyGrowsWithWhatArrives states a large length and sends little: memory
// must not be taken on the client's word.
func TestBodyGrowsWithWhatArrives(t *testing.T) {
	const stated = 1 << 30
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(stated)})
	allocated := testing.AllocsPerRun(1, func() {
		x, w := h.gate.Acquire(), &wire{}
		x.Method, x.Target, x.BodyLength, x.Incoming = []byte("POST"), []byte("/pets/1"), stated, strings.NewReader("12")
		h.gate.Serve(x, w)
		if cap(x.Body) > 64<<10 {
			t.Errorf("a buffer of %d bytes for a body of 2", cap(x.Body))
		}
		h.gate.Release(x)
	})
	if allocated > 100 {
		t.Errorf("%v allocations", allocated)
	}
}

// TestBuffersAreBoundedTogether holds bodies back until the room that all
// exchanges share is full: the next one is refused, and finds room again when
// the others are done.
func TestBuffersAreBoundedTogether(t *testing.T) {
	const size, room = 100_000, 300_000
	s := &sink{}
	g := gate.New(gate.Options{Sink: s, MaxBuffered: room})
	g.Swap(plan(t, &api{}, gate.Enforce, gate.Step{Name: "a", Head: buffered(1 << 20)}))
	send := func() (*gate.Exchange, *wire) {
		x, w := g.Acquire(), &wire{}
		x.Method, x.Target, x.BodyLength = []byte("POST"), []byte("/pets/1"), size
		x.Incoming = strings.NewReader(strings.Repeat("x", size))
		g.Serve(x, w)
		return x, w
	}
	var held []*gate.Exchange
	for {
		x, w := send()
		held = append(held, x)
		if w.status == 503 {
			if w.fields["Retry-After"] != "1" || s.events[len(s.events)-1].Code != gate.Overloaded {
				t.Errorf("refused with %v", w.fields)
			}
			break
		}
		if len(held) > room/(64<<10) { // each holds 128 KiB, of which 64 are its own
			t.Fatalf("%d bodies of %d bytes found room in %d", len(held), size, room)
		}
	}
	for _, x := range held {
		g.Release(x)
	}
	if x, w := send(); w.status != 200 {
		t.Errorf("afterwards: status %d", w.status)
	} else {
		g.Release(x)
	}
}

// TestBodyThatNeverFindsRoom is larger than what all exchanges share: trying
// again would not help.
func TestBodyThatNeverFindsRoom(t *testing.T) {
	g := gate.New(gate.Options{MaxBuffered: 100_000})
	g.Swap(plan(t, &api{}, gate.Enforce, gate.Step{Name: "a", Head: buffered(1 << 20)}))
	x, w := g.Acquire(), &wire{}
	x.Method, x.Target, x.BodyLength, x.Incoming = []byte("POST"), []byte("/pets/1"), -1, strings.NewReader(strings.Repeat("x", 200_000))
	g.Serve(x, w)
	if w.status != 413 {
		t.Errorf("status %d", w.status)
	}
}

func TestHopByHop(t *testing.T) {
	rows := []struct {
		name   string
		fields []string // "Name: value"
		left   string   // names that go on
	}{
		{"the-fixed-set", []string{"Connection: close", "keep-alive: 5", "TE: gzip", "Upgrade: h2c", "Proxy-Authorization: x", "Accept: a"}, "Accept"},
		{"listed", []string{"Connection: X-One, x-two", "X-One: 1", "X-Two: 2", "X-Three: 3"}, "X-Three"},
		{"listed-before-it-stands", []string{"X-One: 1", "Connection: x-one"}, ""},
		{"what-guards-rely-on-cannot-be-listed", []string{"Connection: Authorization, Content-Type, Cookie, Host", "Authorization: a", "Content-Type: b", "Cookie: c"}, "Authorization Content-Type Cookie"},
		{"the-whole-fixed-set", []string{"Connection: a", "Proxy-Connection: a", "Keep-Alive: a", "TE: a", "Trailer: a", "Transfer-Encoding: a", "Upgrade: a",
			"Proxy-Authenticate: a", "Proxy-Authorization: a", "Content-Length: 0"}, "Content-Length"},
		{"all-that-is-protected", []string{"Connection: Host, content-length, Content-Type, Content-Encoding, Authorization, Cookie, Forwarded, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host",
			"Host: a", "Content-Length: 0", "Content-Type: a", "Content-Encoding: a", "Authorization: a", "Cookie: a", "Forwarded: a", "X-Forwarded-For: a",
			"X-Forwarded-Proto: a", "X-Forwarded-Host: a"}, "Host Content-Length Content-Type Content-Encoding Authorization Cookie Forwarded X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host"},
		{"empty-members", []string{"Connection: ,, , X-One,", "X-One: 1", "X-Two: 2"}, "X-Two"},
		{"two-connection-fields", []string{"Connection: x-one", "Connection: x-two", "X-One: 1", "X-Two: 2"}, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var left []string
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
				for _, f := range x.Fields {
					if !f.Gone {
						left = append(left, string(f.Name))
					}
				}
				return gate.Allow
			})})
			var fields []gate.Field
			for _, f := range r.fields {
				name, value, _ := strings.Cut(f, ": ")
				fields = append(fields, gate.Field{Name: []byte(name), Value: []byte(value)})
			}
			h.call("POST", "/pets/1", "", fields...)
			if strings.Join(left, " ") != r.left {
				t.Errorf("left %v, want %s", left, r.left)
			}
		})
	}
}

func TestEdits(t *testing.T) {
	edit := func(part gate.Part, start, end uint32, with string) gate.Edit {
		return gate.Edit{Part: part, Start: start, End: end, With: []byte(with)}
	}
	rows := []struct {
		name         string
		edits        []gate.Edit
		target, body string
		status       int
	}{
		{"none", nil, "/pets/1?a=1&b=2", "0123456789", 200},
		{"body-in-any-order", []gate.Edit{edit(gate.OnBody, 8, 10, ""), edit(gate.OnBody, 0, 1, "ab")}, "/pets/1?a=1&b=2", "ab1234567", 200},
		{"target", []gate.Edit{edit(gate.OnTarget, 8, 12, "")}, "/pets/1?b=2", "0123456789", 200},
		{"both", []gate.Edit{edit(gate.OnBody, 0, 10, ""), edit(gate.OnTarget, 7, 15, "")}, "/pets/1", "", 200},
		{"side-by-side", []gate.Edit{edit(gate.OnBody, 0, 5, ""), edit(gate.OnBody, 5, 9, "")}, "/pets/1?a=1&b=2", "9", 200},
		{"overlap-is-refused", []gate.Edit{edit(gate.OnBody, 0, 5, ""), edit(gate.OnBody, 4, 9, "")}, "", "", 500},
		{"outside-is-refused", []gate.Edit{edit(gate.OnBody, 0, 11, "")}, "", "", 500},
		{"backwards-is-refused", []gate.Edit{edit(gate.OnBody, 5, 4, "")}, "", "", 500},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(100), Body: body(func(x *gate.Exchange) gate.Verdict {
				x.Edits = append(x.Edits, r.edits...)
				return gate.Allow
			})})
			w := h.call("POST", "/pets/1?a=1&b=2", "0123456789")
			if w.status != r.status || h.api.target != r.target || h.api.body != r.body {
				t.Errorf("got %d, %q with %q", w.status, h.api.target, h.api.body)
			}
		})
	}
}
