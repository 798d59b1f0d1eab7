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
	s := Status{Version: c.Version, Store: state, Keys: []KeysStatus{}}
	for _, environment := range slices.Sorted(maps.Keys(c.Keys)) {
		s.Keys = append(s.Keys, KeysStatus{c.Keys[environment].Credential, environment})
	}
	return http.StatusOK, s, nil
}

// Status is what serves.
type Status struct {
	Version string       `json:"version"`
	Store   string       `json:"store"` // ready, or unavailable
	Keys    []KeysStatus `json:"keys"`
}

// KeysStatus says which keys the gate gives out.
type KeysStatus struct {
	Credential  string `json:"credential"` // names the entry of the configuration
	Environment string `json:"environment"`
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

// Revocation is one as the contract describes it.
type Revocation struct {
	Number  int64                `json:"number,omitempty"`
	Kind    store.RevocationKind `json:"kind"`
	Issuer  string               `json:"issuer,omitempty"`
	Value   string               `json:"value"`
	At      time.Time            `json:"at,omitzero"` // the gate says it
	Expires time.Time            `json:"expires,omitzero"`
}

var errEnough = errors.New("the page is full")

func (c *console) listRevocations(r *http.Request) (int, any, error) {
	list, most := []Revocation{}, limit(r)
	err := c.Store.Revocations(r.Context(), number(r, "after"), func(v store.Revocation) error {
		if len(list) == most {
			return errEnough
		}
		list = append(list, Revocation{v.Changed, v.Kind, v.Issuer, v.Value, v.At, v.Expires})
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return http.StatusOK, map[string]any{"revocations": list}, err
}

func (c *console) revoke(r *http.Request) (int, any, error) {
	var body Revocation
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	now := c.Now()
	if !body.Expires.IsZero() && !body.Expires.After(now) {
		return 0, nil, mistake("expires must be in the future")
	}
	body.At = now.UTC()
	v := store.Revocation{Kind: body.Kind, Issuer: body.Issuer, Value: body.Value, At: body.At, Expires: body.Expires}
	if !c.room(v) {
		return 0, nil, full
	}
	return http.StatusCreated, body, c.Store.Revoke(author(r), v)
}
