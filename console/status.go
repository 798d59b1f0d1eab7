package console

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

func (c *console) status(r *http.Request) (int, any, error) {
	state := "ready"
	if _, _, err := c.Store.Version(r.Context()); err != nil {
		state = "unavailable"
	}
	environments := slices.Sorted(maps.Keys(c.rings))
	if environments == nil {
		environments = []string{}
	}
	return http.StatusOK, map[string]any{"version": c.Version, "store": state, "environments": environments}, nil
}

// change is one that somebody made.
type change struct {
	Number    int64     `json:"number"`
	Time      time.Time `json:"time"`
	By        string    `json:"by"`
	Operation string    `json:"operation"`
	On        string    `json:"on"`
}

// number is a parameter that the contract holds to a positive integer; 0 when it
// is not there.
func number(r *http.Request, name string) int64 {
	n, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	return n
}

func (c *console) changes(r *http.Request) (int, any, error) {
	list := []change{}
	err := c.Store.Changes(r.Context(), number(r, "before"), limit(r), func(ch store.Change) error {
		list = append(list, change{ch.Number, ch.At, ch.By, ch.Operation, ch.On})
		return nil
	})
	return http.StatusOK, map[string]any{"changes": list}, err
}

// revocation is one as the contract describes it.
type revocation struct {
	Number  int64                `json:"number,omitempty"`
	Kind    store.RevocationKind `json:"kind"`
	Issuer  string               `json:"issuer,omitempty"`
	Value   string               `json:"value"`
	At      time.Time            `json:"at"`
	Expires time.Time            `json:"expires,omitzero"`
}

var errEnough = errors.New("the page is full")

func (c *console) listRevocations(r *http.Request) (int, any, error) {
	list, most := []revocation{}, limit(r)
	err := c.Store.Revocations(r.Context(), number(r, "after"), func(v store.Revocation) error {
		if len(list) == most {
			return errEnough
		}
		list = append(list, revocation{v.Changed, v.Kind, v.Issuer, v.Value, v.At, v.Expires})
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return http.StatusOK, map[string]any{"revocations": list}, err
}

func (c *console) revoke(r *http.Request) (int, any, error) {
	var body revocation
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	now := c.Now()
	if !body.Expires.IsZero() && !body.Expires.After(now) {
		return 0, nil, mistake("expires must be in the future")
	}
	err := c.Store.Revoke(author(r), store.Revocation{Kind: body.Kind, Issuer: body.Issuer, Value: body.Value, At: now, Expires: body.Expires})
	return http.StatusNoContent, nil, err
}
