package gate_test

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// slow is an upstream that answered a second after it was asked.
type slow struct{ closing }

func (s *slow) Send(ctx context.Context, x *gate.Exchange) error {
	x.Sent = x.Sent.Add(-time.Second)
	return s.closing.Send(ctx, x)
}

// TestEvents compares whole events: a field that is added, lost or mixed up
// is seen.
func TestEvents(t *testing.T) {
	refuses := head(func(x *gate.Exchange) gate.Verdict {
		return x.Deny(gate.Refusal{Code: gate.ParameterSchema, In: "query", Name: "limit", Pointer: "/a", Keyword: "maximum", Detail: "d"})
	})
	replies := head(func(x *gate.Exchange) gate.Verdict {
		x.Reply.Status, x.Reply.Body = 202, []byte("later")
		return gate.Respond
	})
	gone := errors.New("gone")
	base := gate.Event{
		API: "pets", Operation: "feed", Method: "POST", Path: "/pets/{id}", Version: "HTTP/1.1", Secure: true,
		Client: netip.MustParsePrefix("203.0.113.0/24"),
	}
	with := func(change func(*gate.Event)) gate.Event {
		e := base
		change(&e)
		return e
	}
	rows := []struct {
		name         string
		api, op      gate.Mode
		guard        gate.HeadGuard
		upstream     error
		client       error
		target, body string
		want         gate.Event
	}{
		{"passed", 0, 0, buffered(10), nil, nil, "/pets/1", "123", with(func(e *gate.Event) {
			e.Outcome, e.Status, e.BodyIn, e.BodyOut, e.Upstream = gate.Passed, 200, 3, 2, time.Second
		})},
		{"operation-is-observed", 0, gate.Observe, buffered(10), nil, nil, "/pets/1", "", with(func(e *gate.Event) {
			e.Mode, e.Outcome, e.Status, e.BodyOut, e.Upstream = gate.Observe, gate.Passed, 200, 2, time.Second
		})},
		{"not-routed-in-an-observed-api", gate.Observe, 0, buffered(10), nil, nil, "//", "", with(func(e *gate.Event) {
			e.API, e.Operation, e.Path = "", "", ""
			e.Keyword = "empty-segment"
			e.Denied, e.Guard, e.Code, e.In, e.Status = true, "route", gate.PathForm, "path", 400
		})},
		{"unknown-path", 0, 0, buffered(10), nil, nil, "/cats", "", with(func(e *gate.Event) {
			e.Operation, e.Path = "", ""
			e.Denied, e.Guard, e.Code, e.Status = true, "route", gate.PathUnknown, 404
		})},
		{"refused", 0, 0, refuses, nil, nil, "/pets/1?limit=secret", "", with(func(e *gate.Event) {
			e.Denied, e.Guard, e.Code, e.Status = true, "a", gate.ParameterSchema, 400
			e.In, e.Name, e.Pointer, e.Keyword = "query", "limit", "/a", "maximum"
		})},
		{"another-method", gate.Enforce, 0, buffered(10), nil, nil, "PUT /pets/1", "", with(func(e *gate.Event) {
			e.Operation, e.Method = "", "PUT"
			e.Denied, e.Guard, e.Code, e.Status = true, "route", gate.MethodUnknown, 405
		})},
		{"replied", 0, 0, replies, nil, nil, "/pets/1", "", with(func(e *gate.Event) {
			e.Outcome, e.Status, e.BodyOut = gate.Replied, 202, 5
		})},
		{"replied-to-nobody", 0, 0, replies, nil, gone, "/pets/1", "", with(func(e *gate.Event) {
			e.Outcome, e.Status = gate.Aborted, 202
		})},
		{"refused-to-nobody", 0, 0, refuses, nil, gone, "/pets/1", "", with(func(e *gate.Event) {
			e.Denied, e.Outcome, e.Guard, e.Code, e.Status = true, gate.Aborted, "a", gate.ParameterSchema, 400
			e.In, e.Name, e.Pointer, e.Keyword = "query", "limit", "/a", "maximum"
		})},
		{"failed", 0, 0, buffered(10), gone, nil, "/pets/1", "12", with(func(e *gate.Event) {
			e.Denied, e.Outcome, e.Guard, e.Code, e.Status, e.BodyIn, e.Upstream = true, gate.Failed, "upstream", gate.UpstreamBroken, 502, 2, time.Second
		})},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, 0)
			p := plan(t, &slow{closing{err: r.upstream}}, r.api, gate.Step{Name: "a", Head: r.guard})
			p.Operations[0].Mode = r.op
			h.gate.Swap(p)
			x, w := h.gate.Acquire(), &wire{err: r.client}
			x.Method, x.Target, x.Version, x.Secure = []byte("POST"), []byte(r.target), "HTTP/1.1", true
			x.Peer, x.BodyLength = netip.MustParseAddrPort("203.0.113.77:5000"), int64(len(r.body))
			if r.body != "" {
				x.Incoming = strings.NewReader(r.body)
			}
			if method, target, found := strings.Cut(r.target, " "); found {
				x.Method, x.Target = []byte(method), []byte(target)
			}
			received := time.Now()
			x.Received = received
			h.gate.Serve(x, w)
			got := h.last()
			if got.ID != x.ID || got.ID == (gate.ID{}) || !got.Time.Equal(received) || got.Took <= 0 {
				t.Errorf("id %v of %v, time %v, took %v", got.ID, x.ID, got.Time, got.Took)
			}
			got.ID, got.Time, got.Took, got.Before = gate.ID{}, time.Time{}, 0, 0
			got.Upstream = got.Upstream.Truncate(time.Second)
			if refused := w.status >= 400; refused && r.client == nil {
				got.BodyOut -= int64(len(w.body)) // of the problem
			}
			if !reflect.DeepEqual(got, r.want) {
				t.Errorf("got  %+v\nwant %+v", got, r.want)
			}
		})
	}
}

func TestClientsAreNetworks(t *testing.T) {
	rows := []struct{ name, peer, want string }{
		{"ipv4", "203.0.113.77:1", "203.0.113.0/24"},
		{"ipv4-in-ipv6", "[::ffff:203.0.113.77]:1", "203.0.113.0/24"},
		{"ipv6", "[2001:db8:1:2:3:4:5:6]:1", "2001:db8:1::/48"},
		{"ipv6-with-zone", "[fe80::1:2:3%eth0]:1", "fe80::/48"},
		{"none", "", "invalid Prefix"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)})
			x := h.gate.Acquire()
			x.Peer, _ = netip.ParseAddrPort(r.peer)
			x.Method, x.Target = []byte("POST"), []byte("/pets/1")
			h.gate.Serve(x, &wire{})
			if got := h.last().Client.String(); got != r.want {
				t.Errorf("the client is written as %s, want %s", got, r.want)
			}
		})
	}
}

// TestIDsHoldTheTime spells the time in the first ten characters, as ULIDs do.
func TestIDsHoldTheTime(t *testing.T) {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)})
	for _, ms := range []int64{1, 31, 32, 1 << 20, 1_900_000_000_000, 1<<48 - 1} {
		x := h.gate.Acquire()
		x.Method, x.Target, x.Received = []byte("POST"), []byte("/pets/1"), time.UnixMilli(ms)
		h.gate.Serve(x, &wire{})
		var want [10]byte
		for i := 9; i >= 0; i-- {
			want[i] = alphabet[ms&31]
			ms >>= 5
		}
		if got := h.last().ID.String()[:10]; got != string(want[:]) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
