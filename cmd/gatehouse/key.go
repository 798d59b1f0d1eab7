package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/console/remote"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
)

// keyDesk is that of the verbs of key.
type keyDesk struct {
	desk
	credential string
}

func newKey(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "key",
		Short: "Give API keys out and take them back",
		Long: `Makes, lists, rotates and revokes API keys, in the store of a gatehouse.yaml that
has a credential of the kind keys, or with --admin through a gate that runs. Gates
that serve know of each change within a second. A key is shown once, when it is
made: the store keeps a hash of it.`,
	},
		newKeyCreate(w),
		newKeyList(w),
		newKeyShow(w),
		newKeyRotate(w),
		newKeyRevoke(w),
	)
}

func (k *keyDesk) flags(cmd *cobra.Command) *cobra.Command {
	k.remotely(cmd)
	cmd.Flags().StringVar(&k.credential, "credential", "", "`NAME` of the credential whose keys they are, where there are several")
	return cmd
}

// keys opens the keys, here or at a gate, and calls do.
func (k *keyDesk) keys(cmd *cobra.Command, do func(ctx context.Context, s shelf) error) error {
	asked, err := k.gate(cmd, func(ctx context.Context, g *remote.Gate) error {
		s, err := g.Keys(ctx, k.credential)
		if err != nil {
			return err
		}
		return do(ctx, s)
	})
	if asked {
		return err
	}
	return k.with(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
		r, err := at.Ring(k.credential)
		if err != nil {
			return err
		}
		return do(ctx, ownShelf{r, k.w.complain})
	})
}

// oneID wants the id of a key, and not the key.
func oneID(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) != 1:
		return &usageError{cmd.CommandPath() + " takes the id of one key", "gatehouse key list shows the ids"}
	case len(args[0]) > 40:
		return &usageError{cmd.CommandPath() + " takes the id of a key, which is 12 letters and digits", "it stands in a key behind the second _; a whole key belongs on no command line"}
	}
	return nil
}

func newKeyCreate(w *world) *cobra.Command {
	k := &keyDesk{desk: desk{w: w}}
	var q keyring.Request
	var addresses []string
	var expires moment
	cmd := k.flags(&cobra.Command{
		Use:   "create --name NAME [flags]",
		Short: "Make a key and show it once",
		Long: `Makes a key and prints it, this once. Without --subject it speaks for itself;
with --issuer and --subject it speaks for a caller whom tokens name as well, so
that what belongs to one belongs to the other.

A key is good for everything that its scopes and roles allow, from everywhere,
for ever, unless operations, addresses or an end are given. Give them.`,
		Example: `  gatehouse key create --name 'nightly export' --scope orders:read --operation listOrders --expires 90d
  gatehouse key create --name till-7 --role clerk --address 192.0.2.0/24`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, text := range addresses {
				network, err := prefix(text)
				if err != nil {
					return &usageError{fmt.Sprintf("--address: %q is no address and no network", text), "write 192.0.2.7 or 192.0.2.0/24"}
				}
				q.Addresses = append(q.Addresses, network)
			}
			q.Expires = expires.at
			return k.keys(cmd, func(ctx context.Context, s shelf) error {
				secret, made, err := s.Create(ctx, q)
				if err != nil {
					return err
				}
				return k.shown(secret, made, "")
			})
		},
	})
	f := cmd.Flags()
	f.StringVar(&q.Name, "name", "", "`NAME` by which people know the key")
	f.StringVar(&q.Subject, "subject", "", "`NAME` of the caller that it speaks for")
	f.StringVar(&q.Issuer, "issuer", "", "`NAME` of whoever calls the subject so, such as the iss of tokens")
	f.StringVar(&q.Tenant, "tenant", "", "`NAME` of the customer that the caller belongs to")
	f.StringVar(&q.Client, "client", "", "`NAME` of the program that uses the key")
	f.StringArrayVar(&q.Scopes, "scope", nil, "`SCOPE` that the key has; give it again for more")
	f.StringArrayVar(&q.Roles, "role", nil, "`ROLE` that the key has; give it again for more")
	f.StringArrayVar(&q.Operations, "operation", nil, "`OPERATION` that the key is good for, an operationId or as in 'GET /orders'; give it again for more")
	f.StringArrayVar(&addresses, "address", nil, "`NETWORK` or address from which the key is good; give it again for more")
	f.Var(&expires, "expires", "when the key ends: 90d, 12h, 2027-01-31")
	return cmd
}

// prefix reads a network, or an address as the network of it alone.
func prefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err == nil && p != p.Masked() {
		err = errors.New("the network has bits of a host")
	}
	return p, err
}

// shown prints a key that was made.
func (k *keyDesk) shown(secret trust.Secret, made keyring.View, more string) error {
	if k.json {
		return k.w.encode(keyMade{secret.Reveal(), made})
	}
	fmt.Fprintf(k.w.stdout, "%s\n", secret.Reveal())
	fmt.Fprintf(k.w.stderr, "This is the key %s, %q, good until %s. It is not shown again: the store keeps a hash of it.\n%s", made.ID, made.Name, day(made.Expires, "it is revoked"), more)
	return nil
}

func newKeyRotate(w *world) *cobra.Command {
	k := &keyDesk{desk: desk{w: w}}
	overlap := span(24 * time.Hour)
	cmd := k.flags(&cobra.Command{
		Use:   "rotate ID [--overlap DURATION]",
		Short: "Make the successor of a key and show it once",
		Long: `Makes a key that speaks for the same caller with the same rights and the same
end, and prints it, this once. The key before is good for the overlap still, so
that whoever uses it can change; then it has expired.`,
		Example: `  gatehouse key rotate 4kQz7LrW0aXe --overlap 48h`,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if overlap < 0 {
				return &usageError{"--overlap: must not be below zero", ""}
			}
			return k.keys(cmd, func(ctx context.Context, s shelf) error {
				secret, made, err := s.Rotate(ctx, args[0], time.Duration(overlap))
				if err != nil {
					return k.about(args[0], err, "it has a successor already: rotate that one")
				}
				end := time.Now().Add(time.Duration(overlap))
				return k.shown(secret, made, fmt.Sprintf("The key before, %s, is good until %s.\n", args[0], day(end, "")))
			})
		},
	})
	cmd.Flags().Var(&overlap, "overlap", "how long the key before is still good")
	return cmd
}

func newKeyRevoke(w *world) *cobra.Command {
	k := &keyDesk{desk: desk{w: w}}
	return k.flags(&cobra.Command{
		Use:     "revoke ID",
		Short:   "Make a key void, for good",
		Long:    `Makes a key void, for good. Its successor, if it has one, stays as it is.`,
		Example: `  gatehouse key revoke 4kQz7LrW0aXe`,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return k.keys(cmd, func(ctx context.Context, s shelf) error {
				if err := s.Revoke(ctx, args[0]); err != nil {
					return k.about(args[0], err, "")
				}
				now, err := s.Key(ctx, args[0])
				if err != nil {
					return err
				}
				if k.json {
					return k.w.encode(now)
				}
				fmt.Fprintf(w.stdout, "The key %s, %q, is void.\n", now.ID, now.Name)
				return nil
			})
		},
	})
}

// about says of which key something is.
func (k *keyDesk) about(id string, err error, conflict string) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &serve.DeskError{Text: fmt.Sprintf("there is no key %q", id), Hint: "gatehouse key list shows the ids"}
	case errors.Is(err, store.ErrConflict) && conflict != "":
		return &serve.DeskError{Text: "the key cannot be rotated", Hint: conflict}
	}
	return err
}
