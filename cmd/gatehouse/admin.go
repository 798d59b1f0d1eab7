package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/console/remote"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
)

// byCommand is who changes what the command changes.
const byCommand = "the command line"

// asCommand returns a context in which what is done to a store and to the gate's
// own keys is done by the command.
func asCommand(ctx context.Context) context.Context {
	return serve.By(ctx, byCommand)
}

// adminDesk is that of the verbs of admin.
type adminDesk struct{ desk }

func newAdmin(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "admin",
		Short: "Say who may administer a gate",
		Long: `Makes, lists and revokes credentials for the API of administration, in the store
of a gatehouse.yaml that has admin. Whoever may read that file and its secrets may
do this, also when the last credential was lost. With --admin it is done through
that API, by whoever has a credential of the role admin.`,
	},
		newAdminCreate(w),
		newAdminList(w),
		newAdminRevoke(w),
	)
}

func (a *adminDesk) of(cmd *cobra.Command) *cobra.Command {
	return a.remotely(cmd)
}

// keys opens the credentials, here or at a gate, and calls do.
func (a *adminDesk) keys(cmd *cobra.Command, do func(ctx context.Context, s shelf) error) error {
	asked, err := a.gate(cmd, func(ctx context.Context, g *remote.Gate) error { return do(ctx, g.Admins()) })
	if asked {
		return err
	}
	return a.with(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
		r, err := at.Admins()
		if err != nil {
			return err
		}
		return do(ctx, ownShelf{r, a.w.complain})
	})
}

func newAdminCreate(w *world) *cobra.Command {
	a := &adminDesk{desk{w: w}}
	var name string
	role := "viewer"
	var expires moment
	cmd := a.of(&cobra.Command{
		Use:   "create --name NAME [--role ROLE] [--expires TIME]",
		Short: "Make a credential and show it once",
		Long: `Makes a credential for the API of administration and prints it, this once. A
viewer looks, an operator gives API keys out and takes credentials back, and an
admin says who may do that.`,
		Example: `  gatehouse admin create --name 'on call' --role operator --expires 90d
  gatehouse admin create --name 'after a loss' --role admin`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.keys(cmd, func(ctx context.Context, s shelf) error {
				secret, made, err := s.CreateAdmin(ctx, name, role, expires.at)
				if err != nil {
					return err
				}
				if a.json {
					return w.encode(keyMade{secret.Reveal(), made})
				}
				fmt.Fprintf(w.stdout, "%s\n", secret.Reveal())
				fmt.Fprintf(w.stderr, "This is the credential %s of the %s %q, good until %s. It is not shown again.\n", made.ID, role, made.Name, day(made.Expires, "it is revoked"))
				return nil
			})
		},
	})
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "`NAME` of whoever gets it")
	f.Var(&choice[string]{&role, []string{"viewer", "operator", "admin"}, []string{"viewer", "operator", "admin"}, "viewer"}, "role", "what it is good for")
	f.Var(&expires, "expires", "when it ends: 90d, 12h, 2027-01-31")
	return cmd
}

func newAdminList(w *world) *cobra.Command {
	a := &adminDesk{desk{w: w}}
	return a.of(&cobra.Command{
		Use:     "list",
		Short:   "List the credentials",
		Long:    `Lists all credentials for the API of administration, the oldest first.`,
		Example: `  gatehouse admin list`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.keys(cmd, func(ctx context.Context, s shelf) error {
				list, err := s.List(ctx)
				if err != nil {
					return err
				}
				rows := [][]string{{"ID", "NAME", "ROLE", "STATE", "EXPIRES", "LAST USED"}}
				for _, k := range list {
					rows = append(rows, []string{k.ID, k.Name, highest(k.Roles), string(k.State), day(k.Expires, "never"), day(k.Used, "never")})
				}
				switch {
				case a.json:
					return w.encode(list)
				case len(list) == 0:
					fmt.Fprintln(w.stdout, "There is none. gatehouse admin create --role admin makes one.")
				default:
					fmt.Fprint(w.stdout, table(rows))
				}
				return nil
			})
		},
	})
}

// highest is the role that holds the others.
func highest(roles []string) string {
	for _, r := range []string{"admin", "operator", "viewer"} {
		if slices.Contains(roles, r) {
			return r
		}
	}
	return "none"
}

func newAdminRevoke(w *world) *cobra.Command {
	a := &adminDesk{desk{w: w}}
	return a.of(&cobra.Command{
		Use:   "revoke ID",
		Short: "Make a credential void, for good",
		Long: `Makes a credential void, for good; also the last one, since this verb makes others. Through
a gate (--admin) the last admin stays.`,
		Example: `  gatehouse admin revoke 4kQz7LrW0aXe`,
		Args:    oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.keys(cmd, func(ctx context.Context, s shelf) error {
				if err := s.Revoke(ctx, args[0]); err != nil {
					if errors.Is(err, store.ErrNotFound) {
						return &serve.DeskError{Text: fmt.Sprintf("there is no credential %q", args[0]), Hint: "gatehouse admin list shows the ids"}
					}
					return err
				}
				if a.json {
					return w.encode(map[string]string{"id": args[0], "state": string(keyring.Revoked)})
				}
				fmt.Fprintf(w.stdout, "The credential %s is void.\n", args[0])
				return nil
			})
		},
	})
}
