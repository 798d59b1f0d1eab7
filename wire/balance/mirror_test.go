package balance_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// mirrored is a live target and a mirror of it.
func mirrored(t *testing.T, o balance.Options) (b *balance.Balancer, mirror *target) {
	t.Helper()
	mirror = &target{}
	o.Members = []balance.Member{
		{Node: balance.NewNode(new(target), balance.NodeOptions{})},
		{Node: balance.NewNode(mirror, balance.NodeOptions{}), Role: balance.MirrorRole},
	}
	return balancer(t, o), mirror
}

// request is a call whose buffers can be spoilt.
func request() (*gate.Exchange, func()) {
	var buffers [][]byte
	view := func(s string) []byte {
		b := []byte(s)
		buffers = append(buffers, b)
		return b
	}
	x := &gate.Exchange{
		Method: view("GET"), Target: view("/v1/pets?a=1"), OutTarget: view("/pets?a=1"), Path: view("/v1/pets"), Host: view("pets.test"),
		ClientHost: view("outside.test"), Version: "HTTP/1.1", Secure: true, ClientSecure: true,
		Peer: netip.MustParseAddrPort("192.0.2.1:1"), Client: netip.MustParseAddr("192.0.2.2"), Hops: []netip.Addr{netip.MustParseAddr("192.0.2.3")},
		Intake: gate.Intake{Mode: gate.Buffer}, BodyLength: 4, Body: view("body"), OutBody: view("BODY"), API: &gate.API{StripSegments: 1},
		OutFields: []gate.Field{{Name: view("X-Added"), Value: view("by a guard")}},
	}
	for _, f := range []string{"Accept: text/plain", "Authorization: Bearer SEKRIT", "cookie: SEKRIT", "X-Key: SEKRIT", "X_Key: SEKRIT", "X-Private: SEKRIT", "X-Gatehouse-Mirror: 7", "X-Two: a", "X-Two: b"} {
		name, value, _ := strings.Cut(f, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: view(name), Value: view(value)})
	}
	x.Fields = append(x.Fields, gate.Field{Name: view("X-Gone"), Value: view("SEKRIT"), Gone: true})
	return x, func() {
		for _, b := range buffers {
			for i := range b {
				b[i] = 0xDB
			}
		}
	}
}

// words say what a target is sent.
func words(x *gate.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s of %s at %s, %s prefix %s from %v over %v by %v, %v %v\n", x.Method, x.OutTarget, x.Target, x.Host, x.ClientHost, x.Prefix(), x.Client, x.Hops, x.Peer, x.Secure, x.ClientSecure)
	for _, list := range [][]gate.Field{x.Fields, x.OutFields} {
		for _, f := range list {
			if !f.Gone {
				fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
			}
		}
	}
	fmt.Fprintf(&b, "%s (%d)", x.OutBody, x.BodyLength)
	return b.String()
}

// TestMirror: a copy is whole though the exchange is over and its buffers have
// become another's; it is marked and holds no credentials.
func TestMirror(t *testing.T) {
	const whole = "GET /pets?a=1 of /v1/pets?a=1 at pets.test, outside.test prefix /v1 from 192.0.2.2 over [192.0.2.3] by 192.0.2.1:1, true true\n" +
		"Accept: text/plain\n%sX-Two: a\nX-Two: b\nX-Added: by a guard\nX-Gatehouse-Mirror: 1\nBODY (4)"
	for _, row := range []struct {
		name string
		o    balance.Options
		want string
	}{
		{"default", balance.Options{Hidden: []string{"X-Key"}, Mirror: balance.Mirror{Remove: []string{"X-Private"}}}, ""},
		{"credentials", balance.Options{Hidden: []string{"X-Key"}, Mirror: balance.Mirror{Credentials: true, Remove: []string{"x-private", "X-Key"}}},
			"Authorization: Bearer SEKRIT\ncookie: SEKRIT\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, mirror := mirrored(t, row.o)
				release, saw := make(chan bool), ""
				mirror.do = func(_ context.Context, x *gate.Exchange) error {
					<-release
					saw = words(x)
					return answers(200)(nil, x)
				}
				x, spoil := request()
				if status, code := send(b, x); status != 200 {
					t.Fatal(code)
				}
				spoil()
				*x = gate.Exchange{}
				close(release)
				synctest.Wait()
				if want := fmt.Sprintf(whole, row.want); saw != want {
					t.Errorf("the mirror saw\n%s\nwant\n%s", saw, want)
				}
			})
		})
	}
}

