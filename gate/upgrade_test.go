package gate_test

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// switcher is an API that switches protocols whatever it is asked.
type switcher struct{ tunnel bool }

type end struct{ net.Conn }

func (end) CloseWrite() error { return nil }

func (s switcher) Send(_ context.Context, x *gate.Exchange) error {
	a, b := net.Pipe()
	b.Close()
	x.Answer.Status, x.Answer.Length, x.Answer.Body = 101, -1, io.ReadCloser(a)
	if s.tunnel {
		x.Answer.Body = end{a}
	}
	return nil
}

// TestUpgrade: a client may switch protocols only where the operation says so
// and it asks in the one way that RFC 9110 section 7.8 has.
func TestUpgrade(t *testing.T) {
	for _, row := range []struct {
		name       string
		allowed    []string
		fields     []string
		version    string
		body       bool
		want       string
		status     int
		plainReply bool
	}{
		{"asked-and-allowed", []string{"websocket"}, []string{"Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket"}, "", false, "WebSocket", 101, false},
		{"not-allowed", nil, []string{"Connection", "Upgrade", "Upgrade", "websocket"}, "", false, "", 502, false},
		{"other-protocol", []string{"websocket"}, []string{"Connection", "Upgrade", "Upgrade", "h2c"}, "", false, "", 502, false},
		{"not-in-connection", []string{"websocket"}, []string{"Upgrade", "websocket"}, "", false, "", 502, false},
		{"two-fields", []string{"websocket"}, []string{"Connection", "Upgrade", "Upgrade", "websocket", "Upgrade", "websocket"}, "", false, "", 502, false},
		{"old-version", []string{"websocket"}, []string{"Connection", "Upgrade", "Upgrade", "websocket"}, "HTTP/1.0", false, "", 502, false},
		{"no-tunnel-behind-101", []string{"websocket"}, []string{"Connection", "Upgrade", "Upgrade", "websocket"}, "", false, "websocket", 502, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow)})
			p := plan(t, switcher{!row.plainReply}, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow)})
			for _, o := range p.Operations {
				o.Upgrades = row.allowed
			}
			h.gate.Swap(p)
			x := h.gate.Acquire()
			defer h.gate.Release(x)
			x.Method, x.Target, x.Host = []byte("POST"), []byte("/pets/1"), []byte("a.test")
			if x.Version = row.version; x.Version == "" {
				x.Version = "HTTP/1.1"
			}
			for i := 0; i < len(row.fields); i += 2 {
				x.Fields = append(x.Fields, gate.Field{Name: []byte(row.fields[i]), Value: []byte(row.fields[i+1])})
			}
			w := &wire{}
			h.gate.Serve(x, w)
			if w.status != row.status || string(x.Upgrade) != row.want {
				t.Errorf("status %d, upgrade %q; want %d, %q", w.status, x.Upgrade, row.status, row.want)
			}
		})
	}
}

// policy is one of an API that permits one origin beside its own.
type policy struct{ head }

func (policy) AnswerHead(*gate.Exchange) gate.Verdict { return gate.Allow }
func (policy) Permits(origin []byte) bool             { return string(origin) == "https://friend.test" }

