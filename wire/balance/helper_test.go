package balance_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// target is an API that answers as it is told.
type target struct {
	do     func(ctx context.Context, x *gate.Exchange) error // nil answers 200
	calls  atomic.Int64
	flying atomic.Int64
}

func (t *target) Send(ctx context.Context, x *gate.Exchange) error {
	t.calls.Add(1)
	if t.do != nil {
		return t.do(ctx, x)
	}
	x.Answer.Status = 200
	return nil
}

func (t *target) InFlight() int64 { return t.flying.Load() }

// answers has a target answer with a status.
func answers(status int) func(context.Context, *gate.Exchange) error {
	return func(_ context.Context, x *gate.Exchange) error {
		x.Answer.Status, x.Answer.Body = status, io.NopCloser(strings.NewReader("ok"))
		return nil
	}
}

// fails has a target fail.
func fails(c gate.Code) func(context.Context, *gate.Exchange) error {
	return func(context.Context, *gate.Exchange) error {
		return &gate.Unavailable{Code: c, Cause: errors.New("so it was told")}
	}
}

// switched has a target change its mind.
type switched struct {
	mu sync.Mutex
	do func(context.Context, *gate.Exchange) error // guarded by mu
}

func (s *switched) to(do func(context.Context, *gate.Exchange) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.do = do
}

func (s *switched) send(ctx context.Context, x *gate.Exchange) error {
	s.mu.Lock()
	do := s.do
	s.mu.Unlock()
	return do(ctx, x)
}

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) log() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// over makes a balancer over live targets.
func over(t testing.TB, o balance.Options, n balance.NodeOptions, targets ...*target) (*balance.Balancer, []*balance.Node) {
	t.Helper()
	var nodes []*balance.Node
	for i, to := range targets {
		n.Name = string(rune('a' + i))
		node := balance.NewNode(to, n)
		nodes = append(nodes, node)
		o.Members = append(o.Members, balance.Member{Node: node})
	}
	return balancer(t, o), nodes
}

func balancer(t testing.TB, o balance.Options) *balance.Balancer {
	t.Helper()
	b, err := balance.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// call sends a request and returns its status, or the code of its failure.
func call(b *balance.Balancer, method string) (int, gate.Code) {
	return send(b, &gate.Exchange{Method: []byte(method)})
}

func send(b *balance.Balancer, x *gate.Exchange) (int, gate.Code) {
	err := b.Send(context.Background(), x)
	if err == nil {
		return x.Answer.Status, gate.Undecided
	}
	var u *gate.Unavailable
	if !errors.As(err, &u) {
		return 0, gate.Internal
	}
	return 0, u.Code
}

// conditions are those of the members, in their order.
func conditions(b *balance.Balancer) string {
	var list []string
	for _, m := range b.Stats().Members {
		list = append(list, m.Health.String())
	}
	return strings.Join(list, " ")
}
