package std

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
)

// talker is an API whose answer comes as it is written to a pipe.
type talker struct{ from *io.PipeReader }

func (a *talker) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer = gate.Answer{Status: 200, Length: -1, Body: a.from}
	return nil
}

// TestLongAnswersAreRechecked: what an API says behind a silence does not reach a
// client whose call may not go on, in the server of another program either.
func TestLongAnswersAreRechecked(t *testing.T) {
	from, out := io.Pipe()
	defer out.Close()
	h := stage.New(t, &talker{from})
	s := httptest.NewServer(Handler(h.Gate, Limits{Recheck: time.Nanosecond}))
	defer s.Close()
	res, err := http.Get(s.URL + "/get")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	io.WriteString(out, "first")
	b := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "first" {
		t.Fatalf("%d %q %v", res.StatusCode, b, err)
	}
	routes, problems := route.Build(nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	h.Gate.Swap(&gate.Plan{Routes: routes})
	io.WriteString(out, "secret")
	if rest, err := io.ReadAll(res.Body); err == nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
}
