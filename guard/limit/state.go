package limit

import (
	"crypto/rand"
	"time"
)

// State is the counters of all limits. It outlives plans: a Rule of a Limit that
// was there before counts on. Many goroutines may use it at once.
type State struct {
	secret secret
	shared Shared
	began  time.Time // times are counted from then on
}

// StateOptions say what a State is made of.
type StateOptions struct {
	// Secret keys the hashes of whose calls are counted together. Nodes that
	// share counters have the same; the zero Secret is a random one.
	Secret [16]byte
	Shared Shared // for limits that are Global; nil without
}

// NewState returns an empty State.
func NewState(o StateOptions) *State {
	if o.Secret == [16]byte{} {
		rand.Read(o.Secret[:])
	}
	return &State{secret: secretFrom(o.Secret), shared: o.Shared, began: time.Now()}
}

// Rule makes a limit ready, with the counters that it has had before.
func (s *State) Rule(l Limit) (*Rule, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	l.fill()
	id := s.secret.sum(l.identity())
	return &Rule{Limit: l, ID: asHash(id), key: id, Slice: max(1, l.capacity()/50)}, nil
}
