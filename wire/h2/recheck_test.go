package h2

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestEventsAreRechecked: what an API says behind a silence does not reach a client
// whose call may not go on.
func TestEventsAreRechecked(t *testing.T) {
	out := make(chan string)
	defer close(out)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, -1, &parts{from: out}
		return nil
	}), true, func(sh *session.Shared) { sh.Limits.Recheck = time.Nanosecond })
	res, err := s.client(t).Get(s.url("/get"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out <- "first"
	b := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "first" {
		t.Fatalf("%q %v", b, err)
	}
	routes, problems := route.Build(nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s.Gate.Swap(&gate.Plan{Routes: routes})
	out <- "secret"
	if rest, err := io.ReadAll(res.Body); err == nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
}
