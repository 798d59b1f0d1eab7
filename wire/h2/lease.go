package h2

import (
	"context"
	"sync"
	"time"
)

// lease is the context of one exchange. It ends when the client leaves the
// stream, or with the server's own. One that nobody waited on is used again.
type lease struct {
	base context.Context

	mu    sync.Mutex
	over  error         // why it ended, nil before; guarded by mu, like the others
	done  chan struct{} // made when somebody asks
	after []*after
}

type after struct{ call func() }

var _ context.Context = (*lease)(nil)

// Deadline implements context.Context.
func (l *lease) Deadline() (time.Time, bool) { return l.base.Deadline() }

// Value implements context.Context.
func (l *lease) Value(key any) any { return l.base.Value(key) }

// Err implements context.Context.
func (l *lease) Err() error {
	if err := l.base.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// Done implements context.Context.
func (l *lease) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.over != nil {
			close(l.done)
		}
	}
	return l.done
}

// AfterFunc spares package context a goroutine for each context that is made
// of this one.
func (l *lease) AfterFunc(call func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over != nil {
		go call()
		return func() bool { return false }
	}
	a := &after{call}
	l.after = append(l.after, a)
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i, other := range l.after {
			if other == a {
				l.after = append(l.after[:i], l.after[i+1:]...)
				return true
			}
		}
		return false
	}
}

// ending is why a lease ended: context.Cause finds the reason in it.
type ending struct{ why error }

func (e ending) Error() string        { return e.why.Error() }
func (e ending) Unwrap() error        { return e.why }
func (e ending) Is(target error) bool { return target == context.Canceled }

// cancel ends the context because of why.
func (l *lease) cancel(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over != nil {
		return
	}
	l.over = ending{why}
	if l.done != nil {
		close(l.done)
	}
	for _, a := range l.after {
		go a.call()
	}
	l.after = nil
}

// next returns a context for the next exchange: l itself unless somebody may
// still hold on to it.
func (l *lease) next() *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over != nil || l.done != nil || len(l.after) > 0 {
		return nil
	}
	return l
}
