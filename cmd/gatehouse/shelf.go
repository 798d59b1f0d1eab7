package main

import (
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse/console/remote"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
)

// shelf is where keys are: the store, or a gate that runs. Both say the same of
// them, and of what is wrong.
type shelf interface {
	List(ctx context.Context) ([]keyring.View, error)
	Key(ctx context.Context, id string) (keyring.View, error)
	Create(ctx context.Context, q keyring.Request) (trust.Secret, keyring.View, error)
	CreateAdmin(ctx context.Context, name, role string, expires time.Time) (trust.Secret, keyring.View, error)
	Rotate(ctx context.Context, id string, overlap time.Duration) (trust.Secret, keyring.View, error)
	Revoke(ctx context.Context, id string) error
}

var (
	_ shelf = (*remote.Ring)(nil)
	_ shelf = ownShelf{}
)

// ownShelf is the store itself.
type ownShelf struct {
	ring *keyring.Ring
	warn func(text, hint string)
}

func (s ownShelf) List(ctx context.Context) ([]keyring.View, error) {
	list, err := s.ring.List(ctx)
	if n := s.ring.Strange(list); n > 0 {
		s.warn("gates refuse "+plural(n, "key")+" of these, hashed with a pepper that the configuration does not name", "put the pepper of before under former_peppers")
	}
	views := make([]keyring.View, len(list))
	for i, k := range list {
		views[i] = keyring.ViewOf(k, time.Now())
	}
	return views, err
}

func (s ownShelf) Key(ctx context.Context, id string) (keyring.View, error) {
	k, err := s.ring.Key(ctx, id)
	if err != nil {
		return keyring.View{}, err
	}
	return keyring.ViewOf(k, time.Now()), nil
}

func (s ownShelf) Create(ctx context.Context, q keyring.Request) (trust.Secret, keyring.View, error) {
	secret, k, err := s.ring.Create(ctx, q)
	if err != nil {
		return secret, keyring.View{}, err
	}
	return secret, keyring.ViewOf(k, time.Now()), nil
}

func (s ownShelf) CreateAdmin(ctx context.Context, name, role string, expires time.Time) (trust.Secret, keyring.View, error) {
	secret, k, err := serve.NewAdmin(ctx, s.ring, name, role, expires)
	if err != nil {
		return secret, keyring.View{}, err
	}
	return secret, keyring.ViewOf(k, time.Now()), nil
}

func (s ownShelf) Rotate(ctx context.Context, id string, overlap time.Duration) (trust.Secret, keyring.View, error) {
	secret, k, err := s.ring.Rotate(ctx, id, overlap)
	if err != nil {
		return secret, keyring.View{}, err
	}
	return secret, keyring.ViewOf(k, time.Now()), nil
}

func (s ownShelf) Revoke(ctx context.Context, id string) error { return s.ring.Revoke(ctx, id) }