// TestMirrored says of which calls there are copies.
func TestMirrored(t *testing.T) {
	for _, row := range []struct {
		name    string
		o       balance.Mirror
		with    func(*gate.Exchange)
		copies  int // of 1000
		dropped bool
	}{
		{"get", balance.Mirror{}, func(x *gate.Exchange) {}, 1000, false},
		{"post", balance.Mirror{}, func(x *gate.Exchange) { x.Method = []byte("POST") }, 0, false},
		{"post-that-is-wanted", balance.Mirror{Methods: []string{"POST"}}, func(x *gate.Exchange) { x.Method = []byte("POST") }, 1000, false},
		{"get-that-is-not", balance.Mirror{Methods: []string{"POST"}}, func(x *gate.Exchange) {}, 0, false},
		{"share", balance.Mirror{Percent: 10}, func(x *gate.Exchange) {}, 100, false},
		{"stream", balance.Mirror{}, func(x *gate.Exchange) { x.Intake.Mode, x.Incoming = gate.Stream, strings.NewReader("body") }, 0, false},
		{"upgrade", balance.Mirror{}, func(x *gate.Exchange) { x.Upgrade = []byte("websocket") }, 0, false},
		{"large", balance.Mirror{MaxBody: 3}, func(x *gate.Exchange) {}, 0, true},
		{"not-too-large", balance.Mirror{MaxBody: 4}, func(x *gate.Exchange) {}, 1000, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, mirror := mirrored(t, balance.Options{Mirror: row.o})
				for range 1000 {
					x, _ := request()
					row.with(x)
					send(b, x)
					synctest.Wait()
				}
				s := b.Stats()
				got := int(mirror.calls.Load())
				if got < row.copies/2 || got > row.copies*3/2 || int(s.Mirrored) != got || (s.Dropped > 0) != row.dropped {
					t.Errorf("%d copies, %+v", got, s)
				}
			})
		})
	}
}

// TestMirrorHangs: a mirror that does not answer holds nobody up, gets so many
// copies at once, and these end.
func TestMirrorHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, mirror := mirrored(t, balance.Options{Mirror: balance.Mirror{MaxInFlight: 3}})
		mirror.do = func(ctx context.Context, _ *gate.Exchange) error {
			<-ctx.Done()
			return &gate.Unavailable{Code: gate.UpstreamTimeout, Cause: ctx.Err()}
		}
		began := time.Now()
		for range 10 {
			x, _ := request()
			send(b, x)
		}
		if time.Since(began) != 0 {
			t.Errorf("calls waited %v", time.Since(began))
		}
		synctest.Wait()
		if s := b.Stats(); s.Mirrored != 3 || s.Dropped != 7 || mirror.calls.Load() != 3 {
			t.Errorf("%+v", s)
		}
		time.Sleep(11 * time.Second)
		x, _ := request()
		send(b, x)
		synctest.Wait()
		if s := b.Stats(); s.Mirrored != 4 || s.Members[1].Failed != 3 {
			t.Errorf("later: %+v", s)
		}
		b.Close() // does not wait for ten seconds
		x, _ = request()
		send(b, x)
		if s := b.Stats(); s.Mirrored != 4 || s.Dropped != 8 {
			t.Errorf("after the end: %+v", s)
		}
	})
}

// TestMirrorFails: what becomes of a copy concerns nobody.
func TestMirrorFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, mirror := mirrored(t, balance.Options{})
		kinds := []func(context.Context, *gate.Exchange) error{fails(gate.UpstreamUnreachable), answers(500), func(context.Context, *gate.Exchange) error { panic("a mistake") }}
		for i, do := range slices.Repeat(kinds, 20) {
			mirror.do = do
			x, _ := request()
			if status, code := send(b, x); status != 200 {
				t.Fatalf("call %d: %v", i, code)
			}
			synctest.Wait()
		}
		if n := mirror.calls.Load(); n != 60 {
			t.Errorf("%d copies", n)
		}
	})
}

// TestMirrorAnswers: answers are read within a bound, closed and given back.
func TestMirrorAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, mirror := mirrored(t, balance.Options{})
		body, lease := &endless{}, &lease{}
		mirror.do = func(_ context.Context, x *gate.Exchange) error {
			x.Answer.Status, x.Answer.Body, x.Answer.Lease = 200, body, lease
			return nil
		}
		x, _ := request()
		send(b, x)
		synctest.Wait()
		if body.read > 512<<10 || body.read == 0 || !body.closed || lease.ended != 1 {
			t.Errorf("%d bytes were read, closed: %v; the lease ended %d times", body.read, body.closed, lease.ended)
		}
	})
}