// TestUpgradeOfPages: browsers hold a page to nothing when it opens a
// WebSocket, so the gate does.
func TestUpgradeOfPages(t *testing.T) {
	allow := head(func(*gate.Exchange) gate.Verdict { return gate.Allow })
	for _, row := range []struct {
		name    string
		origins []string
		host    string
		secure  bool
		policy  gate.OriginGuard
		mode    gate.Mode
		want    int
	}{
		{"no-browser", nil, "a.test", true, nil, gate.Enforce, 101},
		{"own-page", []string{"https://a.test"}, "a.test", true, nil, gate.Enforce, 101},
		{"own-page-other-case", []string{"https://a.test"}, "A.Test", true, nil, gate.Enforce, 101},
		{"own-page-usual-port", []string{"https://a.test"}, "a.test:443", true, nil, gate.Enforce, 101},
		{"own-page-other-port", []string{"https://a.test:8443"}, "a.test", true, nil, gate.Enforce, 403},
		{"own-page-of-a-port", []string{"http://a.test:8080"}, "a.test:8080", false, nil, gate.Enforce, 101},
		{"page-without-tls", []string{"http://a.test"}, "a.test", true, nil, gate.Enforce, 403},
		{"page-with-tls-before-a-proxy", []string{"https://a.test"}, "a.test", false, nil, gate.Enforce, 101},
		{"other-page", []string{"https://evil.test"}, "a.test", true, nil, gate.Enforce, 403},
		{"begins-alike", []string{"https://a.test.evil.test"}, "a.test", true, nil, gate.Enforce, 403},
		{"no-origin-of-its-own", []string{"null"}, "a.test", true, nil, gate.Enforce, 403},
		{"empty", []string{""}, "a.test", true, nil, gate.Enforce, 403},
		{"two", []string{"https://a.test", "https://a.test"}, "a.test", true, nil, gate.Enforce, 403},
		{"friend", []string{"https://friend.test"}, "a.test", true, policy{allow}, gate.Enforce, 101},
		{"friend-without-policy", []string{"https://friend.test"}, "a.test", true, nil, gate.Enforce, 403},
		{"other-page-with-policy", []string{"https://evil.test"}, "a.test", true, policy{allow}, gate.Enforce, 403},
		{"observed", []string{"https://evil.test"}, "a.test", true, nil, gate.Observe, 101},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := build(t, row.mode, gate.Step{Name: "a", Head: verdict(gate.Allow)})
			p := plan(t, switcher{true}, row.mode, gate.Step{Name: "a", Head: verdict(gate.Allow)})
			for _, o := range p.Operations {
				o.Upgrades, o.API.Origin = []string{"websocket"}, row.policy
			}
			h.gate.Swap(p)
			x := h.gate.Acquire()
			defer h.gate.Release(x)
			x.Method, x.Target, x.Host, x.Version = []byte("POST"), []byte("/pets/1"), []byte(row.host), "HTTP/1.1"
			x.ClientSecure = row.secure
			x.Fields = append(x.Fields, gate.Field{Name: []byte("Connection"), Value: []byte("Upgrade")}, gate.Field{Name: []byte("Upgrade"), Value: []byte("websocket")})
			for _, o := range row.origins {
				x.Fields = append(x.Fields, gate.Field{Name: []byte("Origin"), Value: []byte(o)})
			}
			w := &wire{}
			h.gate.Serve(x, w)
			if would := len(x.Would) > 0; w.status != row.want || would != (row.mode == gate.Observe) {
				t.Errorf("status %d, would %v; want %d", w.status, x.Would, row.want)
			}
		})
	}
}

func TestTrailersOpen(t *testing.T) {
	for _, row := range []struct {
		media string
		open  bool // by the operation
		want  bool
	}{
		{"application/grpc", false, true},
		{"application/grpc+proto", false, true},
		{"Application/GRPC;a=b", false, true},
		{"application/grpc-web", false, false},
		{"application/json", false, false},
		{"", false, false},
		{"application/json", true, true},
	} {
		x := &gate.Exchange{Operation: &gate.Operation{Trailers: row.open}}
		if row.media != "" {
			x.Fields = append(x.Fields, gate.Field{Name: []byte("content-type"), Value: []byte(row.media)})
		}
		if got := x.TrailersOpen(); got != row.want {
			t.Errorf("%q, %v: %v", row.media, row.open, got)
		}
	}
	list := []gate.Field{{Name: []byte("grpc-status")}, {Name: []byte("content-length")}, {Name: []byte("Connection")}, {Name: []byte("authorization")},
		{Name: []byte("x_http_method_override")}, {Name: []byte("Content_Length")}, {Name: []byte("X-Original-URL")}}
	gate.CleanTrailers(list)
	for i := range list {
		if list[i].Gone != (i > 0) {
			t.Errorf("%s: gone %v", list[i].Name, list[i].Gone)
		}
	}
}

