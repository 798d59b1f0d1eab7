package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/console/remote"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store"
)

// taking is a revocation as flags say it.
type taking struct {
	desk
	issuer string
	until  moment
}

func (t *taking) flags(cmd *cobra.Command) *cobra.Command {
	t.remotely(cmd)
	cmd.Flags().StringVar(&t.issuer, "issuer", "", "`NAME` of whose word is taken back, the iss of tokens; without it, everybody's")
	cmd.Flags().Var(&t.until, "until", "when everything that it concerns has expired, so that it is forgotten: 30d, 2027-01-31; without it, never")
	return cmd
}

// take writes a revocation down.
func (t *taking) take(cmd *cobra.Command, kind store.RevocationKind, value string) error {
	if value == "" || len(value) > maxRevoked || len(t.issuer) > maxRevoked {
		return &usageError{fmt.Sprintf("what is revoked must have 1 to %d bytes", maxRevoked), ""}
	}
	if !t.until.at.IsZero() && !t.until.at.After(time.Now()) {
		return &usageError{"--until must be in the future", ""}
	}
	r := store.Revocation{Kind: kind, Issuer: t.issuer, Value: value, At: time.Now().UTC(), Expires: t.until.at}
	asked, err := t.gate(cmd, func(ctx context.Context, g *remote.Gate) (err error) {
		if r.At, err = g.Revoke(ctx, r); err != nil {
			return err
		}
		return t.taken(&r)
	})
	if asked {
		return err
	}
	return t.with(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
		if err := at.Store.Revoke(ctx, r); err != nil {
			return err
		}
		return t.taken(&r)
	})
}

// taken says what was taken back.
func (t *taking) taken(r *store.Revocation) error {
	if t.json {
		return t.w.encode(revokedReport{string(r.Kind), r.Issuer, r.Value, r.At, r.Expires})
	}
	_, err := fmt.Fprintln(t.w.stdout, "What was issued until now is void: gates that serve know within a second.")
	return err
}

// maxRevoked bounds names in the table that gates keep in memory.
const maxRevoked = 1024

// revokedReport is a revocation in JSON.
type revokedReport struct {
	Kind   string    `json:"kind"`
	Issuer string    `json:"issuer,omitempty"`
	Name   string    `json:"name"`
	Before time.Time `json:"before"`
	Until  time.Time `json:"until,omitzero"`
}

func newSession(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "session",
		Short: "Take sessions back before they end",
		Long:  `Takes sessions back, in the store of a gatehouse.yaml or through a gate that runs.`,
	},
		newSessionRevoke(w),
	)
}

func newSessionRevoke(w *world) *cobra.Command {
	t := &taking{desk: desk{w: w}}
	return t.flags(&cobra.Command{
		Use:   "revoke SID",
		Short: "Make all tokens of a session void",
		Long: `Makes everything void that was issued in a session until now: tokens whose sid it
is. Gates that share the store refuse them within a second, and end what goes on
for long with them.`,
		Example: `  gatehouse session revoke 08a5019c-17e1-4977-8f42-65a12843ea02 --issuer https://id.example.com`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &usageError{cmd.CommandPath() + " takes the sid of one session", cmd.CommandPath() + " --help shows examples"}
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.take(cmd, store.RevokedSession, args[0]) },
	})
}

func newTokenRevoke(w *world) *cobra.Command {
	t := &taking{desk: desk{w: w}}
	var names [5]string
	kinds := [...]store.RevocationKind{store.RevokedToken, store.RevokedSession, store.RevokedSubject, store.RevokedClient, store.RevokedIssuer}
	cmd := t.flags(&cobra.Command{
		Use:   "revoke (--serial JTI | --session SID | --subject NAME | --client NAME | --credential NAME)",
		Short: "Make tokens void before they expire, in the store of a gate",
		Long: `Makes tokens void that were issued until now: a single one by its jti, or all of
a session, of a subject, of a client, or all that one entry of credentials vouches
for. Gates that share the store of the gatehouse.yaml refuse them within a second,
and end what goes on for long with them. Tokens that are issued later are good; a
single one stays void.

Keys that speak for a subject are void with it. Without --until a revocation is
kept for ever.`,
		Example: `  gatehouse token revoke --subject alice --issuer https://id.example.com
  gatehouse token revoke --serial 7d1f0c5e --until 30d`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at := -1
			for i, name := range names {
				switch {
				case name != "" && at >= 0:
					return errOneRevocation
				case name != "":
					at = i
				}
			}
			if at < 0 {
				return errOneRevocation
			}
			if kinds[at] == store.RevokedIssuer && t.issuer != "" {
				return &usageError{"--credential and --issuer exclude each other", "the entry says whose word it takes"}
			}
			return t.take(cmd, kinds[at], names[at])
		},
	})
	f := cmd.Flags()
	f.StringVar(&names[0], "serial", "", "`JTI` of the token")
	f.StringVar(&names[1], "session", "", "`SID` of the tokens")
	f.StringVar(&names[2], "subject", "", "`NAME` of whom the tokens speak for, their sub")
	f.StringVar(&names[3], "client", "", "`NAME` of the program that they were issued to, their client_id or azp")
	f.StringVar(&names[4], "credential", "", "`NAME` of the entry of credentials that vouches for them")
	return cmd
}

var errOneRevocation error = &usageError{"say what is revoked, one thing at a time", "gatehouse token revoke --help shows examples"}
