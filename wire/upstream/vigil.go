package upstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// vigil asks now and then whether the client of a call that takes long has
// left, and ends the call then.
type vigil struct {
	mu    sync.Mutex
	watch gate.Watch // guarded by mu; nil once the call is over
	timer *time.Timer
	end   context.CancelCauseFunc
}

// watchFirst is after how long, and watchThen how often, the client is looked
// at.
const (
	watchFirst = time.Second
	watchThen  = 250 * time.Millisecond
)

var errLeft = &gate.Unavailable{Code: gate.ClientGone, Cause: errors.New("the client left while the API worked")}

// begin returns a context that ends when the client leaves.
func (v *vigil) begin(ctx context.Context, x *gate.Exchange) context.Context {
	ctx, v.end = context.WithCancelCause(ctx)
	if x.Watch != nil {
		v.watch = x.Watch
		v.mu.Lock()
		v.timer = time.AfterFunc(watchFirst, v.ask)
		v.mu.Unlock()
	}
	return ctx
}

func (v *vigil) ask() {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.watch == nil:
	case v.watch.Gone():
		v.end(errLeft)
	default:
		v.timer.Reset(watchThen)
	}
}

// over ends the vigil. Nobody asks the watch any more when it returns.
func (v *vigil) over() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.watch = nil; v.timer != nil {
		v.timer.Stop()
	}
	v.end(nil)
}
