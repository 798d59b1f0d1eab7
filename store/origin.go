package store

import (
	"context"
	"encoding/json"
	"errors"
)

// origin is of which store another is a copy, and up to which change they are the
// same.
type origin struct {
	Epoch  string `json:"epoch"`
	Number int64  `json:"number"`
}

// originName is the setting that holds it.
const originName = "origin"

// keepOrigin writes down of which store this one is a copy since the transaction.
func (t *tx) keepOrigin(ctx context.Context, of origin) error {
	text, err := json.Marshal(of)
	if err == nil {
		_, err = t.ExecContext(ctx, setting, originName, text, t.number)
	}
	return err
}

// Origin says, of a store that was restored, the epoch of the one whose backup it
// has, and the number of the last change in it: up to that one both had the same
// changes. It is "" for a store that was not restored.
func (s *Store) Origin(ctx context.Context) (epoch string, number int64, err error) {
	text, err := s.Setting(ctx, originName)
	if errors.Is(err, ErrNotFound) {
		return "", 0, nil
	}
	of := origin{}
	if err == nil {
		err = json.Unmarshal(text, &of)
	}
	return of.Epoch, of.Number, err
}
