package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
)

// keyReport is a key in JSON. It never holds the key itself, but when it is made.
type keyReport struct {
	Key         string            `json:"key,omitempty"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Environment string            `json:"environment"`
	State       keyring.Condition `json:"state"`
	Issuer      string            `json:"issuer"`
	Subject     string            `json:"subject"`
	Tenant      string            `json:"tenant,omitempty"`
	Client      string            `json:"client,omitempty"`
	Scopes      []string          `json:"scopes,omitempty"`
	Roles       []string          `json:"roles,omitempty"`
	Operations  []string          `json:"operations,omitempty"`
	Addresses   []netip.Prefix    `json:"addresses,omitempty"`
	Created     time.Time         `json:"created"`
	Expires     time.Time         `json:"expires,omitzero"`
	Revoked     time.Time         `json:"revoked,omitzero"`
	Used        time.Time         `json:"used,omitzero"`
	Successor   string            `json:"successor,omitempty"`
}

func reportOf(k *store.Key) keyReport {
	return keyReport{ID: k.ID, Name: k.Name, Environment: k.Environment, State: keyring.State(k, time.Now()), Issuer: k.Issuer, Subject: k.Subject, Tenant: k.Tenant,
		Client: k.Client, Scopes: k.Scopes, Roles: k.Roles, Operations: k.Operations, Addresses: k.Addresses, Created: k.Created.UTC(), Expires: k.Expires,
		Revoked: k.Revoked, Used: k.Used, Successor: k.Successor}
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
			return k.ring(cmd, func(ctx context.Context, r *keyring.Ring) error {
				list, err := r.List(ctx)
				if err != nil {
					return err
				}
				reports := make([]keyReport, len(list))
				for i, key := range list {
					reports[i] = reportOf(key)
				}
				if k.json {
					return w.encode(reports)
				}
				listKeys(w, reports)
				return nil
			})
		},
	})
}

func listKeys(w *world, list []keyReport) {
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
			return k.ring(cmd, func(ctx context.Context, r *keyring.Ring) error {
				key, err := r.Key(ctx, args[0])
				if err != nil {
					return k.about(args[0], err, "")
				}
				report := reportOf(key)
				if k.json {
					return w.encode(report)
				}
				showKey(w, &report)
				return nil
			})
		},
	})
}

func showKey(w *world, k *keyReport) {
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