// watch is a connection that is good or is not.
type watch gate.Code

func (watch) Gone() bool                       { return false }
func (w watch) Valid(*gate.Exchange) gate.Code { return gate.Code(w) }

type recheck gate.Verdict

func (r recheck) Recheck(*gate.Exchange) gate.Verdict { return gate.Verdict(r) }

// TestRecheck: what takes long ends when its connection is no good any more,
// when the plan that serves has lost its operation, and when a guard is
// against it.
func TestRecheck(t *testing.T) {
	for _, row := range []struct {
		name   string
		watch  gate.Watch
		guard  gate.RecheckGuard
		mode   gate.Mode
		reload func(*gate.Plan)
		want   bool
	}{
		{"nothing-changed", watch(gate.Undecided), recheck(gate.Allow), gate.Enforce, nil, true},
		{"nobody-to-ask", nil, nil, gate.Enforce, nil, true},
		{"connection", watch(gate.CredentialMissing), recheck(gate.Allow), gate.Enforce, nil, false},
		{"guard", nil, recheck(gate.Deny), gate.Enforce, nil, false},
		{"guard-that-says-nothing", nil, recheck(0), gate.Enforce, nil, false},
		{"observed-guard", nil, recheck(gate.Deny), gate.Observe, nil, true},
		{"same-operation-in-a-new-plan", nil, nil, gate.Enforce, func(*gate.Plan) {}, true},
		{"another-operation-in-its-place", nil, nil, gate.Enforce, func(p *gate.Plan) { p.Operations[0].Name = "other" }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			step := gate.Step{Name: "a", Head: verdict(gate.Allow), Recheck: row.guard, Mode: row.mode}
			h := build(t, gate.Enforce, step)
			x := h.gate.Acquire()
			defer h.gate.Release(x)
			x.Method, x.Target, x.Host, x.Watch = []byte("POST"), []byte("/pets/1"), []byte("a.test"), row.watch
			h.gate.Serve(x, &wire{})
			if row.reload != nil {
				p := plan(t, h.api, gate.Enforce, step)
				row.reload(p)
				h.gate.Swap(p)
			}
			if got := x.Recheck(); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}

// newest judges by words that may have changed.
type newest struct{ recheck }

func (newest) Newest() {}

// TestRecheckByTheNewestPlan: guards that judge by words of the operator are
// those of the plan that serves by now, also where the exchange began without.
func TestRecheckByTheNewestPlan(t *testing.T) {
	guard := func(g gate.RecheckGuard) gate.Step {
		return gate.Step{Name: "a", Head: verdict(gate.Allow), Recheck: g}
	}
	for _, row := range []struct {
		name        string
		before, now gate.RecheckGuard
		want        bool
	}{
		{"forbidden-by-now", newest{recheck(gate.Allow)}, newest{recheck(gate.Deny)}, false},
		{"allowed-by-now", newest{recheck(gate.Deny)}, newest{recheck(gate.Allow)}, true},
		{"nobody-had-asked", nil, newest{recheck(gate.Deny)}, false},
		{"another-guard-stays", recheck(gate.Deny), newest{recheck(gate.Allow)}, false},
		{"another-guard-of-now", recheck(gate.Allow), recheck(gate.Deny), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := build(t, gate.Enforce, guard(row.before))
			x := h.gate.Acquire()
			defer h.gate.Release(x)
			x.Method, x.Target, x.Host = []byte("POST"), []byte("/pets/1"), []byte("a.test")
			h.gate.Serve(x, &wire{})
			h.gate.Swap(plan(t, h.api, gate.Enforce, guard(row.now)))
			if got := x.Recheck(); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}
