package store

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// stuck is whether the log was told that nothing can be kept.
type stuck struct {
	mu    sync.Mutex
	now   bool      // guarded by mu
	since time.Time // when it was told last; guarded by mu
}

// stuckPause is how long it is not told again: where there is nearly no room,
// some changes find one and others do not.
const stuckPause = time.Minute

// say has the log know that nothing can be kept, and that it can be again, after a
// change that ended with err. Who asked is told besides; one that has gone away
// meanwhile says nothing of the store.
func (s *stuck) say(log *slog.Logger, asked context.Context, err error) {
	refused := errors.Is(err, ErrUnavailable)
	if err != nil && (!refused || asked.Err() != nil) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case refused && !s.now && time.Since(s.since) >= stuckPause:
		s.now, s.since = true, time.Now()
		log.Error("changes cannot be kept in the store; they are refused until they can", "cause", err)
	case !refused && s.now:
		s.now = false
		log.Info("changes are kept in the store again")
	}
}
