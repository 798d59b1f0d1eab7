package upstream

import (
	"context"
	"errors"
	"os"

	"github.com/gatehouse-api/gatehouse/gate"
)

// explain says which refusal an error is. The first that went wrong has the
// word: a body that the client did not finish, the end of the exchange, and
// only then the API.
func (c *call) explain(err error) error {
	var refusal *gate.Unavailable
	code := gate.UpstreamBroken
	switch {
	case errors.As(c.broken, &refusal):
		return refusal
	case errors.Is(c.broken, os.ErrDeadlineExceeded):
		code, err = gate.BodyTimeout, c.broken
	case c.broken != nil:
		code, err = gate.BodyIncomplete, c.broken
	case errors.As(err, &refusal), errors.As(context.Cause(c.ctx), &refusal): // the engine knows better
		return refusal
	case c.ctx.Err() != nil || err == errGone || c.failed == errGone:
		code = gate.ClientGone
	case err == errLate || c.failed == errLate:
		code = gate.UpstreamTimeout
	}
	return &gate.Unavailable{Code: code, Cause: err}
}

// unreachable says that there is no connection, unless it is the exchange that
// ended.
func (c *call) unreachable(err error) error {
	if c.ctx.Err() != nil || err == errGone {
		return c.explain(err)
	}
	return &gate.Unavailable{Code: gate.UpstreamUnreachable, Cause: err}
}
