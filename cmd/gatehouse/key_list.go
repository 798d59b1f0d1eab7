package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/store/keyring"
)

// keyMade is a key when it is made, in JSON: this once it holds the key itself.
type keyMade struct {
	Key string `json:"key"`
	keyring.View
}

func newKeyList(w *world) *cobra.Command {
	k := &keyDesk{desk: desk{w: w}}
	return k.flags(&cobra.Command{
		Use:     "list",
		Short:   "List the keys",
		Long:    `Lists all keys, the oldest first, with those that are revoked or have expired.`,
		Example: `  gatehouse key list`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return k.keys(cmd, func(ctx context.Context, s shelf) error {
				list, err := s.List(ctx)
				if err != nil {
					return err
				}
				if k.json {
					return w.encode(list)
				}
				listKeys(w, list)
				return nil
			})
		},
	})
}

func listKeys(w *world, list []keyring.View) {
	if len(list) == 0 {
		fmt.Fprintln(w.stdout, "There is no key. gatehouse key create makes one.")
		return
	}
	p := w.paint(w.stdout)
	rows := [][]string{{"ID", "NAME", "STATE", "SPEAKS FOR", "EXPIRES", "LAST USED"}}
	for _, k := range list {
		state := string(k.State)
		if k.State == keyring.Revoked || k.State == keyring.Expired {
			state = p.red(state)
		}
		rows = append(rows, []string{k.ID, k.Name, state, k.Subject, day(k.Expires, "never"), day(k.Used, "never")})
	}
	fmt.Fprint(w.stdout, table(rows))
}

func newKeyShow(w *world) *cobra.Command {
	k := &keyDesk{desk: desk{w: w}}
	return k.flags(&cobra.Command{
		Use:     "show ID",
		Short:   "Say everything of one key, but the key itself",
		Long:    `Says everything that the store has of one key. The key itself it does not have.`,
		Example: `  gatehouse key show 4kQz7LrW0aXe`,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return k.keys(cmd, func(ctx context.Context, s shelf) error {
				key, err := s.Key(ctx, args[0])
				if err != nil {
					return k.about(args[0], err, "")
				}
				if k.json {
					return w.encode(key)
				}
				showKey(w, &key)
				return nil
			})
		},
	})
}

func showKey(w *world, k *keyring.View) {
	var networks []string
	for _, p := range k.Addresses {
		networks = append(networks, p.String())
	}
	list := func(words []string, none string) string {
		if len(words) == 0 {
			return none
		}
		return strings.Join(words, ", ")
	}
	rows := [][]string{
		{"id", k.ID}, {"name", k.Name}, {"environment", k.Environment}, {"state", string(k.State)}, {"speaks for", k.Subject + ", as " + k.Issuer + " calls it"},
		{"tenant", k.Tenant}, {"client", k.Client}, {"scopes", list(k.Scopes, "none")}, {"roles", list(k.Roles, "none")},
		{"operations", list(k.Operations, "all")}, {"from", list(networks, "everywhere")}, {"created", day(k.Created, "")},
		{"expires", day(k.Expires, "never")}, {"revoked", day(k.Revoked, "")}, {"last used", day(k.Used, "never")}, {"successor", k.Successor},
	}
	said := rows[:0]
	for _, row := range rows {
		if row[1] != "" {
			said = append(said, row)
		}
	}
	fmt.Fprint(w.stdout, table(said))
}
