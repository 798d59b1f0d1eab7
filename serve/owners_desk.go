package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// Owners are the owners of objects of one API, for those who tell the gate of
// them.
type Owners struct {
	owner.Registrar
}

// OwnersOf opens the owners of the API of a name; "" is for the only one.
func (d *Desk) OwnersOf(ctx context.Context, api string) (*Owners, error) {
	settings, err := d.api(api)
	if err != nil {
		return nil, err
	}
	c, problems := openapi.Load(string(settings.Contract))
	if c == nil || problems.Err() != nil {
		return nil, problems
	}
	defer c.Files.Close()
	kinds, problems := gatehouse.OwnerKinds(gatehouse.API{Contract: c, Options: settings.Policy, Place: settings.Place})
	if err := problems.Err(); err != nil {
		return nil, problems
	}
	name := gatehouse.NameOf(&settings.Policy, c)
	if len(kinds) == 0 {
		return nil, &DeskError{Text: fmt.Sprintf("the API %s has no objects whose owners are learned", name), Hint: "name their ids under owners in gatehouse.yaml, or by x-gatehouse-owner in the contract"}
	}
	k, problems := keysIn(ctx, d.Config.Path)
	if k == nil {
		return nil, problems
	}
	return &Owners{owner.Registrar{API: name, Kinds: kinds, Store: ownerStore{d.Store}, Hash: k.keys.MAC(keys.Owners)}}, nil
}

// api finds the settings of an API by the name that they give it.
func (d *Desk) api(name string) (*config.API, error) {
	var names []string
	for i := range d.Config.APIs {
		a := &d.Config.APIs[i]
		if name == a.Name && name != "" || name == "" && len(d.Config.APIs) == 1 {
			return a, nil
		}
		if a.Name != "" {
			names = append(names, a.Name)
		}
	}
	if name == "" {
		return nil, &DeskError{Text: "there are several APIs", Hint: "say which with --api: " + strings.Join(names, ", ")}
	}
	return nil, &DeskError{Text: fmt.Sprintf("no API has the name %q", name), Hint: source.DidYouMean("give it one: name", name, names...)}
}

// Objects counts the objects of all APIs that somebody is known to own, in all
// and by the version of the key that hides them.
func (d *Desk) Objects(ctx context.Context) (all int, by map[uint32]int, err error) {
	if all, err = d.Store.OwnersOf(ctx, 0); err != nil {
		return 0, nil, err
	}
	k, problems := keysIn(ctx, d.Config.Path)
	if k == nil {
		return 0, nil, problems
	}
	by = map[uint32]int{}
	for _, v := range k.keys.MAC(keys.Owners).Versions() {
		if by[v], err = d.Store.OwnersOf(ctx, v); err != nil {
			return 0, nil, err
		}
	}
	return all, by, nil
}

// OwnersSeen is what a gatehouse.yaml says to a report of owners.
type OwnersSeen struct {
	Events string // where events go: a file, "-", "none" or ""
	Format config.EventFormat
	Known  *int // objects that the store knows; nil without one
	Max    int
	Fault  error // of the store, which may be down
}

// SeeOwners reads a gatehouse.yaml for a report of owners. A store that is not
// there yet is not made for it.
func SeeOwners(ctx context.Context, file string) (*OwnersSeen, error) {
	c, err := deskSettings(file)
	if err != nil {
		return nil, err
	}
	seen := &OwnersSeen{Events: c.Record.Events, Format: c.Record.Format}
	if c.Store == nil {
		return seen, nil
	}
	seen.Max = c.Store.MaxObjects
	settings := StoreSettings(c.Store)
	if _, err := os.Stat(settings.SQLite); settings.Postgres.IsZero() && errors.Is(err, fs.ErrNotExist) {
		return seen, nil
	}
	s, err := store.Open(settings)
	if err != nil {
		seen.Fault = err
		return seen, nil
	}
	defer s.Close()
	if seen.Fault = s.Prepare(ctx); seen.Fault != nil {
		return seen, nil
	}
	n, err := s.OwnersOf(ctx, 0)
	if seen.Fault = err; err == nil {
		seen.Known = &n
	}
	return seen, nil
}
